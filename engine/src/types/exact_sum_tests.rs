//! Exact sums beside SQLite's way of adding up, in several orders.

use proptest::prelude::*;

use super::ExactSum;
use crate::types::ValueRef;

/// A number as SQLite has it.
#[derive(Clone, Copy, Debug)]
enum Number {
    Whole(i64),
    Float(f64),
}

/// `sumStep` and `sumFinalize` of SQLite's func.c, for numbers; nothing where the sum of whole numbers overflows.
#[derive(Default)]
struct Sqlite {
    sum: f64,
    error: f64,
    whole: i64,
    approximate: bool,
}

impl Sqlite {
    fn begin(&mut self) {
        let small = if self.whole.unsigned_abs() >= 1 << 52 { self.whole % 16384 } else { 0 };
        (self.sum, self.error) = ((self.whole - small) as f64, small as f64);
        self.approximate = true;
    }

    fn add_float(&mut self, number: f64) {
        let sum = self.sum + number;
        self.error += match self.sum.abs() > number.abs() {
            true => (self.sum - sum) + number,
            false => (number - sum) + self.sum,
        };
        self.sum = sum;
    }

    fn add(&mut self, number: Number) -> Option<()> {
        match number {
            Number::Whole(number) if !self.approximate => self.whole = self.whole.checked_add(number)?,
            Number::Whole(number) if number.unsigned_abs() >= 1 << 52 => {
                self.add_float((number - number % 16384) as f64);
                self.add_float((number % 16384) as f64);
            }
            Number::Whole(number) => self.add_float(number as f64),
            Number::Float(number) => {
                if !self.approximate {
                    self.begin();
                }
                self.add_float(number);
            }
        }
        Some(())
    }

    /// `sumInverse`.
    fn take(&mut self, number: Number) -> Option<()> {
        match number {
            Number::Whole(number) if !self.approximate => self.whole = self.whole.checked_sub(number)?,
            Number::Whole(number) => self.add(Number::Whole(number.checked_neg()?))?,
            Number::Float(number) => self.add_float(-number),
        }
        Some(())
    }

    fn value(&self) -> Result<i64, f64> {
        let float = if self.error.is_finite() { self.sum + self.error } else { self.sum };
        if self.approximate { Err(float) } else { Ok(self.whole) }
    }
}

fn by_sqlite(numbers: &[Number]) -> Option<Result<i64, f64>> {
    let mut sqlite = Sqlite::default();
    numbers.iter().try_for_each(|number| sqlite.add(*number))?;
    Some(sqlite.value())
}

fn of(number: Number) -> ExactSum {
    ExactSum::of(match number {
        Number::Whole(number) => ValueRef::Integer(number),
        Number::Float(number) => ValueRef::Real(number),
    })
}

fn sum(numbers: &[Number]) -> ExactSum {
    numbers.iter().fold(ExactSum::default(), |sum, number| sum.plus(of(*number)))
}

fn number() -> impl Strategy<Value = Number> {
    let cents = |range: std::ops::Range<i64>| range.prop_map(|cents| Number::Float(cents as f64 / 100.0));
    prop_oneof![
        4 => cents(-100_000..100_000),
        1 => (-1000_i64..1000).prop_map(Number::Whole),
        1 => any::<i64>().prop_map(Number::Whole),
        1 => (-1e9..1e9).prop_map(Number::Float),
        1 => (-1e25..1e25).prop_map(Number::Float),
        1 => (-1e-9..1e-9).prop_map(Number::Float),
        1 => any::<f64>().prop_map(Number::Float),
        3 => (-9_i32..9, -70_i32..60).prop_map(|(digit, power)| Number::Float(f64::from(digit) * 2_f64.powi(power))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn what_it_says_is_sqlites_sum_in_every_order(
        (numbers, shuffled) in prop::collection::vec(number(), 1..40)
            .prop_flat_map(|numbers| (Just(numbers.clone()), Just(numbers).prop_shuffle())),
    ) {
        let sum = sum(&numbers);
        for order in [&numbers, &shuffled] {
            let sqlites = by_sqlite(order);
            if let Some(whole) = sum.integer() {
                prop_assert_eq!(sqlites, Some(Ok(whole)));
            } else if sum.is_float() && let Some(float) = sum.float() {
                prop_assert_eq!(sqlites.map(|sum| sum.map_err(f64::to_bits)), Some(Err(float.to_bits())));
            }
        }
    }

    #[test]
    fn what_it_says_of_a_frame_that_moves_is_sqlites(
        numbers in prop::collection::vec(number(), 1..40),
        width in 1_usize..9,
    ) {
        let (mut sqlite, mut sum) = (Sqlite::default(), ExactSum::default());
        for (at, number) in numbers.iter().enumerate() {
            let gone = at.checked_sub(width).map(|at| numbers[at]);
            sum = sum.plus(of(*number)).plus(gone.map_or(ExactSum::default(), |gone| of(gone).negated()));
            let steps = sqlite.add(*number).and_then(|()| gone.map_or(Some(()), |gone| sqlite.take(gone)));
            if let Some(whole) = sum.integer() {
                prop_assert_eq!((steps, sqlite.value()), (Some(()), Ok(whole)));
            } else if sum.is_float() && let Some(float) = sum.float() {
                prop_assert_eq!((steps, sqlite.value().map_err(f64::to_bits)), (Some(()), Err(float.to_bits())));
            }
            if steps.is_none() {
                break;
            }
        }
    }

    #[test]
    fn a_float_within_reach_is_told_by_itself(float in -1e20..1e20) {
        prop_assert_eq!(of(Number::Float(float)).rounded(0), float);
    }

    #[test]
    fn money_is_told(cents in prop::collection::vec(1_i64..1_000_000, 1..2000)) {
        let numbers: Vec<Number> = cents.iter().map(|cents| Number::Float(*cents as f64 / 100.0)).collect();
        let told = sum(&numbers).float();
        prop_assert_eq!(told.map(Err), by_sqlite(&numbers));
    }
}

#[test]
fn what_a_value_adds_can_be_taken_back() {
    let (kept, gone) = ([Number::Float(0.1), Number::Whole(7)], Number::Float(1e17 + 0.3));
    let all = sum(&[kept[0], gone, kept[1]]).places();
    let without: Vec<i128> = all.iter().zip(of(gone).places()).map(|(all, gone)| all - gone).collect();
    assert_eq!(ExactSum::at(&without).float(), Some(7.1));
}

#[test]
fn it_survives_as_bytes() {
    let sum = sum(&[Number::Float(-2.75), Number::Whole(i64::MIN), Number::Float(1e19)]);
    assert_eq!(ExactSum::from_bytes(&sum.to_bytes()), sum);
}

#[test]
fn what_cancels_out_is_told_where_nothing_can_be_lost() {
    assert_eq!(sum(&[Number::Float(1e18), Number::Float(0.1), Number::Float(-1e18)]).float(), None);
    assert_eq!(sum(&[Number::Float(0.1), Number::Float(-0.1)]).float(), Some(0.0));
}

#[test]
fn what_is_out_of_reach_is_strange() {
    for number in [f64::INFINITY, 1e300, 5e-324, -1e-40] {
        assert_eq!(of(Number::Float(number)).strange, 1, "{number}");
    }
    assert_eq!(ExactSum::of(ValueRef::Text(b"1")).strange, 1);
    assert_eq!(sum(&[Number::Float(0.0), Number::Float(-0.0)]).float(), Some(0.0));
}
