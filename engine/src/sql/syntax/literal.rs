//! The values of literals, where they are certain to be the values that SQLite gives them.

use std::sync::Arc;

use crate::types::Value;

/// The most significant decimal digits for which the nearest double is the only answer a converter can give without
/// being wrong: more than a double holds, fewer than SQLite's converter looks at.
const EXACT_DIGITS: usize = 15;

/// The value of a numeric literal. Nothing for one whose value depends on what stands before it (an integer just beyond
/// 64 bits is REAL, but with a minus sign it may be an INTEGER), for one that SQLite refuses, and for one with more
/// digits than two converters are sure to agree on.
pub fn number(text: &str) -> Option<Value> {
    let text = without_separators(text)?;
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let digits = digits.trim_start_matches('0');
        let digits = if digits.is_empty() { "0" } else { digits };
        return u64::from_str_radix(digits, 16).ok().map(|bits| Value::Integer(bits.cast_signed()));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Value::Integer);
    }
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let significant = mantissa.replace('.', "");
    if significant.trim_start_matches('0').trim_end_matches('0').len() > EXACT_DIGITS {
        return None;
    }
    text.parse().ok().map(Value::Real)
}

/// The text without its `_`, each of which has to stand between two digits.
fn without_separators(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    let is_digit = |index: Option<usize>| {
        let byte = index.and_then(|index| bytes.get(index));
        byte.is_some_and(|byte| if hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() })
    };
    let separators_fit = bytes
        .iter()
        .enumerate()
        .all(|(index, &byte)| byte != b'_' || (is_digit(index.checked_sub(1)) && is_digit(Some(index + 1))));
    separators_fit.then(|| text.replace('_', ""))
}

/// The value of a string literal, quotes included.
pub fn string(text: &str) -> Value {
    Value::Text(unquote(text).as_str().into())
}

/// The value of a blob literal such as `x'31'`.
pub fn blob(text: &str) -> Option<Value> {
    let digits = text.get(2..text.len().checked_sub(1)?)?;
    let bytes: Option<Vec<u8>> = (0..digits.len())
        .step_by(2)
        .map(|at| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    bytes.map(|bytes| Value::Blob(Arc::from(bytes)))
}

/// What is between the quotes of a string or a quoted identifier, with doubled quotes made single.
pub fn unquote(text: &str) -> String {
    let mut characters = text.chars();
    let (Some(open), Some(_)) = (characters.next(), characters.next_back()) else {
        return text.to_owned();
    };
    let inner = characters.as_str();
    if open == '[' {
        return inner.to_owned();
    }
    let mut doubled = String::from(open);
    doubled.push(open);
    inner.replace(&doubled, open.encode_utf8(&mut [0; 4]))
}
