//! Results with one value per line, and results as INSERT statements.

use std::io::{self, Write};

use tidewater::{Row, ValueRef};

use super::literal::{full_text, insert, insert_into};
use super::mode::Format;
use crate::cell::{printable, printable_up_to};
use crate::text::width;

/// `name = value` lines under way.
pub struct Lines {
    null: String,
    has_begun: bool,
}

impl Lines {
    pub fn new(format: &Format) -> Self {
        Self { null: format.null().to_owned(), has_begun: false }
    }

    pub fn row(&mut self, columns: &[String], row: &Row, out: &mut dyn Write) -> io::Result<()> {
        /// The names stand right in so many cells, as those of `sqlite3` do.
        const NARROWEST: u16 = 5;
        if std::mem::replace(&mut self.has_begun, true) {
            writeln!(out)?;
        }
        let names: Vec<_> = columns.iter().map(|name| printable(name)).collect();
        let widest = names.iter().map(|name| width(name)).max().unwrap_or(0).max(NARROWEST);
        for (name, value) in names.iter().zip(row.values()) {
            let pad = usize::from(widest - width(name));
            let text = match value {
                ValueRef::Null => self.null.clone(),
                value => printable_up_to(usize::MAX, &full_text(value)),
            };
            writeln!(out, "{:pad$}{name} = {text}", "")?;
        }
        Ok(())
    }
}

/// INSERT statements under way.
pub struct Inserts {
    begin: String,
}

impl Inserts {
    pub fn new(table: &str) -> Self {
        Self { begin: insert_into(table) }
    }

    pub fn row(&self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        insert(&self.begin, row, out)
    }
}
