//! Where SQLite's own answer depends on the order in which its plan comes to the rows.

use sqlite3_parser::ast::{Expr, Literal, Over};

use super::call::Call;
use super::clauses::shown;
use super::dependencies::{Limit, Order};
use super::keys::{ColumnOf, Keys, Seeds};
use super::name::{Path, bare, plain};
use super::scope::{Meaning, Output, Scope, Shape};
use super::select::Reading;
pub(super) use super::shape::{named_shape, shape};
use super::{literal, walk};
use crate::plan::{BARE_COLUMN, TIED_LIMIT};
use crate::types::Value;

/// Why the result of a SELECT depends on the plan, if it does.
pub(super) fn reason(reading: &Reading<'_>) -> Option<&'static str> {
    let clauses = &reading.clauses;
    let scope = &reading.scope;
    let keys = Keys::of(reading.from, clauses.filter, scope);
    let shown: Vec<&Expr<'_>> = clauses.shown().chain(clauses.having).collect();
    let ordered = reading.order.iter().map(|term| &term.expr);
    let calls: Vec<Call<'_>> = shown.iter().copied().chain(ordered).flat_map(calls).collect();
    let groups = groups(reading);
    let is_aggregated = calls.iter().any(|call| call.over.is_none()) || !groups.is_empty();
    if is_aggregated && has_bare_column(reading, &groups, &keys, &shown) {
        return Some(BARE_COLUMN);
    }
    if calls.iter().any(|call| shows_ties(call, reading, &keys)) {
        return Some("window functions over tied rows");
    }
    if let Some(reason) = calls.iter().find_map(|aggregate| order_of_aggregate(aggregate, &keys, scope)) {
        return Some(reason);
    }
    if groups.iter().any(|group| shape(group, scope) == Shape::Loose) {
        return Some("which of several equal values GROUP BY shows");
    }
    if clauses.is_distinct && reading.outputs.iter().any(|output| output.shape == Shape::Loose) {
        return Some("which of several equal values DISTINCT shows");
    }
    let has_one_row = is_aggregated && groups.is_empty();
    if reading.limit == Limit::None || has_one_row || is_total(reading, &groups, is_aggregated, &keys) {
        return None;
    }
    Some(match reading.limit {
        Limit::First => "a subquery used as a value that may have several rows",
        _ => TIED_LIMIT,
    })
}

/// Whether ORDER BY compares every result column, so that tied rows are equal rows.
pub(super) fn orders_all(order: Order<'_>, outputs: &[Output]) -> bool {
    let is_ordered = |(at, output): (usize, &Output)| {
        let name = output.name.as_ref();
        let is_named =
            |path: Path<'_>| path.is_bare() && name.is_some_and(|name| name.eq_ignore_ascii_case(&path.column));
        output.shape != Shape::Loose
            && order.iter().any(|term| {
                let term = bare(&term.expr);
                ordinal(term) == Some(at) || Path::of(term).is_some_and(is_named)
            })
    };
    outputs.iter().enumerate().all(is_ordered)
}

/// Whether ORDER BY decides the order of any two rows that differ.
fn is_total(reading: &Reading<'_>, groups: &[&Expr<'_>], is_aggregated: bool, keys: &Keys<'_>) -> bool {
    if orders_all(reading.order, reading.outputs) {
        return true;
    }
    let terms: Vec<&Expr<'_>> = reading.order.iter().filter_map(|term| ordered(&term.expr, reading)).collect();
    if is_aggregated {
        return groups.iter().all(|group| terms.iter().any(|term| is_same(term, group, &reading.scope)));
    }
    !reading.clauses.is_distinct && keys.all_fixed(&seeds(&terms, &reading.scope))
}

/// Whether a window function's value depends on the order of rows that its window may leave tied.
fn shows_ties(call: &Call<'_>, reading: &Reading<'_>, keys: &Keys<'_>) -> bool {
    let Some(over) = call.over else { return false };
    let named =
        |name: &str| reading.clauses.windows.iter().find(|known| plain(known.name.0).eq_ignore_ascii_case(name));
    let window = match over {
        Over::Window(window) => window,
        Over::Name(name) => match named(&plain(name.0)) {
            Some(definition) => &definition.window,
            None => return true,
        },
    };
    let is_exact = call.arguments.iter().all(|argument| shape(argument, &reading.scope) != Shape::Loose);
    let partition = window.partition_by.unwrap_or_default().iter();
    let terms: Vec<&Expr<'_>> =
        partition.chain(window.order_by.unwrap_or_default().iter().map(|term| &term.expr)).collect();
    let is_own = window.base.is_none() && reading.clauses.groups.is_empty();
    call.shows_ties(window, is_exact) && !(is_own && keys.all_fixed(&seeds(&terms, &reading.scope)))
}

/// The columns among expressions.
fn seeds(expressions: &[&Expr<'_>], scope: &Scope<'_>) -> Seeds {
    let mut seeds = Seeds::default();
    for expression in expressions {
        let expression = bare(expression);
        if let Some(column) = scope.own_column(expression) {
            seeds.columns.push(column);
        } else if let Some(Meaning::Rowid(0, items)) = scope.meaning_of(expression)
            && let [item] = items[..]
        {
            seeds.rowids.push(item);
        }
    }
    seeds
}

/// What a term of ORDER BY orders by: an alias comes before a column of the same name.
fn ordered<'q>(term: &'q Expr<'q>, reading: &Reading<'q>) -> Option<&'q Expr<'q>> {
    let position = ordinal(bare(term));
    let alias = Path::of(bare(term)).filter(Path::is_bare).and_then(|path| reading.scope.alias(&path.column));
    match position.or(alias).and_then(|column| reading.scope.results.get(column)) {
        Some(result) if result.expression.is_some() => result.expression,
        Some(_) if position.is_some() => None,
        _ => Some(term),
    }
}

/// The expressions of GROUP BY; in it a column comes before an alias.
fn groups<'q>(reading: &Reading<'q>) -> Vec<&'q Expr<'q>> {
    let resolved = |expression: &'q Expr<'q>| {
        let alias = match reading.scope.meaning_of(bare(expression)) {
            Some(Meaning::Alias(alias)) => Some(alias),
            _ => None,
        };
        let column = ordinal(bare(expression)).or(alias);
        let result = column.and_then(|column| reading.scope.results.get(column));
        result.and_then(|result| result.expression).unwrap_or(expression)
    };
    reading.clauses.groups.iter().map(resolved).collect()
}

/// The result column that a number in ORDER BY or GROUP BY stands for.
fn ordinal(expression: &Expr<'_>) -> Option<usize> {
    match expression {
        Expr::Literal(Literal::Numeric(digits)) => match literal::number(digits)? {
            Value::Integer(position) => usize::try_from(position).ok()?.checked_sub(1),
            _ => None,
        },
        _ => None,
    }
}

fn is_same(one: &Expr<'_>, other: &Expr<'_>, scope: &Scope<'_>) -> bool {
    let (one, other) = (bare(one), bare(other));
    let columns = (scope.own_column(one), scope.own_column(other));
    match columns {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// Whether a result column shows a column of a row that is but one of several of its group.
fn has_bare_column(reading: &Reading<'_>, groups: &[&Expr<'_>], keys: &Keys<'_>, shown_here: &[&Expr<'_>]) -> bool {
    let scope = &reading.scope;
    let fixed = keys.fixed(&seeds(groups, scope));
    let all_fixed = fixed.iter().all(|fixed| *fixed);
    let has_wildcard = reading.clauses.columns.iter().any(|column| shown(column).is_none());
    let is_bare_column = |&(item, _): &ColumnOf| !fixed.get(item).copied().unwrap_or(false);
    let mut pending: Vec<&Expr<'_>> = shown_here.to_vec();
    pending.extend(reading.order.iter().filter_map(|term| ordered(&term.expr, reading)));
    while let Some(expression) = pending.pop() {
        let is_aggregate = Call::of(expression).is_some_and(|call| call.is_aggregate());
        if is_aggregate || groups.iter().any(|group| is_same(expression, group, scope)) {
            continue;
        }
        let is_bare = match expression {
            Expr::Subquery(_) | Expr::Exists(_) | Expr::InSelect { .. } | Expr::InTable { .. } => !all_fixed,
            other => match scope.meaning_of(other) {
                Some(Meaning::Columns(0, columns)) => columns.iter().any(is_bare_column),
                Some(Meaning::Rowid(0, items)) => items.iter().any(|item| is_bare_column(&(*item, 0))),
                Some(Meaning::Missing) => true,
                Some(_) | None => false,
            },
        };
        if is_bare {
            return true;
        }
        pending.extend(walk::operands(expression));
    }
    has_wildcard && !all_fixed
}

/// Why the value of an aggregate depends on the order of its rows, if it does.
fn order_of_aggregate(call: &Call<'_>, keys: &Keys<'_>, scope: &Scope<'_>) -> Option<&'static str> {
    let argument = call.arguments.first();
    let shape = argument.map_or(Shape::Loose, |argument| shape(argument, scope));
    match call.name.as_str() {
        "sum" | "total" | "avg" => {
            (shape != Shape::Integer).then_some("a sum of floats rounds as the order of its rows has it")
        }
        "min" | "max" => (shape == Shape::Loose).then_some("which of several equal values MIN or MAX shows"),
        "group_concat" | "string_agg" | "json_group_array" | "json_group_object" | "jsonb_group_array"
        | "jsonb_group_object" => {
            let terms: Vec<&Expr<'_>> = call.order.iter().map(|term| &term.expr).collect();
            let orders_values = shape != Shape::Loose
                && call.arguments.len() == 1
                && terms.iter().any(|term| argument.is_some_and(|argument| is_same(term, argument, scope)));
            let is_ordered = orders_values || (!terms.is_empty() && keys.all_fixed(&seeds(&terms, scope)));
            (!is_ordered).then_some("an aggregate that concatenates rows in no certain order")
        }
        _ => None,
    }
}

/// The aggregates and window functions in an expression, those of subqueries aside.
fn calls<'t>(expression: &'t Expr<'t>) -> Vec<Call<'t>> {
    let mut pending = vec![expression];
    let mut found = Vec::new();
    while let Some(expression) = pending.pop() {
        found.extend(Call::of(expression).filter(|call| call.over.is_some() || call.is_aggregate()));
        pending.extend(walk::operands(expression));
    }
    found
}
