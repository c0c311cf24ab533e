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
