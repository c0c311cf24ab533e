//! Draws a model into a buffer of terminal cells, without a terminal or a clock.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line as TextLine, Span};
use ratatui::widgets::{Cell, Row as TableRow, Table, Widget};

use super::columns::{GAP, widths_in_sight};
use super::model::{Happened, Line, MARK_LASTS, Mark, Model};
use crate::cell::{cell_text, is_number, printable};
use crate::count::counted;
use crate::text::{fitted, one_line, width};

/// The width of a row's sign.
const SIGN: u16 = 1;

/// The separator of the parts of the foot line.
const BETWEEN: &str = "   ";

/// What the heading shows besides the model's state.
pub struct Heading {
    pub file: String,
    pub sql: String,
    pub plan: &'static str,
}

/// The visible part of the table, and the widths of its columns.
#[derive(Default)]
pub struct View {
    top: usize,
    left: usize,
    page: usize,
    widths: Vec<u16>,
}

/// A scroll command.
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
    /// Scrolls; drawing limits the position to the table.
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

    /// Draws everything. `trouble` says why there are no newer rows.
    pub fn draw(
        &mut self,
        model: &Model,
        heading: &Heading,
        trouble: Option<&str>,
        now: Duration,
        area: Rect,
        buffer: &mut Buffer,
    ) {
        let [title, sql, body, foot] = Layout::vertical(heights(area.height).map(Constraint::Length)).areas(area);
        draw_line(title_line(model, heading, title.width), title, buffer);
        draw_line(TextLine::from(one_line(&heading.sql)).dim(), sql, buffer);
        self.page = usize::from(body.height.saturating_sub(1));
        self.top = self.top.min(model.lines().len().saturating_sub(self.page));
        self.left = self.left.min(model.columns().len().saturating_sub(1));
        let in_sight = self.draw_table(model, now, body, buffer);
        draw_line(self.foot_line(model, in_sight, trouble, foot.width), foot, buffer);
    }

    /// Returns the number of visible columns.
    fn draw_table(&mut self, model: &Model, now: Duration, area: Rect, buffer: &mut Buffer) -> usize {
        let end = model.lines().len().min(self.top + self.page);
        let lines = &model.lines()[self.top..end];
        self.grow(model, lines);
        let widths = widths_in_sight(&self.widths[self.left..], area.width.saturating_sub(SIGN));
        let names = model.columns().iter().skip(self.left).zip(&widths);
        let names = names.map(|(name, width)| Cell::new(fitted(printable(name), *width)));
        let head = TableRow::new(std::iter::once(Cell::new("")).chain(names))
            .style(Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED));
        let rows = lines.iter().map(|line| table_row(line, self.left, &widths, now));
        let constraints = std::iter::once(SIGN).chain(widths.iter().copied()).map(Constraint::Length);
        Widget::render(Table::new(rows, constraints).header(head).column_spacing(GAP), area, buffer);
        widths.len()
    }

    /// Column widths only grow, so that the table does not jitter.
    fn grow(&mut self, model: &Model, in_sight: &[Line]) {
        let names = model.columns();
        if self.widths.len() != names.len() {
            self.widths = vec![0; names.len()];
        }
        for (widest, name) in self.widths.iter_mut().zip(names) {
            *widest = (*widest).max(width(&printable(name)));
        }
        for line in in_sight {
            for (widest, value) in self.widths.iter_mut().zip(line.row.values()) {
                *widest = (*widest).max(width(&cell_text(value)));
            }
        }
    }

    fn foot_line<'a>(&self, model: &Model, in_sight: usize, trouble: Option<&str>, room: u16) -> TextLine<'a> {
        if let Some(trouble) = trouble {
            return TextLine::from(one_line(trouble)).fg(Color::White).bg(Color::Red);
        }
        let rows = range("", self.top, self.page, model.lines().len());
        let columns = range("columns ", self.left, in_sight, model.columns().len());
        let keys = ["q quit", "↑↓ PgUp PgDn Home End ←→ scroll"].map(str::to_owned);
        let mut parts: Vec<_> = rows.into_iter().chain(columns).chain(keys).collect();
        let fits = |parts: &[String]| width(&parts.join(BETWEEN)) <= room;
        // The list of keys may be cut; a number may not.
        if !fits(&parts[..parts.len() - 1]) {
            while parts.len() > 1 && !fits(&parts) {
                parts.pop();
            }
        }
        TextLine::from(parts.join(BETWEEN)).dim()
    }
}

/// The heights of title, SQL, table and foot. On a small screen the table gets most lines.
const fn heights(all: u16) -> [u16; 4] {
    let foot = if all >= 3 { 1 } else { 0 };
    let title = if all >= 4 { 1 } else { 0 };
    let sql = match all {
        0..=5 => 0,
        6..=7 => 1,
        // Includes a blank line above the table.
        _ => 2,
    };
    [title, sql, all - title - sql - foot, foot]
}

/// The visible range, if it is not everything.
fn range(noun: &str, start: usize, shown: usize, count: usize) -> Option<String> {
    (shown < count).then(|| format!("{noun}{}-{} of {count}", start + 1, count.min(start + shown)))
}

/// Draws a line, cut with an ellipsis if it is longer than its area.
fn draw_line(line: TextLine<'_>, area: Rect, buffer: &mut Buffer) {
    if line.width() <= usize::from(area.width) || area.is_empty() {
        return line.render(area, buffer);
    }
    let [most, last] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
    TextLine::styled("…", line.style).render(last, buffer);
    line.render(most, buffer);
}

fn title_line<'a>(model: &Model, heading: &Heading, room: u16) -> TextLine<'a> {
    let separator = || "  ".into();
    let mut spans = vec![
        separator(),
        format!("commit {}", model.commit()).into(),
        separator(),
        counted(model.row_count(), "row").into(),
        separator(),
        heading.plan.dim(),
    ];
    let badge = Span::styled(" tidewater ", Style::new().fg(Color::Black).bg(Color::Cyan).bold());
    let others: usize = spans.iter().chain([&badge]).map(Span::width).sum();
    let room = usize::from(room).saturating_sub(others + usize::from(GAP));
    spans.splice(0..0, [badge, separator(), file_name(&heading.file, room).bold()]);
    TextLine::from(spans)
}

/// The path, without its folders if they do not fit.
fn file_name(path: &str, room: usize) -> String {
    let path = printable(path);
    if usize::from(width(&path)) <= room {
        return path;
    }
    path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

fn table_row<'a>(line: &Line, left: usize, widths: &[u16], now: Duration) -> TableRow<'a> {
    let sign = match line.mark.as_deref() {
        None => " ",
        Some(Mark { what: Happened::Added, .. }) => "+",
        Some(Mark { what: Happened::Changed(_), .. }) => "~",
        Some(Mark { what: Happened::Moved, .. }) => "↕",
        Some(Mark { what: Happened::Removed, .. }) => "-",
    };
    let row_style = line.mark.as_deref().map_or_else(Style::new, |mark| row_style(mark, now));
    let sign_style = line.mark.as_deref().map_or_else(Style::new, |mark| sign_style(mark, now));
    let cells = line.row.values().enumerate().skip(left).zip(widths).map(|((column, value), width)| {
        let alignment = if is_number(value) { Alignment::Right } else { Alignment::Left };
        let text = TextLine::from(fitted(cell_text(value), *width)).alignment(alignment);
        let style = line.mark.as_deref().map_or_else(Style::new, |mark| cell_style(mark, column, now));
        match value {
            tidewater::ValueRef::Null => Cell::new(text.dim()).style(style),
            _ => Cell::new(text).style(style),
        }
    });
    TableRow::new(std::iter::once(Cell::new(sign).style(sign_style)).chain(cells)).style(row_style)
}

/// The style of a mark: strong at first, then fading.
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

#[cfg(test)]
mod tests;
