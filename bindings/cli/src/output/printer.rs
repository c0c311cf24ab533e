//! Prints a result row by row.

use std::io::{self, Write};

use tidewater::Row;

use super::aligned::{Aligned, Borders};
use super::delimited::{Delimited, Separators};
use super::json::Json;
use super::mode::{Format, Mode};
use super::records::{Inserts, Lines};

/// Takes the rows of one result.
pub struct Printer {
    form: Form,
    rows: usize,
}

enum Form {
    Aligned(Aligned),
    Delimited(Delimited),
    Json(Json),
    Lines(Lines),
    Inserts(Inserts),
}

impl Printer {
    /// For a result in this format; a box that is wider than `width` is printed with one value per line.
    pub fn new(format: &Format, width: Option<u16>) -> Self {
        let aligned = |borders| Form::Aligned(Aligned::new(borders, format, width));
        let delimited = |separators| Form::Delimited(Delimited::new(separators, format));
        let form = match format.mode {
            Mode::Box => aligned(Borders::Rounded),
            Mode::Table => aligned(Borders::Ascii),
            Mode::Column => aligned(Borders::None),
            Mode::Markdown => aligned(Borders::Markdown),
            Mode::Csv => delimited(Separators::Csv),
            Mode::List => delimited(Separators::Bars),
            Mode::Tabs => delimited(Separators::Tabs),
            Mode::Quote => delimited(Separators::Literals),
            Mode::Json => Form::Json(Json::array()),
            Mode::Jsonl => Form::Json(Json::lines()),
            Mode::Line => Form::Lines(Lines::new(format)),
            Mode::Insert => Form::Inserts(Inserts::new(&format.table)),
        };
        Self { form, rows: 0 }
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// Of writing.
    pub fn row(&mut self, columns: &[String], row: &Row, out: &mut dyn Write) -> io::Result<()> {
        self.rows += 1;
        match &mut self.form {
            Form::Aligned(form) => form.row(columns, row, out),
            Form::Delimited(form) => form.row(columns, row, out),
            Form::Json(form) => form.row(columns, row, out),
            Form::Lines(form) => form.row(columns, row, out),
            Form::Inserts(form) => form.row(row, out),
        }
    }

    /// Prints what is left once there are no more rows. Returns their number.
    ///
    /// # Errors
    /// Of writing.
    pub fn finish(self, columns: &[String], out: &mut dyn Write) -> io::Result<usize> {
        match self.form {
            Form::Aligned(form) => form.finish(columns, out)?,
            Form::Delimited(form) => form.finish(columns, out)?,
            Form::Json(form) => form.finish(out)?,
            Form::Lines(_) | Form::Inserts(_) => {}
        }
        Ok(self.rows)
    }
}

#[cfg(test)]
#[path = "printer_tests.rs"]
mod tests;
