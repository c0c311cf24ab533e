//! The math functions beside SQLite's own.

use rusqlite::Connection;
use rusqlite::types::Value;

use super::math_functions::{are_built_in, install};

const CALLS: [&str; 30] = [
    "acos(x)",
    "acosh(x)",
    "asin(x)",
    "asinh(x)",
    "atan(x)",
    "atanh(x)",
    "ceil(x)",
    "ceiling(x)",
    "cos(x)",
    "cosh(x)",
    "degrees(x)",
    "exp(x)",
    "floor(x)",
    "ln(x)",
    "log(x)",
    "log10(x)",
    "log2(x)",
    "radians(x)",
    "sin(x)",
    "sinh(x)",
    "sqrt(x)",
    "tan(x)",
    "tanh(x)",
    "trunc(x)",
    "atan2(x, y)",
    "log(x, y)",
    "mod(x, y)",
    "pow(x, y)",
    "power(x, y)",
    "pi()",
];

const VALUES: [&str; 21] = [
    "NULL",
    "0",
    "1",
    "-1",
    "2",
    "7",
    "9223372036854775807",
    "0.0",
    "-0.0",
    "0.5",
    "-0.5",
    "1.5",
    "-2.5",
    "1e300",
    "-1e-300",
    "'2.25'",
    "' 3 '",
    "'12abc'",
    "'inf'",
    "''",
    "x'31'",
];

#[test]
fn they_are_what_sqlite_has() {
    let (own, ours) = (Connection::open_in_memory().expect("open"), Connection::open_in_memory().expect("open"));
    assert!(are_built_in(&own).expect("an answer"), "the workspace builds SQLite with its math functions");
    install(&ours).expect("registered");
    for call in CALLS {
        for x in VALUES {
            for y in VALUES {
                let sql = format!("SELECT typeof({call}), {call} FROM (SELECT {x} AS x, {y} AS y)");
                let answer = |connection: &Connection| {
                    connection.query_row(&sql, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Value>(1)?)))
                };
                let (expected, actual) = (answer(&own).expect("SQLite's"), answer(&ours).expect("ours"));
                assert_eq!(expected.0, actual.0, "{call} of {x} and {y}");
                assert!(are_same(call, &expected.1, &actual.1), "{call} of {x} and {y}: {expected:?}, {actual:?}");
            }
        }
    }
}

/// Bit by bit; but Rust computes the inverse hyperbolic functions by other formulas than the C library, which may round the last
/// bits otherwise.
fn are_same(call: &str, expected: &Value, actual: &Value) -> bool {
    let units = if ["acosh(x)", "asinh(x)", "atanh(x)"].contains(&call) { 4 } else { 0 };
    match (expected, actual) {
        (Value::Real(expected), Value::Real(actual)) => expected.to_bits().abs_diff(actual.to_bits()) <= units,
        _ => expected == actual,
    }
}
