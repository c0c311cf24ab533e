//! Buckets: what values have in common that some comparison of SQLite's could call equal, whatever affinity and collating
//! sequence do. A hash by buckets finds too much at times, never too little.
//!
//! Numbers and texts that look like numbers go by their value, other texts without case and spaces at the end, blobs by
//! their bytes.

use super::ValueRef;

/// The most significant digits for which two converters are sure to agree on the double that a text means.
const EXACT_DIGITS: usize = 15;

/// What values have in common that could be equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Bucket {
    /// NULL.
    Null,
    /// The bits of a double, the last byte first: those of small integers differ in the first bytes alone, which the hashes of
    /// hash tables then hardly depend on.
    Number(u64),
    /// A text that is no number, brought to what any sequence compares.
    Text(Box<[u8]>),
    /// The bytes of a blob.
    Blob(Box<[u8]>),
}

impl Bucket {
    /// The bucket of a value; nothing where it could be equal to values of several.
    #[expect(clippy::cast_precision_loss, reason = "integers beyond 2^53 may share a bucket")]
    pub(crate) fn of(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(Self::Null),
            ValueRef::Integer(value) => Some(number(value as f64)),
            ValueRef::Real(value) => Some(number(value)),
            ValueRef::Blob(bytes) => Some(Self::Blob(bytes.into())),
            ValueRef::Text(bytes) => text(bytes),
        }
    }
}

fn number(value: f64) -> Bucket {
    // -0.0 equals 0.0.
    Bucket::Number((value + 0.0).to_bits().swap_bytes())
}

fn text(bytes: &[u8]) -> Option<Bucket> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = bytes.iter().position(|byte| !is_space(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    let trimmed = &bytes[start..end];
    let may_be_number = trimmed.iter().any(u8::is_ascii_digit)
        && trimmed.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    if may_be_number {
        if trimmed.iter().filter(|byte| byte.is_ascii_digit()).count() > EXACT_DIGITS {
            return None;
        }
        if let Some(value) = std::str::from_utf8(trimmed).ok().and_then(|text| text.parse::<f64>().ok()) {
            return Some(number(value));
        }
    }
    // A NUL ends what some comparisons look at.
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let end = bytes[..end].iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    Some(Bucket::Text(bytes[..end].to_ascii_lowercase().into_boxed_slice()))
}

#[cfg(test)]
#[path = "bucket_tests.rs"]
mod tests;
