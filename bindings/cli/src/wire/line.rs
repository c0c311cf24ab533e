//! Writes messages as lines of JSON.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Appends a message as one line.
pub fn write_line(message: &impl Serialize, out: &mut Vec<u8>) {
    write_json(message, out);
    out.push(b'\n');
}

/// Writes a message as one line.
///
/// # Errors
/// Of writing.
pub fn write_line_to(message: &impl Serialize, out: &mut impl io::Write) -> io::Result<()> {
    message.serialize(&mut Serializer::with_formatter(&mut *out, Spelling))?;
    out.write_all(b"\n")
}

/// Appends a message.
pub fn write_json(message: &impl Serialize, out: &mut Vec<u8>) {
    let mut serializer = Serializer::with_formatter(out, Spelling);
    message.serialize(&mut serializer).expect("a message has string keys and a Vec takes every byte");
}

/// Compact JSON with floats in Rust's format: the shortest digits that parse to the same value, and no `+` in exponents.
struct Spelling;

impl Formatter for Spelling {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        write!(writer, "{value:?}")
    }
}
