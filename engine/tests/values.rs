//! Parameters and rows as Rust values.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use std::borrow::Cow;
use std::sync::Arc;

use tidewater::{Engine, Error, Location, Options, Params, Text, Value, params};

fn engine() -> Engine {
    Engine::open(Location::Memory, Options::default()).unwrap()
}

fn echoed(params: impl Into<Params>) -> Result<Vec<(Value, String)>, Error> {
    engine().query_as("SELECT ?1, typeof(?1)", params)
}

#[test]
fn every_kind_of_parameter_arrives_as_what_it_is() {
    let owned = "text".to_owned();
    for (params, expected) in [
        (Params::from((1_i8,)), (Value::from(1), "integer")),
        (params![u16::MAX], (Value::from(65_535), "integer")),
        (params![Value::try_from(7_u64).unwrap()], (Value::from(7), "integer")),
        (params![Value::try_from(7_usize).unwrap()], (Value::from(7), "integer")),
        (params![1.5_f32], (Value::from(1.5), "real")),
        (params![true], (Value::from(1), "integer")),
        (params![&owned], (Value::from("text"), "text")),
        (params![Cow::Borrowed("text")], (Value::from("text"), "text")),
        (params![Arc::<str>::from("text")], (Value::from("text"), "text")),
        (params![Box::<str>::from("text")], (Value::from("text"), "text")),
        (params![[1_u8, 2]], (Value::from([1_u8, 2]), "blob")),
        (params![b"ab"], (Value::from(vec![97_u8, 98]), "blob")),
        (params![Cow::<[u8]>::Owned(vec![1])], (Value::from(vec![1_u8]), "blob")),
        (params![None::<i64>], (Value::Null, "null")),
        (Params::from(&[3, 4][..1]), (Value::from(3), "integer")),
        (Params::from(vec!["text"]), (Value::from("text"), "text")),
    ] {
        assert_eq!(echoed(params).unwrap(), [(expected.0, expected.1.to_owned())]);
    }
    assert!(Value::try_from(u64::MAX).is_err());
    let named: Vec<(Value, i64)> = engine().query_as("SELECT :a, $b", vec![("a", 1), ("$b", 2)]).unwrap();
    assert_eq!(named, [(Value::from(1), 2)]);
    let mixed: Vec<(i64, String, Option<f64>)> = engine().query_as("SELECT ?, ?, ?", (1, "x", None::<f64>)).unwrap();
    assert_eq!(mixed, [(1, "x".to_owned(), None)]);
}

#[test]
fn columns_are_read_by_number_and_by_name() {
    let rows = engine().query("SELECT 1 AS a, 'x' AS b, x'00' AS c, NULL AS d, 2.5 AS e, 1 AS a", ()).unwrap();
    let row = rows.iter().next().unwrap();
    assert_eq!((row.get::<u8>(0), row.get::<bool>("a"), row.get::<f64>("a")), (Ok(1), Ok(true), Ok(1.0)));
    assert_eq!((row.get::<String>("b"), row.get::<Text>(1)), (Ok("x".to_owned()), Ok(Text::from("x"))));
    assert_eq!((row.get::<Vec<u8>>("c"), row.get::<Option<String>>("d")), (Ok(vec![0]), Ok(None)));
    assert_eq!(row.get::<f64>("e"), Ok(2.5));
    for (read, message) in [
        (row.get::<i64>("b").map(|_| ()), "column `b` is 'x', which is no i64"),
        (row.get::<String>("d").map(|_| ()), "column `d` is NULL, which is no String"),
        (row.get::<i64>("e").map(|_| ()), "column `e` is 2.5, which is no i64"),
        (row.get::<i64>("missing").map(|_| ()), "there is no column `missing`"),
        (row.get::<i64>(6).map(|_| ()), "there is no column 6"),
    ] {
        let error = read.unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), ("conversion", message));
    }
    assert!(engine().query_as::<(u8,)>("SELECT 256", ()).is_err(), "it does not fit");
    assert_eq!(engine().query_one::<(i64,)>("SELECT 1 WHERE 0", ()).unwrap(), None);
}

#[test]
fn rows_read_well_when_they_are_printed() {
    let rows = engine().query("SELECT 1, 'it''s', x'0a', 0.5, NULL", ()).unwrap();
    assert_eq!(format!("{:?}", rows.rows[0]), r#"[Integer(1), Text("it's"), Blob([10]), Real(0.5), Null]"#);
}
