//! The evaluator at work: rows of changed rows, without a statement.

use std::cmp::Ordering;

use crate::dataflow::Job;
use crate::plan::{Cell, Condition, Evaluator as Plan, Number, TableRef, Test};
use crate::types::{Affinity, Row, RowBuilder, Value, ValueRef, WeightedRow};

/// Integers up to here are doubles as well.
const MOST_EXACT: u64 = 1 << 53;

/// What comparing gives.
enum Compared {
    Ordered(Ordering),
    /// NULL is on one side.
    Null,
}

pub(super) struct Evaluator {
    plan: Plan,
    offsets: Vec<u32>,
    builder: RowBuilder,
}

impl Evaluator {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { plan: plan.clone(), offsets: Vec::new(), builder: RowBuilder::default() }
    }

    /// What a commit changes; nothing where only SQLite can tell.
    pub(super) fn maintain(&mut self, table_refs: &[TableRef], job: &Job) -> Option<Vec<WeightedRow>> {
        let own = &table_refs.get(self.plan.table_ref)?.table;
        let mut rows = Vec::new();
        for (_, images) in job.images.iter().filter(|(table, _)| table == own) {
            for (images, weight) in [(&images.old, -1), (&images.new, 1)] {
                for (_, row) in images.iter() {
                    if let Some(row) = self.shown(row, &job.parameters)? {
                        rows.push((row, weight));
                    }
                }
            }
        }
        Some(rows)
    }

    /// What a row of the table shows, if it is shown at all.
    fn shown(&mut self, row: &Row, parameters: &[Value]) -> Option<Option<Row>> {
        self.offsets.clear();
        row.offsets(&mut self.offsets);
        let value = |column: usize| self.offsets.get(column).map_or(ValueRef::Null, |offset| row.value_at(*offset));
        for condition in &self.plan.conditions {
            if !is_met(condition, value(condition.column), parameters)? {
                return Some(None);
            }
        }
        for cell in &self.plan.shown {
            self.builder.push(match cell {
                Cell::Column(column) => value(*column),
                Cell::Number(number) => ValueRef::Integer(*number),
            });
        }
        Some(Some(self.builder.finish()))
    }
}

/// Whether a value is what it has to be; NULL is not.
fn is_met(condition: &Condition, value: ValueRef<'_>, parameters: &[Value]) -> Option<bool> {
    let ordered = |constant: &Number| compared(condition, value, constant_of(constant, parameters));
    let is = |constant: &Number, meets: fn(Ordering) -> bool| match ordered(constant)? {
        Compared::Ordered(ordering) => Some(meets(ordering)),
        Compared::Null => Some(false),
    };
    match &condition.test {
        Test::Null => Some(matches!(value, ValueRef::Null)),
        Test::NotNull => Some(!matches!(value, ValueRef::Null)),
        Test::Equal(constants) => {
            for constant in constants {
                if matches!(ordered(constant)?, Compared::Ordered(Ordering::Equal)) {
                    return Some(true);
                }
            }
            Some(false)
        }
        Test::Unequal(constant) => is(constant, Ordering::is_ne),
        Test::Less(constant) => is(constant, Ordering::is_lt),
        Test::AtMost(constant) => is(constant, Ordering::is_le),
        Test::Greater(constant) => is(constant, Ordering::is_gt),
        Test::AtLeast(constant) => is(constant, Ordering::is_ge),
    }
}

fn constant_of<'p>(constant: &Number, parameters: &'p [Value]) -> ValueRef<'p> {
    match constant {
        Number::Literal(number) => ValueRef::Integer(*number),
        Number::Parameter(number) => {
            number.checked_sub(1).and_then(|at| parameters.get(at)).map_or(ValueRef::Null, Value::as_ref)
        }
    }
}

/// How two values compare where neither is converted; nothing where SQLite could convert one, or compare them otherwise than
/// by their bytes or numbers (<https://sqlite.org/datatype3.html#comparisons>).
fn compared(condition: &Condition, value: ValueRef<'_>, constant: ValueRef<'_>) -> Option<Compared> {
    use ValueRef::{Blob, Integer, Null, Real, Text};
    let is_numeric = condition.affinity != Affinity::Text;
    match (value, constant) {
        (Null, _) | (_, Null) => Some(Compared::Null),
        (Integer(value), Integer(constant)) if is_numeric => Some(Compared::Ordered(value.cmp(&constant))),
        (Real(value), Real(constant)) if is_numeric => value.partial_cmp(&constant).map(Compared::Ordered),
        (Real(value), Integer(constant)) if is_numeric => value.partial_cmp(&exact(constant)?).map(Compared::Ordered),
        (Integer(value), Real(constant)) if is_numeric => exact(value)?.partial_cmp(&constant).map(Compared::Ordered),
        // A database whose texts are UTF-16, which sort otherwise, has no plans.
        (Text(value), Text(constant))
            if condition.is_binary && matches!(condition.affinity, Affinity::Text | Affinity::Blob) =>
        {
            Some(Compared::Ordered(value.cmp(constant)))
        }
        (Blob(value), Blob(constant)) => Some(Compared::Ordered(value.cmp(constant))),
        _ => None,
    }
}

/// An integer as a double, if they are the same number.
#[expect(clippy::cast_precision_loss, reason = "it is small enough")]
fn exact(value: i64) -> Option<f64> {
    (value.unsigned_abs() <= MOST_EXACT).then_some(value as f64)
}
