//! Rewrites of logical plans: each gives a query with the same rows that is easier to maintain. One rule a file.

mod constant;
mod determined;
mod distinct;
mod flatten;
mod fold;
mod outer_to_inner;
mod prune;
mod pushdown;
mod right_to_left;
mod scalar;
mod substitute;

use super::{Arm, DisabledFeatures, Input, ItemId, Order, PlannerFeature, Query, Select};

pub use fold::{beside_nulls, fold_all};
pub use scalar::as_value;

/// Applies every rule that is not disabled to a query, to the queries in its FROM, and to the subqueries in its expressions.
/// New items of FROM are numbered from `next`. If the result depends on row order, a subquery that depends on it stays as
/// written: SQLite visits its rows in the order that it chooses for that text.
pub fn rewrite(query: &mut Query, next: &mut ItemId, disabled: DisabledFeatures, order_shows: bool) {
    if !disabled.has(PlannerFeature::Distinct) {
        distinct::apply(query);
    }
    // ORDER BY of several SELECTs names no items.
    let Query { arms, order, .. } = query;
    for arm in arms {
        if let Arm::Select(select) = arm {
            rewrite_select(select, order, next, disabled, order_shows);
        }
    }
}

fn rewrite_select(
    select: &mut Select,
    order: &mut [Order],
    next: &mut ItemId,
    disabled: DisabledFeatures,
    order_shows: bool,
) {
    let may = |feature| !disabled.has(feature);
    if may(PlannerFeature::Constant) {
        constant::apply(select);
    }
    if may(PlannerFeature::Scalar) {
        scalar::apply(select, next);
    }
    if may(PlannerFeature::OuterToInner) {
        outer_to_inner::apply(select);
    }
    if may(PlannerFeature::Flatten) {
        flatten::apply(select, order);
    }
    if may(PlannerFeature::Fold) {
        fold::apply(select, order, next);
    }
    if may(PlannerFeature::OuterToInner) {
        outer_to_inner::apply(select);
    }
    if may(PlannerFeature::Pushdown) {
        pushdown::apply(select);
    }
    if may(PlannerFeature::Prune) {
        prune::apply(select, order);
    }
    if may(PlannerFeature::Determined) {
        determined::apply(select, order);
    }
    for expression in select.all_expressions_mut() {
        expression.each_subquery(|query| {
            if !(order_shows && query.depends_on_order()) {
                rewrite(query, next, disabled, order_shows);
            }
        });
    }
    for item in &mut select.items {
        match &mut item.input {
            Input::Query(query) => rewrite(query, next, disabled, order_shows),
            Input::Recursion(recursion) => {
                rewrite(&mut recursion.base, next, disabled, order_shows);
                recursion.steps.iter_mut().for_each(|step| rewrite_select(step, &mut [], next, disabled, order_shows));
            }
            Input::Table { .. } | Input::Function(..) => {}
        }
    }
}
