//! Expressions about several values: whether they differ, though SQL may call them equal.

use crate::plan::{Expression, SqlText, ZERO_SIGN};

/// A value, or NULL if FILTER excludes its row.
pub(super) fn filtered(value: &Expression, filter: Option<&Expression>) -> Expression {
    let Some(filter) = filter else { return value.clone() };
    let mut text = SqlText::default();
    text.push("CASE WHEN ");
    text.append(&filter.text);
    text.push(" THEN ");
    text.append(&value.text);
    text.push(" END");
    Expression { text, ..Expression::default() }
}

/// A condition that holds if a group has several values of an expression.
pub(super) fn several(value: &SqlText) -> SqlText {
    let mut text = SqlText::default();
    text.push("(");
    text.append(&different(value));
    text.push(" + (count(");
    text.append(value);
    text.push(") < count(*)) > 1)");
    text
}

/// The number of different values, where values that differ in type or bytes count as different. Values of one type are
/// counted by DISTINCT, which tells them all apart except 0.0 and -0.0; their signs differ.
pub(super) fn different(value: &SqlText) -> SqlText {
    let mut text = SqlText::default();
    let mut add = |before: &str, between: &str, after: &str| {
        text.push(before);
        text.append(value);
        text.push(between);
        text.append(value);
        text.push(after);
    };
    add("count(DISTINCT CASE typeof(", ") WHEN 'integer' THEN (", ") END)");
    add(" + count(DISTINCT CASE typeof(", ") WHEN 'real' THEN (", ") END)");
    add(" + count(DISTINCT (CASE WHEN typeof(", ") IN ('text', 'blob') THEN (", ") END) COLLATE BINARY)");
    text.push(" + (count(DISTINCT ");
    text.append(&zero(value));
    text.push(") > 1)");
    text
}

/// The sign of 0.0, which differs from that of -0.0; NULL for any other value.
pub(super) fn zero(value: &SqlText) -> SqlText {
    let mut text = SqlText::default();
    let sign = format!(") = 'real' THEN {ZERO_SIGN}(");
    for part in ["CASE WHEN (", ") = 0.0 AND typeof(", &sign] {
        text.push(part);
        text.append(value);
    }
    text.push(") END");
    text
}
