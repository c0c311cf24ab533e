//! Transactions: when they take their locks, whose errors they return, and what ends a statement.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use std::thread;
use std::time::Duration;

use tidewater::{Engine, Error, Event, Location, Options, TransactionBehavior};

#[derive(Debug, PartialEq)]
enum ShopError {
    SoldOut,
    Database(Error),
}

impl From<Error> for ShopError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

fn engine() -> Engine {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec("CREATE TABLE item(id INTEGER PRIMARY KEY, left INTEGER CHECK (left >= 0))", ()).unwrap();
    engine.exec("INSERT INTO item VALUES (1, 1)", ()).unwrap();
    engine
}

#[test]
fn the_error_is_the_callers_own() {
    let engine = engine();
    let buy = |id: i64| {
        engine.try_transaction(TransactionBehavior::Immediate, |transaction| {
            let sold = transaction.exec("UPDATE item SET left = left - 1 WHERE id = ? AND left > 0", [id])?;
            if sold == 1 { Ok(()) } else { Err(ShopError::SoldOut) }
        })
    };
    assert!(buy(1).is_ok());
    assert_eq!(buy(1).map(|_| ()), Err(ShopError::SoldOut));
    let failed = engine.try_transaction(TransactionBehavior::Deferred, |transaction| {
        transaction.exec("nonsense", ()).map_err(ShopError::from)
    });
    assert!(matches!(failed, Err(ShopError::Database(error)) if error.code() == "sql_error"));
}

/// A transaction that reads first and then writes must not find that another connection has written in between.
#[test]
fn a_transaction_holds_the_lock_for_writing_from_its_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let engine = Engine::open(path.as_path(), Options::default()).unwrap();
    engine.exec("PRAGMA journal_mode = WAL", ()).unwrap();
    engine.exec("CREATE TABLE t(n INTEGER); INSERT INTO t VALUES (0)", ()).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.busy_timeout(Duration::ZERO).unwrap();
    let upgrade = |behavior| {
        engine.try_transaction(behavior, |transaction| {
            transaction.query("SELECT n FROM t", ())?;
            let between = other.execute("UPDATE t SET n = n + 100", []).is_ok();
            transaction.exec("UPDATE t SET n = n + 1", ())?;
            Ok::<bool, Error>(between)
        })
    };
    assert_eq!(upgrade(TransactionBehavior::Deferred).map_err(|error| error.code()).map(|_| ()), Err("busy"));
    assert!(!upgrade(TransactionBehavior::Immediate).unwrap().0, "the other connection has to wait");
}

#[test]
fn a_savepoint_within_a_savepoint_is_undone_alone() {
    let engine = engine();
    let mut live = engine.subscribe("SELECT id FROM item ORDER BY id", ()).unwrap();
    engine
        .transaction(|transaction| {
            transaction.savepoint(|transaction| {
                transaction.exec("INSERT INTO item VALUES (2, 2)", ())?;
                let inner: Result<(), Error> = transaction.savepoint(|transaction| {
                    transaction.exec("INSERT INTO item VALUES (3, 3)", ())?;
                    transaction.exec("INSERT INTO item VALUES (4, -1)", ()).map(|_| ())
                });
                assert_eq!(inner.unwrap_err().code(), "constraint");
                Ok::<(), Error>(())
            })
        })
        .unwrap();
    let Some(Event::Diff(diff)) = live.try_next() else { panic!("a diff") };
    assert_eq!(diff.edits.len(), 1, "the one that was kept");
}

#[test]
fn another_thread_ends_a_statement_that_would_not_end() {
    let engine = engine();
    let handle = engine.interrupt_handle();
    let endless = "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i) SELECT count(*) FROM i";
    thread::scope(|scope| {
        let running = scope.spawn(|| engine.query(endless, ()).unwrap_err().code());
        while !running.is_finished() {
            handle.interrupt();
            thread::yield_now();
        }
        assert_eq!(running.join().unwrap(), "interrupted");
    });
    engine.exec("INSERT INTO item VALUES (5, 5)", ()).unwrap();
    drop(engine);
    handle.interrupt();
}

#[test]
fn the_rowid_of_an_insert_is_told_whatever_the_engine_writes_itself() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path().join("t.db").as_path(), Options::default()).unwrap();
    assert_eq!(engine.last_insert_rowid(), Ok(0));
    engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE TABLE log(id INTEGER PRIMARY KEY, a)", ()).unwrap();
    engine
        .exec("CREATE TRIGGER logged AFTER INSERT ON t BEGIN INSERT INTO log VALUES (900 + new.id, 1); END", ())
        .unwrap();
    let live = engine.subscribe("SELECT count(*) FROM t JOIN log ON log.id = t.id + 900", ()).unwrap();
    let inserted = engine.exec("INSERT INTO t VALUES (41, 'x'); INSERT INTO t(a) VALUES ('y')", ()).unwrap();
    assert_eq!((inserted.last_insert_rowid, engine.last_insert_rowid()), (42, Ok(42)), "not that of the trigger");
    let updated = engine.exec("UPDATE t SET a = 'z'", ()).unwrap();
    assert_eq!(updated.last_insert_rowid, 42, "that of the insert before");
    assert_eq!(engine.query_one("SELECT last_insert_rowid()", ()).unwrap(), Some((42,)));
    let (within, executed) = engine
        .transaction(|transaction| {
            transaction.exec("INSERT INTO t VALUES (7, 'w')", ())?;
            let first = transaction.last_insert_rowid();
            transaction.exec("INSERT INTO t(a) VALUES ('v')", ())?;
            Ok((first, transaction.last_insert_rowid()))
        })
        .unwrap();
    assert_eq!((within, executed.last_insert_rowid), ((7, 43), 43));
    drop(live);
}

#[test]
fn a_transaction_reads_what_it_has_written_as_types() {
    let engine = engine();
    engine
        .transaction(|transaction| {
            transaction.exec("UPDATE item SET left = 5", ())?;
            assert_eq!(transaction.query_as::<(i64, i64)>("SELECT * FROM item", ())?, [(1, 5)]);
            assert_eq!(transaction.query_one::<(i64,)>("SELECT left FROM item WHERE id = ?", [2])?, None);
            assert_eq!(
                transaction.query_one::<(String,)>("SELECT left FROM item", ()).unwrap_err().code(),
                "conversion"
            );
            Ok(())
        })
        .unwrap();
}

#[test]
fn an_open_transaction_that_sqlite_has_rolled_back_is_not_the_next_one() {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec("CREATE TABLE t(x UNIQUE)", ()).unwrap();
    let mut lost = engine.begin().unwrap();
    lost.exec("INSERT INTO t VALUES (1)", ()).unwrap();
    lost.exec("INSERT OR ROLLBACK INTO t VALUES (1)", ()).unwrap_err();
    assert!(lost.is_over());
    let mut next = engine.begin().unwrap();
    next.exec("INSERT INTO t VALUES (2)", ()).unwrap();
    assert_eq!(lost.exec("INSERT INTO t VALUES (3)", ()).map_err(|error| error.code()), Err("closed"));
    drop(lost);
    assert!(!next.is_over());
    assert_eq!(next.commit().unwrap().changes, 1);
    assert_eq!(engine.query("SELECT x FROM t", ()).unwrap().rows.len(), 1);
}
