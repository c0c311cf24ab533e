//! Turns a subquery that is used as a value, names no items around it, and aggregates without groups into an item of FROM:
//! it has exactly one row, which joins every other row.

use crate::plan::{
    Aggregate, Arm, Column, Expression, Input, Item, ItemId, Join, Limit, Piece, Query, Select, SqlText, Used,
    column_name,
};
use crate::types::Collation;

pub(super) fn apply(select: &mut Select, next: &mut ItemId) {
    if select.items.iter().any(|item| matches!(item.join, Join::Right | Join::Full)) {
        return;
    }
    let mut rows = Vec::new();
    select.filters.iter_mut().for_each(|filter| take(filter, &mut rows, next));
    // In a grouped SELECT the column of the row would be a bare column.
    if !select.is_aggregated && !select.distinct {
        select.columns.iter_mut().for_each(|column| take(column, &mut rows, next));
    }
    rows.append(&mut select.items);
    select.items = rows;
}

/// Moves such subqueries of an expression into `rows`.
fn take(expression: &mut Expression, rows: &mut Vec<Item>, next: &mut ItemId) {
    if !expression.windows.is_empty() {
        return;
    }
    for subquery in std::mem::take(&mut expression.subqueries) {
        let column = match (&subquery.used, value(&subquery.query)) {
            (Used::Value, Some(column)) => column,
            _ => {
                expression.subqueries.push(subquery);
                continue;
            }
        };
        let id = *next;
        let text = subquery.query.text();
        let replaced = expression.text.replaced(&|piece| match piece {
            Piece::Subquery(inside) if **inside == text => Some(as_value(&SqlText::name(id, &column_name(0)))),
            _ => None,
        });
        if replaced == expression.text {
            // An alias that is named twice lists its subqueries twice.
            continue;
        }
        *next += 1;
        expression.text = replaced;
        subquery.query.items().iter().for_each(|item| {
            expression.items.remove(item);
        });
        expression.items.insert(id);
        let input = Input::Query(Box::new(subquery.query));
        rows.push(Item::new(id, input, vec![column]));
    }
}

/// A column as an expression: a column has a collating sequence that counts in comparisons, a function call has none.
pub fn as_value(column: &SqlText) -> SqlText {
    let mut value = SqlText::default();
    value.push("ifnull(");
    value.append(column);
    value.push(", NULL)");
    value
}

/// The column of a query that is one row and names no items around it.
fn value(query: &Query) -> Option<Column> {
    let Query { arms, limit: Limit::None, .. } = query else { return None };
    let [Arm::Select(select)] = &arms[..] else { return None };
    let [value] = &select.columns[..] else { return None };
    let is_one = select.is_aggregated && select.groups.is_empty() && select.having.is_none();
    let is_sum = value.aggregates.iter().all(Aggregate::is_sum);
    // The value of a subquery compares byte by byte, whatever its column does.
    (is_one && is_sum && value.affinity == Some(None) && query.is_closed()).then(|| Column {
        name: column_name(0).to_string(),
        collation: Some(Collation::Binary),
        affinity: value.affinity,
    })
}
