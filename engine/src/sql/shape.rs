//! What is known of an expression's values without evaluating it.

use sqlparser::ast::{BinaryOperator, DataType, Expr, Ident, UnaryOperator, Value};

use super::expression::{arguments, function_name};
use super::literal;
use super::scope::{Meaning, Scope, Shape, path};
use crate::types::Value as Constant;

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

/// The shape of an expression's values.
pub(super) fn shape(expression: &Expr, scope: &Scope<'_>) -> Shape {
    match expression {
        Expr::Nested(inner) => shape(inner, scope),
        Expr::Value(value) => match &value.value {
            Value::Null | Value::Boolean(_) => Shape::Integer,
            Value::Number(digits, _) => match literal::number(digits) {
                Some(Constant::Integer(_)) => Shape::Integer,
                _ => Shape::Loose,
            },
            Value::SingleQuotedString(_) | Value::HexStringLiteral(_) => Shape::Plain,
            _ => Shape::Loose,
        },
        Expr::UnaryOp { op: UnaryOperator::Not, .. }
        | Expr::Exists { .. }
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::Like { .. } => Shape::Integer,
        Expr::UnaryOp { expr, .. } => numeric(shape(expr, scope)),
        Expr::BinaryOp { left, op, right } => match op {
            BinaryOperator::Plus
            | BinaryOperator::Minus
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo => numeric(shape(left, scope).or(shape(right, scope))),
            BinaryOperator::StringConcat => Shape::Plain,
            _ => Shape::Integer,
        },
        Expr::Cast { data_type, .. } => match data_type {
            DataType::Integer(_) => Shape::Integer,
            DataType::Text => Shape::Plain,
            _ => Shape::Loose,
        },
        Expr::Case { conditions, else_result, .. } => {
            let results = conditions.iter().map(|when| &when.result).chain(else_result.iter().map(|result| &**result));
            combined(results, scope)
        }
        Expr::Function(function) => {
            let name = function_name(function);
            let name = name.as_str();
            let arguments = arguments(function);
            match name {
                _ if INTEGER_FUNCTIONS.contains(&name) => Shape::Integer,
                _ if TEXT_FUNCTIONS.contains(&name) => Shape::Plain,
                _ if CHOICES.contains(&name) => combined(arguments.into_iter(), scope),
                "iif" | "if" => combined(arguments.into_iter().skip(1), scope),
                "min" | "max" => combined(arguments.into_iter(), scope),
                "abs" | "sum" => numeric(combined(arguments.into_iter(), scope)),
                "substr" | "substring" => combined(arguments.into_iter().take(1), scope),
                _ => Shape::Loose,
            }
        }
        _ => path(expression).map_or(Shape::Loose, |path| of_name(path, scope)),
    }
}

/// The shape of the columns of this name in a SELECT's own FROM.
pub(super) fn named_shape(name: &str, scope: &Scope<'_>) -> Shape {
    of_name(&[Ident::new(name)], scope)
}

fn of_name(path: &[Ident], scope: &Scope<'_>) -> Shape {
    match scope.meaning(path) {
        Meaning::Columns(level, columns) => {
            let items = scope.levels().nth(level).map_or(&[][..], |scope| scope.items);
            let shapes = columns.iter().map(|&(item, column)| items[item].columns[column].shape);
            shapes.reduce(Shape::or).unwrap_or(Shape::Loose)
        }
        Meaning::Rowid(..) => Shape::Integer,
        Meaning::String => Shape::Plain,
        _ => Shape::Loose,
    }
}

/// Arithmetic on integers gives integers; on other numbers, 1 and 1.0.
fn numeric(shape: Shape) -> Shape {
    if shape == Shape::Integer { Shape::Integer } else { Shape::Loose }
}

fn combined<'e>(expressions: impl Iterator<Item = &'e Expr>, scope: &Scope<'_>) -> Shape {
    expressions.map(|expression| shape(expression, scope)).reduce(Shape::or).unwrap_or(Shape::Loose)
}
