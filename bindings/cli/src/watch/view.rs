//! A model drawn into a buffer of terminal cells. No terminal, no clock.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line as TextLine, Span};
use ratatui::widgets::{Cell, Paragraph, Row as TableRow, Table, Widget};

use super::model::{Happened, Line, MARK_LASTS, Mark, Model};
use crate::cell::{cell_text, is_number, printable};
use crate::table::counted;

/// No column takes more than this while there are others.
const WIDEST_COLUMN: u16 = 60;

/// Between two columns.
const GAP: u16 = 2;

/// What stands above the table besides the model's own state.
pub struct Heading {
    pub file: String,
    pub sql: String,
    pub plan: &'static str,
}

/// The part of the table in sight, and how wide its columns have grown.
#[derive(Default)]
pub struct View {
    top: usize,
    left: usize,
    page: usize,
    widths: Vec<u16>,
}

/// A step through the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scroll {
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Left,
    Right,
}

impl View {
    /// Moves the part in sight; drawing keeps it within the table.
    pub fn scroll(&mut self, step: Scroll) {
        let page = self.page.max(1);
        match step {
            Scroll::Up => self.top = self.top.saturating_sub(1),
            Scroll::Down => self.top = self.top.saturating_add(1),
            Scroll::PageUp => self.top = self.top.saturating_sub(page),
            Scroll::PageDown => self.top = self.top.saturating_add(page),
            Scroll::Home => self.top = 0,
            Scroll::End => self.top = usize::MAX,
            Scroll::Left => self.left = self.left.saturating_sub(1),
            Scroll::Right => self.left = self.left.saturating_add(1),
        }
    }

    /// Draws everything. `trouble` is what stands in the way of newer rows.
    pub fn draw(
        &mut self,
        model: &Model,
        heading: &Heading,
        trouble: Option<&str>,
        now: Duration,
        area: Rect,
        buffer: &mut Buffer,
    ) {
        let [title, sql, body, foot] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(2),
            Constraint::Fill(1),
            Constraint::Length(1),
        ])
        .areas(area);
        title_line(model, heading).render(title, buffer);
        Paragraph::new(printable(&heading.sql)).dim().render(sql, buffer);
        self.page = usize::from(body.height.saturating_sub(1));
        self.top = self.top.min(model.lines().len().saturating_sub(self.page));
        self.left = self.left.min(model.columns().len().saturating_sub(1));
        self.draw_table(model, now, body, buffer);
        self.foot_line(model, trouble).render(foot, buffer);
    }

    fn draw_table(&mut self, model: &Model, now: Duration, area: Rect, buffer: &mut Buffer) {
        let end = model.lines().len().min(self.top + self.page);
        let in_sight = &model.lines()[self.top..end];
        self.grow(model, in_sight);
        let cap = if model.columns().len() > 1 { WIDEST_COLUMN } else { area.width };
        let widths = self.widths.iter().skip(self.left).map(|width| Constraint::Length((*width).min(cap)));
        let names = model.columns().iter().skip(self.left).map(|name| Cell::new(printable(name)));
        let head = TableRow::new(std::iter::once(Cell::new("")).chain(names))
            .style(Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED));
        let rows = in_sight.iter().map(|line| table_row(line, self.left, now));
        let table =
            Table::new(rows, std::iter::once(Constraint::Length(1)).chain(widths)).header(head).column_spacing(GAP);
        Widget::render(table, area, buffer);
    }

    /// Columns only grow, so that the table does not twitch with every change.
    fn grow(&mut self, model: &Model, in_sight: &[Line]) {
        let names = model.columns();
        if self.widths.len() != names.len() {
            self.widths = names.iter().map(|name| width(&printable(name))).collect();
        }
        for line in in_sight {
            for (widest, value) in self.widths.iter_mut().zip(line.row.values()) {
                *widest = (*widest).max(width(&cell_text(value)));
            }
        }
    }

    fn foot_line<'a>(&self, model: &Model, trouble: Option<&str>) -> TextLine<'a> {
        if let Some(trouble) = trouble {
            return TextLine::from(printable(trouble)).fg(Color::White).bg(Color::Red);
        }
        let count = model.lines().len();
        let last = count.min(self.top + self.page);
        let in_sight = match count > self.page {
            true => format!("{}-{last} of {count}   ", self.top + 1),
            false => String::new(),
        };
        TextLine::from(format!("{in_sight}q quit   ↑↓ PgUp PgDn Home End ←→ scroll")).dim()
    }
}

fn title_line<'a>(model: &Model, heading: &Heading) -> TextLine<'a> {
    let separator = || "  ".into();
    TextLine::from(vec![
        Span::styled(" tidewater ", Style::new().fg(Color::Black).bg(Color::Cyan).bold()),
        separator(),
        printable(&heading.file).bold(),
        separator(),
        format!("commit {}", model.commit()).into(),
        separator(),
        counted(model.row_count(), "row").into(),
        separator(),
        heading.plan.dim(),
    ])
}

fn table_row<'a>(line: &Line, left: usize, now: Duration) -> TableRow<'a> {
    let sign = match &line.mark {
        None => " ",
        Some(Mark { what: Happened::Added, .. }) => "+",
        Some(Mark { what: Happened::Changed(_), .. }) => "~",
        Some(Mark { what: Happened::Moved, .. }) => "↕",
        Some(Mark { what: Happened::Removed, .. }) => "-",
    };
    let row_style = line.mark.as_ref().map_or_else(Style::new, |mark| row_style(mark, now));
    let sign_style = line.mark.as_ref().map_or_else(Style::new, |mark| sign_style(mark, now));
    let cells = line.row.values().enumerate().skip(left).map(|(column, value)| {
        let alignment = if is_number(value) { Alignment::Right } else { Alignment::Left };
        let text = TextLine::from(cell_text(value)).alignment(alignment);
        let style = line.mark.as_ref().map_or_else(Style::new, |mark| cell_style(mark, column, now));
        match value {
            tidewater::ValueRef::Null => Cell::new(text.dim()).style(style),
            _ => Cell::new(text).style(style),
        }
    });
    TableRow::new(std::iter::once(Cell::new(sign).style(sign_style)).chain(cells)).style(row_style)
}

/// A mark is loud first, then fades.
fn tint(color: Color, mark: &Mark, now: Duration) -> Style {
    if now.saturating_sub(mark.at) < MARK_LASTS / 2 {
        Style::new().fg(Color::Black).bg(color)
    } else {
        Style::new().fg(color)
    }
}

const fn color(what: &Happened) -> Color {
    match what {
        Happened::Added => Color::Green,
        Happened::Changed(_) => Color::Yellow,
        Happened::Moved => Color::Blue,
        Happened::Removed => Color::Red,
    }
}

fn row_style(mark: &Mark, now: Duration) -> Style {
    match &mark.what {
        Happened::Added => tint(Color::Green, mark, now),
        Happened::Removed => tint(Color::Red, mark, now).add_modifier(Modifier::CROSSED_OUT),
        Happened::Changed(_) | Happened::Moved => Style::new(),
    }
}

fn sign_style(mark: &Mark, now: Duration) -> Style {
    tint(color(&mark.what), mark, now).remove_modifier(Modifier::CROSSED_OUT)
}

fn cell_style(mark: &Mark, column: usize, now: Duration) -> Style {
    match &mark.what {
        Happened::Changed(changed) if changed.get(column).is_some_and(|changed| *changed) => {
            tint(Color::Yellow, mark, now)
        }
        _ => Style::new(),
    }
}

fn width(text: &str) -> u16 {
    u16::try_from(Span::raw(text).width()).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
