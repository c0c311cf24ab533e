//! Whether a SELECT without GROUP BY may be one row of aggregates: over no rows, its columns are NULL then, whatever they are.
//!
//! A function that is not known may be an aggregate of the application's.

use crate::sql::bind::tree::{Arm, Call, Expression, Group, Input, Kind, OrderBy, OrderTerm, Query, Select};
use crate::sql::bind::walk;

/// SQLite's functions that are no aggregates, those of them that queries commonly call.
const SCALAR: [&str; 34] = [
    "abs",
    "char",
    "coalesce",
    "concat",
    "date",
    "datetime",
    "format",
    "glob",
    "hex",
    "if",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_extract",
    "json_object",
    "json_type",
    "julianday",
    "length",
    "like",
    "lower",
    "ltrim",
    "nullif",
    "printf",
    "quote",
    "replace",
    "round",
    "rtrim",
    "strftime",
    "substr",
    "trim",
    "typeof",
    "upper",
];

/// Whether a SELECT may be one row of aggregates, with no row to take other columns from.
pub(super) fn may_have_no_row(select: &Select<'_>, order: &[OrderTerm<'_>]) -> bool {
    let order = order.iter().filter_map(|term| match &term.by {
        OrderBy::Expression(expression) => Some(expression),
        OrderBy::Column(_) | OrderBy::Unknown => None,
    });
    let columns = select.columns.iter().map(|column| &column.expression);
    select.groups.is_empty()
        && (select.having.is_some() || columns.chain(order).any(|expression| may_aggregate(expression)))
}

/// Whether an aggregate of the SELECT that the expression stands in may be in it.
fn may_aggregate(expression: &Expression<'_>) -> bool {
    let is_aggregate = match &expression.kind {
        Kind::Call(call) => may_be_aggregate(call),
        kind => walk::subquery(kind).is_some_and(|subquery| may_aggregate_outside(&subquery.query)),
    };
    is_aggregate || walk::operands(&expression.kind).into_iter().any(may_aggregate)
}

fn may_be_aggregate(call: &Call<'_>) -> bool {
    let name = call.name.as_str();
    let is_scalar = SCALAR.contains(&name) || (matches!(name, "min" | "max") && call.arguments.len() > 1);
    call.over.is_none() && !is_scalar
}

/// Whether a subquery may have an aggregate of a SELECT around it: one whose arguments name that one's columns.
fn may_aggregate_outside(query: &Query<'_>) -> bool {
    expressions(query).into_iter().any(names_outside) || inner_queries(query).into_iter().any(may_aggregate_outside)
}

fn names_outside(expression: &Expression<'_>) -> bool {
    let is_found = match &expression.kind {
        Kind::Call(call) => may_be_aggregate(call) && call.arguments.iter().any(names_outer_column),
        kind => walk::subquery(kind).is_some_and(|subquery| may_aggregate_outside(&subquery.query)),
    };
    is_found || walk::operands(&expression.kind).into_iter().any(names_outside)
}

fn names_outer_column(expression: &Expression<'_>) -> bool {
    match &expression.kind {
        Kind::Column(level, _) | Kind::Rowid(level, _) => *level > 0,
        // What it names, its own aggregates may not.
        kind if walk::subquery(kind).is_some() => true,
        kind => walk::operands(kind).into_iter().any(names_outer_column),
    }
}

/// The expressions that stand in a query itself.
fn expressions<'q, 't>(query: &'q Query<'t>) -> Vec<&'q Expression<'t>> {
    let mut found = Vec::new();
    for arm in &query.arms {
        match arm {
            Arm::Values { rows, .. } => found.extend(rows.iter().flatten()),
            Arm::Select(select) => {
                found.extend(select.columns.iter().map(|column| &column.expression));
                found.extend(select.filter.iter().chain(&select.having));
                found.extend(select.groups.iter().filter_map(|group| match group {
                    Group::Expression(expression) => Some(expression),
                    Group::Column(_) => None,
                }));
                found.extend(select.from.all_joins().into_iter().filter_map(|joined| joined.on.as_ref()));
                found.extend(select.from.items.iter().filter_map(|item| item.arguments.as_ref()).flatten());
            }
        }
    }
    found.extend(query.order.iter().filter_map(|term| match &term.by {
        OrderBy::Expression(expression) => Some(expression),
        OrderBy::Column(_) | OrderBy::Unknown => None,
    }));
    found.extend(query.limit.iter().flat_map(|limit| limit.expressions()));
    found
}

/// The queries in the FROM clauses of a query.
fn inner_queries<'q, 't>(query: &'q Query<'t>) -> Vec<&'q Query<'t>> {
    let selects = query.arms.iter().filter_map(|arm| match arm {
        Arm::Select(select) => Some(select),
        Arm::Values { .. } => None,
    });
    let inputs = selects.flat_map(|select| &select.from.items).map(|item| &item.input);
    inputs
        .filter_map(|input| match input {
            Input::Query { query, .. } => Some(&**query),
            Input::Recursive(recursive) => Some(&recursive.query),
            Input::Table(_) | Input::Step(_) | Input::Unstored(_) | Input::Opaque { .. } => None,
        })
        .collect()
}
