//! Renders a result as a text table.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use tidewater::Row;

use crate::cell::{cell_text, is_number, printable};

/// The length of the line between two records, if the terminal is wide enough.
const SEPARATOR: usize = 40;

/// Renders the rows as a table, or with one value per line if the table is wider than the terminal.
pub fn table(columns: &[String], rows: &[Row], width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED.with_rounded_corners());
    table.set_header(columns.iter().map(|name| printable(name)));
    for row in rows {
        table.add_row(row.values().map(|value| {
            let cell = Cell::new(cell_text(value));
            if is_number(value) { cell.set_alignment(CellAlignment::Right) } else { cell }
        }));
    }
    match width {
        Some(width) if !fits(&table, width) => records(columns, rows, width),
        _ => table.to_string(),
    }
}

fn fits(table: &Table, width: u16) -> bool {
    /// The cells around a column's content: two spaces and a border.
    const FRAME: usize = 3;
    let widths = table.column_max_content_widths();
    widths.iter().map(|width| usize::from(*width) + FRAME).sum::<usize>() < usize::from(width)
}

/// One `column: value` line for each column of each row.
fn records(columns: &[String], rows: &[Row], width: u16) -> String {
    let names: Vec<_> = columns.iter().map(|name| printable(name)).collect();
    if rows.is_empty() {
        return names.join(", ");
    }
    let mut lines = Vec::with_capacity(rows.len() * (columns.len() + 1));
    for (number, row) in (1_usize..).zip(rows) {
        let title = format!("── row {number} ");
        let title = format!("{title:─<0$}", usize::from(width).min(SEPARATOR));
        lines.push(title.trim_end().to_owned());
        lines.extend(names.iter().zip(row.values()).map(|(name, value)| format!("{name}: {}", cell_text(value))));
    }
    lines.join("\n")
}

/// `1 row`, `10,000 rows`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{} {noun}s", grouped(count)) }
}

/// A number with its digits in groups of three.
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidewater::Value;

    #[test]
    fn numbers_stand_right_and_wide_letters_count_twice() {
        let rows: Vec<Row> = vec![
            [Value::Integer(7), Value::from("水")].into_iter().collect(),
            [Value::Integer(1000), Value::Null].into_iter().collect(),
        ];
        assert_eq!(
            table(&["id".to_owned(), "name".to_owned()], &rows, None),
            "\
╭──────┬──────╮
│ id   ┆ name │
╞══════╪══════╡
│    7 ┆ 水   │
│ 1000 ┆ NULL │
╰──────┴──────╯"
        );
    }

    #[test]
    fn what_is_too_wide_for_a_table_stands_line_by_line() {
        let columns: Vec<_> = (1..=3).map(|column| format!("column_{column}")).collect();
        let row = |first: i64| [Value::Integer(first), Value::from("水"), Value::Null].into_iter().collect::<Row>();
        let rows = [row(1003), row(7)];
        let drawn = table(&columns, &rows, Some(34));
        assert!(drawn.starts_with('╭'), "{drawn}");
        assert!(drawn.lines().all(|line| crate::text::width(line) == 34), "{drawn}");
        assert_eq!(
            table(&columns, &rows, Some(33)),
            "\
── row 1 ────────────────────────
column_1: 1003
column_2: 水
column_3: NULL
── row 2 ────────────────────────
column_1: 7
column_2: 水
column_3: NULL"
        );
        assert_eq!(table(&columns, &[], Some(33)), "column_1, column_2, column_3");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(0, "row"), "0 rows");
        assert_eq!(counted(999, "row"), "999 rows");
        assert_eq!(counted(1_000_000, "row"), "1,000,000 rows");
    }
}
