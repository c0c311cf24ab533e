//! Each mode, compared with what `sqlite3` prints where the two are to be the same.

use tidewater::Value;

use super::*;

fn printed(format: &Format, columns: &[&str], rows: &[Row]) -> String {
    let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    let mut out = Vec::new();
    let mut printer = Printer::new(format, None);
    for row in rows {
        printer.row(&columns, row, &mut out).unwrap();
    }
    assert_eq!(printer.finish(&columns, &mut out).unwrap(), rows.len());
    String::from_utf8(out).unwrap()
}

fn row(values: impl IntoIterator<Item = Value>) -> Row {
    values.into_iter().collect()
}

fn sample() -> Vec<Row> {
    vec![
        row([Value::Integer(1), Value::from("it's, \"it\""), Value::Real(0.5)]),
        row([Value::Null, Value::from(""), Value::from(vec![0_u8, 255])]),
        row([Value::Integer(30), Value::from("a\r\nb|c"), Value::Real(f64::NEG_INFINITY)]),
    ]
}

fn in_mode(mode: Mode) -> String {
    printed(&Format { headers: Some(true), ..Format::new(mode) }, &["id", "t", "v"], &sample())
}

#[test]
fn csv_is_what_rfc_4180_says() {
    assert_eq!(in_mode(Mode::Csv), "id,t,v\r\n1,\"it's, \"\"it\"\"\",0.5\r\n,\"\",x'00ff'\r\n30,\"a\r\nb|c\",-Inf\r\n");
    let null = Format { null: Some("nil".to_owned()), ..Format::new(Mode::Csv) };
    assert_eq!(printed(&null, &["a", "b"], &[row([Value::Null, Value::from("nil")])]), "nil,\"nil\"\r\n");
}

#[test]
fn json_is_an_array_of_objects_with_distinct_names() {
    let columns = ["a", "a", "a:1"];
    let json = printed(&Format::new(Mode::Json), &columns, &sample());
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value[0], serde_json::json!({"a": 1, "a:1": "it's, \"it\"", "a:1:1": 0.5}));
    assert_eq!(value[1]["a:1:1"], serde_json::json!({"blob": "00ff"}));
    assert_eq!(value[2]["a:1:1"], serde_json::json!({"real": "-inf"}));
    assert_eq!(json.lines().count(), 3);
    assert_eq!(printed(&Format::new(Mode::Json), &columns, &[]), "[]\n");
}

#[test]
fn json_lines_are_objects() {
    let lines = in_mode(Mode::Jsonl);
    assert_eq!(lines.lines().next(), Some(r#"{"id":1,"t":"it's, \"it\"","v":0.5}"#));
    assert_eq!(lines.lines().count(), 3);
    assert_eq!(printed(&Format::new(Mode::Jsonl), &["a"], &[]), "");
}

#[test]
fn lists_and_tabs_quote_nothing() {
    assert_eq!(in_mode(Mode::List), "id|t|v\n1|it's, \"it\"|0.5\n||x'00ff'\n30|a\r\nb|c|-Inf\n");
    assert_eq!(printed(&Format::new(Mode::Tabs), &["a", "b"], &[row([1, 2].map(Value::Integer))]), "1\t2\n");
}

#[test]
fn literals_and_inserts_are_sql() {
    let quoted = in_mode(Mode::Quote);
    assert_eq!(quoted.lines().next(), Some("'id','t','v'"));
    assert_eq!(quoted.lines().nth(1), Some("1,'it''s, \"it\"',0.5"));
    assert_eq!(quoted.lines().nth(2), Some("NULL,'',X'00FF'"));
    let format = Format { table: "order".to_owned(), ..Format::new(Mode::Insert) };
    assert_eq!(printed(&format, &["a"], &[row([Value::from("x")])]), "INSERT INTO \"order\" VALUES('x');\n");
}

#[test]
fn markdown_keeps_cells_together() {
    assert_eq!(
        in_mode(Mode::Markdown),
        "\
| id | t          | v       |
|----|------------|---------|
|  1 | it's, \"it\" |     0.5 |
|    |            | x'00ff' |
| 30 | a<br>b\\|c  |    -Inf |
"
    );
}

#[test]
fn one_value_stands_on_each_line() {
    assert_eq!(
        in_mode(Mode::Line),
        "   id = 1\n    t = it's, \"it\"\n    v = 0.5\n\n   id = \n    t = \n    v = x'00ff'\n\n   id = 30\n    t = a␍␊b|c\n    v = -Inf\n"
    );
}

#[test]
fn tables_and_columns_have_plain_letters() {
    assert_eq!(
        printed(&Format::new(Mode::Table), &["a", "name"], &[row([Value::Integer(10), Value::from("x")])]),
        "+----+------+\n| a  | name |\n+----+------+\n| 10 | x    |\n+----+------+\n"
    );
    assert_eq!(
        printed(&Format::new(Mode::Column), &["a", "name"], &[row([Value::Integer(10), Value::from("x")])]),
        "a   name\n--  ----\n10  x\n"
    );
}

#[test]
fn headers_are_the_mode_s_own_choice_unless_it_is_made() {
    let rows = [row([Value::Integer(1)])];
    assert_eq!(printed(&Format::new(Mode::Csv), &["a"], &rows), "1\r\n");
    let headers = Format { headers: Some(true), ..Format::new(Mode::Csv) };
    assert_eq!(printed(&headers, &["a"], &[]), "a\r\n");
    let none = Format { headers: Some(false), ..Format::new(Mode::Table) };
    assert_eq!(printed(&none, &["long"], &rows), "+---+\n| 1 |\n+---+\n");
}
