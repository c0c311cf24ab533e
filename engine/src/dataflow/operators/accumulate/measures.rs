//! What the measures of a group are in numbers that add up, and back.

use crate::dataflow::sums::Measures;
use crate::plan::Measure;
use crate::types::{Collation, ExactSum, SUM_PLACES, SortTerm, Value, ValueRef, push_sort_key};

/// What is summed up of a group before the measures: its rows.
pub(super) const ROWS: usize = 0;

/// How many numbers are summed up for a measure.
pub(super) fn places(measure: Measure) -> usize {
    match measure {
        Measure::Rows | Measure::Minimum(_) | Measure::Maximum(_) => 0,
        Measure::Count | Measure::Distinct(_) => 1,
        Measure::Sum | Measure::Total | Measure::Average => SUM_PLACES,
    }
}

pub(super) fn add_to_sum(sums: &mut Measures, place: usize, value: ValueRef<'_>, weight: i64) {
    for (at, number) in ExactSum::of(value).places().into_iter().enumerate() {
        sums.add(place + at, i128::from(weight) * number);
    }
}

/// The sum that begins at a place.
pub(super) fn sum_at(sums: &Measures, place: usize) -> ExactSum {
    ExactSum::at(sums.values_from(place))
}

/// The value of a measure, or nothing if only SQLite can tell.
#[expect(clippy::cast_precision_loss, reason = "as SQLite converts its 64-bit sum")]
pub(super) fn value(measure: Measure, sums: &Measures, place: usize, extremum: &Value) -> Option<Value> {
    let integer = |number: i128| i64::try_from(number).ok().map(Value::Integer);
    match measure {
        Measure::Rows => integer(sums.at(ROWS)),
        Measure::Count | Measure::Distinct(_) => integer(sums.at(place)),
        Measure::Minimum(_) | Measure::Maximum(_) => Some(extremum.clone()),
        Measure::Sum | Measure::Total | Measure::Average => {
            let sum = sum_at(sums, place);
            let float = || if sum.is_float() { sum.float() } else { sum.integer().map(|sum| sum as f64) };
            match measure {
                Measure::Sum | Measure::Average if sum.values == 0 => Some(Value::Null),
                Measure::Sum if !sum.is_float() => sum.integer().map(Value::Integer),
                Measure::Average => Some(Value::Real(float()? / i64::try_from(sum.values).ok()? as f64)),
                _ => float().map(Value::Real),
            }
        }
    }
}

/// Whether a value would take the place of another as the extremum.
pub(super) fn is_better(measure: Measure, value: ValueRef<'_>, other: ValueRef<'_>) -> bool {
    let key = |collation: Collation, value| {
        let mut key = Vec::new();
        push_sort_key(&mut key, SortTerm { collation, ..SortTerm::default() }, value);
        key
    };
    match measure {
        Measure::Minimum(collation) => key(collation, value) < key(collation, other),
        Measure::Maximum(collation) => key(collation, value) > key(collation, other),
        _ => false,
    }
}
