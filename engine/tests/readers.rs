//! Reads of a file in WAL mode: they wait for no writer, and see what was committed.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tidewater::{Engine, Error, Options};

fn engine(path: &Path) -> Engine {
    let engine = Engine::open(path, Options::default()).unwrap();
    engine.exec("PRAGMA journal_mode = WAL", ()).unwrap();
    engine.exec("CREATE TABLE t(a)", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
    engine
}

fn count(engine: &Engine) -> i64 {
    engine.query_one::<(i64,)>("SELECT count(*) FROM t", ()).unwrap().unwrap().0
}

#[test]
fn a_read_waits_for_no_transaction_of_another_thread() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&folder.path().join("main.db"));
    let (wrote, has_written) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let engine = &engine;
        let writer = scope.spawn(move || {
            engine.transaction(|transaction| {
                transaction.exec("INSERT INTO t VALUES (2)", ())?;
                wrote.send(()).unwrap();
                may_go_on.recv().unwrap();
                Ok(())
            })
        });
        has_written.recv().unwrap();
        assert_eq!(count(engine), 1, "what was committed, while the transaction is open");
        go_on.send(()).unwrap();
        writer.join().unwrap().unwrap();
    });
    assert_eq!(count(&engine), 2);
}

#[test]
fn an_interrupt_handle_keeps_no_connection_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let engine = engine(&path);
    assert_eq!(count(&engine), 1, "on a connection of its own");
    let handle = engine.interrupt_handle();
    drop(engine);
    assert!(!path.with_extension("db-wal").exists(), "the last connection has closed the file");
    handle.interrupt();
}

#[test]
fn a_read_waits_for_no_lock_of_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let engine = engine(&path);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (9)").unwrap();
    thread::scope(|scope| {
        let writer = scope.spawn(|| engine.exec("INSERT INTO t VALUES (2)", ()));
        // The writer waits for the lock with the engine locked; reads go by it.
        for _ in 0..50 {
            assert_eq!(count(&engine), 1);
        }
        other.execute_batch("ROLLBACK").unwrap();
        writer.join().unwrap().unwrap();
    });
    assert_eq!(count(&engine), 2, "a thread reads what it has seen written");
}

#[test]
fn what_only_the_main_connection_knows_is_asked_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&folder.path().join("main.db"));
    engine.exec("INSERT INTO t VALUES (2), (3)", ()).unwrap();
    assert_eq!(engine.query_one::<(i64, i64)>("SELECT changes(), last_insert_rowid()", ()).unwrap(), Some((2, 3)));
    engine.exec("BEGIN", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (4)", ()).unwrap();
    assert_eq!(count(&engine), 4, "its own transaction");
    engine.exec("ROLLBACK", ()).unwrap();
    engine.exec("CREATE TEMP TABLE t(a)", ()).unwrap();
    assert_eq!(count(&engine), 0, "a temporary table hides the other");
    engine.exec("DROP TABLE temp.t", ()).unwrap();
    assert_eq!(count(&engine), 3);
    engine.exec("PRAGMA case_sensitive_like = ON", ()).unwrap();
    assert_eq!(engine.query_one::<(bool,)>("SELECT 'a' LIKE 'A'", ()).unwrap(), Some((false,)));
    assert_eq!(engine.query("SELECT a FROM missing", ()).unwrap_err().code(), "sql_error");
    assert_eq!(engine.query("SELECT ?", ()).unwrap_err().code(), "bad_parameters");
}

#[test]
fn a_read_beside_can_be_interrupted_and_is_refused_inside_a_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&folder.path().join("main.db"));
    let handle = engine.interrupt_handle();
    let endless = "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i) SELECT count(*) FROM i, t";
    thread::scope(|scope| {
        let running = scope.spawn(|| engine.query(endless, ()).unwrap_err().code());
        while !running.is_finished() {
            handle.interrupt();
            thread::yield_now();
        }
        assert_eq!(running.join().unwrap(), "interrupted");
    });
    let inside = engine.transaction(|_| Ok(engine.query("SELECT 1", ())));
    assert_eq!(inside.unwrap().0, Err(Error::Reentrant));
}

#[test]
fn many_threads_read_while_one_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let engine = engine(&path);
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let mut last = 0;
                while last < 200 {
                    let now = count(&engine);
                    assert!(now >= last, "rows never go away");
                    last = now;
                }
            });
        }
        for number in 0..200 {
            let before = engine.exec("INSERT INTO t VALUES (?)", [number]).unwrap().commit;
            assert_eq!((count(&engine), before), (number + 2, engine.last_commit()));
        }
    });
    let busy = Options::default().with_busy_timeout(Duration::ZERO);
    assert_eq!(count(&Engine::open(path.as_path(), busy).unwrap()), 201);
}
