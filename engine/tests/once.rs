//! Writes that are done once: answers from the ledger, what is recorded and what is not, and that nobody else notices the ledger.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidewater::{ChangeBatch, Engine, Error, Location, Options, Record, WriteId};

const SCHEMA: &str = "CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE)";

fn engine() -> Engine {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    engine
}

fn write(seq: u64) -> WriteId<'static> {
    WriteId { source: "a", seq, acknowledged: 0 }
}

fn count(engine: &Engine, sql: &str) -> i64 {
    engine.query_one::<(i64,)>(sql, ()).unwrap().unwrap().0
}

fn forget_idle(engine: &Engine, seconds: u64) {
    engine.transaction(|transaction| transaction.forget_idle_sources(Duration::from_secs(seconds))).unwrap();
}

fn rows(engine: &Engine) -> i64 {
    count(engine, "SELECT count(*) FROM t")
}

#[test]
fn a_write_that_is_asked_for_again_is_answered_from_the_ledger() {
    let engine = engine();
    let first = engine.exec_once(&write(1), "INSERT INTO t(x) VALUES (1), (2)", ()).unwrap();
    let second = engine.exec_once(&write(2), "INSERT INTO t(x) VALUES (3)", ()).unwrap();
    assert_eq!((first.changes, second.changes, second.last_insert_rowid), (2, 1, 3));
    assert_eq!(second.commit.0, first.commit.0 + 1);
    assert_eq!(engine.exec_once(&write(1), "INSERT INTO t(x) VALUES (1), (2)", ()), Ok(first));
    assert_eq!(engine.exec_once(&write(2), "INSERT INTO t(x) VALUES (3)", ()), Ok(second));
    assert_eq!((rows(&engine), engine.last_commit()), (3, second.commit));
    // Another source counts for itself.
    let other = WriteId { source: "b", ..write(1) };
    assert_eq!(engine.exec_once(&other, "INSERT INTO t(x) VALUES (4)", ()).unwrap().changes, 1);
    assert_eq!(
        (engine.last_recorded("a"), engine.last_recorded("b"), engine.last_recorded("c")),
        (Ok(2), Ok(1), Ok(0))
    );
}

#[test]
fn a_write_that_failed_may_be_asked_for_again() {
    let engine = engine();
    engine.exec("INSERT INTO t(x) VALUES (1)", ()).unwrap();
    for sql in ["INSERT INTO t(x) VALUES (2), (1)", "INSERT OR FAIL INTO t(x) VALUES (3), (1)", "VACUUM", "COMMIT"] {
        assert!(engine.exec_once(&write(1), sql, ()).is_err(), "{sql}");
        assert_eq!((rows(&engine), engine.recorded(&write(1))), (1, Ok(Record::New)), "{sql}");
    }
    engine.exec("DELETE FROM t", ()).unwrap();
    assert_eq!(engine.exec_once(&write(1), "INSERT INTO t(x) VALUES (2), (1)", ()).unwrap().changes, 2);
}

#[test]
fn what_is_acknowledged_is_forgotten_and_not_done_again() {
    let engine = engine();
    for seq in 1..=64 {
        // The source learns of each answer two writes later.
        let id = WriteId { acknowledged: u64::saturating_sub(seq, 3), ..write(seq) };
        engine.exec_once(&id, "INSERT INTO t DEFAULT VALUES", ()).unwrap();
        assert!(count(&engine, "SELECT count(*) FROM tidewater_ledger") <= 3, "{seq}");
    }
    assert_eq!(count(&engine, "SELECT group_concat(seq) = '62,63,64' FROM tidewater_ledger"), 1);
    assert_eq!(engine.exec_once(&write(3), "INSERT INTO t DEFAULT VALUES", ()), Err(Error::AnswerForgotten(3)));
    // The newest record stays whatever is said to be acknowledged: without it the next one would seem to be the first.
    let id = WriteId { acknowledged: 999, ..write(96) };
    engine.exec_once(&id, "INSERT INTO t DEFAULT VALUES", ()).unwrap();
    assert_eq!(count(&engine, "SELECT group_concat(seq) = '96' FROM tidewater_ledger"), 1);
    assert_eq!((rows(&engine), engine.last_recorded("a")), (65, Ok(96)));
}

#[test]
fn idle_sources_are_forgotten_and_others_are_not() {
    let engine = engine();
    forget_idle(&engine, 0);
    engine.exec_once(&write(1), "INSERT INTO t DEFAULT VALUES", ()).unwrap();
    engine.exec_once(&WriteId { source: "b", ..write(1) }, "INSERT INTO t DEFAULT VALUES", ()).unwrap();
    engine.exec("UPDATE tidewater_ledger SET at = at - 3600 WHERE source = 'a'", ()).unwrap();
    forget_idle(&engine, 1_800);
    assert_eq!((engine.last_recorded("a"), engine.last_recorded("b")), (Ok(0), Ok(1)));
}

#[test]
fn a_record_is_there_if_and_only_if_its_transaction_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file.db");
    let open = || Engine::open(path.as_path(), Options::default()).unwrap();
    let engine = open();
    engine.exec(SCHEMA, ()).unwrap();
    let undone = engine.transaction(|transaction| {
        transaction.exec("INSERT INTO t(x) VALUES (1)", ())?;
        transaction.record(&write(1), b"one")?;
        assert_eq!(
            transaction.exec("INSERT INTO t(x) VALUES (1)", ()).map_err(|error| error.code()),
            Err("constraint")
        );
        Err::<(), _>(Error::InTransaction)
    });
    assert_eq!(undone, Err(Error::InTransaction));
    assert_eq!((engine.recorded(&write(1)), rows(&engine)), (Ok(Record::New), 0));
    engine
        .transaction(|transaction| {
            transaction.exec("INSERT INTO t(x) VALUES (1)", ())?;
            transaction.record(&write(1), b"one")
        })
        .unwrap();
    // Another engine, and one that opens the file later.
    let other = open();
    assert_eq!(other.recorded(&write(1)), Ok(Record::Done(b"one".to_vec())));
    drop((engine, other));
    let engine = open();
    assert_eq!((engine.recorded(&write(1)), rows(&engine)), (Ok(Record::Done(b"one".to_vec())), 1));
    assert_eq!(engine.recorded(&write(2)), Ok(Record::New));
}

#[test]
fn the_commit_to_be_is_the_one_that_it_becomes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file.db");
    let (engine, other) = [(); 2].map(|()| Engine::open(path.as_path(), Options::default()).unwrap()).into();
    engine.exec(SCHEMA, ()).unwrap();
    other.exec("INSERT INTO t DEFAULT VALUES", ()).unwrap();
    let (to_be, executed) = engine
        .transaction(|transaction| {
            let before = transaction.commit_to_be()?;
            transaction.exec("INSERT INTO t DEFAULT VALUES", ())?;
            Ok((before, transaction.commit_to_be()?))
        })
        .unwrap();
    assert!(to_be.0 < to_be.1, "{to_be:?}");
    assert_eq!(to_be.1, executed.commit);
}

#[test]
fn nobody_notices_the_ledger() {
    let engine = engine();
    forget_idle(&engine, 0);
    let watch = engine.subscribe("SELECT count(*) FROM t", ()).unwrap();
    let batches: Arc<Mutex<Vec<ChangeBatch>>> = Arc::default();
    let seen = Arc::clone(&batches);
    engine.on_change(move |_, batch| seen.lock().unwrap().push(batch.clone())).unwrap();
    let first = engine.exec_once(&write(1), "INSERT INTO t(x) VALUES (1)", ()).unwrap();
    let nothing = engine.exec_once(&write(2), "UPDATE t SET x = 1 WHERE x = 2", ()).unwrap();
    assert_eq!((nothing.changes, nothing.commit), (0, first.commit));
    assert_eq!((engine.last_commit(), engine.last_insert_rowid()), (first.commit, Ok(1)));
    let batches = batches.lock().unwrap();
    assert_eq!(batches.len(), 1);
    assert_eq!(batches[0].tables.keys().map(|table| table.to_string()).collect::<Vec<_>>(), ["main.t"]);
    drop(watch);
}
