//! Replaces a derived table that is a plain SELECT of inner joins: its items join the FROM around it, its conditions join
//! those there, and its columns become the expressions that they stand for. Then base tables identify its rows.

use super::substitute::{self, By};
use crate::plan::{Arm, Expression, Input, Item, Join, Limit, Order, OrderBy, Piece, Query, Select, column_of};

pub(super) fn apply(select: &mut Select, order: &mut [Order]) {
    let mut at = 0;
    while at < select.items.len() {
        match flat(select, at) {
            Some(inner) => splice(select, order, at, inner),
            None => at += 1,
        }
    }
}

/// The SELECT of a derived table that may be flattened.
fn flat(select: &Select, at: usize) -> Option<Select> {
    let item = &select.items[at];
    let Input::Query(query) = &item.input else { return None };
    let Query { arms, limit: Limit::None, is_materialized: false, .. } = &**query else { return None };
    let [Arm::Select(inner)] = &arms[..] else { return None };
    // If nothing else orders the rows, the order of the derived table shows in the result.
    let is_plain = query.order.is_empty() && !inner.distinct && !inner.is_aggregated && !inner.items.is_empty();
    let is_inner = inner.items.iter().skip(1).all(|item| item.join == Join::Inner);
    let has_other = select.items.iter().any(|item| matches!(item.join, Join::Right | Join::Full));
    let may_stand = match item.join {
        Join::Inner => inner.columns.iter().all(is_column),
        Join::Left => {
            inner.items.len() == 1
                && inner.columns.iter().all(is_column)
                && inner.filters.iter().all(Expression::is_scalar)
        }
        Join::Right | Join::Full => false,
    };
    (is_plain && is_inner && !has_other && may_stand).then(|| (**inner).clone())
}

/// Whether a column means the same wherever it stands. An expression does not: as a column of a derived table it has a
/// collating sequence that counts in comparisons, and JSON becomes text.
fn is_column(column: &Expression) -> bool {
    matches!(column.text.pieces[..], [Piece::Name(..)])
}

fn splice(select: &mut Select, order: &mut [Order], at: usize, inner: Select) {
    let Item { id, join, is_crossed, on, .. } = select.items.remove(at);
    let Select { columns, items, filters, .. } = inner;
    let last = items.len() - 1;
    for (offset, mut item) in items.into_iter().enumerate() {
        if offset == 0 {
            (item.join, item.is_crossed) = (join, is_crossed);
        }
        if offset == last {
            item.on.extend(on.iter().cloned());
        }
        if join == Join::Left {
            item.on.extend(filters.iter().cloned());
        }
        select.items.insert(at + offset, item);
    }
    if join != Join::Left {
        select.filters.extend(filters);
    }
    let by: By<'_> = &|item, name| {
        let column = column_of(name).filter(|_| item == id)?;
        columns.get(column).cloned()
    };
    substitute::in_select(select, by);
    for order in order {
        if let OrderBy::Expression(expression) = &mut order.by {
            substitute::in_expression(expression, by);
        }
    }
}
