//! What a row of NULLs in the place of an item of FROM makes of an expression.

use sqlite3_parser::ast::Operator;

use super::Level;
use crate::plan::ItemId;
use crate::sql::bind::tree::{Expression, Kind};
use crate::types::SortedSet;

/// The items of the SELECT itself for which a row of NULLs makes the expression NULL.
pub(super) fn null_with(expression: &Expression<'_>, level: &Level<'_, '_>) -> SortedSet<ItemId> {
    let of = |operands: &[&Expression<'_>]| operands.iter().flat_map(|operand| null_with(operand, level)).collect();
    let expression = expression.bare();
    match &expression.kind {
        Kind::Binary(left, operator, right) => match operator {
            Operator::And | Operator::Or | Operator::Is | Operator::IsNot => SortedSet::new(),
            Operator::ArrowRight | Operator::ArrowRightShift => SortedSet::new(),
            _ => of(&[left, right]),
        },
        Kind::Unary(_, operand) | Kind::Cast(operand, _) | Kind::Collate(operand, _) => of(&[operand]),
        _ => own_item(expression, level).into_iter().collect(),
    }
}

/// The item whose column an expression is.
pub(super) fn own_item(expression: &Expression<'_>, level: &Level<'_, '_>) -> Option<ItemId> {
    let (item, _) = expression.own_column()?;
    level.places.get(item).map(|place| place.id)
}
