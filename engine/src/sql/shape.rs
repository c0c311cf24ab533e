//! What is known of an expression's values without evaluating it.

use sqlite3_parser::ast::{Expr, Literal, Operator, UnaryOperator};

use super::call::Call;
use super::literal;
use super::name::{Path, bare};
use super::scope::{Meaning, Scope, Shape};
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

/// The shape of an expression's values.
pub(super) fn shape(expression: &Expr<'_>, scope: &Scope<'_>) -> Shape {
    match expression {
        Expr::Parenthesized(elements) => match &elements[..] {
            [inner] => shape(inner, scope),
            _ => Shape::Loose,
        },
        Expr::Literal(literal) => match literal {
            Literal::Null => Shape::Integer,
            Literal::Numeric(digits) => match literal::number(digits) {
                Some(Value::Integer(_)) => Shape::Integer,
                _ => Shape::Loose,
            },
            Literal::Keyword(_) => Shape::Loose,
            Literal::String(_) | Literal::Blob(_) => Shape::Plain,
            Literal::CurrentDate | Literal::CurrentTime | Literal::CurrentTimestamp => Shape::Plain,
        },
        Expr::Unary(UnaryOperator::Not | UnaryOperator::BitwiseNot, _)
        | Expr::Exists(_)
        | Expr::InList { .. }
        | Expr::InSelect { .. }
        | Expr::InTable { .. }
        | Expr::IsNull(_)
        | Expr::NotNull(_)
        | Expr::Between { .. }
        | Expr::Like { .. } => Shape::Integer,
        Expr::Unary(UnaryOperator::Positive, operand) => shape(operand, scope),
        Expr::Unary(UnaryOperator::Negative, operand) => match operand {
            Expr::Literal(Literal::Numeric(_)) => shape(operand, scope),
            _ => Shape::Loose,
        },
        Expr::Binary(_, operator, _) => match operator {
            // A column for integers may hold 0.5, and two of them are 1.0.
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Modulus => {
                Shape::Loose
            }
            Operator::Concat | Operator::ArrowRight => Shape::Plain,
            // A number in JSON may be 1 or 1.0.
            Operator::ArrowRightShift => Shape::Loose,
            _ => Shape::Integer,
        },
        Expr::Cast { type_name, expr } => {
            match Affinity::of_declared_type(type_name.as_ref().map_or("", |declared| declared.name)) {
                Affinity::Integer => Shape::Integer,
                // It compares as what it is made of.
                Affinity::Text if has_loose_name(expr, scope) => Shape::Loose,
                Affinity::Text => Shape::Plain,
                _ => Shape::Loose,
            }
        }
        Expr::Case { when_then_pairs, else_expr, .. } => {
            let results = when_then_pairs.iter().map(|(_, result)| result).chain(*else_expr);
            combined(results, scope)
        }
        Expr::FunctionCall { .. } | Expr::FunctionCallStar { .. } => {
            Call::of(expression).map_or(Shape::Loose, |call| of_call(&call, scope))
        }
        _ => Path::of(expression).map_or(Shape::Loose, |path| of_name(&path, scope)),
    }
}

/// Whether an expression has its collating sequence from a column of which that is not known to be BINARY, or from COLLATE.
fn has_loose_name(expression: &Expr<'_>, scope: &Scope<'_>) -> bool {
    match bare(expression) {
        Expr::Collate(..) => true,
        Expr::Cast { expr, .. } | Expr::Unary(UnaryOperator::Positive, expr) => has_loose_name(expr, scope),
        other => Path::of(other).is_some_and(|path| of_name(&path, scope) == Shape::Loose),
    }
}

fn of_call(call: &Call<'_>, scope: &Scope<'_>) -> Shape {
    let arguments = call.arguments.iter();
    match call.name.as_str() {
        name if INTEGER_FUNCTIONS.contains(&name) => Shape::Integer,
        name if TEXT_FUNCTIONS.contains(&name) => Shape::Plain,
        name if CHOICES.contains(&name) => combined(arguments, scope),
        "iif" | "if" => combined(arguments.skip(1), scope),
        "min" | "max" => combined(arguments, scope),
        "substr" | "substring" => combined(arguments.take(1), scope),
        _ => Shape::Loose,
    }
}

/// The shape of the columns of this name in a SELECT's own FROM.
pub(super) fn named_shape(name: &str, scope: &Scope<'_>) -> Shape {
    of_name(&Path::to(name), scope)
}

fn of_name(path: &Path<'_>, scope: &Scope<'_>) -> Shape {
    match scope.meaning(path) {
        Meaning::Columns(level, columns) => {
            let items = scope.levels().nth(level).map_or(&[][..], |scope| scope.items);
            let shapes = columns.iter().map(|&(item, column)| items[item].columns[column].shape);
            shapes.reduce(Shape::or).unwrap_or(Shape::Loose)
        }
        Meaning::Rowid(..) | Meaning::Truth(_) => Shape::Integer,
        Meaning::String => Shape::Plain,
        Meaning::Alias(at) => {
            let result = scope.results.get(at).and_then(|result| result.expression);
            // A result column cannot name another one.
            let without_aliases = Scope { results: &[], ..*scope };
            result.map_or(Shape::Loose, |expression| shape(expression, &without_aliases))
        }
        _ => Shape::Loose,
    }
}

fn combined<'e>(expressions: impl Iterator<Item = &'e Expr<'e>>, scope: &Scope<'_>) -> Shape {
    expressions.map(|expression| shape(expression, scope)).reduce(Shape::or).unwrap_or(Shape::Loose)
}
