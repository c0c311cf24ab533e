//! Parameters and rows as Rust values.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use std::borrow::Cow;
use std::sync::Arc;

use tidewater::{Engine, Error, FromValue, Location, Options, Params, Text, Value, ValueRef, params};

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
        (params![7_u64], (Value::from(7), "integer")),
        (params![7_usize], (Value::from(7), "integer")),
        (params![7_i128], (Value::from(7), "integer")),
        (params![-7_isize], (Value::from(-7), "integer")),
        (params![None::<u64>], (Value::Null, "null")),
        (Params::from((Some(7_u128),)), (Value::from(7), "integer")),
        (params![Arc::<[u8]>::from([1])], (Value::from([1_u8]), "blob")),
        (params![ValueRef::Blob(&[1])], (Value::from([1_u8]), "blob")),
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
        (row.get::<i64>("b").map(|_| ()), "column `b` is TEXT 'x', which is no i64"),
        (row.get::<String>("d").map(|_| ()), "column `d` is NULL, which is no String: read it as Option<String>"),
        (row.get::<i64>("e").map(|_| ()), "column `e` is REAL 2.5, which is no i64"),
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
fn integers_beyond_sqlites_are_refused_before_anything_runs() {
    let engine = engine();
    engine.exec("CREATE TABLE t(a)", ()).unwrap();
    let too_large = [
        params![1, u64::MAX],
        Params::from([usize::MAX]),
        Params::from(vec![Some(i128::MIN), None]),
        Params::from([(":a", u128::MAX)]),
        Params::from((u64::MAX,)),
    ];
    for params in too_large {
        let error = engine.exec("INSERT INTO t VALUES (:a); INSERT INTO t VALUES (7)", params.clone()).unwrap_err();
        assert_eq!(error.code(), "bad_parameters");
        assert!(
            error.to_string().ends_with("is beyond the integers of SQLite, which have 64 bits with a sign"),
            "{error}"
        );
        assert_eq!(engine.exec("INSERT INTO t VALUES (7)", params.clone()).unwrap_err().code(), "bad_parameters");
        assert_eq!(engine.query("SELECT a FROM t WHERE a = :a", params.clone()).unwrap_err().code(), "bad_parameters");
        assert_eq!(engine.subscribe("SELECT a FROM t WHERE a = :a", params).unwrap_err().code(), "bad_parameters");
    }
    assert_eq!(engine.query_one("SELECT count(*) FROM t", ()).unwrap(), Some((0,)));
    let limits: Option<(u64, i128)> = engine.query_one("SELECT ?, ?", (i64::MAX.unsigned_abs(), i64::MIN)).unwrap();
    assert_eq!(limits, Some((i64::MAX.unsigned_abs(), i128::from(i64::MIN))));
}

fn read<T: FromValue>(sql: &str) -> Option<T> {
    engine().query_one::<(T,)>(&format!("SELECT {sql}"), ()).ok().flatten().map(|(value,)| value)
}

#[test]
fn floats_are_read_where_nothing_but_digits_is_lost() {
    assert_eq!(read::<f64>("9007199254740992"), Some(9_007_199_254_740_992.0));
    assert_eq!((read::<f64>("9007199254740993"), read::<f64>("-9007199254740993")), (None, None));
    assert_eq!((read::<f32>("16777216"), read::<f32>("16777217")), (Some(16_777_216.0), None));
    assert_eq!(
        (read::<f32>("0.1"), read::<f32>("1e300"), read::<f32>("9e999")),
        (Some(0.1), None, Some(f32::INFINITY))
    );
    assert_eq!((read::<f32>("'1'"), read::<f64>("NULL")), (None, None));
}

#[test]
fn texts_and_blobs_are_read_as_what_owns_them() {
    assert_eq!((read::<Box<str>>("'x'"), read::<Arc<str>>("'x'")), (Some("x".into()), Some("x".into())));
    assert_eq!(
        (read::<Cow<'static, str>>("'x'"), read::<Cow<'_, [u8]>>("x'01'")),
        (Some("x".into()), Some(vec![1].into()))
    );
    assert_eq!((read::<Box<[u8]>>("x'01'"), read::<Arc<[u8]>>("x'01'")), (Some([1].into()), Some([1].into())));
    assert_eq!(
        (read::<[u8; 2]>("x'0102'"), read::<[u8; 2]>("x'01'"), read::<[u8; 2]>("'ab'")),
        (Some([1, 2]), None, None)
    );
    assert_eq!((read::<String>("CAST(x'ff' AS TEXT)"), read::<Vec<u8>>("'x'")), (None, None));
    assert_eq!(read::<Option<Option<i64>>>("1"), Some(Some(Some(1))));
}

#[test]
fn rows_read_well_when_they_are_printed() {
    let rows = engine().query("SELECT 1, 'it''s', x'0a', 0.5, NULL", ()).unwrap();
    assert_eq!(format!("{:?}", rows.rows[0]), r#"[Integer(1), Text("it's"), Blob([10]), Real(0.5), Null]"#);
}
