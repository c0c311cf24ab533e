//! Commits: how scripts make them, how they are numbered, and that the numbers survive.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{CommitId, Engine, Error, Event, Location, Options, ValueRef};

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

/// The usual form of a migration.
#[test]
fn a_script_that_fails_leaves_neither_tables_nor_the_version() {
    let engine = memory();
    let script = "CREATE TABLE a(x); PRAGMA user_version = 1; CREATE TABLE b(y); INSERT INTO nope VALUES (1)";
    assert_eq!(engine.exec(script, ()).unwrap_err().code(), "sql_error");
    let row = |sql: &str| engine.query(sql, ()).unwrap().rows[0].get(0).map(|value| value.to_value());
    assert_eq!(row("SELECT count(*) FROM sqlite_schema"), Some(0.into()));
    assert_eq!(row("PRAGMA user_version"), Some(0.into()));
    engine.exec("CREATE TABLE a(x); PRAGMA user_version = 1; INSERT INTO a VALUES (1)", ()).unwrap();
    assert_eq!(row("PRAGMA user_version"), Some(1.into()));
}

#[test]
fn what_no_transaction_contains_is_refused_in_a_script_and_nothing_is_kept() {
    let engine = memory();
    engine.exec("CREATE TABLE t(a UNIQUE)", ()).unwrap();
    for script in [
        "PRAGMA foreign_keys = OFF; INSERT INTO t VALUES (1)",
        "INSERT INTO t VALUES (1); PRAGMA foreign_keys = OFF",
        "INSERT INTO t VALUES (1); VACUUM",
        "INSERT INTO t VALUES (1); ATTACH ':memory:' AS other",
        "BEGIN; INSERT INTO t VALUES (1); COMMIT; BEGIN; INSERT INTO t VALUES (2); COMMIT",
        "BEGIN; INSERT INTO t VALUES (1)",
        "INSERT INTO t VALUES (1); COMMIT",
        "INSERT INTO t VALUES (1); ROLLBACK",
        "SAVEPOINT s; INSERT INTO t VALUES (1)",
    ] {
        assert_eq!(engine.exec(script, ()).unwrap_err().code(), "must_stand_alone", "{script}");
        assert_eq!((count(&engine, "t"), engine.in_transaction()), (0, false), "{script}");
        let keys = engine.query("PRAGMA foreign_keys", ()).unwrap();
        assert_eq!(keys.rows[0].get(0), Some(ValueRef::Integer(1)), "{script}");
    }
    let in_transaction = engine.transaction(|tx| tx.exec("PRAGMA foreign_keys = OFF", ()));
    assert_eq!(in_transaction.unwrap_err().code(), "must_stand_alone");
}

#[test]
fn a_script_may_be_a_transaction_in_its_own_words() {
    let engine = memory();
    engine.exec("CREATE TABLE t(a UNIQUE)", ()).unwrap();
    let before = engine.last_commit();
    let executed = engine.exec("BEGIN IMMEDIATE; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); COMMIT;", ());
    assert_eq!((executed.unwrap().commit, count(&engine, "t")), (before.next(), 2));
    engine.exec("BEGIN; INSERT INTO t VALUES (3); INSERT INTO t VALUES (1); COMMIT", ()).unwrap_err();
    assert_eq!((count(&engine, "t"), engine.in_transaction()), (2, false));
    engine.exec("BEGIN; DELETE FROM t; ROLLBACK", ()).unwrap();
    engine.exec("SAVEPOINT s; DELETE FROM t; ROLLBACK TO s; RELEASE s", ()).unwrap();
    assert_eq!(count(&engine, "t"), 2);
}

#[test]
fn a_transaction_may_be_opened_by_one_call_and_ended_by_another() {
    let engine = memory();
    engine.exec("CREATE TABLE t(a UNIQUE)", ()).unwrap();
    engine.exec("BEGIN", ()).unwrap();
    assert!(engine.in_transaction());
    assert_eq!(engine.subscribe("SELECT * FROM t", ()).unwrap_err(), Error::InTransaction);
    engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (1)", ()).unwrap_err();
    assert!(engine.in_transaction(), "a failed statement leaves the transaction open");
    engine.exec("INSERT INTO t VALUES (2); INSERT INTO t VALUES (3); INSERT INTO t VALUES (1)", ()).unwrap_err();
    assert_eq!(count(&engine, "t"), 1, "a script in it is all or nothing");
    engine.exec("INSERT INTO t VALUES (4); INSERT INTO t VALUES (5)", ()).unwrap();
    assert_eq!(engine.exec("DELETE FROM t; COMMIT", ()).unwrap_err().code(), "must_stand_alone");
    let before = engine.last_commit();
    assert_eq!(engine.exec("COMMIT", ()).unwrap().commit, before.next());
    assert_eq!(engine.exec("COMMIT", ()).unwrap_err().to_string(), "cannot commit - no transaction is active");
    assert_eq!(count(&engine, "t"), 3);
}

#[test]
fn a_script_in_a_closure_is_all_or_nothing_too() {
    let engine = memory();
    engine.exec("CREATE TABLE t(a UNIQUE)", ()).unwrap();
    let live = engine.subscribe("SELECT a FROM t", ()).unwrap();
    engine
        .transaction(|tx| {
            tx.exec("INSERT INTO t VALUES (1)", ())?;
            tx.exec("INSERT INTO t VALUES (2); INSERT INTO t VALUES (1)", ()).unwrap_err();
            Ok(())
        })
        .unwrap();
    let mut live = live;
    let Some(Event::Diff(diff)) = live.try_next() else { panic!("a diff") };
    assert_eq!((diff.edits.len(), count(&engine, "t")), (1, 1));
}

#[test]
fn statements_one_by_one_are_as_in_sqlite() {
    let engine = memory();
    let before = engine.last_commit();
    let script =
        "PRAGMA foreign_keys=OFF; BEGIN; CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p);
        INSERT INTO c VALUES (5); COMMIT; INSERT INTO c VALUES (6); INSERT INTO p VALUES (?1), (?2)";
    assert_eq!(engine.exec_each(script, [1, 2]).unwrap().commit, CommitId(before.0 + 3));
    engine.exec_each("INSERT INTO p VALUES (3); INSERT INTO p VALUES (3); INSERT INTO p VALUES (4)", ()).unwrap_err();
    assert_eq!((count(&engine, "p"), count(&engine, "c")), (3, 2));
    engine.exec("PRAGMA foreign_keys=ON", ()).unwrap();
    assert_eq!(engine.exec("INSERT INTO c VALUES (6)", ()).unwrap_err().code(), "constraint");
}

#[test]
fn what_writes_nothing_makes_no_commit() {
    let engine = memory();
    let before = engine.last_commit();
    for sql in ["PRAGMA user_version", "", " -- nothing\n;", "SELECT 1", "VACUUM"] {
        assert_eq!(engine.exec(sql, ()).unwrap().commit, before, "{sql}");
    }
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
    assert_eq!(
        one("SELECT :a || @b || $c", [(":a", "x"), ("@b", "y"), ("$c", "z")].into()).unwrap(),
        Some("xyz".into())
    );
    for (sql, params) in [
        ("SELECT ?", ().into()),
        ("SELECT ?, ?", [1].into()),
        ("SELECT ?", [1, 2].into()),
        ("SELECT :a", [("b", 1)].into()),
        ("SELECT :a, :b", [("a", 1)].into()),
        ("SELECT ?", [("a", 1)].into()),
        ("SELECT 1", [1].into()),
    ] {
        assert_eq!(one(sql, params).unwrap_err().code(), "bad_parameters", "{sql}");
    }
    let two = "CREATE TABLE IF NOT EXISTS t(a); INSERT INTO t VALUES (?1); INSERT INTO t VALUES (?2)";
    engine.exec(two, [1, 2]).unwrap();
    assert_eq!(engine.exec(two, [1, 2, 3]).unwrap_err().code(), "bad_parameters");
    assert_eq!(engine.exec(two, [1]).unwrap_err().code(), "bad_parameters");
    assert_eq!(engine.subscribe("SELECT a FROM t WHERE a = ?", ()).unwrap_err().code(), "bad_parameters");
    assert_eq!(count(&engine, "t"), 2);
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
    assert_eq!(engine.last_commit(), CommitId(0));
    engine.exec("CREATE TABLE t(a)", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
    engine.exec("BEGIN; INSERT INTO t VALUES (2); ROLLBACK", ()).unwrap();
    assert_eq!(engine.exec("SAVEPOINT s; INSERT INTO t VALUES (3); RELEASE s", ()).unwrap().commit, CommitId(3));
    drop(engine);
    let engine = Engine::open(path.as_path(), Options::default()).unwrap();
    assert_eq!(engine.last_commit(), CommitId(3));
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
    engine.exec_each("CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES (1)", ()).unwrap();
    drop(engine);
    assert_eq!(count(&Engine::open(path.as_path(), Options::default()).unwrap(), "t"), 0);
}

#[test]
fn a_commit_through_query_is_a_commit() {
    let engine = memory();
    engine.exec("CREATE TABLE t(a)", ()).unwrap();
    let mut live = engine.subscribe("SELECT a FROM t", ()).unwrap();
    engine.exec_each("BEGIN; INSERT INTO t VALUES (1)", ()).unwrap();
    engine.query("COMMIT", ()).unwrap();
    assert!(live.try_next().is_some());
    assert_eq!(engine.query("PRAGMA user_version", ()).unwrap().rows.len(), 1);
}

#[test]
fn a_table_that_is_renamed_after_something_was_undone_commits_and_is_delivered() {
    let engine = memory();
    engine.exec("CREATE TABLE t(a); CREATE TABLE u(a)", ()).unwrap();
    let mut live = engine.subscribe("SELECT a FROM u", ()).unwrap();
    engine.exec_each("BEGIN; INSERT INTO t VALUES (1); INSERT INTO u VALUES (1)", ()).unwrap();
    engine
        .exec_each("SAVEPOINT s; INSERT INTO t VALUES (2); ROLLBACK TO s; ALTER TABLE t RENAME TO v; COMMIT", ())
        .unwrap();
    assert!(live.try_next().is_some());
    engine.exec("INSERT INTO u VALUES (2)", ()).unwrap();
    assert!(live.try_next().is_some());
}

#[test]
fn a_full_text_table_that_is_renamed_with_rows_pending_commits() {
    let engine = memory();
    engine.exec("CREATE VIRTUAL TABLE docs USING fts5(body); CREATE TABLE t(a)", ()).unwrap();
    engine.exec_each("BEGIN; INSERT INTO docs VALUES ('tide')", ()).unwrap();
    engine.exec("SAVEPOINT s; ALTER TABLE docs RENAME TO papers; ROLLBACK TO s; RELEASE s", ()).unwrap();
    engine.exec("ALTER TABLE docs RENAME TO papers", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
    engine.exec_each("INSERT INTO papers VALUES ('moon'); COMMIT", ()).unwrap();
    assert_eq!(count(&engine, "papers"), 2);
}

#[test]
fn a_setting_changed_in_a_transaction_that_writes_rows_reaches_every_subscription() {
    let engine = memory();
    engine.exec("CREATE TABLE t(x); INSERT INTO t VALUES ('ABC'); CREATE TABLE z(y)", ()).unwrap();
    let mut live = engine.subscribe("SELECT x LIKE 'abc' FROM t", ()).unwrap();
    engine.exec_each("BEGIN; PRAGMA case_sensitive_like = ON; INSERT INTO z VALUES (1); COMMIT", ()).unwrap();
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
    let before = engine.last_commit();
    engine.exec("INSERT OR IGNORE INTO t VALUES (50, 1)", ()).unwrap();
    assert!(sequence.try_next().is_some());
    assert_eq!(engine.last_commit(), before.next());
    engine.exec("UPDATE t SET y = 7 WHERE x = 99", ()).unwrap();
    assert_eq!(
        (sequence.try_next(), engine.last_commit()),
        (None, before.next()),
        "nothing changed, nothing is numbered"
    );
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
        let before = engine.last_commit();
        engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
        assert_eq!(engine.last_commit(), before.next(), "{damage}");
        drop(engine);
        assert_eq!(Engine::open(path.as_path(), Options::default()).unwrap().last_commit(), before.next(), "{damage}");
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
        assert_eq!(reader.last_commit(), commit);
    }
}
