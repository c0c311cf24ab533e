//! A subquery that is a value, names nothing around it and aggregates without groups has exactly one row: it is a derived
//! table of that row, joined with all others.

use crate::plan::{
    Aggregate, Arm, Column, Expression, Input, Item, ItemId, Join, Limit, Piece, Query, Select, Text, Used, column_name,
};
use crate::types::Collation;

pub(super) fn apply(select: &mut Select, next: &mut ItemId) {
    if select.items.iter().any(|item| matches!(item.join, Join::Right | Join::Full)) {
        return;
    }
    let mut rows = Vec::new();
    select.filters.iter_mut().for_each(|filter| take(filter, &mut rows, next));
    // Beside groups the row would be a column that is none of them.
    if !select.is_aggregated && !select.distinct {
        select.columns.iter_mut().for_each(|column| take(column, &mut rows, next));
    }
    rows.append(&mut select.items);
    select.items = rows;
}

/// Takes such subqueries out of an expression.
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
            Piece::Subquery(inside) if **inside == text => Some(as_value(&Text::name(id, &column_name(0)))),
            _ => None,
        });
        if replaced == expression.text {
            // An alias that is named twice brings its subqueries twice.
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

/// A column as the expression that it stands for: a column has a collating sequence, and the call of a function has none.
pub fn as_value(column: &Text) -> Text {
    let mut value = Text::default();
    value.push("ifnull(");
    value.append(column);
    value.push(", NULL)");
    value
}

/// The value that a query is, if it is one row that nothing around it decides.
fn value(query: &Query) -> Option<Column> {
    let Query { arms, limit: Limit::None, .. } = query else { return None };
    let [Arm::Select(select)] = &arms[..] else { return None };
    let [value] = &select.columns[..] else { return None };
    let is_one = select.is_aggregated && select.groups.is_empty() && select.having.is_none();
    let is_sum = value.aggregates.iter().all(Aggregate::is_sum);
    // A subquery compares byte by byte, whatever its column does.
    (is_one && is_sum && value.affinity == Some(None) && query.is_closed()).then(|| Column {
        name: column_name(0).to_string(),
        collation: Some(Collation::Binary),
        affinity: value.affinity,
    })
}
