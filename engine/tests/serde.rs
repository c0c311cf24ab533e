//! The JSON form of what applications get, and rows as types that implement `Deserialize`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use tidewater::{
    Diff, Edit, Engine, Error, Event, Location, Options, Params, Row, Rows, Serde, Snapshot, Text, Value, from_row,
};

fn memory(schema: &str) -> Engine {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec(schema, ()).unwrap();
    engine
}

fn form(value: &impl Serialize) -> Json {
    serde_json::to_value(value).unwrap()
}

/// It has this form, and is read back from it.
fn survives<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: T, json: Json) {
    assert_eq!(form(&value), json);
    assert_eq!(serde_json::from_value::<T>(json).unwrap(), value);
}

#[test]
fn values_have_the_form_of_replay() {
    survives(Value::Null, json!(null));
    survives(Value::from(i64::MIN), json!(i64::MIN));
    survives(Value::from(1.0), json!(1.0));
    survives(Value::from(f64::INFINITY), json!({"real": "inf"}));
    survives(Value::from(f64::NEG_INFINITY), json!({"real": "-inf"}));
    survives(Value::from("it's"), json!("it's"));
    survives(Value::Text(Text::from_bytes(&[0xff])), json!({"text_hex": "ff"}));
    survives(Value::from([0_u8, 255]), json!({"blob": "00ff"}));
    assert_eq!(serde_json::to_string(&Value::from(1.0)).unwrap(), "1.0", "a REAL has a fraction");
    assert_eq!(serde_json::from_str::<Value>("true").unwrap(), Value::from(1));
    for bad in
        ["[1]", "{}", r#"{"blob":"0"}"#, r#"{"blob":"00","more":"x"}"#, r#"{"real":"nan"}"#, "18446744073709551615"]
    {
        assert!(serde_json::from_str::<Value>(bad).is_err(), "{bad}");
    }
}

#[test]
fn parameters_come_as_lists_and_objects() {
    survives(Params::from((1, "x", None::<i64>)), json!([1, "x", null]));
    survives(Params::from([("a", 1), ("b", 2)]), json!({"a": 1, "b": 2}));
    survives(Params::None, json!(null));
    assert!(serde_json::to_value(Params::from([u64::MAX])).is_err());
}

#[test]
fn rows_and_edits_have_the_form_of_replay() {
    let row = |name: &str| Row::from_iter([Value::from(name), Value::Null]);
    survives(row("tea"), json!(["tea", null]));
    survives(
        Rows { columns: ["a".to_owned(), "b".to_owned()].into(), rows: vec![row("tea")] },
        json!({"columns": ["a", "b"], "rows": [["tea", null]]}),
    );
    survives(Edit::Insert { index: 2, row: row("tea") }, json!({"insert": 2, "row": ["tea", null]}));
    survives(Edit::Remove { index: 2 }, json!({"remove": 2}));
    survives(Edit::Replace { index: 2, row: row("tea") }, json!({"replace": 2, "row": ["tea", null]}));
    survives(Edit::Move { from: 2, to: 0 }, json!({"move": 2, "to": 0}));
    for bad in [json!({"insert": 1}), json!({"remove": 1, "row": []}), json!({}), json!({"remove": 1, "at": 2})] {
        assert!(serde_json::from_value::<Edit>(bad.clone()).is_err(), "{bad}");
    }
    let rows = memory("").query("SELECT 1 AS a, 'x' AS b, 2 AS a", ()).unwrap();
    assert_eq!(rows.iter().map(|row| form(&row)).collect::<Vec<_>>(), [json!({"a": 1, "b": "x"})]);
}

#[test]
fn events_say_what_they_are() {
    let options = Options::default().with_provenance(true);
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, j)", ()).unwrap();
    let mut live = engine.subscribe("SELECT j, abs(j) AS size FROM t", ()).unwrap();
    let first: Snapshot = serde_json::from_value(form(live.snapshot())).unwrap();
    assert_eq!(&first, live.snapshot());
    let mut told = |sql: &str| {
        let executed = engine.exec(sql, ()).unwrap();
        let event = live.try_next().unwrap();
        assert_eq!(form(&event)["commit"], form(&executed)["commit"]);
        (form(&event), event)
    };
    let (json, event) = told("INSERT INTO t VALUES (7, 1)");
    let cause = json!({"table": "main.t", "key": 7, "old": null, "new": [7, 1]});
    let edits = json!([{"insert": 0, "row": [1, 1]}]);
    assert_eq!(json, json!({"event": "diff", "commit": event.commit().0, "edits": edits, "causes": [cause]}));
    let Event::Diff(diff) = event else { panic!("{event:?}") };
    assert_eq!(serde_json::from_value::<Diff>(json).unwrap().edits, diff.edits, "without its causes");
    let (json, _) = told("UPDATE t SET j = -9223372036854775808");
    assert_eq!(json["error"]["code"], json!("sql_error"));
    assert_eq!((&json["event"], &json["closed"]), (&json!("error"), &json!(false)));
    let (json, _) = told("UPDATE t SET j = 1");
    assert_eq!((&json["event"], &json["edits"]), (&json!("recovered"), &json!([])));
    let (json, _) = told("DROP TABLE t");
    assert_eq!((&json["event"], &json["closed"]), (&json!("error"), &json!(true)));

    let mut all = memory("CREATE TABLE t(a); INSERT INTO t VALUES (1)").subscribe("SELECT 1", ()).unwrap();
    assert_eq!(all.try_next(), None);
    let engine = memory("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    let mut all = engine.subscribe("SELECT * FROM t", ()).unwrap();
    let commit = engine.exec("ALTER TABLE t ADD COLUMN b", ()).unwrap().commit;
    let expected = json!({"event": "columns", "commit": commit.0, "columns": ["a", "b"], "rows": [[1, null]]});
    assert_eq!(form(&all.try_next().unwrap()), expected);
}

#[test]
fn errors_writes_and_figures_are_objects() {
    let engine = memory("CREATE TABLE t(a UNIQUE, b NOT NULL)");
    let executed = engine.exec("INSERT INTO t VALUES (1, 2)", ()).unwrap();
    assert_eq!(form(&executed), json!({"commit": executed.commit.0, "changes": 1, "last_insert_rowid": 1}));
    let error = engine.exec("INSERT INTO t VALUES (1, 2)", ()).unwrap_err();
    let message = "UNIQUE constraint failed: t.a";
    assert_eq!(form(&error), json!({"code": "constraint", "message": message, "extended_code": 2067}));
    let plain = json!({"code": "not_a_select", "message": "only a single SELECT can be subscribed"});
    assert_eq!(form(&Error::NotASelect), plain);
    assert_eq!(form(&engine.stats().unwrap())["subscriptions"], json!(0));
    assert_eq!(form(&engine.explain("SELECT a FROM t", ()).unwrap())["plan"], json!("incremental"));
    let described = form(&engine.describe("SELECT b FROM t WHERE a = :a").unwrap());
    let origin = json!({"database": "main", "table": "t", "column": "b"});
    assert_eq!((&described["columns"][0]["origin"], &described["parameters"][0]["name"]), (&origin, &json!("a")));
    assert_eq!((&described["columns"][0]["affinity"], &described["only_reads"]), (&json!("BLOB"), &json!(true)));
}

#[derive(Debug, Deserialize, PartialEq)]
enum Kind {
    #[serde(rename = "leaf")]
    Leaf,
    Powder,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Item {
    item_name: String,
    price: Option<f64>,
    kind: Kind,
    photo: Vec<u8>,
    is_new: bool,
    #[serde(default)]
    missing: u8,
}

const ITEM: &str = "SELECT 'tea' AS itemName, 3 AS price, 'leaf' AS kind, x'00ff' AS photo, 1 AS isNew, 0 AS more";

#[test]
fn rows_are_read_as_serde_structs() {
    let engine = memory("");
    let tea = || Item {
        item_name: "tea".to_owned(),
        price: Some(3.0),
        kind: Kind::Leaf,
        photo: vec![0, 255],
        is_new: true,
        missing: 0,
    };
    assert_eq!(engine.query_serde::<Item>(ITEM, ()).unwrap(), [tea()]);
    assert_eq!(engine.query_one::<Serde<Item>>(ITEM, ()).unwrap(), Some(Serde(tea())));
    let rows = engine.query(&ITEM.replace("3 AS", "NULL AS"), ()).unwrap();
    let item: Item = from_row(rows.iter().next().unwrap()).unwrap();
    assert_eq!(item.price, None);
}

#[test]
fn rows_are_read_as_what_else_serde_knows() {
    let engine = memory("");
    let one = |sql: &str| engine.query(&format!("SELECT {sql}"), ()).unwrap();
    fn first<T: DeserializeOwned>(rows: &Rows) -> T {
        from_row(rows.iter().next().unwrap()).unwrap()
    }
    assert_eq!(first::<(i64, String)>(&one("1, 'x'")), (1, "x".to_owned()));
    assert_eq!(first::<Vec<i64>>(&one("1, 2, 3")), [1, 2, 3]);
    assert_eq!((first::<i64>(&one("7")), first::<Option<i64>>(&one("NULL"))), (7, None));
    assert_eq!((first::<bool>(&one("1")), first::<Kind>(&one("'Powder'"))), (true, Kind::Powder));
    assert_eq!(first::<Json>(&one("1 AS a, 'x' AS b, 2 AS a")), json!({"a": 1, "b": "x"}));
    assert_eq!(first::<std::collections::BTreeMap<String, f64>>(&one("1 AS a")), [("a".to_owned(), 1.0)].into());
    #[derive(Debug, Deserialize, PartialEq)]
    struct Id(u32);
    assert_eq!((first::<Id>(&one("7")), first::<(Id, Id)>(&one("7, 8"))), (Id(7), (Id(7), Id(8))));
}

#[test]
fn a_row_that_does_not_fit_names_its_column() {
    let engine = memory("");
    let message = |sql: &str| {
        let error = engine.query_serde::<Item>(sql, ()).unwrap_err();
        assert_eq!(error.code(), "conversion");
        error.to_string()
    };
    let wrong = |from: &str, to: &str| message(&ITEM.replace(from, to));
    assert_eq!(wrong("itemName", "name"), "there is no column `itemName`");
    assert_eq!(wrong("3 AS", "'x' AS"), "column `price`: invalid type: string \"x\", expected f64");
    assert_eq!(wrong("'tea'", "NULL"), "column `itemName`: invalid type: unit value, expected a string");
    assert_eq!(wrong("'leaf'", "'ash'"), "column `kind`: unknown variant `ash`, expected `leaf` or `Powder`");
    assert_eq!(wrong("1 AS isNew", "2 AS isNew"), "column `isNew`: invalid type: integer `2`, expected a boolean");
}
