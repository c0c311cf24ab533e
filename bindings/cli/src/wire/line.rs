//! Writes messages as lines of JSON.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Appends a message as one line.
pub fn write_line(message: &impl Serialize, out: &mut Vec<u8>) {
    let mut serializer = Serializer::with_formatter(&mut *out, Spelling);
    message.serialize(&mut serializer).expect("a message has string keys and a Vec takes every byte");
    out.push(b'\n');
}

/// Compact JSON with floats in Rust's format: the shortest digits that parse to the same value, and no `+` in exponents.
struct Spelling;

impl Formatter for Spelling {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        write!(writer, "{value:?}")
    }
}
