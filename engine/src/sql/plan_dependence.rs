//! Where SQLite's own answer depends on the order in which its plan comes to the rows.

use sqlparser::ast::{Expr, FunctionArgumentClause, FunctionArguments, GroupByExpr, OrderByExpr, Value};

use super::dependencies::Limit;
use super::expression::{arguments, function_name};
use super::keys::{ColumnOf, Keys, Seeds};
use super::scope::{Meaning, Output, Scope, Shape, bare, path};
use super::select::{Reading, is_distinct, projected};
pub(super) use super::shape::{named_shape, shape};

/// Why the result of a SELECT depends on the plan, if it does.
pub(super) fn reason(reading: &Reading<'_>) -> Option<&'static str> {
    let select = reading.select;
    let scope = &reading.scope;
    let keys = Keys::of(reading.from, select.selection.as_ref(), scope);
    let shown: Vec<&Expr> = select.projection.iter().filter_map(projected).chain(&select.having).collect();
    let ordered = reading.order.iter().map(|term| &term.expr);
    let calls: Vec<&Expr> = shown.iter().copied().chain(ordered).flat_map(calls).collect();
    if calls.iter().any(|call| matches!(call, Expr::Function(function) if function.over.is_some())) {
        return Some("window functions over tied rows");
    }
    let aggregates: Vec<&Expr> = calls.into_iter().filter(|call| is_aggregate(call)).collect();
    if let Some(reason) = aggregates.iter().find_map(|aggregate| order_of_aggregate(aggregate, &keys, scope)) {
        return Some(reason);
    }
    let groups = groups(reading);
    if groups.iter().any(|group| shape(group, scope) == Shape::Loose) {
        return Some("which of several equal values GROUP BY shows");
    }
    let is_aggregated = !aggregates.is_empty() || !groups.is_empty();
    if is_aggregated && has_bare_column(reading, &groups, &keys, &shown) {
        return Some("a column that is neither aggregated nor grouped by");
    }
    if is_distinct(select) && reading.outputs.iter().any(|output| output.shape == Shape::Loose) {
        return Some("which of several equal values DISTINCT shows");
    }
    let has_one_row = is_aggregated && groups.is_empty();
    if reading.limit == Limit::None || has_one_row || is_total(reading, &groups, is_aggregated, &keys) {
        return None;
    }
    Some(match reading.limit {
        Limit::First => "a subquery used as a value that may have several rows",
        _ => "LIMIT over rows that ORDER BY may leave tied",
    })
}

/// Whether ORDER BY compares every result column, so that tied rows are equal rows.
pub(super) fn orders_all(order: &[OrderByExpr], outputs: &[Output]) -> bool {
    let is_ordered = |(at, output): (usize, &Output)| {
        output.shape != Shape::Loose
            && order.iter().any(|term| match bare(&term.expr) {
                Expr::Value(value) => ordinal(&value.value) == Some(at),
                Expr::Identifier(ident) => {
                    output.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&ident.value))
                }
                _ => false,
            })
    };
    outputs.iter().enumerate().all(is_ordered)
}

/// Whether ORDER BY decides the order of any two rows that differ.
fn is_total(reading: &Reading<'_>, groups: &[&Expr], is_aggregated: bool, keys: &Keys<'_>) -> bool {
    if orders_all(reading.order, reading.outputs) {
        return true;
    }
    let terms: Vec<&Expr> = reading.order.iter().filter_map(|term| ordered(&term.expr, reading)).collect();
    if is_aggregated {
        return groups.iter().all(|group| terms.iter().any(|term| is_same(term, group, &reading.scope)));
    }
    !is_distinct(reading.select) && keys.all_fixed(&seeds(&terms, &reading.scope))
}

/// The columns among expressions.
fn seeds(expressions: &[&Expr], scope: &Scope<'_>) -> Seeds {
    let mut seeds = Seeds::default();
    for expression in expressions {
        let expression = bare(expression);
        if let Some(column) = scope.own_column(expression) {
            seeds.columns.push(column);
        } else if let Some(Meaning::Rowid(0, items)) = path(expression).map(|path| scope.meaning(path))
            && let [item] = items[..]
        {
            seeds.rowids.push(item);
        }
    }
    seeds
}

/// What a term of ORDER BY orders by: an alias comes before a column of the same name.
fn ordered<'q>(term: &'q Expr, reading: &Reading<'q>) -> Option<&'q Expr> {
    let column = match bare(term) {
        Expr::Value(value) => ordinal(&value.value),
        Expr::Identifier(ident) => reading.scope.alias(&ident.value),
        _ => None,
    };
    match column.and_then(|column| reading.scope.results.get(column)) {
        Some(result) if result.expression.is_some() => result.expression,
        Some(_) if matches!(bare(term), Expr::Value(_)) => None,
        _ => Some(term),
    }
}

/// The expressions of GROUP BY; in it a column comes before an alias.
fn groups<'q>(reading: &Reading<'q>) -> Vec<&'q Expr> {
    let GroupByExpr::Expressions(expressions, _) = &reading.select.group_by else { return Vec::new() };
    let resolved = |expression: &'q Expr| {
        let column = match bare(expression) {
            Expr::Value(value) => ordinal(&value.value),
            other => match path(other).map(|path| reading.scope.meaning(path)) {
                Some(Meaning::Alias(alias)) => Some(alias),
                _ => None,
            },
        };
        let result = column.and_then(|column| reading.scope.results.get(column));
        result.and_then(|result| result.expression).unwrap_or(expression)
    };
    expressions.iter().map(resolved).collect()
}

fn ordinal(value: &Value) -> Option<usize> {
    match value {
        Value::Number(digits, _) => digits.parse::<usize>().ok()?.checked_sub(1),
        _ => None,
    }
}

fn is_same(one: &Expr, other: &Expr, scope: &Scope<'_>) -> bool {
    let (one, other) = (bare(one), bare(other));
    let columns = (scope.own_column(one), scope.own_column(other));
    match columns {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// Whether a result column shows a column of a row that is but one of several of its group.
fn has_bare_column(reading: &Reading<'_>, groups: &[&Expr], keys: &Keys<'_>, shown: &[&Expr]) -> bool {
    let scope = &reading.scope;
    let fixed = keys.fixed(&seeds(groups, scope));
    let all_fixed = fixed.iter().all(|fixed| *fixed);
    let has_wildcard = reading.select.projection.iter().any(|item| projected(item).is_none());
    let is_bare_column = |&(item, _): &ColumnOf| !fixed.get(item).copied().unwrap_or(false);
    let mut pending: Vec<&Expr> = shown.to_vec();
    pending.extend(reading.order.iter().filter_map(|term| ordered(&term.expr, reading)));
    while let Some(expression) = pending.pop() {
        if is_aggregate(expression) || groups.iter().any(|group| is_same(expression, group, scope)) {
            continue;
        }
        let is_bare = match expression {
            Expr::Subquery(_) | Expr::Exists { .. } => !all_fixed,
            Expr::InSubquery { expr, .. } => {
                pending.push(expr);
                !all_fixed
            }
            other => match path(other).map(|path| scope.meaning(path)) {
                Some(Meaning::Columns(0, columns)) => columns.iter().any(is_bare_column),
                Some(Meaning::Rowid(0, items)) => items.iter().any(|item| is_bare_column(&(*item, 0))),
                Some(Meaning::Missing) => true,
                Some(_) => false,
                None => match children(other) {
                    Some(children) => {
                        pending.extend(children);
                        false
                    }
                    None => true,
                },
            },
        };
        if is_bare {
            return true;
        }
    }
    has_wildcard && !all_fixed
}

/// Why the value of an aggregate depends on the order of its rows, if it does.
fn order_of_aggregate(call: &Expr, keys: &Keys<'_>, scope: &Scope<'_>) -> Option<&'static str> {
    let Expr::Function(function) = call else { return None };
    let argument = arguments(function).first().copied();
    let shape = argument.map_or(Shape::Loose, |argument| shape(argument, scope));
    match function_name(function).as_str() {
        "sum" | "total" | "avg" => {
            (shape != Shape::Integer).then_some("a sum of floats rounds as the order of its rows has it")
        }
        "min" | "max" => (shape == Shape::Loose).then_some("which of several equal values MIN or MAX shows"),
        "group_concat" | "string_agg" | "json_group_array" | "json_group_object" | "jsonb_group_array"
        | "jsonb_group_object" => {
            let FunctionArguments::List(list) = &function.args else { return None };
            let terms: Vec<&Expr> = list
                .clauses
                .iter()
                .filter_map(|clause| match clause {
                    FunctionArgumentClause::OrderBy(terms) => Some(terms),
                    _ => None,
                })
                .flatten()
                .map(|term| &term.expr)
                .collect();
            let orders_values = shape != Shape::Loose
                && arguments(function).len() == 1
                && terms.iter().any(|term| argument.is_some_and(|argument| is_same(term, argument, scope)));
            let is_ordered = orders_values || (!terms.is_empty() && keys.all_fixed(&seeds(&terms, scope)));
            (!is_ordered).then_some("an aggregate that concatenates rows in no certain order")
        }
        _ => None,
    }
}

fn is_aggregate(expression: &Expr) -> bool {
    const AGGREGATES: [&str; 11] = [
        "count",
        "sum",
        "total",
        "avg",
        "group_concat",
        "string_agg",
        "json_group_array",
        "json_group_object",
        "jsonb_group_array",
        "jsonb_group_object",
        "median",
    ];
    let Expr::Function(function) = expression else { return false };
    let name = function_name(function);
    let is_extremum = matches!(name.as_str(), "min" | "max") && arguments(function).len() == 1;
    function.over.is_none() && (is_extremum || AGGREGATES.contains(&name.as_str()) || name.starts_with("percentile"))
}

/// The aggregates and window functions in an expression, those of subqueries aside.
fn calls(expression: &Expr) -> Vec<&Expr> {
    let mut pending = vec![expression];
    let mut found = Vec::new();
    while let Some(expression) = pending.pop() {
        if let Expr::Function(function) = expression
            && (function.over.is_some() || is_aggregate(expression))
        {
            found.push(expression);
        }
        pending.extend(children(expression).unwrap_or_default());
    }
    found
}

/// The operands of an expression, subqueries aside; nothing for what SQLite does not have.
fn children(expression: &Expr) -> Option<Vec<&Expr>> {
    Some(match expression {
        Expr::Value(_) | Expr::Identifier(_) | Expr::CompoundIdentifier(_) => Vec::new(),
        Expr::Subquery(_) | Expr::Exists { .. } => Vec::new(),
        Expr::BinaryOp { left, right, .. } => vec![left, right],
        Expr::Nested(expr)
        | Expr::UnaryOp { expr, .. }
        | Expr::Cast { expr, .. }
        | Expr::Collate { expr, .. }
        | Expr::InSubquery { expr, .. } => vec![expr],
        Expr::InList { expr, list, .. } => std::iter::once(&**expr).chain(list).collect(),
        Expr::Between { expr, low, high, .. } => vec![expr, low, high],
        Expr::Like { expr, pattern, escape_char, .. } => {
            [expr, pattern].into_iter().chain(escape_char).map(|expr| &**expr).collect()
        }
        Expr::Case { operand, conditions, else_result, .. } => {
            let branches = conditions.iter().flat_map(|when| [&when.condition, &when.result]);
            branches.chain(operand.iter().chain(else_result).map(|expr| &**expr)).collect()
        }
        Expr::Tuple(elements) => elements.iter().collect(),
        Expr::Function(function) => {
            let filter = function.filter.iter().map(|filter| &**filter);
            arguments(function).into_iter().chain(filter).collect()
        }
        _ => return None,
    })
}
