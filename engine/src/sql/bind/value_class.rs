//! Which class the values of an expression are of: whether two that SQL calls equal can differ.

use sqlite3_parser::ast::{Literal, Operator, UnaryOperator};

use super::tree::{Call, Expression, Kind};
use super::value_type::ValueClass;
use crate::sql::syntax::literal;
use crate::types::{Affinity, Value};

/// Functions that give integers, whatever they are given.
const INTEGER_FUNCTIONS: [&str; 9] =
    ["count", "length", "octet_length", "unicode", "instr", "unixepoch", "like", "glob", "json_array_length"];

/// Functions that give text, whatever they are given.
const TEXT_FUNCTIONS: [&str; 19] = [
    "typeof",
    "lower",
    "upper",
    "hex",
    "quote",
    "char",
    "printf",
    "format",
    "date",
    "time",
    "datetime",
    "strftime",
    "json_type",
    "trim",
    "ltrim",
    "rtrim",
    "replace",
    "concat",
    "concat_ws",
];

/// Functions that give one of their arguments.
const CHOICES: [&str; 3] = ["coalesce", "ifnull", "nullif"];

/// The class of an expression of this kind; of columns and aliases it is told where they are resolved.
pub(super) fn of(kind: &Kind<'_>) -> ValueClass {
    match kind {
        Kind::Parenthesized(inner) => inner.value_type.class,
        Kind::Literal(literal) => of_literal(literal),
        Kind::Rowid(..) | Kind::Truth(_) => ValueClass::Integer,
        Kind::Text(_) => ValueClass::Plain,
        Kind::Unary(UnaryOperator::Not | UnaryOperator::BitwiseNot, _)
        | Kind::Between { .. }
        | Kind::Exists(_)
        | Kind::InList { .. }
        | Kind::InQuery { .. }
        | Kind::InTable { .. }
        | Kind::IsNull(_)
        | Kind::Like { .. }
        | Kind::NotNull(_) => ValueClass::Integer,
        Kind::Unary(UnaryOperator::Positive, operand) => operand.value_type.class,
        Kind::Unary(UnaryOperator::Negative, operand) => match operand.kind {
            Kind::Literal(Literal::Numeric(_)) => operand.value_type.class,
            _ => ValueClass::Ambiguous,
        },
        Kind::Binary(_, operator, _) => match operator {
            // A column for integers may hold 0.5, and two of them are 1.0.
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Modulus => {
                ValueClass::Ambiguous
            }
            Operator::Concat | Operator::ArrowRight => ValueClass::Plain,
            // A number in JSON may be 1 or 1.0.
            Operator::ArrowRightShift => ValueClass::Ambiguous,
            _ => ValueClass::Integer,
        },
        Kind::Cast(operand, target) => match Affinity::of_declared_type(target.map_or("", |declared| declared.name)) {
            Affinity::Integer => ValueClass::Integer,
            // It compares as what it is made of.
            Affinity::Text if has_ambiguous_collation(operand) => ValueClass::Ambiguous,
            Affinity::Text => ValueClass::Plain,
            _ => ValueClass::Ambiguous,
        },
        Kind::Case { branches, otherwise, .. } => {
            combined(branches.iter().map(|(_, result)| result).chain(otherwise.as_deref()))
        }
        Kind::Call(call) => of_call(call),
        Kind::Alias(_)
        | Kind::Collate(..)
        | Kind::Column(..)
        | Kind::OpaqueColumn(_)
        | Kind::Parameter(_)
        | Kind::Raise
        | Kind::Row(_)
        | Kind::Subquery(_)
        | Kind::UnknownColumn(_) => ValueClass::Ambiguous,
    }
}

fn of_literal(literal: &Literal<'_>) -> ValueClass {
    match literal {
        Literal::Null => ValueClass::Integer,
        Literal::Numeric(digits) => match literal::number(digits) {
            Some(Value::Integer(_)) => ValueClass::Integer,
            _ => ValueClass::Ambiguous,
        },
        Literal::Keyword(_) => ValueClass::Ambiguous,
        Literal::String(_) | Literal::Blob(_) => ValueClass::Plain,
        Literal::CurrentDate | Literal::CurrentTime | Literal::CurrentTimestamp => ValueClass::Plain,
    }
}

/// Whether an expression has its collating sequence from COLLATE, or from a column whose own is not known to be BINARY.
fn has_ambiguous_collation(expression: &Expression<'_>) -> bool {
    let expression = expression.bare();
    match &expression.kind {
        Kind::Collate(..) => true,
        Kind::Cast(operand, _) | Kind::Unary(UnaryOperator::Positive, operand) => has_ambiguous_collation(operand),
        Kind::Alias(_) | Kind::Column(..) | Kind::OpaqueColumn(_) | Kind::UnknownColumn(_) => {
            expression.value_type.class == ValueClass::Ambiguous
        }
        _ => false,
    }
}

fn of_call(call: &Call<'_>) -> ValueClass {
    let arguments = call.arguments.iter();
    match call.name.as_str() {
        name if INTEGER_FUNCTIONS.contains(&name) => ValueClass::Integer,
        name if TEXT_FUNCTIONS.contains(&name) => ValueClass::Plain,
        name if CHOICES.contains(&name) => combined(arguments),
        "iif" | "if" => combined(arguments.skip(1)),
        "min" | "max" => combined(arguments),
        "substr" | "substring" => combined(arguments.take(1)),
        _ => ValueClass::Ambiguous,
    }
}

fn combined<'e>(expressions: impl Iterator<Item = &'e Expression<'e>>) -> ValueClass {
    let classes = expressions.map(|expression| expression.value_type.class);
    classes.reduce(ValueClass::or).unwrap_or(ValueClass::Ambiguous)
}
