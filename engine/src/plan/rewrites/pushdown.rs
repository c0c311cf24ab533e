//! Moves a condition of WHERE into a derived table where it removes whole groups, rows of a set, or partitions. Then only
//! what the query needs is maintained.
//!
//! A condition on columns of GROUP BY chooses groups; a condition on any columns chooses rows of DISTINCT and of set
//! operators; a condition on a column that all windows partition by chooses partitions. LIMIT prevents it, because it counts
//! rows before the condition, and so does an outer join that fills the item with NULLs.

use crate::plan::{Arm, Expression, Input, ItemId, Join, Limit, Piece, Query, Select, SetOperator, column_of};

pub(super) fn apply(select: &mut Select) {
    if select.items.iter().skip(1).any(|item| matches!(item.join, Join::Right | Join::Full)) {
        return;
    }
    let mut kept = Vec::with_capacity(select.filters.len());
    'filters: for filter in std::mem::take(&mut select.filters) {
        if let [item] = filter.items.iter().copied().collect::<Vec<_>>()[..]
            && filter.is_scalar()
            && let Some(item) = select.items.iter_mut().find(|own| own.id == item && own.join == Join::Inner)
            && let Input::Query(query) = &mut item.input
            && let Some(inside) = inside(query, &filter, item.id)
        {
            for (arm, condition) in query.arms.iter_mut().zip(inside) {
                if let Arm::Select(select) = arm {
                    select.filters.push(condition);
                }
            }
            continue 'filters;
        }
        kept.push(filter);
    }
    select.filters = kept;
}

/// The condition in terms of each SELECT of the query, if it may move there.
fn inside(query: &Query, filter: &Expression, item: ItemId) -> Option<Vec<Expression>> {
    // SQLite itself moves conditions into linear queries.
    if !matches!(query.limit, Limit::None) || query.is_materialized || !query.is_uniform || is_linear(query) {
        return None;
    }
    let columns: Vec<usize> = filter.text.pieces.iter().filter_map(|piece| column(piece, item)).collect();
    query
        .arms
        .iter()
        .map(|arm| {
            let Arm::Select(select) = arm else { return None };
            let shown: Vec<&Expression> =
                columns.iter().map(|column| select.columns.get(*column)).collect::<Option<Vec<_>>>()?;
            shown.iter().all(|shown| is_common(select, shown)).then(|| within(select, filter, item))
        })
        .collect()
}

/// Whether all rows of a group and of a partition have the same value.
fn is_common(select: &Select, shown: &Expression) -> bool {
    let is_group = !select.is_aggregated || select.groups.iter().any(|group| group.text == shown.text);
    let mut windows = select.columns.iter().flat_map(|column| &column.windows);
    let is_partition = windows.all(|over| over.partition.iter().any(|by| by.text == shown.text));
    // DISTINCT and GROUP BY may show one of several equal values; and a column compares by its collating sequence, which an
    // expression does not have.
    let is_plain = shown.is_exact && matches!(shown.text.pieces[..], [Piece::Name(..)]);
    shown.is_scalar() && is_group && is_partition && is_plain
}

fn is_linear(query: &Query) -> bool {
    let is_sum = query.operators.iter().all(|operator| *operator == SetOperator::UnionAll);
    let mut selects = query.arms.iter().filter_map(|arm| match arm {
        Arm::Select(select) => Some(select),
        Arm::Values(_) => None,
    });
    let has_windows = |select: &Select| select.columns.iter().any(|column| !column.windows.is_empty());
    is_sum && !selects.any(|select| select.distinct || select.is_aggregated || has_windows(select))
}

fn within(select: &Select, filter: &Expression, item: ItemId) -> Expression {
    let mut inside = filter.clone();
    inside.items.clear();
    inside.rejects_nulls_of.clear();
    inside.text = filter.text.replaced(&|piece| {
        let shown = select.columns.get(column(piece, item)?)?;
        Some(shown.text.clone())
    });
    for shown in filter.text.pieces.iter().filter_map(|piece| select.columns.get(column(piece, item)?)) {
        inside.items.extend(&shown.items);
    }
    inside
}

/// The column of the derived table that a piece names.
fn column(piece: &Piece, item: ItemId) -> Option<usize> {
    match piece {
        Piece::Name(named, name) if *named == item => column_of(name),
        _ => None,
    }
}
