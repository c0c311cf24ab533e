//! Tables: columns of one width. The first rows decide the widths, so that a result of any size begins at once; a wider value that
//! comes later widens its column from there on.

use std::io::{self, Write};

use tidewater::{Row, ValueRef};

use super::literal::full_text;
use super::mode::{Format, Mode};
use crate::cell::{cell_text, is_number, printable};
use crate::text::width;

/// How many rows are waited for before the widths are decided.
const FIRST_ROWS: usize = 1000;

/// The length of the line between two records, if the terminal is wide enough.
const SEPARATOR: usize = 40;

/// The lines of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Borders {
    Rounded,
    Ascii,
    Markdown,
    None,
}

/// What a line between rows is made of: its left end, its dashes, its crossings, its right end.
type Rule = [&'static str; 4];

impl Borders {
    const fn top(self) -> Option<Rule> {
        match self {
            Self::Rounded => Some(["╭", "─", "┬", "╮"]),
            Self::Ascii => Some(["+", "-", "+", "+"]),
            Self::Markdown | Self::None => None,
        }
    }

    const fn below_head(self) -> Rule {
        match self {
            Self::Rounded => ["╞", "═", "╪", "╡"],
            Self::Ascii => ["+", "-", "+", "+"],
            Self::Markdown => ["|", "-", "|", "|"],
            Self::None => ["", "-", "  ", ""],
        }
    }

    const fn bottom(self) -> Option<Rule> {
        match self {
            Self::Rounded => Some(["╰", "─", "┴", "╯"]),
            Self::Ascii => Some(["+", "-", "+", "+"]),
            Self::Markdown | Self::None => None,
        }
    }

    /// What stands left of a row, between its cells, and right of it.
    const fn around(self) -> [&'static str; 3] {
        match self {
            Self::Rounded => ["│ ", " ┆ ", " │"],
            Self::Ascii | Self::Markdown => ["| ", " | ", " |"],
            Self::None => ["", "  ", ""],
        }
    }

    /// How many cells of a terminal stand beside the content of a cell on both sides.
    const fn padding(self) -> usize {
        match self {
            Self::None => 0,
            _ => 1,
        }
    }
}

struct Cell {
    text: String,
    width: u16,
    is_right: bool,
}

/// A table under way.
pub struct Aligned {
    borders: Borders,
    has_headers: bool,
    null: String,
    /// The table may not be wider; then its rows are printed as records.
    room: Option<u16>,
    widths: Vec<u16>,
    waiting: Vec<Vec<Cell>>,
    progress: Progress,
    /// How many records are printed.
    records: usize,
}

#[derive(PartialEq, Eq)]
enum Progress {
    Waiting,
    Table,
    Records,
}

impl Aligned {
    pub fn new(borders: Borders, format: &Format, width: Option<u16>) -> Self {
        Self {
            borders,
            has_headers: format.has_headers(),
            null: format.null().to_owned(),
            room: width.filter(|_| format.mode == Mode::Box),
            widths: Vec::new(),
            waiting: Vec::new(),
            progress: Progress::Waiting,
            records: 0,
        }
    }

    pub fn row(&mut self, columns: &[String], row: &Row, out: &mut dyn Write) -> io::Result<()> {
        let cells = row.values().map(|value| self.cell(value)).collect();
        if self.progress == Progress::Waiting {
            self.waiting.push(cells);
            return if self.waiting.len() < FIRST_ROWS { Ok(()) } else { self.begin(columns, out) };
        }
        self.print(columns, &cells, out)
    }

    pub fn finish(mut self, columns: &[String], out: &mut dyn Write) -> io::Result<()> {
        if self.progress == Progress::Waiting {
            self.begin(columns, out)?;
        }
        if self.progress == Progress::Records {
            let names: Vec<_> = columns.iter().map(|name| printable(name)).collect();
            return if self.records == 0 { writeln!(out, "{}", names.join(", ")) } else { Ok(()) };
        }
        self.rule(self.borders.bottom(), out)
    }

    fn cell(&self, value: ValueRef<'_>) -> Cell {
        let text = match (value, self.borders) {
            (ValueRef::Null, _) => self.null.clone(),
            (value, Borders::Markdown) => markdown(&full_text(value)),
            (value, _) => cell_text(value),
        };
        Cell { width: width(&text), text, is_right: is_number(value) }
    }

    /// Decides the widths, and prints the head and the rows that waited.
    fn begin(&mut self, columns: &[String], out: &mut dyn Write) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let heads: Vec<Cell> = columns.iter().map(|name| self.head(name)).collect();
        self.widths = heads.iter().map(|head| if self.has_headers { head.width } else { 1 }).collect();
        waiting.iter().for_each(|cells| self.widen(cells));
        if self.room.is_some_and(|room| self.total_width() > usize::from(room)) {
            self.progress = Progress::Records;
        } else {
            self.progress = Progress::Table;
            self.rule(self.borders.top(), out)?;
            if self.has_headers {
                self.line(&heads, out)?;
                self.rule(Some(self.borders.below_head()), out)?;
            }
        }
        waiting.iter().try_for_each(|cells| self.print(columns, cells, out))
    }

    fn head(&self, name: &str) -> Cell {
        let text = if self.borders == Borders::Markdown { markdown(name) } else { printable(name) };
        Cell { width: width(&text), text, is_right: false }
    }

    fn total_width(&self) -> usize {
        let [left, between, right] = self.borders.around().map(|text| usize::from(width(text)));
        let cells: usize = self.widths.iter().map(|width| usize::from(*width)).sum();
        left + cells + between * self.widths.len().saturating_sub(1) + right
    }

    fn widen(&mut self, cells: &[Cell]) {
        for (widest, cell) in self.widths.iter_mut().zip(cells) {
            *widest = (*widest).max(cell.width);
        }
    }

    fn print(&mut self, columns: &[String], cells: &[Cell], out: &mut dyn Write) -> io::Result<()> {
        if self.progress == Progress::Records {
            return self.record(columns, cells, out);
        }
        self.widen(cells);
        self.line(cells, out)
    }

    fn line(&self, cells: &[Cell], out: &mut dyn Write) -> io::Result<()> {
        let [left, between, right] = self.borders.around();
        out.write_all(left.as_bytes())?;
        let last = cells.len().saturating_sub(1);
        for (place, (cell, width)) in cells.iter().zip(&self.widths).enumerate() {
            let pad = usize::from(width.saturating_sub(cell.width));
            let (before, behind) = if cell.is_right { (pad, 0) } else { (0, pad) };
            // Without a border nothing stands behind the last cell.
            let behind = if right.is_empty() && place == last { 0 } else { behind };
            let end = if place == last { right } else { between };
            write!(out, "{:before$}{}{:behind$}{end}", "", cell.text, "")?;
        }
        writeln!(out)
    }

    fn rule(&self, rule: Option<Rule>, out: &mut dyn Write) -> io::Result<()> {
        let Some([left, dash, cross, right]) = rule else { return Ok(()) };
        let dashes = |width: &u16| dash.repeat(usize::from(*width) + 2 * self.borders.padding());
        let dashes = self.widths.iter().map(dashes).collect::<Vec<_>>().join(cross);
        writeln!(out, "{left}{dashes}{right}")
    }

    /// One `column: value` line for each column.
    fn record(&mut self, columns: &[String], cells: &[Cell], out: &mut dyn Write) -> io::Result<()> {
        self.records += 1;
        let title = format!("── row {} ", self.records);
        let length = self.room.map_or(SEPARATOR, |room| usize::from(room).min(SEPARATOR));
        writeln!(out, "{}", format!("{title:─<length$}").trim_end())?;
        let names = columns.iter().map(|name| printable(name));
        names.zip(cells).try_for_each(|(name, cell)| writeln!(out, "{name}: {}", cell.text))
    }
}

/// Text in a cell of a table in Markdown: lines stay apart, and a bar ends no cell.
fn markdown(text: &str) -> String {
    text.replace('|', "\\|").replace("\r\n", "\n").replace('\n', "<br>")
}

/// All rows as a box, or as records if it is wider than the terminal.
pub fn table(columns: &[String], rows: &[Row], width: Option<u16>) -> String {
    let mut text = Vec::new();
    let mut table = Aligned::new(Borders::Rounded, &Format::new(Mode::Box), width);
    // A vector takes every byte.
    let _ = rows.iter().try_for_each(|row| table.row(columns, row, &mut text));
    let _ = table.finish(columns, &mut text);
    let text = String::from_utf8_lossy(&text);
    text.trim_end_matches('\n').to_owned()
}

#[cfg(test)]
#[path = "aligned_tests.rs"]
mod tests;
