//! The collating sequence of expressions.

use sqlite3_parser::ast::{Expr, UnaryOperator};

use super::{Level, affinity};
use crate::sql::name::{bare, plain};
use crate::sql::scope::{Meaning, Shape};
use crate::sql::walk;
use crate::types::{Affinity, Collation};

/// The collating sequence of an expression, or that it has none, by SQLite's rules (sqlite3ExprCollSeq); nothing where
/// they go deeper than this.
pub(super) fn of(expression: &Expr<'_>, level: &Level<'_, '_>) -> Option<Option<Collation>> {
    match expression {
        Expr::Collate(_, name) => Collation::named(&plain(name)).map(Some),
        Expr::Cast { expr, .. } | Expr::Unary(UnaryOperator::Positive, expr) => of(expr, level),
        Expr::Parenthesized(elements) => match &elements[..] {
            [inner] => of(inner, level),
            _ => None,
        },
        other => match level.scope.meaning_of(other) {
            Some(Meaning::Columns(up, columns)) => {
                let level = level.up(up)?;
                let (item, column) = level.merged(&columns).ok()?;
                let collation = level.items.get(item)?.columns.get(column)?.collation?;
                Some((!level.is_rowid(item, column)).then_some(collation))
            }
            Some(Meaning::Alias(alias)) => {
                let result = level.results.get(alias)?;
                result.collation.map(|collation| result.is_collated.then_some(collation))
            }
            Some(_) => Some(None),
            // An explicit COLLATE further down may be the one.
            None => (!has_collate(other)).then_some(None),
        },
    }
}

/// A column that is compared: its collating sequence and affinity, where they are known.
pub(super) type Compared = (Option<Collation>, Option<Option<Affinity>>);

/// Whether two columns are compared byte by byte of which the right one has another collating sequence. SQLite takes them for
/// one value then (its termIsEquivalence), also where what the right one is equal to by its own sequence is looked up by the
/// left one. It does so in some plans and not in others, so the right one has to be written as no column.
pub(super) fn is_mixed(left: Compared, right: Compared) -> bool {
    let is_number = |affinity| matches!(affinity, Some(Affinity::Integer | Affinity::Numeric | Affinity::Real));
    // Without its own affinity it is compared by that of the left one.
    let is_alike = match (left.1, right.1) {
        (Some(left), Some(right)) => left == right || (is_number(left) && is_number(right)),
        _ => false,
    };
    is_alike && left.0 == Some(Collation::Binary) && right.0 != Some(Collation::Binary)
}

/// The same of expressions.
pub(super) fn are_mixed(left: &Expr<'_>, right: &Expr<'_>, level: &Level<'_, '_>) -> bool {
    let compared = |side: &Expr<'_>| {
        let is_column = matches!(level.scope.meaning_of(bare(side)), Some(Meaning::Columns(..)));
        // The rowid has a number and no collating sequence.
        let collation = of(side, level).map(|own| own.unwrap_or_default());
        is_column.then(|| (collation, affinity::of(side, level)))
    };
    compared(left).zip(compared(right)).is_some_and(|(left, right)| is_mixed(left, right))
}

/// The shape of values that compare by a collating sequence.
pub(super) fn exact(shape: Shape, collation: Option<Collation>) -> Shape {
    match shape {
        Shape::Plain if collation != Some(Collation::Binary) => Shape::Loose,
        other => other,
    }
}

fn has_collate(expression: &Expr<'_>) -> bool {
    let mut pending = vec![expression];
    while let Some(expression) = pending.pop() {
        if matches!(expression, Expr::Collate(..)) {
            return true;
        }
        pending.extend(walk::operands(expression));
    }
    false
}
