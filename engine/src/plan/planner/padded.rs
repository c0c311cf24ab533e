//! Sums over an outer join, as sums over two linear SELECTs. If `g` names only `l`,
//!
//! ```text
//! SELECT g, sum(b.x) FROM l LEFT JOIN b ON c GROUP BY g
//!   =  SELECT g, sum(x) FROM (SELECT l.*, b.* FROM l JOIN b ON c  UNION ALL  SELECT l.*, NULL .. FROM l) GROUP BY g
//! ```
//!
//! as long as no aggregate depends on how often a row of `l` comes with NULLs: its argument is NULL there, or it ignores
//! repetitions, as MIN, MAX and COUNT(DISTINCT) do. The rows of `l` alone then keep a group in the result.

use crate::plan::rewrites::{beside_nulls, fold_all};
use crate::plan::{Aggregate, Expression, ItemId, Join, Select};

use super::Planner;

/// The grouped SELECT over two SELECTs without an outer join, and its ORDER BY.
pub(super) fn over_both(
    planner: &mut Planner,
    select: &Select,
    by: &[&Expression],
) -> Option<(Select, Vec<Expression>)> {
    let (padded, others) = select.items.split_last()?;
    let is_inner = others.iter().skip(1).all(|item| item.join == Join::Inner);
    if others.is_empty() || padded.join != Join::Left || !is_inner {
        return None;
    }
    let names = |expression: &Expression| expression.items.contains(&padded.id);
    if select.groups.iter().chain(&select.determined).chain(&select.filters).any(names) {
        return None;
    }
    let expressions = select.columns.iter().chain(&select.having).chain(by.iter().copied());
    if !expressions.flat_map(|expression| &expression.aggregates).all(|aggregate| is_blind(aggregate, padded.id)) {
        return None;
    }
    let mut over = select.clone();
    let mut by: Vec<Expression> = by.iter().map(|expression| (*expression).clone()).collect();
    fold_all(&mut over, &mut by, &mut planner.items)?;
    beside_nulls(&mut over, padded.id)?;
    Some((over, by))
}

/// Whether one more row with NULLs for the item leaves the aggregate as it is.
fn is_blind(aggregate: &Aggregate, padded: ItemId) -> bool {
    let (Some(argument), false) = (aggregate.arguments.first(), aggregate.arguments.len() > 1) else { return false };
    if argument.is_null_with.contains(&padded) {
        return true;
    }
    let is_of_set = aggregate.is_extremum() || (aggregate.name == "count" && aggregate.distinct);
    let is_apart = |expression: &Expression| expression.is_scalar() && !expression.items.contains(&padded);
    is_of_set && is_apart(argument) && aggregate.filter.as_ref().is_none_or(is_apart)
}
