//! A result as a table of plain text.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use tidewater::Row;

use crate::cell::{cell_text, is_number, printable};

/// Draws the rows under their columns; `width` bounds the table where there is a terminal to fit into.
pub fn table(columns: &[String], rows: &[Row], width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED.with_rounded_corners());
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(columns.iter().map(|name| printable(name)));
    for row in rows {
        table.add_row(row.values().map(|value| {
            let cell = Cell::new(cell_text(value));
            if is_number(value) { cell.set_alignment(CellAlignment::Right) } else { cell }
        }));
    }
    table.to_string()
}

/// `1 row`, `2 rows`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
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
    fn a_table_fits_its_terminal() {
        let rows: Vec<Row> = vec![[Value::from("word ".repeat(50))].into_iter().collect()];
        assert!(table(&["text".to_owned()], &rows, Some(40)).lines().all(|line| line.chars().count() <= 40));
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(0, "row"), "0 rows");
    }
}
