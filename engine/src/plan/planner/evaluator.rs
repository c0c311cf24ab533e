//! Finds SELECTs that the evaluator can take: columns of one table, compared with constants.

use crate::plan::{Cell, Column, Condition, Evaluator, Expression, Input, Item, Known, Select};
use crate::types::{Affinity, Collation};

/// The evaluator of a SELECT with these columns, if it can be evaluated.
pub(super) fn evaluator(select: &Select, columns: &[&Expression]) -> Option<Evaluator> {
    let [item] = &select.items[..] else { return None };
    let Input::Table { table_ref, .. } = item.input else { return None };
    if !item.on.is_empty() {
        return None;
    }
    let shown = columns.iter().map(|column| cell(item, column)).collect::<Option<_>>()?;
    let conditions = select.filters.iter().map(|filter| conditions(item, filter)).collect::<Option<Vec<_>>>()?;
    Some(Evaluator { table_ref, shown, conditions: conditions.into_iter().flatten().collect() })
}

fn cell(item: &Item, shown: &Expression) -> Option<Cell> {
    if let Known::Integer(number) = shown.known {
        return Some(Cell::Number(number));
    }
    let (_, name) = shown.named().filter(|(id, _)| *id == item.id)?;
    Some(Cell::Column(column(item, name)?.0))
}

fn column<'i>(item: &'i Item, name: &str) -> Option<(usize, &'i Column)> {
    item.columns.iter().enumerate().find(|(_, column)| column.name == name)
}

/// A conjunct as conditions on its column.
fn conditions(item: &Item, filter: &Expression) -> Option<Vec<Condition>> {
    let (_, name, tests) = filter.tested().filter(|(id, ..)| *id == item.id)?;
    let (at, column) = column(item, name)?;
    // No affinity and BLOB both convert nothing.
    let affinity = column.affinity?.unwrap_or(Affinity::Blob);
    let is_binary = column.collation == Some(Collation::Binary);
    Some(tests.iter().map(|test| Condition { column: at, affinity, is_binary, test: test.clone() }).collect())
}
