//! Replaces columns by expressions wherever they are named: in conditions, aggregates and subqueries.

use crate::plan::{Arm, Expression, Input, ItemId, OrderBy, Piece, Query, Select, SqlText, Used};
use crate::types::SortedSet;

/// The expression that replaces a column of an item, if any does.
pub(super) type By<'b> = &'b dyn Fn(ItemId, &str) -> Option<Expression>;

pub(super) fn in_query(query: &mut Query, by: By<'_>) {
    for arm in &mut query.arms {
        match arm {
            Arm::Select(select) => in_select(select, by),
            Arm::Values(rows) => rows.iter_mut().flatten().for_each(|value| in_expression(value, by)),
        }
    }
    for order in &mut query.order {
        if let OrderBy::Expression(expression) = &mut order.by {
            in_expression(expression, by);
        }
    }
}

pub(super) fn in_select(select: &mut Select, by: By<'_>) {
    let Select { columns, filters, groups, determined, having, .. } = &mut *select;
    let own = columns.iter_mut().chain(filters).chain(groups).chain(determined).chain(having);
    own.for_each(|expression| in_expression(expression, by));
    for item in &mut select.items {
        item.on.iter_mut().for_each(|condition| in_expression(condition, by));
        match &mut item.input {
            Input::Table { .. } => {}
            Input::Query(query) => in_query(query, by),
            Input::Function(call, items) => in_text(call, items, by),
            // A recursion cannot name items around it.
            Input::Recursion(_) => {}
        }
    }
}

pub(super) fn in_expression(expression: &mut Expression, by: By<'_>) {
    for (item, column) in expression.text.names() {
        let Some(Expression { text, can_fail, .. }) = by(item, &column) else { continue };
        expression.can_fail |= can_fail;
        for items in [&mut expression.rejects_nulls_of, &mut expression.is_null_with] {
            if items.remove(&item)
                && let [Piece::Name(other, _)] = &text.pieces[..]
            {
                items.insert(*other);
            }
        }
    }
    in_text(&mut expression.text, &mut expression.items, by);
    for aggregate in &mut expression.aggregates {
        let mut items = SortedSet::new();
        in_text(&mut aggregate.text, &mut items, by);
        aggregate.arguments.iter_mut().chain(&mut aggregate.filter).for_each(|argument| in_expression(argument, by));
    }
    for over in &mut expression.windows {
        over.expressions_mut().for_each(|term| in_expression(term, by));
    }
    for subquery in &mut expression.subqueries {
        in_query(&mut subquery.query, by);
        if let Used::In(elements, _) = &mut subquery.used {
            elements.iter_mut().for_each(|element| in_expression(element, by));
        }
    }
}

fn in_text(text: &mut SqlText, items: &mut SortedSet<ItemId>, by: By<'_>) {
    for (item, column) in text.names() {
        if let Some(other) = by(item, &column) {
            items.remove(&item);
            items.extend(other.items);
        }
    }
    *text = text.replaced(&|piece| match piece {
        Piece::Name(item, column) => by(*item, column).map(|other| other.text),
        _ => None,
    });
}
