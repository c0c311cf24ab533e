//! The parts of a bound tree.

use super::tree::{Expression, Kind, Over, Subquery};

/// The operands of an expression in the order of the text, those of subqueries aside.
pub fn operands<'e, 't>(kind: &'e Kind<'t>) -> Vec<&'e Expression<'t>> {
    match kind {
        Kind::Alias(_)
        | Kind::Column(..)
        | Kind::Exists(_)
        | Kind::Literal(_)
        | Kind::OpaqueColumn(_)
        | Kind::Parameter(_)
        | Kind::Raise
        | Kind::Rowid(..)
        | Kind::Subquery(_)
        | Kind::Text(_)
        | Kind::Truth(_)
        | Kind::UnknownColumn(_) => Vec::new(),
        Kind::Cast(operand, _)
        | Kind::Collate(operand, _)
        | Kind::InQuery { operand, .. }
        | Kind::IsNull(operand)
        | Kind::NotNull(operand)
        | Kind::Parenthesized(operand)
        | Kind::Unary(_, operand) => vec![operand],
        Kind::Row(elements) => elements.iter().collect(),
        Kind::Binary(left, _, right) => vec![left, right],
        Kind::Between { operand, low, high, .. } => vec![operand, low, high],
        Kind::Case { base, branches, otherwise } => {
            let branches = branches.iter().flat_map(|(when, then)| [when, then]);
            base.as_deref().into_iter().chain(branches).chain(otherwise.as_deref()).collect()
        }
        Kind::Like { operand, pattern, escape, .. } => {
            [&**operand, pattern].into_iter().chain(escape.as_deref()).collect()
        }
        Kind::InList { operand, list, .. } => std::iter::once(&**operand).chain(list).collect(),
        Kind::InTable { operand, table, .. } => {
            std::iter::once(&**operand).chain(table.arguments.iter().flatten()).collect()
        }
        Kind::Call(call) => {
            let window = match &call.over {
                Some(Over::Window(window)) => Some(window),
                Some(Over::Undefined) | None => None,
            };
            let order = call.order.iter().map(|term| &term.expression);
            let inside = window.into_iter().flat_map(|window| window.expressions());
            call.arguments.iter().chain(order).chain(&call.filter).chain(inside).collect()
        }
    }
}

/// The query that an expression directly contains.
pub fn subquery<'e, 't>(kind: &'e Kind<'t>) -> Option<&'e Subquery<'t>> {
    match kind {
        Kind::Exists(subquery) | Kind::Subquery(subquery) | Kind::InQuery { subquery, .. } => Some(subquery),
        _ => None,
    }
}
