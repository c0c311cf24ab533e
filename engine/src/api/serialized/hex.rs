//! Bytes as hexadecimal digits.

use std::fmt::{self, Display};

/// Bytes as lower-case digits.
pub(super) struct Hex<'b>(pub &'b [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The bytes that digits of either case stand for.
pub(super) fn parse(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?));
    if rest.is_empty() { bytes.collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{Hex, parse};

    #[test]
    fn bytes_survive_both_ways() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(parse(&Hex(&bytes).to_string()), Some(bytes));
        assert_eq!((parse("FF"), parse("f"), parse("0x"), parse("+1")), (Some(vec![255]), None, None, None));
    }
}
