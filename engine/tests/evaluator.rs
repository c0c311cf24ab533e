//! Rows evaluated without SQLite are those that SQLite evaluates: every comparison, of every class of value, under every
//! affinity, with every class of constant.

#![allow(clippy::unwrap_used, reason = "a test")]

use tidewater::{DisabledFeatures, Engine, Location, Options, PlannerFeature, Value};

const COLUMNS: &[&str] = &["", "BLOB", "INTEGER", "REAL", "NUMERIC", "TEXT", "TEXT COLLATE NOCASE", "COLLATE RTRIM"];

const CONDITIONS: &[&str] = &[
    "v = ?",
    "v <> ?",
    "v < ?",
    "v <= ?",
    "v > ?",
    "v >= ?",
    "v IN (?, 7)",
    "v BETWEEN ? AND 7",
    "v IS NULL AND id <> ?",
    "v IS NOT NULL AND id <> ?",
];

fn values() -> Vec<Value> {
    let texts = ["", "1", "1.0", "a", "A", "a ", "abc"];
    let blobs: [&[u8]; 3] = [b"", b"1", b"a"];
    let integers = [0, 1, -1, i64::MAX, (1 << 53) + 1, 9_007_199_254_740_992];
    let reals = [0.5, 1.0, -0.0, 9_007_199_254_740_992.0, 9_223_372_036_854_775_807.0];
    let mut values = vec![Value::Null];
    values.extend(integers.map(Value::from));
    values.extend(reals.map(Value::from));
    values.extend(texts.map(Value::from));
    values.extend(blobs.map(|blob| Value::from(blob.to_vec())));
    values
}

fn engine(column: &str, disabled: DisabledFeatures) -> Engine {
    let options = Options::default().with_paranoid(true).with_cost_gate(false).with_disabled_features(disabled);
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec(&format!("CREATE TABLE t(id INTEGER PRIMARY KEY, v {column})"), ()).unwrap();
    engine
}

fn detail(engine: &Engine, sql: &str) -> String {
    engine.explain(sql, ()).unwrap().steps.unwrap().detail
}

#[test]
fn comparisons_mean_what_they_mean_to_sqlite() {
    let values = values();
    for column in COLUMNS {
        for condition in CONDITIONS {
            let engine = engine(column, DisabledFeatures::NOTHING);
            let sql = format!("SELECT id, v, 3 FROM t WHERE {condition}");
            assert_eq!(detail(&engine, &sql), "rows of one table, without a statement", "{sql}");
            let subscribe = |constant: &Value| engine.subscribe(&sql, [constant.clone()]).unwrap();
            let watches: Vec<_> = values.iter().map(subscribe).collect();
            for value in &values {
                engine.exec("INSERT INTO t(v) VALUES (?)", [value.clone()]).unwrap();
            }
            engine.exec("UPDATE t SET v = (SELECT o.v FROM t AS o WHERE o.id = t.id + 3)", ()).unwrap();
            engine.exec("DELETE FROM t WHERE id % 2 = 0", ()).unwrap();
            let stats = engine.stats().unwrap();
            assert_eq!((stats.divergences, stats.repairs), (0, 0), "{sql} of a column {column}");
            assert!(stats.maintained > 0, "{sql} of a column {column}");
            drop(watches);
        }
    }
}

#[test]
fn what_is_evaluated_takes_no_instruction_of_sqlites() {
    let sql = "SELECT v FROM t WHERE v > 5";
    let spent = |disabled: DisabledFeatures, value: Value| {
        let engine = engine("INTEGER", disabled);
        let _watch = engine.subscribe(sql, ()).unwrap();
        engine.exec("INSERT INTO t(v) VALUES (?)", [value]).unwrap();
        let live = engine.explain(sql, ()).unwrap().live.unwrap();
        assert_eq!(live.maintained, 1);
        live.instructions_per_commit.unwrap()
    };
    assert_eq!(spent(DisabledFeatures::NOTHING, Value::from(6)), 0);
    // Whether a text is more than a number is left to SQLite, and so is everything where the evaluator is left out.
    assert!(spent(DisabledFeatures::NOTHING, Value::from("a")) > 0);
    assert!(spent(DisabledFeatures::NOTHING.and(PlannerFeature::Evaluator), Value::from(6)) > 0);
}

#[test]
fn other_expressions_are_left_to_sqlite() {
    let engine = engine("INTEGER", DisabledFeatures::NOTHING);
    for sql in [
        "SELECT v + 1 FROM t",
        "SELECT v FROM t WHERE +v = 1",
        "SELECT v FROM t WHERE v = 1 COLLATE NOCASE",
        "SELECT v FROM t WHERE v = id",
        "SELECT v FROM t WHERE v = 1 OR v = 2",
        "SELECT v FROM t WHERE v",
        "SELECT v FROM t WHERE v NOT BETWEEN 1 AND 2",
    ] {
        assert_eq!(detail(&engine, sql), "rows of one table", "{sql}");
    }
}
