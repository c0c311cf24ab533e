//! Formats a value for people: one line of text without control characters.

use std::fmt::Write;

use tidewater::{Row, ValueRef};

/// The number of bytes of a BLOB that are shown.
const BLOB_BYTES_SHOWN: usize = 24;

/// The number of characters of a TEXT that are shown in a table.
const CHARACTERS_SHOWN: usize = 400;

/// The value as shown in a cell.
pub fn cell_text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) if value == f64::INFINITY => "Inf".to_owned(),
        ValueRef::Real(value) if value == f64::NEG_INFINITY => "-Inf".to_owned(),
        ValueRef::Real(value) => format!("{value:?}"),
        ValueRef::Text(bytes) => printable(&String::from_utf8_lossy(bytes)),
        ValueRef::Blob(bytes) => blob(bytes),
    }
}

/// The TEXT in a column; empty if it is none.
pub fn text_at(row: &Row, column: usize) -> String {
    match row.get(column) {
        Some(ValueRef::Text(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    }
}

/// Whether the value is aligned right.
pub const fn is_number(value: ValueRef<'_>) -> bool {
    matches!(value, ValueRef::Integer(_) | ValueRef::Real(_))
}

/// Whether a replaced row is shown as a new row instead of a changed one: its first value differs, and it is not the only
/// row, as the row of an aggregate is. This is a guess that affects the display only.
pub fn looks_like_another_row(old: &Row, new: &Row, row_count: usize) -> bool {
    row_count > 1 && new.values().nth(1).is_some() && old.values().next() != new.values().next()
}

/// Text on one line, with visible pictures for control characters.
pub fn printable(text: &str) -> String {
    printable_up_to(CHARACTERS_SHOWN, text)
}

/// The same, with a limit on the number of characters.
pub fn printable_up_to(limit: usize, text: &str) -> String {
    let mut characters = text.chars();
    let mut shown: String = characters.by_ref().take(limit).map(visible).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

fn visible(character: char) -> char {
    /// The first of Unicode's pictures of control characters.
    const PICTURES: u32 = 0x2400;
    match character {
        '\u{0}'..='\u{1f}' => char::from_u32(PICTURES + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        // Control characters and marks that reorder the text around them.
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

fn blob(bytes: &[u8]) -> String {
    let mut text = "x'".to_owned();
    for byte in bytes.iter().take(BLOB_BYTES_SHOWN) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    if bytes.len() > BLOB_BYTES_SHOWN {
        let _ = write!(text, "…' ({} bytes)", bytes.len());
    } else {
        text.push('\'');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidewater::Value;

    #[test]
    fn types_stay_apart() {
        assert_eq!(cell_text(ValueRef::Integer(1)), "1");
        assert_eq!(cell_text(ValueRef::Real(1.0)), "1.0");
        assert_eq!(cell_text(ValueRef::Real(f64::NEG_INFINITY)), "-Inf");
        assert_eq!(cell_text(ValueRef::Blob(&[0, 255])), "x'00ff'");
        assert_eq!(cell_text(ValueRef::Blob(&[0; 30])), format!("x'{}…' (30 bytes)", "00".repeat(24)));
    }

    #[test]
    fn a_row_is_another_if_its_first_value_is() {
        let row = |first: i64, second: &str| Row::from_iter([Value::from(first), Value::from(second)]);
        let single = |value: i64| Row::from_iter([Value::from(value)]);
        assert!(looks_like_another_row(&row(1, "a"), &row(2, "a"), 2));
        assert!(!looks_like_another_row(&row(1, "a"), &row(1, "b"), 2));
        assert!(!looks_like_another_row(&row(1, "a"), &row(2, "b"), 1), "count(*), max(x)");
        assert!(!looks_like_another_row(&single(1), &single(2), 2), "a column of values");
    }

    #[test]
    fn text_stays_on_its_line_and_cannot_steer_the_terminal() {
        assert_eq!(cell_text(ValueRef::Text(b"a\nb\x1b[2Jc\x7f")), "a␊b␛[2Jc␡");
        assert_eq!(cell_text(ValueRef::Text("\u{9b}2J\u{202e}".as_bytes())), "\u{fffd}2J\u{fffd}");
        assert_eq!(cell_text(ValueRef::Text("é水".as_bytes())), "é水");
        assert_eq!(cell_text(ValueRef::Text("x".repeat(1000).as_bytes())).chars().count(), CHARACTERS_SHOWN + 1);
    }
}
