//! Sort keys: bytes whose order under `memcmp` is SQLite's order of the values that they stand for.
//!
//! # Encoding
//! Of each term: one byte for NULL, which NULLS FIRST and LAST place apart from ASC and DESC, or `0x80` and the value.
//! A value is a class byte (numbers, TEXT, BLOB, in SQLite's order of classes) and a payload; DESC inverts its bits.
//! Numbers are the greatest double that is not above them, in an encoding that sorts, and what is left above it, which an
//! integer beyond 2^53 may have: INTEGER and REAL compare exactly, and 1 and 1.0 are equal. Texts are brought to what their
//! collating sequence compares. Bytes of variable length end in `00 00`, with `00` in them written `00 FF`.
//!
//! Two values have equal keys exactly when GROUP BY and DISTINCT take them for equal, so a key also names a group.

use super::ValueRef;

const NULL_FIRST: u8 = 0x00;
const NOT_NULL: u8 = 0x80;
const NULL_LAST: u8 = 0xff;

const NUMBER: u8 = 1;
const TEXT: u8 = 2;
const BLOB: u8 = 3;

/// A collating sequence that every SQLite has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Collation {
    /// Byte by byte.
    #[default]
    Binary,
    /// Without regard to the case of ASCII letters.
    NoCase,
    /// Without regard to spaces at the end.
    RTrim,
}

impl Collation {
    /// The sequence of this name, if it is one of SQLite's own.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "BINARY" => Some(Self::Binary),
            "NOCASE" => Some(Self::NoCase),
            "RTRIM" => Some(Self::RTrim),
            _ => None,
        }
    }

    /// A sequence to which all texts are equal that are to one of both, if there is one.
    #[must_use]
    pub fn coarser(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Binary, coarser) | (coarser, Self::Binary) => Some(coarser),
            _ => (self == other).then_some(self),
        }
    }

    /// Its name, as SQL writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Binary => "BINARY",
            Self::NoCase => "NOCASE",
            Self::RTrim => "RTRIM",
        }
    }
}

/// How a term of ORDER BY sorts its values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SortTerm {
    /// How texts compare.
    pub collation: Collation,
    /// DESC.
    pub descending: bool,
    /// NULLs come before everything else; without a word about it they are the smallest values.
    pub nulls_last: bool,
}

/// Appends the key of one value to `key`.
pub fn push_sort_key(key: &mut Vec<u8>, term: SortTerm, value: ValueRef<'_>) {
    if matches!(value, ValueRef::Null) {
        key.push(if term.nulls_last { NULL_LAST } else { NULL_FIRST });
        return;
    }
    key.push(NOT_NULL);
    let start = key.len();
    match value {
        ValueRef::Null => {}
        ValueRef::Integer(value) => push_integer(key, value),
        ValueRef::Real(value) => push_number(key, value, 0),
        ValueRef::Text(bytes) => push_text(key, term.collation, bytes),
        ValueRef::Blob(bytes) => {
            key.push(BLOB);
            push_bytes(key, bytes.iter().copied());
        }
    }
    if term.descending {
        key[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

/// The key of several values, one for each term.
pub fn sort_key<'v>(terms: &[SortTerm], values: impl IntoIterator<Item = ValueRef<'v>>) -> Box<[u8]> {
    let mut key = Vec::with_capacity(terms.len() * 12);
    for (term, value) in terms.iter().zip(values) {
        push_sort_key(&mut key, *term, value);
    }
    key.into_boxed_slice()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the difference is what is kept of it"
)]
fn push_integer(key: &mut Vec<u8>, value: i64) {
    let nearest = value as f64;
    if value.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS {
        // Most are, and what follows takes long.
        return push_number(key, nearest, 0);
    }
    // Doubles of this size are whole, so both conversions are exact.
    let below = if nearest as i128 > i128::from(value) { nearest.next_down() } else { nearest };
    let above = i128::from(value) - below as i128;
    push_number(key, below, u16::try_from(above).unwrap_or(u16::MAX));
}

fn push_number(key: &mut Vec<u8>, below: f64, above: u16) {
    // -0.0 and 0.0 are equal.
    let bits = (below + 0.0).to_bits();
    let sortable = if bits >> 63 == 1 { !bits } else { bits | (1 << 63) };
    let mut bytes = [NUMBER; 11];
    bytes[1..9].copy_from_slice(&sortable.to_be_bytes());
    bytes[9..].copy_from_slice(&above.to_be_bytes());
    key.extend_from_slice(&bytes);
}

fn push_text(key: &mut Vec<u8>, collation: Collation, bytes: &[u8]) {
    key.push(TEXT);
    match collation {
        Collation::Binary => push_bytes(key, bytes.iter().copied()),
        Collation::RTrim => {
            let end = bytes.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
            push_bytes(key, bytes[..end].iter().copied());
        }
        // SQLite's comparison stops at a NUL, and then goes by the lengths (sqlite3StrNICmp in nocaseCollatingFunc).
        Collation::NoCase => {
            let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
            push_bytes(key, bytes[..end].iter().map(u8::to_ascii_lowercase));
            key.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        }
    }
}

fn push_bytes(key: &mut Vec<u8>, bytes: impl Iterator<Item = u8>) {
    for byte in bytes {
        key.push(byte);
        if byte == 0 {
            key.push(0xff);
        }
    }
    key.extend([0, 0]);
}
