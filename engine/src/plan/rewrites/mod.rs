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

/// Applies every rule that is not left out to a query, to the queries in its FROM, and to the subqueries in its expressions. New
/// items of FROM take their numbers from `next`. Where the order of rows shows in the answer, be it in a subquery, that subquery
/// stays as it is written: SQLite comes to its rows in the order that it has for that text.
pub fn rewrite(query: &mut Query, next: &mut ItemId, without: Without, order_shows: bool) {
    if !without.has(Choice::Distinct) {
        distinct::apply(query);
    }
    // The order of several SELECTs names no items.
    let Query { arms, order, .. } = query;
    for arm in arms {
        if let Arm::Select(select) = arm {
            rewrite_select(select, order, next, without, order_shows);
        }
    }
}

fn rewrite_select(select: &mut Select, order: &mut [Order], next: &mut ItemId, without: Without, order_shows: bool) {
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
        expression.each_subquery(|query| {
            if !(order_shows && query.depends_on_order()) {
                rewrite(query, next, without, order_shows);
            }
        });
    }
    for item in &mut select.items {
        match &mut item.input {
            Input::Query(query) => rewrite(query, next, without, order_shows),
            Input::Recursion(recursion) => {
                rewrite(&mut recursion.base, next, without, order_shows);
                recursion.steps.iter_mut().for_each(|step| rewrite_select(step, &mut [], next, without, order_shows));
            }
            Input::Table { .. } | Input::Function(..) => {}
        }
    }
}
