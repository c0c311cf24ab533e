//! SQLite's math functions, for builds of SQLite that come without them.
//!
//! The build for browsers has them; the one that rusqlite bundles has them only if the application's build sets
//! `SQLITE_ENABLE_MATH_FUNCTIONS`. A query must mean the same in both: <https://sqlite.org/lang_mathfunc.html>.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};

use super::convert;
use crate::error::Error;
use crate::types::ValueRef;

/// A number as SQLite's functions take it: text counts if it is a number from its first to its last character.
#[derive(Clone, Copy)]
enum Number {
    Integer(i64),
    Real(f64),
}

type Unary = fn(f64) -> f64;
type Binary = fn(f64, f64) -> f64;

/// Digits of a text behind these are of no number.
const MOST_DIGITS: usize = 400;

/// Functions of one number.
const UNARY: [(&str, Unary); 20] = [
    ("acos", f64::acos),
    ("acosh", f64::acosh),
    ("asin", f64::asin),
    ("asinh", f64::asinh),
    ("atan", f64::atan),
    ("atanh", f64::atanh),
    ("cos", f64::cos),
    ("cosh", f64::cosh),
    ("degrees", degrees),
    ("exp", f64::exp),
    ("ln", ln),
    ("log", log10),
    ("log10", log10),
    ("log2", log2),
    ("radians", radians),
    ("sin", f64::sin),
    ("sinh", f64::sinh),
    ("sqrt", f64::sqrt),
    ("tan", f64::tan),
    ("tanh", f64::tanh),
];

/// Functions of two numbers.
const BINARY: [(&str, Binary); 4] =
    [("atan2", f64::atan2), ("mod", remainder), ("pow", f64::powf), ("power", f64::powf)];

/// Functions that leave integers as they are.
const ROUNDING: [(&str, Unary); 4] =
    [("ceil", f64::ceil), ("ceiling", f64::ceil), ("floor", f64::floor), ("trunc", f64::trunc)];

/// Whether SQLite has its own.
pub(super) fn are_built_in(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT sqlite_compileoption_used('ENABLE_MATH_FUNCTIONS')", [], |row| row.get(0))
}

/// Registers them.
pub(super) fn install(connection: &Connection) -> Result<(), Error> {
    register(connection).map_err(convert::error)
}

fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    for (name, function) in UNARY {
        connection.create_scalar_function(name, 1, flags, move |context| {
            Ok(number(context, 0).map(|argument| function(argument.to_f64())))
        })?;
    }
    for (name, function) in BINARY {
        connection.create_scalar_function(name, 2, flags, move |context| {
            let arguments = number(context, 0).zip(number(context, 1));
            Ok(arguments.map(|(first, second)| function(first.to_f64(), second.to_f64())))
        })?;
    }
    connection.create_scalar_function("log", 2, flags, |context| {
        Ok(number(context, 0).map(|base| logarithm(base.to_f64(), leading_number(context, 1))))
    })?;
    for (name, function) in ROUNDING {
        connection.create_scalar_function(name, 1, flags, move |context| {
            Ok(number(context, 0).map(|argument| match argument {
                Number::Integer(whole) => rusqlite::types::Value::Integer(whole),
                Number::Real(real) => rusqlite::types::Value::Real(function(real)),
            }))
        })?;
    }
    connection.create_scalar_function("pi", 0, flags, |_| Ok(std::f64::consts::PI))
}

impl Number {
    fn to_f64(self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "SQLite converts in the same way")]
            Self::Integer(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }
}

fn number(context: &Context<'_>, argument: usize) -> Option<Number> {
    match convert::value_ref(context.get_raw(argument)) {
        ValueRef::Integer(whole) => Some(Number::Integer(whole)),
        ValueRef::Real(real) => Some(Number::Real(real)),
        ValueRef::Text(text) => parse(text),
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

/// The number that an argument begins with, or 0: what SQLite takes for the second argument of `log`.
fn leading_number(context: &Context<'_>, argument: usize) -> f64 {
    match convert::value_ref(context.get_raw(argument)) {
        ValueRef::Text(text) | ValueRef::Blob(text) => {
            let number_of = |length: usize| parse(&text[..length]);
            (0..=text.len().min(MOST_DIGITS)).rev().find_map(number_of).map_or(0.0, Number::to_f64)
        }
        _ => number(context, argument).map_or(0.0, Number::to_f64),
    }
}

/// The number that a text is, without the names that Rust knows and SQLite does not.
fn parse(text: &[u8]) -> Option<Number> {
    let text = std::str::from_utf8(text).ok()?.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return None;
    }
    text.parse().map(Number::Integer).or_else(|_| text.parse().map(Number::Real)).ok()
}

// SQLite has NULL where there is no logarithm; a NaN becomes NULL.

fn ln(x: f64) -> f64 {
    if x > 0.0 { x.ln() } else { f64::NAN }
}

fn log10(x: f64) -> f64 {
    if x > 0.0 { x.log10() } else { f64::NAN }
}

fn log2(x: f64) -> f64 {
    if x > 0.0 { x.log2() } else { f64::NAN }
}

fn logarithm(base: f64, x: f64) -> f64 {
    let divisor = ln(base);
    if divisor > 0.0 { ln(x) / divisor } else { f64::NAN }
}

fn remainder(x: f64, y: f64) -> f64 {
    x % y
}

fn degrees(x: f64) -> f64 {
    x * (180.0 / std::f64::consts::PI)
}

fn radians(x: f64) -> f64 {
    x * (std::f64::consts::PI / 180.0)
}
