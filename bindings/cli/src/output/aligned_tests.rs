//! Boxes, and records where a box is too wide.

use tidewater::Value;

use super::*;

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
    assert!(drawn.lines().all(|line| width(line) == 34), "{drawn}");
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
fn the_first_rows_are_printed_before_the_last_come() {
    let mut table = Aligned::new(Borders::Rounded, &Format::new(Mode::Box), None);
    let mut out = Vec::new();
    let columns = ["n".to_owned()];
    let row = |value: i64| [Value::Integer(value)].into_iter().collect::<Row>();
    for number in 0..FIRST_ROWS {
        table.row(&columns, &row(i64::try_from(number).unwrap()), &mut out).unwrap();
    }
    assert!(out.starts_with("╭─────╮\n│ n   │\n".as_bytes()));
    table.row(&columns, &row(1_000_000), &mut out).unwrap();
    table.finish(&columns, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.ends_with("│ 999 │\n│ 1000000 │\n╰─────────╯\n"), "a wider value widens what follows");
}
