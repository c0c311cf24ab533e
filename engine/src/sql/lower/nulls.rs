//! What a row of NULLs in the place of an item of FROM makes of an expression.

use std::collections::BTreeSet;

use sqlite3_parser::ast::{Expr, Operator};

use super::Level;
use crate::plan::ItemId;
use crate::sql::name::bare;
use crate::sql::scope::Meaning;

/// The items of the SELECT itself of which a row of NULLs makes the expression NULL.
pub(super) fn null_with(expression: &Expr<'_>, level: &Level<'_, '_>) -> BTreeSet<ItemId> {
    let of = |operands: &[&Expr<'_>]| operands.iter().flat_map(|operand| null_with(operand, level)).collect();
    match bare(expression) {
        Expr::Binary(left, operator, right) => match operator {
            Operator::And | Operator::Or | Operator::Is | Operator::IsNot => BTreeSet::new(),
            Operator::ArrowRight | Operator::ArrowRightShift => BTreeSet::new(),
            _ => of(&[left, right]),
        },
        Expr::Unary(_, operand) | Expr::Cast { expr: operand, .. } | Expr::Collate(operand, _) => of(&[operand]),
        column => own_item(column, level).into_iter().collect(),
    }
}

/// The item of which an expression plainly is a column.
pub(super) fn own_item(expression: &Expr<'_>, level: &Level<'_, '_>) -> Option<ItemId> {
    match level.scope.meaning_of(bare(expression))? {
        Meaning::Columns(0, columns) => match columns[..] {
            [(item, _)] => Some(level.items[item].id),
            _ => None,
        },
        _ => None,
    }
}
