//! Finds SELECTs that the evaluator can take: columns of one table, compared with constants.

use crate::plan::{Cell, Column, Condition, Evaluator, Expression, Input, Item, Number, Piece, Select, SqlText, Test};
use crate::types::{Affinity, Collation};

/// The evaluator of a SELECT with these columns, if it can be evaluated.
pub(super) fn evaluator(select: &Select, columns: &[&SqlText]) -> Option<Evaluator> {
    let [item] = &select.items[..] else { return None };
    let Input::Table { table_ref, .. } = item.input else { return None };
    if !item.on.is_empty() {
        return None;
    }
    let shown = columns.iter().map(|column| cell(item, column)).collect::<Option<_>>()?;
    let conditions = select.filters.iter().map(|filter| conditions(item, filter)).collect::<Option<Vec<_>>>()?;
    Some(Evaluator { table_ref, shown, conditions: conditions.into_iter().flatten().collect() })
}

fn cell(item: &Item, text: &SqlText) -> Option<Cell> {
    match &text.pieces[..] {
        [Piece::Name(id, name)] if *id == item.id => Some(Cell::Column(column(item, name)?.0)),
        [Piece::Sql(sql)] => sql.parse().ok().map(Cell::Number),
        _ => None,
    }
}

fn column<'i>(item: &'i Item, name: &str) -> Option<(usize, &'i Column)> {
    item.columns.iter().enumerate().find(|(_, column)| column.name == name)
}

/// A conjunct as conditions on its column.
fn conditions(item: &Item, filter: &Expression) -> Option<Vec<Condition>> {
    let [Piece::Name(id, name), Piece::Sql(sql)] = &filter.text.pieces[..] else { return None };
    let (at, column) = column(item, name).filter(|_| *id == item.id)?;
    // No affinity and BLOB both convert nothing.
    let affinity = column.affinity?.unwrap_or(Affinity::Blob);
    let is_binary = column.collation == Some(Collation::Binary);
    let condition = |test| Condition { column: at, affinity, is_binary, test };
    Some(tests(sql.strip_prefix(' ')?)?.into_iter().map(condition).collect())
}

/// The SQL after a column, as tests.
fn tests(sql: &str) -> Option<Vec<Test>> {
    let one = |test| Some(vec![test]);
    match sql {
        "ISNULL" | "IS NULL" => return one(Test::Null),
        "NOTNULL" | "IS NOT NULL" => return one(Test::NotNull),
        _ => {}
    }
    if let Some(list) = sql.strip_prefix("IN (").and_then(|rest| rest.strip_suffix(')')) {
        return one(Test::Equal(list.split(", ").map(number).collect::<Option<_>>()?));
    }
    if let Some((from, to)) = sql.strip_prefix("BETWEEN ").and_then(|rest| rest.split_once(" AND ")) {
        return Some(vec![Test::AtLeast(number(from)?), Test::AtMost(number(to)?)]);
    }
    let (operator, constant) = sql.split_once(' ')?;
    let constant = number(constant)?;
    match operator {
        "=" => one(Test::Equal(vec![constant])),
        "<>" => one(Test::Unequal(constant)),
        "<" => one(Test::Less(constant)),
        "<=" => one(Test::AtMost(constant)),
        ">" => one(Test::Greater(constant)),
        ">=" => one(Test::AtLeast(constant)),
        _ => None,
    }
}

/// A whole number or a parameter.
fn number(sql: &str) -> Option<Number> {
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match sql.strip_prefix('?') {
        Some(digits) => is_number(digits).then(|| digits.parse().ok().map(Number::Parameter))?,
        None => is_number(sql).then(|| sql.parse().ok().map(Number::Literal))?,
    }
}
