//! Values with something between them: CSV, lists, tabs, SQL literals.

use std::io::{self, Write};

use tidewater::{Row, ValueRef};

use super::literal::{full_text, literal, text_literal};
use super::mode::Format;

/// What stands between values, and how a value is written so that it can be told from that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separators {
    /// RFC 4180: lines end with CR and LF, and a field is quoted where it has to be. An empty text is quoted, NULL is not.
    Csv,
    /// `|`, with nothing quoted, as scripts that read `sqlite3` expect it.
    Bars,
    /// Tabs, with nothing quoted.
    Tabs,
    /// `,` between SQL literals.
    Literals,
}

/// A result under way.
pub struct Delimited {
    separators: Separators,
    has_headers: bool,
    null: String,
    has_begun: bool,
}

impl Delimited {
    pub fn new(separators: Separators, format: &Format) -> Self {
        Self { separators, has_headers: format.has_headers(), null: format.null().to_owned(), has_begun: false }
    }

    pub fn row(&mut self, columns: &[String], row: &Row, out: &mut dyn Write) -> io::Result<()> {
        self.begin(columns, out)?;
        for (place, value) in row.values().enumerate() {
            self.separate(place, out)?;
            match value {
                value if self.separators == Separators::Literals => out.write_all(literal(value).as_bytes())?,
                ValueRef::Null => out.write_all(self.null.as_bytes())?,
                // The bytes as they are, which may be no UTF-8.
                ValueRef::Text(bytes) => self.text(bytes, out)?,
                value => out.write_all(full_text(value).as_bytes())?,
            }
        }
        self.end_line(out)
    }

    pub fn finish(mut self, columns: &[String], out: &mut dyn Write) -> io::Result<()> {
        self.begin(columns, out)
    }

    fn begin(&mut self, columns: &[String], out: &mut dyn Write) -> io::Result<()> {
        if std::mem::replace(&mut self.has_begun, true) || !self.has_headers || columns.is_empty() {
            return Ok(());
        }
        for (place, name) in columns.iter().enumerate() {
            self.separate(place, out)?;
            match self.separators {
                Separators::Literals => out.write_all(text_literal(name.as_bytes()).as_bytes())?,
                _ => self.text(name.as_bytes(), out)?,
            }
        }
        self.end_line(out)
    }

    fn separate(&self, place: usize, out: &mut dyn Write) -> io::Result<()> {
        let separator: &[u8] = match self.separators {
            _ if place == 0 => b"",
            Separators::Csv | Separators::Literals => b",",
            Separators::Bars => b"|",
            Separators::Tabs => b"\t",
        };
        out.write_all(separator)
    }

    fn end_line(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.separators == Separators::Csv { b"\r\n" } else { b"\n" })
    }

    fn text(&self, bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
        // What stands for NULL is quoted where it is a text.
        let is_plain = !bytes.is_empty()
            && bytes != self.null.as_bytes()
            && !bytes.iter().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'));
        if self.separators != Separators::Csv || is_plain {
            return out.write_all(bytes);
        }
        out.write_all(b"\"")?;
        for (place, part) in bytes.split(|byte| *byte == b'"').enumerate() {
            out.write_all(if place == 0 { b"" } else { b"\"\"" })?;
            out.write_all(part)?;
        }
        out.write_all(b"\"")
    }
}
