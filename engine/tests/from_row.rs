//! Rows as structs by `#[derive(FromRow)]`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use tidewater::{Engine, FromRow, FromValue, Location, Options, params};

fn memory(schema: &str) -> Engine {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec(schema, ()).unwrap();
    engine
}

fn items() -> Engine {
    memory(
        "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL, photo BLOB, type TEXT, \"the count\" INTEGER)",
    )
}

#[derive(Debug, FromRow, PartialEq)]
struct Item<'t, P> {
    id: u32,
    name: Cow<'t, str>,
    price: Option<P>,
    photo: Vec<u8>,
    r#type: Arc<str>,
    #[tidewater(rename = "the count")]
    count: i64,
}

#[test]
fn fields_are_columns_by_name_whatever_their_order() {
    let engine = items();
    engine.exec("INSERT INTO item VALUES (7, 'tea', NULL, x'00ff', 'leaf', 3)", ()).unwrap();
    let sql = "SELECT \"the count\", type, photo, price, name, id, 'more' AS unread FROM item";
    let read: Vec<Item<'static, f64>> = engine.query_as(sql, ()).unwrap();
    let expected =
        Item { id: 7, name: "tea".into(), price: None, photo: vec![0, 255], r#type: "leaf".into(), count: 3 };
    assert_eq!(read, [expected]);
    engine.exec("UPDATE item SET price = 2.5", ()).unwrap();
    let read: Option<Item<'_, f32>> = engine.query_one(sql, ()).unwrap();
    assert_eq!(read.unwrap().price, Some(2.5));
}

#[derive(Debug, FromRow, PartialEq)]
struct Pair<A, B>(A, Option<B>);

#[derive(Debug, FromRow, PartialEq)]
struct Wrapped(#[tidewater(default)] i64, #[tidewater(default)] i64);

#[test]
fn fields_of_tuple_structs_are_columns_by_position() {
    let engine = memory("");
    assert_eq!(engine.query_one("SELECT 1, NULL", ()).unwrap(), Some(Pair(1_i64, None::<String>)));
    assert_eq!(engine.query_one("SELECT 1, 'x'", ()).unwrap(), Some(Pair(1_u8, Some("x".to_owned()))));
    assert_eq!(engine.query_one("SELECT 5", ()).unwrap(), Some(Wrapped(5, 0)));
}

fn seven() -> i64 {
    7
}

#[derive(Debug, FromRow, PartialEq)]
#[tidewater(rename_all = "camelCase")]
struct Attributes {
    first_column: i64,
    #[tidewater(default)]
    missing: Option<String>,
    #[tidewater(default = "seven")]
    seventh: i64,
    #[tidewater(skip)]
    selected: bool,
    #[tidewater(flatten)]
    inner: Inner<i64>,
}

#[derive(Debug, FromRow, PartialEq)]
struct Inner<T> {
    inside: T,
}

#[test]
fn attributes_say_where_a_field_comes_from() {
    let engine = memory("");
    let read = engine.query_one("SELECT 1 AS firstColumn, 2 AS inside", ()).unwrap();
    let expected =
        Attributes { first_column: 1, missing: None, seventh: 7, selected: false, inner: Inner { inside: 2 } };
    assert_eq!(read, Some(expected));
    let read: Option<Attributes> = engine
        .query_one("SELECT 1 AS firstColumn, 2 AS inside, 'x' AS missing, 8 AS seventh, 1 AS selected", ())
        .unwrap();
    let read = read.unwrap();
    assert_eq!((read.missing.as_deref(), read.seventh, read.selected), (Some("x"), 8, false));
}

mod renamed {
    //! The crate under another name, as one that exports it again has it.

    use tidewater as engine;

    #[derive(engine::FromRow)]
    #[tidewater(crate = "crate::renamed::engine")]
    pub struct Row {
        pub a: i64,
    }
}

#[test]
fn the_crate_can_have_another_name() {
    let row: Option<renamed::Row> = memory("").query_one("SELECT 1 AS a", ()).unwrap();
    assert_eq!(row.unwrap().a, 1);
}

fn message<T: FromRow + Debug>(sql: &str) -> String {
    let error = memory("").query_as::<T>(sql, ()).unwrap_err();
    assert_eq!(error.code(), "conversion");
    error.to_string()
}

#[test]
fn errors_name_column_field_and_what_was_found() {
    type Unnamed = Pair<i64, i64>;
    assert_eq!(
        message::<Inner<i64>>("SELECT 1 AS outside"),
        "there is no column `inside` (for the field `Inner.inside`)"
    );
    assert_eq!(
        message::<Inner<i64>>("SELECT 'tea' AS inside"),
        "column `inside` is TEXT 'tea', which is no i64 (for the field `Inner.inside`)"
    );
    assert_eq!(
        message::<Inner<String>>("SELECT NULL AS inside"),
        "column `inside` is NULL, which is no String: read it as Option<String> (for the field `Inner.inside`)"
    );
    assert_eq!(message::<Unnamed>("SELECT 1, 2.5"), "column 1 is REAL 2.5, which is no i64 (for the field `Pair.1`)");
    assert_eq!(
        message::<Inner<u8>>("SELECT 300 AS inside"),
        "column `inside` is INTEGER 300, which is no u8 (for the field `Inner.inside`)"
    );
    let long = message::<Inner<i64>>("SELECT printf('%0*d', 10000, 0) AS inside");
    assert!(long.len() < 200, "{long}");
    let long = message::<Inner<i64>>("SELECT zeroblob(10000) AS inside");
    assert!(long.len() < 200, "{long}");
}

/// A type of the application's in a field.
#[derive(Debug, PartialEq)]
struct Cents(i64);

impl FromValue for Cents {
    const NAME: &'static str = "Cents";

    fn from_value(value: tidewater::ValueRef<'_>) -> Option<Self> {
        i64::from_value(value).map(Self)
    }
}

#[test]
fn types_of_the_application_stand_in_fields() {
    let read = memory("").query_one("SELECT 250 AS inside", ()).unwrap();
    assert_eq!(read, Some(Inner { inside: Cents(250) }));
}

#[test]
fn tuples_have_up_to_twelve_columns() {
    let engine = memory("CREATE TABLE t(a, b, c, d, e, f, g, h, i, j, k, l)");
    let values = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    engine.exec("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values).unwrap();
    type Row = (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64);
    assert_eq!(engine.query_one::<Row>("SELECT * FROM t", params![]).unwrap(), Some(values));
}
