//! Rewrites of logical plans: each gives a query that has the same rows and is easier to maintain. One rule a file.

mod constant;
mod distinct;
mod flatten;
mod fold;
mod outer_to_inner;
mod prune;
mod pushdown;
mod right_to_left;
mod scalar;
mod substitute;

use super::{Arm, Input, ItemId, Order, Query, Select};

pub use fold::fold_all;
pub use scalar::as_value;

/// Applies every rule to a query and to the queries in its FROM. New items of FROM take their numbers from `next`.
pub fn rewrite(query: &mut Query, next: &mut ItemId) {
    distinct::apply(query);
    // The order of several SELECTs names no items.
    let Query { arms, order, .. } = query;
    for arm in arms {
        if let Arm::Select(select) = arm {
            rewrite_select(select, order, next);
        }
    }
}

fn rewrite_select(select: &mut Select, order: &mut [Order], next: &mut ItemId) {
    constant::apply(select);
    scalar::apply(select, next);
    outer_to_inner::apply(select);
    flatten::apply(select, order);
    fold::apply(select, order, next);
    outer_to_inner::apply(select);
    pushdown::apply(select);
    prune::apply(select, order);
    for expression in select.all_expressions_mut() {
        let done: Result<(), std::convert::Infallible> = expression.change_subqueries(|query| {
            rewrite(query, next);
            Ok(())
        });
        let Ok(()) = done;
    }
    for item in &mut select.items {
        match &mut item.input {
            Input::Query(query) => rewrite(query, next),
            Input::Recursion(recursion) => {
                rewrite(&mut recursion.base, next);
                recursion.steps.iter_mut().for_each(|step| rewrite_select(step, &mut [], next));
            }
            Input::Table { .. } | Input::Function(..) => {}
        }
    }
}
