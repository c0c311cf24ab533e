//! Removes the columns of a derived table that nothing names. They are neither counted nor held, and rows that differ only
//! in them are no longer told apart.
//!
//! Not under DISTINCT, nor in a compound SELECT that is a set, where every column decides which rows are equal; nor under
//! ORDER BY or LIMIT. SQLite evaluates all columns of groups, window functions and MATERIALIZED queries, so a column of
//! these that can fail stays: the query would fail.

use super::substitute::{self, By};
use crate::plan::{
    Aggregate, Arm, Expression, Input, Item, ItemId, Limit, Order, OrderBy, Query, Select, SetOperator, SqlText,
    column_name, column_of,
};
use crate::types::SortedSet;

pub(super) fn apply(select: &mut Select, order: &mut [Order]) {
    let named = named(select, order);
    let mut moved: Vec<(ItemId, Vec<usize>)> = Vec::new();
    for item in &mut select.items {
        let Input::Query(query) = &mut item.input else { continue };
        if let Some(kept) = kept(query, item.id, &named) {
            prune(query, &kept);
            let columns = std::mem::take(&mut item.columns);
            item.columns = renamed(columns, &kept);
            moved.push((item.id, kept));
        }
    }
    if moved.is_empty() {
        return;
    }
    let by: By<'_> = &|item, name| {
        let (_, kept) = moved.iter().find(|(moved, _)| *moved == item)?;
        let column = column_of(name)?;
        let at = kept.iter().position(|kept| *kept == column)?;
        let text = SqlText::name(item, &column_name(at));
        Some(Expression { text, items: [item].into(), ..Expression::default() })
    };
    substitute::in_select(select, by);
    for order in order {
        if let OrderBy::Expression(expression) = &mut order.by {
            substitute::in_expression(expression, by);
        }
    }
}

/// The columns that a SELECT and its ORDER BY name.
fn named(select: &Select, order: &[Order]) -> SortedSet<(ItemId, String)> {
    let mut named: SortedSet<(ItemId, String)> = SortedSet::new();
    let conditions = select.items.iter().flat_map(|item| &item.on);
    let ordered = order.iter().filter_map(Order::expression);
    for expression in select.expressions().chain(conditions).chain(ordered) {
        named.extend(expression.text.names());
    }
    for item in &select.items {
        if let Item { input: Input::Function(call, _), .. } = item {
            named.extend(call.names());
        }
    }
    named
}

/// The columns of a query that stay, if others go.
fn kept(query: &Query, item: ItemId, named: &SortedSet<(ItemId, String)>) -> Option<Vec<usize>> {
    let is_bag = query.operators.iter().all(|operator| *operator == SetOperator::UnionAll);
    if !is_bag || !query.order.is_empty() || !matches!(query.limit, Limit::None) {
        return None;
    }
    let selects: Vec<&Select> = query
        .arms
        .iter()
        .map(|arm| match arm {
            Arm::Select(select) if !select.distinct => Some(&**select),
            Arm::Select(_) | Arm::Values(_) => None,
        })
        .collect::<Option<_>>()?;
    let width = selects.first()?.columns.len();
    let mut kept: SortedSet<usize> =
        (0..width).filter(|at| named.contains(&(item, column_name(*at).to_string()))).collect();
    // A SELECT needs a column, and a SELECT that is one row because it aggregates needs an aggregate.
    for select in &selects {
        let aggregates = |at: &usize| select.columns[*at].has_aggregate;
        let is_one_row = select.is_aggregated && select.groups.is_empty() && select.having.is_none();
        if is_one_row && !kept.iter().any(aggregates) {
            kept.insert((0..width).find(aggregates)?);
        }
        let has_windows = select.expressions().any(|expression| !expression.windows.is_empty());
        if select.is_aggregated || has_windows || query.is_materialized {
            kept.extend((0..width).filter(|at| can_fail(&select.columns[*at])));
        }
        // A MIN or MAX decides which row of a group bare columns are taken from.
        let shown = kept.iter().map(|at| &select.columns[*at]).chain(&select.having);
        if select.is_aggregated && shown.into_iter().any(|shown| !select.bare_columns_of(shown).is_empty()) {
            let has_extremum = |at: &usize| select.columns[*at].aggregates.iter().any(Aggregate::is_extremum);
            kept.extend((0..width).filter(has_extremum));
        }
    }
    if kept.is_empty() {
        kept.insert(0);
    }
    (kept.len() < width).then(|| kept.into_iter().collect())
}

/// Whether an expression fails for some values of one row or of several.
fn can_fail(shown: &Expression) -> bool {
    let overflows = |aggregate: &Aggregate| aggregate.name == "sum";
    shown.can_fail || shown.aggregates.iter().any(overflows) || shown.windows.iter().any(|over| over.can_overflow)
}

fn prune(query: &mut Query, kept: &[usize]) {
    for arm in &mut query.arms {
        if let Arm::Select(select) = arm {
            let columns = std::mem::take(&mut select.columns);
            select.columns = at(columns, kept);
        }
    }
}

fn renamed(columns: Vec<crate::plan::Column>, kept: &[usize]) -> Vec<crate::plan::Column> {
    let mut columns = at(columns, kept);
    columns.iter_mut().enumerate().for_each(|(at, column)| column.name = column_name(at).to_string());
    columns
}

/// The elements at these places.
fn at<T>(elements: Vec<T>, kept: &[usize]) -> Vec<T> {
    elements.into_iter().enumerate().filter(|(at, _)| kept.contains(at)).map(|(_, element)| element).collect()
}
