//! What a commit costs beside SQLite alone, as counted work: rows that nobody reads leave nothing behind, and the number of a
//! commit takes a page only where somebody else may read it.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use std::path::Path;
use std::sync::{Arc, Mutex};

use tidewater::{ChangeBatch, Engine, Event, Location, Options, RowKey, Value, ValueRef};

const SCHEMA: &str = "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, c); CREATE TABLE other(x);
    INSERT INTO t VALUES (1, 10, 'one', 1.5), (2, 20, 'two', 2.5)";

fn memory() -> Engine {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    engine
}

fn rows_in(engine: &Engine) -> u64 {
    engine.stats().unwrap().rows_in
}

#[test]
fn rows_that_nobody_reads_are_not_captured_and_their_commits_are_numbered() {
    let engine = memory();
    let before = engine.last_commit();
    engine.exec("UPDATE t SET a = a + 1", ()).unwrap();
    assert_eq!((rows_in(&engine), engine.last_commit()), (0, before.next()));
    let mut live = engine.subscribe("SELECT id, b FROM t", ()).unwrap();
    for unread in ["UPDATE t SET a = a + 1, c = NULL", "INSERT INTO other VALUES (1)", "DELETE FROM other"] {
        engine.exec(unread, ()).unwrap();
        assert_eq!((rows_in(&engine), live.try_next()), (0, None), "{unread}");
    }
    engine.exec("UPDATE t SET b = 'two' WHERE id = 2", ()).unwrap();
    assert_eq!(rows_in(&engine), 0, "an update that changes no value");
    engine.exec("UPDATE t SET a = 0, b = 'changed' WHERE id = 2", ()).unwrap();
    assert_eq!(rows_in(&engine), 1);
    assert!(live.try_next().is_some());
    drop(live);
    engine.exec("UPDATE t SET b = 'again'", ()).unwrap();
    assert_eq!(rows_in(&engine), 1, "nobody reads it any more");
}

#[test]
fn who_sees_change_batches_sees_whole_rows() {
    let engine = memory();
    let _live = engine.subscribe("SELECT b FROM t", ()).unwrap();
    engine.exec("UPDATE t SET b = 'x' WHERE id = 1", ()).unwrap();
    let seen: Arc<Mutex<Vec<ChangeBatch>>> = Arc::default();
    let sink = Arc::clone(&seen);
    engine.on_change(move |_, batch| sink.lock().unwrap().push(batch.clone())).unwrap();
    engine.exec("UPDATE t SET c = 9 WHERE id = 2; INSERT INTO other VALUES (7)", ()).unwrap();
    let seen = seen.lock().unwrap();
    let tables: Vec<&str> = seen[0].tables.keys().map(|table| &**table).collect();
    assert_eq!(tables, ["main.other", "main.t"]);
    let change = &seen[0].tables["main.t"].rows[0];
    let values =
        |row: &Option<tidewater::Row>| row.as_ref().unwrap().values().map(ValueRef::to_value).collect::<Vec<_>>();
    assert_eq!(change.key, RowKey::RowId(2));
    assert_eq!(values(&change.old), [2.into(), 20.into(), "two".into(), Value::Real(2.5)]);
    assert_eq!(values(&change.new), [2.into(), 20.into(), "two".into(), 9.into()]);
}

#[test]
fn an_observer_cannot_come_in_the_middle_of_a_transaction() {
    let engine = memory();
    engine.exec("BEGIN", ()).unwrap();
    engine.exec("UPDATE t SET a = 1", ()).unwrap();
    assert_eq!(engine.on_change(|_, _| {}).unwrap_err().code(), "in_transaction");
    engine.exec("COMMIT", ()).unwrap();
    engine.on_change(|_, _| {}).unwrap();
}

#[test]
fn an_update_is_seen_whichever_statement_made_it() {
    let engine = memory();
    let live = engine.subscribe("SELECT id, a, b FROM t ORDER BY id", ()).unwrap();
    let mut rows = live.snapshot().rows.to_vec();
    let mut live = live;
    engine
        .exec(
            "CREATE TABLE parent(k PRIMARY KEY); CREATE TABLE child(k REFERENCES parent ON UPDATE CASCADE);
             CREATE TRIGGER moves AFTER INSERT ON other BEGIN UPDATE t SET b = 'by a trigger' WHERE id = new.x; END;
             INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1)",
            (),
        )
        .unwrap();
    let mut children = engine.subscribe("SELECT k FROM child", ()).unwrap();
    for write in [
        "INSERT INTO other VALUES (1)",
        "INSERT INTO t(id, a) VALUES (2, 5) ON CONFLICT(id) DO UPDATE SET a = excluded.a",
        "UPDATE t SET id = 7 WHERE id = 1",
        "UPDATE t SET (a, b) = (SELECT 8, 'nine') WHERE id = 7",
        "UPDATE OR REPLACE t SET rowid = 2 WHERE id = 7",
        "REPLACE INTO t VALUES (2, 1, 2, 3)",
    ] {
        engine.exec(write, ()).unwrap();
        let Some(tidewater::Event::Diff(diff)) = live.try_next() else { panic!("{write}: nothing") };
        diff.apply(&mut rows);
        assert_eq!(rows, engine.query("SELECT id, a, b FROM t ORDER BY id", ()).unwrap().rows, "{write}");
    }
    engine.exec("UPDATE parent SET k = 2", ()).unwrap();
    assert!(children.try_next().is_some(), "a foreign key action");
}

#[test]
fn a_statement_that_is_undone_leaves_what_was_there() {
    let engine = memory();
    let mut live = engine.subscribe("SELECT id, b FROM t ORDER BY id", ()).unwrap();
    engine.exec("BEGIN; UPDATE t SET a = 1; SAVEPOINT s; UPDATE t SET b = 'gone'; ROLLBACK TO s; COMMIT", ()).unwrap();
    assert_eq!(live.try_next(), None);
    engine
        .exec("BEGIN; UPDATE t SET a = 2; SAVEPOINT s; UPDATE t SET b = 'kept' WHERE id = 1; RELEASE s; COMMIT", ())
        .unwrap();
    assert!(live.try_next().is_some());
}

#[test]
fn an_update_is_seen_that_a_later_trigger_makes() {
    let engine = memory();
    let mut live = engine.subscribe("SELECT b FROM t WHERE id = 1", ()).unwrap();
    let write = |number: i64| engine.exec("UPDATE t SET a = ? WHERE id = 1", [number]).unwrap();
    engine.exec("UPDATE t SET b = 'known to be updated'", ()).unwrap();
    assert!(live.try_next().is_some());
    write(1);
    assert_eq!(live.try_next(), None);
    // The statement is in the cache, and SQLite compiles it again when it runs.
    engine
        .exec("CREATE TRIGGER follows AFTER UPDATE OF a ON t BEGIN UPDATE t SET b = new.a WHERE id = new.id; END", ())
        .unwrap();
    write(2);
    assert!(live.try_next().is_some());
    engine.exec("DROP TRIGGER follows", ()).unwrap();
    write(3);
    assert_eq!(live.try_next(), None);
    let added = "CREATE TRIGGER again AFTER UPDATE OF a ON t BEGIN UPDATE t SET b = -new.a WHERE id = new.id; END";
    engine.with_connection(|connection| connection.execute_batch(added)).unwrap().unwrap();
    write(4);
    assert!(live.try_next().is_some());
    assert_eq!(live.try_next(), None);
}

fn exclusive() -> Options {
    Options::default().with_exclusive(true)
}

/// What a crash at this moment would leave.
fn crash(from: &Path, to: &Path) {
    for end in ["", "-wal"] {
        let name = |path: &Path| format!("{}{end}", path.display());
        std::fs::copy(name(from), name(to)).unwrap();
    }
}

fn wal_bytes(path: &Path) -> u64 {
    std::fs::metadata(format!("{}-wal", path.display())).unwrap().len()
}

#[test]
fn an_exclusive_engine_writes_no_page_for_the_number_of_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    for (is_exact, frames) in [(false, 1), (true, 2)] {
        let path = folder.path().join(format!("{is_exact}.db"));
        let engine = Engine::open(path.as_path(), exclusive().with_exact_commit_numbers(is_exact)).unwrap();
        engine.exec("CREATE TABLE t(a)", ()).unwrap();
        engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
        let before = wal_bytes(&path);
        engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
        assert_eq!(wal_bytes(&path) - before, frames * (4096 + 24), "exact: {is_exact}");
    }
}

#[test]
fn numbers_go_on_behind_a_crash_and_leave_none_out_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.db");
    let engine = Engine::open(path.as_path(), exclusive()).unwrap();
    engine.exec("CREATE TABLE t(a)", ()).unwrap();
    for number in 2..=300 {
        let executed = engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
        assert_eq!(executed.commit.0, number, "one up each time");
        if [2, 255, 256, 257, 300].contains(&number) {
            let left = folder.path().join(format!("left at {number}.db"));
            crash(&path, &left);
            let after = Engine::open(left.as_path(), exclusive()).unwrap().last_commit().0;
            assert!((number..number + 256).contains(&after), "{after} after a crash at {number}");
        }
    }
    drop(engine);
    let engine = Engine::open(path.as_path(), exclusive()).unwrap();
    assert_eq!(engine.last_commit().0, 300, "closing leaves none out");
    drop(engine);
    assert_eq!(Engine::open(path.as_path(), exclusive()).unwrap().last_commit().0, 300, "nor does closing again");
}

#[test]
fn a_statement_that_fails_and_keeps_rows_is_a_commit_with_the_next_number() {
    let folder = tempfile::tempdir().unwrap();
    for is_exact in [false, true] {
        let path = folder.path().join(format!("fail {is_exact}.db"));
        let engine = Engine::open(path.as_path(), exclusive().with_exact_commit_numbers(is_exact)).unwrap();
        engine.exec("CREATE TABLE t(a INTEGER PRIMARY KEY); INSERT INTO t VALUES (0)", ()).unwrap();
        let mut live = engine.subscribe("SELECT a FROM t ORDER BY a", ()).unwrap();
        // Past the end of the numbers that are reserved at once.
        for number in 2..=300 {
            let sql = format!("INSERT OR FAIL INTO t VALUES ({number}), (0), (-{number})");
            assert_eq!(engine.exec(&sql, ()).unwrap_err().code(), "constraint");
            let Some(Event::Diff(diff)) = live.try_next() else { panic!("the row before the conflict is kept") };
            assert_eq!((diff.commit.0, diff.edits.len()), (number, 1), "exact: {is_exact}");
            assert_eq!(live.try_next(), None);
        }
        let left = folder.path().join(format!("fail {is_exact} left.db"));
        crash(&path, &left);
        let after = Engine::open(left.as_path(), exclusive()).unwrap();
        assert_eq!(after.query("SELECT a FROM t", ()).unwrap().rows.len(), 300);
        assert!(after.last_commit().0 >= 300);
    }
}

#[test]
fn exact_numbers_tell_of_the_last_commit_before_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exact.db");
    let engine = Engine::open(path.as_path(), exclusive().with_exact_commit_numbers(true)).unwrap();
    engine.exec("CREATE TABLE t(a)", ()).unwrap();
    for number in 2..=5 {
        engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
        let left = folder.path().join(format!("left at {number}.db"));
        crash(&path, &left);
        assert_eq!(Engine::open(left.as_path(), exclusive()).unwrap().last_commit().0, number);
    }
}

#[test]
fn a_number_that_the_application_removes_comes_back_with_the_next_commit() {
    let folder = tempfile::tempdir().unwrap();
    let damages = [
        "DELETE FROM tidewater_commit",
        "UPDATE tidewater_commit SET number = 'zz'",
        "DROP TABLE tidewater_commit",
        "INSERT INTO t VALUES (0); DELETE FROM tidewater_commit",
    ];
    for (at, damage) in damages.into_iter().enumerate() {
        let path = folder.path().join(format!("{at}.db"));
        let engine = Engine::open(path.as_path(), exclusive()).unwrap();
        engine.exec("CREATE TABLE t(a)", ()).unwrap();
        engine.exec(damage, ()).unwrap();
        let last = engine.exec("INSERT INTO t VALUES (1)", ()).unwrap().commit;
        let left = folder.path().join(format!("left {at}.db"));
        crash(&path, &left);
        assert!(Engine::open(left.as_path(), exclusive()).unwrap().last_commit() >= last, "{damage}");
        drop(engine);
        assert_eq!(Engine::open(path.as_path(), exclusive()).unwrap().last_commit(), last, "{damage}");
    }
}
