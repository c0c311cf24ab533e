//! Commits: how scripts make them, how they are numbered, and that the numbers survive.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{CommitId, Engine, Error, Location, Options, ValueRef};

fn memory() -> Engine {
    Engine::open(Location::Memory, Options::default()).unwrap()
}

fn count(engine: &Engine, table: &str) -> i64 {
    match engine.query(&format!("SELECT count(*) FROM {table}"), ()).unwrap().rows[0].get(0) {
        Some(ValueRef::Integer(count)) => count,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_script_is_all_or_nothing() {
    let engine = memory();
    engine.exec("CREATE TABLE t(a UNIQUE)", ()).unwrap();
    let error =
        engine.exec("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); INSERT INTO t VALUES (1)", ()).unwrap_err();
    assert_eq!(error.code(), "constraint");
    assert_eq!(count(&engine, "t"), 0);
    assert!(!engine.in_transaction());
    let error = engine.exec("INSERT INTO t VALUES (1); nonsense", ()).unwrap_err();
    assert_eq!(error.code(), "sql_error");
    assert_eq!(count(&engine, "t"), 0);
}

#[test]
fn a_script_may_manage_its_own_transaction() {
    let engine = memory();
    engine.exec("CREATE TABLE t(a UNIQUE)", ()).unwrap();
    engine.exec("BEGIN; INSERT INTO t VALUES (1)", ()).unwrap();
    assert!(engine.in_transaction());
    assert_eq!(engine.subscribe("SELECT * FROM t", ()).unwrap_err(), Error::InTransaction);
    engine.exec("INSERT INTO t VALUES (1)", ()).unwrap_err();
    assert!(engine.in_transaction(), "a failed statement leaves the transaction open");
    let before = engine.commit();
    assert_eq!(engine.exec("COMMIT", ()).unwrap().commit, before.next());
    let two =
        engine.exec("BEGIN; INSERT INTO t VALUES (2); COMMIT; BEGIN; INSERT INTO t VALUES (3); COMMIT", ()).unwrap();
    assert_eq!(two.commit, CommitId(before.0 + 3));
    assert_eq!(engine.exec("COMMIT", ()).unwrap_err().to_string(), "cannot commit - no transaction is active");
    assert_eq!(
        engine.exec("INSERT INTO t VALUES (9); COMMIT", ()).unwrap_err().to_string(),
        "cannot commit - no transaction is active"
    );
    assert_eq!(count(&engine, "t"), 3);
}

#[test]
fn pragmas_run_outside_any_transaction() {
    let engine = memory();
    engine.exec("PRAGMA foreign_keys=OFF; CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p); INSERT INTO c VALUES (5)", ()).unwrap();
    engine.exec("PRAGMA foreign_keys=ON", ()).unwrap();
    assert_eq!(engine.exec("INSERT INTO c VALUES (6)", ()).unwrap_err().code(), "constraint");
    let before = engine.commit();
    assert_eq!(engine.exec("PRAGMA user_version", ()).unwrap().commit, before);
    assert_eq!(engine.exec("", ()).unwrap().commit, before);
    assert_eq!(engine.exec(" -- nothing\n;", ()).unwrap().commit, before);
    engine.exec("VACUUM", ()).unwrap();
}

#[test]
fn changes_are_what_sqlite_counts() {
    let engine = memory();
    engine.exec("CREATE TABLE t(a); CREATE TABLE log(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END", ()).unwrap();
    assert_eq!(engine.exec("INSERT INTO t VALUES (1), (2); UPDATE t SET a = 0; SELECT 1", ()).unwrap().changes, 4);
    assert_eq!(engine.exec("CREATE TABLE u(a)", ()).unwrap().changes, 0);
    assert_eq!(
        engine.exec("WITH n(x) AS (VALUES (1), (2), (3)) INSERT INTO u SELECT x FROM n", ()).unwrap().changes,
        3
    );
}

#[test]
fn a_query_may_write_and_return() {
    let engine = memory();
    engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a)", ()).unwrap();
    let live = engine.subscribe("SELECT a FROM t", ()).unwrap();
    let rows = engine.query("INSERT INTO t(a) VALUES (?), (?) RETURNING id", ["x", "y"]).unwrap();
    assert_eq!(rows.rows.len(), 2);
    assert_eq!(&*rows.columns, ["id".to_owned()]);
    let mut live = live;
    assert!(live.try_next().is_some());
}

#[test]
fn parameters_by_position_and_by_name() {
    let engine = memory();
    let one = |sql: &str, params: tidewater::Params| {
        engine.query(sql, params).map(|rows| rows.rows[0].get(0).map(|v| v.to_value()))
    };
    assert_eq!(one("SELECT ?2", [1, 2].into()).unwrap(), Some(2.into()));
    assert_eq!(one("SELECT :a || @b || $c", [("c", "z"), ("a", "x"), ("b", "y")].into()).unwrap(), Some("xyz".into()));
    assert_eq!(one("SELECT ?", ().into()).unwrap(), Some(().into()));
    assert_eq!(one("SELECT ?", [1, 2].into()).unwrap_err().code(), "bad_parameters");
    assert_eq!(one("SELECT :a", [("b", 1)].into()).unwrap_err().code(), "bad_parameters");
}

#[test]
fn closures_commit_or_roll_back() {
    let engine = memory();
    engine.exec("CREATE TABLE t(a UNIQUE)", ()).unwrap();
    let (rows, done) = engine
        .transaction(|tx| {
            tx.exec("INSERT INTO t VALUES (1), (2)", ())?;
            assert_eq!(tx.exec("INSERT INTO t VALUES (3), (1)", ()).unwrap_err().code(), "constraint");
            assert_eq!(tx.exec("COMMIT", ()).unwrap_err().code(), "transaction_control");
            tx.query("SELECT a FROM t", ())
        })
        .unwrap();
    assert_eq!((rows.rows.len(), done.changes), (2, 2));
    let failed = engine.transaction(|tx| {
        tx.exec("DELETE FROM t", ())?;
        tx.exec("nonsense", ())
    });
    assert_eq!(failed.unwrap_err().code(), "sql_error");
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        engine.transaction(|tx| -> Result<(), Error> {
            tx.exec("DELETE FROM t", ())?;
            panic!("in the middle")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(count(&engine, "t"), 2);
}

#[test]
fn commit_numbers_survive_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.db");
    let engine = Engine::open(path.as_path(), Options::default()).unwrap();
    assert_eq!(engine.commit(), CommitId(0));
    engine.exec("CREATE TABLE t(a)", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
    engine.exec("BEGIN; INSERT INTO t VALUES (2); ROLLBACK", ()).unwrap();
    assert_eq!(engine.exec("SAVEPOINT s; INSERT INTO t VALUES (3); RELEASE s", ()).unwrap().commit, CommitId(3));
    drop(engine);
    let engine = Engine::open(path.as_path(), Options::default()).unwrap();
    assert_eq!(engine.commit(), CommitId(3));
    assert_eq!(engine.exec("INSERT INTO t VALUES (4)", ()).unwrap().commit, CommitId(4));
}

#[test]
fn numbering_leaves_no_trace_in_the_functions_of_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path().join("trace.db"), Options::default()).unwrap();
    engine.exec("CREATE TABLE t(a)", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (1), (2)", ()).unwrap();
    let row = engine.query("SELECT changes(), total_changes(), last_insert_rowid()", ()).unwrap().rows[0].clone();
    assert_eq!(row.values().map(|v| v.to_string()).collect::<Vec<_>>(), ["2", "2", "2"]);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not.db");
    std::fs::write(&path, "this is not a database, and long enough to be read as one ".repeat(20)).unwrap();
    assert_eq!(Engine::open(path.as_path(), Options::default()).unwrap_err().code(), "corrupt");
    assert_eq!(
        Engine::open(folder.path().join("no/such/folder.db"), Options::default()).unwrap_err().code(),
        "cannot_open"
    );
}

#[test]
fn an_engine_may_go_while_a_transaction_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("open.db");
    let engine = Engine::open(path.as_path(), Options::default()).unwrap();
    engine.exec("CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES (1)", ()).unwrap();
    drop(engine);
    assert_eq!(count(&Engine::open(path.as_path(), Options::default()).unwrap(), "t"), 0);
}

#[test]
fn a_commit_through_query_is_a_commit() {
    let engine = memory();
    engine.exec("CREATE TABLE t(a)", ()).unwrap();
    let mut live = engine.subscribe("SELECT a FROM t", ()).unwrap();
    engine.exec("BEGIN; INSERT INTO t VALUES (1)", ()).unwrap();
    engine.query("COMMIT", ()).unwrap();
    assert!(live.try_next().is_some());
    assert_eq!(engine.query("PRAGMA user_version", ()).unwrap().rows.len(), 1);
}

#[test]
fn a_table_that_is_renamed_after_something_was_undone_commits_and_is_delivered() {
    let engine = memory();
    engine.exec("CREATE TABLE t(a); CREATE TABLE u(a)", ()).unwrap();
    let mut live = engine.subscribe("SELECT a FROM u", ()).unwrap();
    engine.exec("BEGIN; INSERT INTO t VALUES (1); INSERT INTO u VALUES (1)", ()).unwrap();
    engine.exec("SAVEPOINT s; INSERT INTO t VALUES (2); ROLLBACK TO s; ALTER TABLE t RENAME TO v; COMMIT", ()).unwrap();
    assert!(live.try_next().is_some());
    engine.exec("INSERT INTO u VALUES (2)", ()).unwrap();
    assert!(live.try_next().is_some());
}

#[test]
fn a_full_text_table_that_is_renamed_with_rows_pending_commits() {
    let engine = memory();
    engine.exec("CREATE VIRTUAL TABLE docs USING fts5(body); CREATE TABLE t(a)", ()).unwrap();
    engine.exec("BEGIN; INSERT INTO docs VALUES ('tide')", ()).unwrap();
    engine.exec("SAVEPOINT s; ALTER TABLE docs RENAME TO papers; ROLLBACK TO s; RELEASE s", ()).unwrap();
    engine.exec("ALTER TABLE docs RENAME TO papers", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
    engine.exec("INSERT INTO papers VALUES ('moon'); COMMIT", ()).unwrap();
    assert_eq!(count(&engine, "papers"), 2);
}

#[test]
fn a_setting_changed_in_a_transaction_that_writes_rows_reaches_every_subscription() {
    let engine = memory();
    engine.exec("CREATE TABLE t(x); INSERT INTO t VALUES ('ABC'); CREATE TABLE z(y)", ()).unwrap();
    let mut live = engine.subscribe("SELECT x LIKE 'abc' FROM t", ()).unwrap();
    engine.exec("BEGIN; PRAGMA case_sensitive_like = ON; INSERT INTO z VALUES (1); COMMIT", ()).unwrap();
    assert!(live.try_next().is_some());
}

#[test]
fn a_schema_change_that_or_rollback_undid_leaves_the_capture_right() {
    let engine = memory();
    engine.exec("CREATE TABLE t(a, b, c); CREATE TABLE u(k UNIQUE); INSERT INTO u VALUES (1)", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (1, 2, 3)", ()).unwrap();
    let mut live = engine.subscribe("SELECT c FROM t", ()).unwrap();
    engine.exec("ALTER TABLE t DROP COLUMN a; INSERT OR ROLLBACK INTO u VALUES (1)", ()).unwrap_err();
    assert_eq!(live.try_next(), None);
    engine.exec("UPDATE t SET c = 10", ()).unwrap();
    assert!(live.try_next().is_some());
}

#[test]
fn a_commit_that_writes_no_reported_row_reaches_who_may_read_it() {
    let engine = memory();
    engine
        .exec("CREATE TABLE t(x INTEGER PRIMARY KEY AUTOINCREMENT, y UNIQUE); INSERT INTO t(y) VALUES (1)", ())
        .unwrap();
    let mut sequence = engine.subscribe("SELECT seq FROM sqlite_sequence", ()).unwrap();
    let before = engine.commit();
    engine.exec("INSERT OR IGNORE INTO t VALUES (50, 1)", ()).unwrap();
    assert!(sequence.try_next().is_some());
    assert_eq!(engine.commit(), before.next());
    engine.exec("UPDATE t SET y = 7 WHERE x = 99", ()).unwrap();
    assert_eq!((sequence.try_next(), engine.commit()), (None, before.next()), "nothing changed, nothing is numbered");
}

#[test]
fn what_is_no_query_is_refused_before_it_takes_effect() {
    let engine = memory();
    for sql in ["PRAGMA case_sensitive_like = ON", "PRAGMA page_count", "VACUUM", "DELETE FROM sqlite_schema"] {
        assert_eq!(engine.explain(sql, ()).unwrap_err().code(), "not_a_select", "{sql}");
        assert_eq!(engine.subscribe(sql, ()).unwrap_err().code(), "not_a_select", "{sql}");
    }
    let like = engine.query("SELECT 'A' LIKE 'a'", ()).unwrap();
    assert_eq!(like.rows[0].get(0), Some(ValueRef::Integer(1)));
    assert_eq!(engine.query("CREATE TABLE q(x); SELECT 1", ()).unwrap_err().code(), "not_one_statement");
    assert_eq!(engine.query("SELECT * FROM q", ()).unwrap_err().code(), "sql_error");
}

#[test]
fn the_table_of_the_number_may_be_emptied() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("emptied.db");
    for damage in ["DELETE FROM tidewater_commit", "UPDATE tidewater_commit SET number = 'zz'"] {
        let engine = Engine::open(path.as_path(), Options::default()).unwrap();
        engine.exec("CREATE TABLE IF NOT EXISTS t(a)", ()).unwrap();
        engine.exec(damage, ()).unwrap();
        let before = engine.commit();
        engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
        assert_eq!(engine.commit(), before.next(), "{damage}");
        drop(engine);
        assert_eq!(Engine::open(path.as_path(), Options::default()).unwrap().commit(), before.next(), "{damage}");
    }
}

#[test]
fn a_table_of_the_applications_that_has_the_numbers_name_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE tidewater_commit(x)").unwrap();
    assert_eq!(Engine::open(path.as_path(), Options::default()).unwrap_err().code(), "cannot_open");

    let engine = Engine::open(folder.path().join("new.db"), Options::default()).unwrap();
    let script = "CREATE TABLE tidewater_commit(x); INSERT INTO tidewater_commit VALUES (1)";
    let error = engine.exec(script, ()).unwrap_err();
    assert!(error.to_string().contains("tidewater_commit"), "{error}");
    engine.exec("CREATE TABLE t(a)", ()).unwrap();
}

#[test]
fn a_file_that_cannot_be_written_can_be_watched_and_has_temporary_tables() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("readonly.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE t(a)").unwrap();
    let uri = format!("file:{}?mode=ro", path.display());
    let engine = Engine::open(std::path::Path::new(&uri), Options::default()).unwrap();
    engine.exec("CREATE TEMP TABLE k(x); INSERT INTO k VALUES (1)", ()).unwrap();
    assert_eq!(engine.exec("INSERT INTO t VALUES (1)", ()).unwrap_err().code(), "read_only");
}

#[test]
fn a_name_that_is_not_utf8_troubles_no_other_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latin.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE u(a); CREATE VIEW v AS SELECT a /* name */ FROM u; PRAGMA writable_schema = ON")
        .unwrap();
    other
        .execute("UPDATE sqlite_schema SET sql = CAST(replace(CAST(sql AS BLOB), x'6e616d65', x'6ee96d65') AS TEXT) WHERE name = 'v'", [])
        .unwrap();
    let damaged: bool = other
        .query_row("SELECT hex(sql) LIKE '%6EE96D65%' FROM sqlite_schema WHERE name = 'v'", [], |row| row.get(0))
        .unwrap();
    assert!(damaged);
    drop(other);
    let engine = Engine::open(path.as_path(), Options::default()).unwrap();
    let mut live = engine.subscribe("SELECT a FROM u", ()).unwrap();
    engine.exec("INSERT INTO u VALUES (2)", ()).unwrap();
    assert!(live.try_next().is_some());
}

#[test]
fn two_engines_on_one_file_give_a_commit_one_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.db");
    let [one, two] = [0, 1].map(|_| Engine::open(path.as_path(), Options::default()).unwrap());
    one.exec("CREATE TABLE t(a)", ()).unwrap();
    for (writer, reader) in [(&one, &two), (&two, &one), (&two, &one), (&one, &two)] {
        let commit = writer.exec("INSERT INTO t VALUES (1)", ()).unwrap().commit;
        reader.poll().unwrap();
        assert_eq!(reader.commit(), commit);
    }
}
