//! Rewrites of logical plans: each gives a query that has the same rows and is easier to maintain. One rule a file.

mod constant;
mod decided;
mod distinct;
mod flatten;
mod fold;
mod outer_to_inner;
mod prune;
mod pushdown;
mod right_to_left;
mod scalar;
mod substitute;

use super::{Arm, Choice, Input, ItemId, Order, Query, Select, Without};

pub use fold::{beside_nulls, fold_all};
pub use scalar::as_value;

/// Applies every rule that is not left out to a query and to the queries in its FROM. New items of FROM take their numbers
/// from `next`.
pub fn rewrite(query: &mut Query, next: &mut ItemId, without: Without) {
    if !without.has(Choice::Distinct) {
        distinct::apply(query);
    }
    // The order of several SELECTs names no items.
    let Query { arms, order, .. } = query;
    for arm in arms {
        if let Arm::Select(select) = arm {
            rewrite_select(select, order, next, without);
        }
    }
}

fn rewrite_select(select: &mut Select, order: &mut [Order], next: &mut ItemId, without: Without) {
    let may = |choice| !without.has(choice);
    if may(Choice::Constant) {
        constant::apply(select);
    }
    if may(Choice::Scalar) {
        scalar::apply(select, next);
    }
    if may(Choice::OuterToInner) {
        outer_to_inner::apply(select);
    }
    if may(Choice::Flatten) {
        flatten::apply(select, order);
    }
    if may(Choice::Fold) {
        fold::apply(select, order, next);
    }
    if may(Choice::OuterToInner) {
        outer_to_inner::apply(select);
    }
    if may(Choice::Pushdown) {
        pushdown::apply(select);
    }
    if may(Choice::Prune) {
        prune::apply(select, order);
    }
    if may(Choice::Decided) {
        decided::apply(select, order);
    }
    for expression in select.all_expressions_mut() {
        expression.each_subquery(|query| rewrite(query, next, without));
    }
    for item in &mut select.items {
        match &mut item.input {
            Input::Query(query) => rewrite(query, next, without),
            Input::Recursion(recursion) => {
                rewrite(&mut recursion.base, next, without);
                recursion.steps.iter_mut().for_each(|step| rewrite_select(step, &mut [], next, without));
            }
            Input::Table { .. } | Input::Function(..) => {}
        }
    }
}
