//! Queries given as a syntax tree of the crate `sqlparser`. No other file names that crate.
//!
//! A tree that an application builds has no parentheses but those it was given: `sqlparser` prints the product of a sum as
//! `a + b * c`. Here the structure of the tree is the meaning of the query, so an operand that is an expression of
//! operators itself is put in parentheses.

use std::borrow::Cow;
use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, InTarget, Query, Value, VisitMut, VisitorMut};

use super::AsSql;

impl AsSql for Query {
    fn as_sql(&self) -> Cow<'_, str> {
        let mut query = self.clone();
        let _ = VisitMut::visit(&mut query, &mut Parenthesize);
        Cow::Owned(query.to_string())
    }
}

struct Parenthesize;

impl VisitorMut for Parenthesize {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            // The operands of AND and OR need none, except AND in OR and the other way round: nothing binds less tightly.
            Expr::BinaryOp { left, op: op @ (BinaryOperator::And | BinaryOperator::Or), right } => {
                if matches!(&**left, Expr::BinaryOp { op: inner, .. } if is_connective(inner) && inner != op) {
                    enclose(left);
                }
                if matches!(&**right, Expr::BinaryOp { op: inner, .. } if is_connective(inner)) {
                    enclose(right);
                }
            }
            Expr::BinaryOp { left, right, .. }
            | Expr::IsDistinctFrom(left, right)
            | Expr::IsNotDistinctFrom(left, right) => {
                operand(left);
                operand(right);
            }
            Expr::Between { expr, low, high, .. } => [expr, low, high].into_iter().for_each(|expr| operand(expr)),
            Expr::Like { expr, pattern, escape_char, .. } => {
                operand(expr);
                operand(pattern);
                escape_char.iter_mut().for_each(|escape| operand(escape));
            }
            Expr::RLike { expr, pattern, .. } => {
                operand(expr);
                operand(pattern);
            }
            Expr::In { expr, target: InTarget::List(_) | InTarget::Subquery(_), .. }
            | Expr::UnaryOp { expr, .. }
            | Expr::Collate { expr, .. }
            | Expr::IsNull(expr)
            | Expr::IsNotNull(expr)
            | Expr::IsTrue(expr)
            | Expr::IsNotTrue(expr)
            | Expr::IsFalse(expr)
            | Expr::IsNotFalse(expr) => operand(expr),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn is_connective(op: &BinaryOperator) -> bool {
    matches!(op, BinaryOperator::And | BinaryOperator::Or)
}

/// Puts an operand in parentheses unless it is one for any operator.
fn operand(expr: &mut Expr) {
    let has_operators = match expr {
        Expr::BinaryOp { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::RLike { .. }
        | Expr::In { .. }
        | Expr::Collate { .. }
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::Exists { negated: true, .. } => true,
        // The sign of a number belongs to it.
        Expr::UnaryOp { expr, .. } => {
            !matches!(&**expr, Expr::Value(value) if matches!(value.value, Value::Number(..)))
        }
        _ => false,
    };
    if has_operators {
        enclose(expr);
    }
}

fn enclose(expr: &mut Expr) {
    let inner = std::mem::replace(expr, Expr::Tuple(Vec::new()));
    *expr = Expr::Nested(Box::new(inner));
}

#[cfg(test)]
mod tests;
