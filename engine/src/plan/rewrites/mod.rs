//! Rewrites of logical plans: each gives a query that has the same rows and is easier to maintain. One rule a file.

mod flatten;
mod fold;
mod outer_to_inner;
mod pushdown;
mod right_to_left;
mod substitute;

use super::{Arm, Input, ItemId, Query};

pub use fold::fold_all;

/// Applies every rule to a query and to the queries in its FROM. New items of FROM take their numbers from `next`.
pub fn rewrite(query: &mut Query, next: &mut ItemId) {
    // The order of several SELECTs names no items.
    let Query { arms, order, .. } = query;
    for arm in arms {
        let Arm::Select(select) = arm else { continue };
        outer_to_inner::apply(select);
        flatten::apply(select, order);
        fold::apply(select, order, next);
        outer_to_inner::apply(select);
        pushdown::apply(select);
        for item in &mut select.items {
            if let Input::Query(query) = &mut item.input {
                rewrite(query, next);
            }
        }
    }
}
