//! A connection that another one may replace: what would be gone with it is refused before it does anything, and nothing else is.

#![expect(clippy::unwrap_used, reason = "tests")]

use tidewater::{Engine, Error, Location, Options};

fn engine() -> Engine {
    let engine = Engine::open(Location::Memory, Options::default().with_replaceable(true)).unwrap();
    engine.exec("CREATE TABLE t(x)", ()).unwrap();
    engine
}

fn one(engine: &Engine, sql: &str) -> i64 {
    engine.query_one::<(i64,)>(sql, ()).unwrap().unwrap().0
}

#[test]
fn what_would_be_gone_with_the_connection_is_refused() {
    let engine = engine();
    for (sql, what) in [
        ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys"),
        ("PRAGMA main.Case_Sensitive_Like(1)", "PRAGMA case_sensitive_like"),
        ("PRAGMA synchronous = OFF", "PRAGMA synchronous"),
        ("PRAGMA journal_mode = DELETE", "PRAGMA journal_mode"),
        ("PRAGMA writable_schema = ON", "PRAGMA writable_schema"),
        ("ATTACH ':memory:' AS other", "ATTACH"),
        ("CREATE TEMP TABLE passing(x)", "a temporary table, view or trigger"),
        ("CREATE TABLE temp.passing(x)", "a temporary table, view or trigger"),
        ("CREATE VIEW temp.passing AS SELECT 1", "a temporary table, view or trigger"),
        ("CREATE VIRTUAL TABLE temp.passing USING fts5(x)", "a temporary table, view or trigger"),
        (
            "CREATE TRIGGER temp.passing AFTER INSERT ON main.t BEGIN SELECT 1; END",
            "a temporary table, view or trigger",
        ),
        ("CREATE TEMP TABLE passing AS SELECT 1", "a temporary table, view or trigger"),
        ("CREATE TEMP VIEW passing AS SELECT 1", "a temporary table, view or trigger"),
        ("CREATE TEMP TRIGGER passing AFTER INSERT ON t BEGIN SELECT 1; END", "a temporary table, view or trigger"),
    ] {
        let refused = |error: Error| {
            assert_eq!(error.code(), "passes_away", "{sql}");
            assert!(error.to_string().starts_with(what), "{sql}: {error}");
        };
        refused(engine.exec(sql, ()).expect_err(sql));
        refused(engine.query(sql, ()).expect_err(sql));
        if !sql.starts_with("PRAGMA") && !sql.starts_with("ATTACH") {
            refused(engine.exec(&format!("INSERT INTO t VALUES (1); {sql}"), ()).unwrap_err());
            refused(engine.transaction(|transaction| transaction.exec(sql, ())).unwrap_err());
        }
    }
    assert_eq!(one(&engine, "PRAGMA foreign_keys"), 1);
    assert_eq!(one(&engine, "SELECT count(*) FROM t"), 0);
    assert_eq!(one(&engine, "SELECT count(*) FROM temp.sqlite_schema"), 0);
}

#[test]
fn what_lasts_or_ends_with_the_transaction_is_not_refused() {
    let engine = engine();
    for sql in [
        "PRAGMA user_version = 7",
        "PRAGMA application_id = 7",
        "PRAGMA defer_foreign_keys = ON; INSERT INTO t VALUES (1)",
        "PRAGMA table_info(t)",
        "PRAGMA integrity_check(1)",
        "PRAGMA foreign_keys",
        "PRAGMA optimize",
        "VACUUM",
        "CREATE TABLE other(x); DROP TABLE other",
        "SELECT * FROM pragma_table_info('t')",
    ] {
        engine.exec(sql, ()).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    assert_eq!(one(&engine, "PRAGMA user_version"), 7);
}

#[test]
fn other_errors_say_what_they_said() {
    let engine = engine();
    let error = engine.exec("PRAGMA foreign_keys = OFF", ()).unwrap_err();
    assert_eq!(error.code(), "passes_away");
    assert_eq!(engine.exec("SELECT * FROM missing", ()).unwrap_err().code(), "sql_error");
    let plain = Engine::open(Location::Memory, Options::default()).unwrap();
    plain.exec("PRAGMA foreign_keys = OFF", ()).unwrap();
    assert_eq!(one(&plain, "PRAGMA foreign_keys"), 0);
}
