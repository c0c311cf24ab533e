//! Conditions that fail for some rows. SQLite fails only if it visits such a row, which depends on where it starts.

use crate::plan::{Arm, Expression, Input, ItemId, Select, column_of};

/// Whether a condition between tables can fail, in the SELECT or in the queries of its FROM.
pub(super) fn fails_between_tables(select: &Select) -> bool {
    let mut conditions = select.filters.iter().chain(select.items.iter().flat_map(|item| &item.on));
    conditions.any(|condition| condition.items.len() > 1 && can_fail(select, condition))
        || select.items.iter().any(|item| match &item.input {
            Input::Query(query) => {
                query.arms.iter().any(|arm| matches!(arm, Arm::Select(inner) if fails_between_tables(inner)))
            }
            Input::Table { .. } | Input::Function(..) | Input::Recursion(_) => false,
        })
}

/// Whether an expression can fail, by itself or by the columns of queries in FROM that it names.
fn can_fail(select: &Select, expression: &Expression) -> bool {
    let is_failing = |(id, name): &(ItemId, String)| {
        let item = select.items.iter().find(|item| item.id == *id);
        let Some(Input::Query(query)) = item.map(|item| &item.input) else { return false };
        let Some(column) = column_of(name) else { return false };
        query.arms.iter().any(|arm| match arm {
            Arm::Select(inner) => inner.columns.get(column).is_some_and(|column| can_fail(inner, column)),
            Arm::Values(rows) => rows.iter().any(|row| row.get(column).is_some_and(|value| value.can_fail)),
        })
    };
    expression.can_fail || expression.text.names().iter().any(is_failing)
}
