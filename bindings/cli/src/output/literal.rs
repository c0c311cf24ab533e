//! Values and names as SQL text that any version of SQLite reads as the same value again.

use std::io::{self, Write};

use data_encoding::{HEXLOWER, HEXUPPER};
use tidewater::{Row, ValueRef};

/// A value as a literal, or an expression of literals, without line ends.
pub fn literal(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        // The smallest integer has no literal: its digits alone would be a REAL.
        ValueRef::Integer(i64::MIN) => "(-9223372036854775807-1)".to_owned(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => real_literal(value),
        ValueRef::Text(bytes) => text_literal(bytes),
        ValueRef::Blob(bytes) => format!("X'{}'", HEXUPPER.encode(bytes)),
    }
}

/// A value as people and programs read it, whole.
pub fn full_text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) if value.is_infinite() => if value > 0.0 { "Inf" } else { "-Inf" }.to_owned(),
        ValueRef::Real(value) => format!("{value:?}"),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Blob(bytes) => format!("x'{}'", HEXLOWER.encode(bytes)),
    }
}

/// A name, quoted unless it is a plain word that cannot be a keyword of SQLite.
pub fn name(name: &str) -> String {
    let is_word = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(is_word)
        && !crate::keywords::is_keyword(name);
    if is_plain { name.to_owned() } else { quoted(name) }
}

/// A name in quotes, whatever it is.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Writes a row as an INSERT statement that begins so.
///
/// # Errors
/// Of writing.
pub fn insert(begin: &str, row: &Row, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(begin.as_bytes())?;
    for (place, value) in row.values().enumerate() {
        out.write_all(if place == 0 { b"" } else { b"," })?;
        out.write_all(literal(value).as_bytes())?;
    }
    out.write_all(b");\n")
}

/// The beginning of the INSERT statements of a table.
pub fn insert_into(table: &str) -> String {
    format!("INSERT INTO {} VALUES(", name(table))
}

/// Digits that every version of SQLite reads exactly.
///
/// A decimal of 15 digits times a power of ten up to 10^22 is one rounded operation on exact doubles. Other values get 19 digits: SQLite
/// may read a decimal as the neighbour of the nearest double if it lies near the middle of two, which the shortest digits can and 19
/// digits cannot.
fn real_literal(value: f64) -> String {
    const EXACT_DIGITS: usize = 15;
    const EXACT_POWER: i32 = 22;
    /// Below, versions of SQLite before 3.51 round literals twice.
    const TINY: f64 = 1e-280;
    const SCALE: i32 = 512;
    if value.is_infinite() {
        return if value > 0.0 { "1e999" } else { "-1e999" }.to_owned();
    }
    if value != 0.0 && value.abs() < TINY {
        // Both factors are read exactly, and so is their product, which is a double.
        return format!("{}*{}", real_literal(value * 2.0_f64.powi(SCALE)), real_literal(2.0_f64.powi(-SCALE)));
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let count = digits.chars().filter(char::is_ascii_digit).count();
    let exponent: i32 = exponent.parse().unwrap_or(i32::MAX);
    let power = exponent.saturating_sub(i32::try_from(count).unwrap_or(i32::MAX)).saturating_add(1);
    if count <= EXACT_DIGITS && power.abs() <= EXACT_POWER { format!("{value:?}") } else { format!("{value:.18e}") }
}

/// A text as a literal. Line ends are written as calls, so that one row of a dump is one line.
pub fn text_literal(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text,
        // A literal ends at a NUL, and has to be UTF-8.
        _ => return format!("CAST(X'{}' AS TEXT)", HEXUPPER.encode(bytes)),
    };
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut calls = String::new();
    let mut shown = text.to_owned();
    let mut written = Vec::new();
    for (line_end, code, sign) in [('\n', 10, 'n'), ('\r', 13, 'r')] {
        if text.contains(line_end) {
            let stand_in = unused(text, sign);
            shown = shown.replace(line_end, &stand_in);
            calls.push_str("replace(");
            written.push(format!(",'{stand_in}',char({code}))"));
        }
    }
    format!("{calls}{}{}", quoted(&shown), written.concat())
}

/// A mark that the text does not contain: `\n`, or with a number.
fn unused(text: &str, sign: char) -> String {
    let numbered = (0..).map(|number: u64| format!("\\({sign}{number})"));
    std::iter::once(format!("\\{sign}")).chain(numbered).find(|mark| !text.contains(mark.as_str())).unwrap_or_default()
}

#[cfg(test)]
#[path = "literal_tests.rs"]
mod tests;
