//! Rewrites of logical plans: each gives a query that has the same rows and is easier to maintain. One rule a file.

mod outer_to_inner;
mod pushdown;
mod right_to_left;

use super::{Arm, Input, Query};

/// Applies every rule to a query and to the queries in its FROM.
pub fn rewrite(query: &mut Query) {
    for arm in &mut query.arms {
        let Arm::Select(select) = arm else { continue };
        right_to_left::apply(select);
        outer_to_inner::apply(select);
        pushdown::apply(select);
        for item in &mut select.items {
            if let Input::Query(query) = &mut item.input {
                rewrite(query);
            }
        }
    }
}
