//! The affinity of expressions, and of columns that several SELECTs give.

use sqlite3_parser::ast::{Expr, Literal, Operator, UnaryOperator};

use super::{Level, Shown};
use crate::sql::name::bare;
use crate::sql::scope::Meaning;
use crate::types::Affinity;

/// The storage classes that values can have, as bits.
pub(super) type Classes = u8;

const NUMBER: Classes = 1;
const TEXT: Classes = 2;
const BLOB: Classes = 4;
const ANY: Classes = NUMBER | TEXT | BLOB;

/// The affinity of an expression, or that it has none, by SQLite's rules (sqlite3ExprAffinity); nothing where they go
/// deeper than this.
pub(super) fn of(expression: &Expr<'_>, level: &Level<'_, '_>) -> Option<Option<Affinity>> {
    match bare(expression) {
        Expr::Cast { type_name, .. } => {
            Some(Some(Affinity::of_declared_type(type_name.as_ref().map_or("", |declared| declared.name))))
        }
        Expr::Literal(_)
        | Expr::Variable(_)
        | Expr::Between { .. }
        | Expr::Binary(..)
        | Expr::Case { .. }
        | Expr::Exists(_)
        | Expr::FunctionCall { .. }
        | Expr::FunctionCallStar { .. }
        | Expr::InList { .. }
        | Expr::InSelect { .. }
        | Expr::IsNull(_)
        | Expr::Like { .. }
        | Expr::NotNull(_)
        | Expr::Unary(..) => Some(None),
        Expr::Collate(inner, _) => of(inner, level),
        other => match level.scope.meaning_of(other)? {
            Meaning::Columns(up, columns) => {
                let (item, column) = level.up(up)?.merged(&columns).ok()?;
                level.up(up)?.items.get(item)?.columns.get(column)?.affinity
            }
            Meaning::Rowid(..) => Some(Some(Affinity::Integer)),
            Meaning::String | Meaning::Truth(_) => Some(None),
            _ => None,
        },
    }
}

/// The storage classes that an expression can have, as SQLite sees it (sqlite3ExprDataType).
pub(super) fn classes(expression: &Expr<'_>, level: &Level<'_, '_>) -> Classes {
    match bare(expression) {
        Expr::Collate(inner, _) | Expr::Unary(UnaryOperator::Positive, inner) => classes(inner, level),
        Expr::Literal(Literal::Null) => 0,
        Expr::Literal(Literal::String(_)) => TEXT,
        Expr::Literal(Literal::Blob(_)) => BLOB,
        Expr::Literal(Literal::CurrentDate | Literal::CurrentTime | Literal::CurrentTimestamp) => ANY,
        Expr::Binary(_, Operator::Concat, _) => TEXT | BLOB,
        // These are functions to SQLite.
        Expr::Binary(_, Operator::ArrowRight | Operator::ArrowRightShift, _) | Expr::Like { .. } => ANY,
        Expr::Case { when_then_pairs, else_expr, .. } => {
            let results = when_then_pairs.iter().map(|(_, result)| result).chain(*else_expr);
            results.fold(0, |all, result| all | classes(result, level))
        }
        Expr::FunctionCall { .. } | Expr::FunctionCallStar { .. } | Expr::Variable(_) => ANY,
        Expr::Cast { .. } | Expr::Subquery(_) => of_affinity(of(expression, level)),
        name => match level.scope.meaning_of(name) {
            Some(Meaning::String) => TEXT,
            Some(Meaning::Truth(_)) | None => NUMBER,
            Some(_) => of_affinity(of(expression, level)),
        },
    }
}

/// The storage classes of a column.
pub(super) fn of_affinity(affinity: Option<Option<Affinity>>) -> Classes {
    match affinity {
        Some(Some(Affinity::Integer | Affinity::Numeric | Affinity::Real)) => NUMBER | BLOB,
        Some(Some(Affinity::Text)) => TEXT | BLOB,
        _ => ANY,
    }
}

/// The affinity of a column that several SELECTs give (sqlite3SubqueryColumnTypes): that of the first which has one, unless
/// another one can give values that it would change. Where CAST gives a number in the first of several, the column takes
/// whole numbers and fractions as they are.
pub(super) fn common<'s>(parts: impl Iterator<Item = &'s Shown>) -> Option<Option<Affinity>> {
    let (mut first, mut classes) = (None, 0);
    let mut parts = parts.peekable();
    let is_cast = parts.peek().is_some_and(|part| part.is_cast);
    let mut several = 0;
    for part in parts {
        several += 1;
        let affinity = part.affinity?;
        match first {
            None if affinity.is_some() => first = affinity,
            _ => classes |= part.classes,
        }
    }
    Some(match first {
        Some(Affinity::Text) if classes & NUMBER != 0 => Some(Affinity::Blob),
        Some(Affinity::Integer | Affinity::Numeric | Affinity::Real) if classes & TEXT != 0 => Some(Affinity::Blob),
        Some(Affinity::Integer | Affinity::Real) if is_cast && several > 1 => Some(Affinity::Numeric),
        other => other,
    })
}
