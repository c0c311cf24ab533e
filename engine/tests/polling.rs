//! Commits of other connections that are noticed without a call: by changes of the files, and by time.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]
#![allow(clippy::disallowed_methods, reason = "it is about time")]

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tidewater::{Engine, Event, Location, Options, Polling, Watch};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// By changes of the files alone, where they are reported.
fn by_files() -> Polling {
    Polling::default().with_safety_interval(LONG * 60)
}

/// By time alone.
fn by_time() -> Polling {
    Polling::default().with_file_events(false).with_interval(Duration::from_millis(5))
}

fn open(path: &Path, mode: &str) -> Engine {
    let engine = Engine::open(path, Options::default()).unwrap();
    engine.exec(&format!("PRAGMA journal_mode = {mode}"), ()).unwrap();
    engine.exec("CREATE TABLE t(a INTEGER)", ()).unwrap();
    engine
}

/// The events of the sum of a table.
fn follow(engine: &Engine, table: &str) -> (Watch, Receiver<Event>) {
    let (sender, events) = channel();
    let sql = format!("SELECT sum(a) FROM {table}");
    let watch = engine.subscribe_with(&sql, (), move |_, event| drop(sender.send(event.clone()))).unwrap();
    (watch, events)
}

/// Every commit of another connection is noticed, each before the next one is made.
fn notices_each_commit(mode: &str, polling: Polling) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let engine = open(&path, mode);
    let (_watch, events) = follow(&engine, "t");
    let other = Connection::open(&path).unwrap();
    other.pragma_update(None, "synchronous", "FULL").unwrap();
    let poller = engine.start_polling(polling).unwrap();
    assert_eq!(poller.has_file_events(), polling.file_events);
    for number in 0..50 {
        other.execute("INSERT INTO t VALUES (?)", [number]).unwrap();
        events.recv_timeout(LONG).unwrap_or_else(|_| panic!("commit {number} in mode {mode} was not noticed"));
    }
}

#[test]
fn commits_are_noticed_by_the_write_ahead_log() {
    notices_each_commit("WAL", by_files());
}

#[test]
fn commits_are_noticed_by_the_rollback_journal() {
    for mode in ["DELETE", "TRUNCATE", "PERSIST"] {
        notices_each_commit(mode, by_files());
    }
}

#[test]
fn commits_are_noticed_by_time() {
    for mode in ["WAL", "DELETE"] {
        notices_each_commit(mode, by_time());
    }
}

#[test]
fn a_commit_from_before_the_first_look_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let engine = open(&path, "WAL");
    let (_watch, events) = follow(&engine, "t");
    Connection::open(&path).unwrap().execute("INSERT INTO t VALUES (1)", ()).unwrap();
    let _poller = engine.start_polling(by_files()).unwrap();
    events.recv_timeout(LONG).unwrap();
}

#[cfg(unix)]
#[test]
fn a_file_behind_a_link_is_watched() {
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real"), folder.path().join("link.db"));
    std::fs::create_dir(&real).unwrap();
    drop(open(&real.join("main.db"), "WAL"));
    std::os::unix::fs::symlink(real.join("main.db"), &link).unwrap();
    let engine = Engine::open(link.as_path(), Options::default()).unwrap();
    let (_watch, events) = follow(&engine, "t");
    let _poller = engine.start_polling(Polling::default()).unwrap();
    let other = Connection::open(real.join("main.db")).unwrap();
    other.execute("INSERT INTO t VALUES (1)", ()).unwrap();
    events.recv_timeout(LONG).unwrap();
}

#[test]
fn an_attached_file_is_watched() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder.path().join("main.db"), "WAL");
    let other = Connection::open(folder.path().join("other.db")).unwrap();
    other.execute_batch("CREATE TABLE o(a INTEGER)").unwrap();
    let attach = format!("ATTACH '{}' AS other", folder.path().join("other.db").display());
    engine.exec(&attach, ()).unwrap();
    let (_watch, events) = follow(&engine, "other.o");
    let _poller = engine.start_polling(by_files()).unwrap();
    other.execute("INSERT INTO o VALUES (1)", ()).unwrap();
    events.recv_timeout(LONG).unwrap();
}

#[test]
fn nobody_looks_often_while_nothing_happens() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder.path().join("main.db"), "WAL");
    let poller = engine.start_polling(by_files()).unwrap();
    let begun = Instant::now();
    // The looks that follow the start, for there may have been a commit.
    while poller.polls() < 10 {
        assert!(begun.elapsed() < LONG);
        std::thread::sleep(Duration::from_millis(1));
    }
    let looks = poller.polls();
    std::fs::write(folder.path().join("another-file"), "not of the database").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    assert!(poller.polls() <= looks + 1, "{} looks", poller.polls() - looks);
}

#[test]
fn a_callback_that_panics_ends_no_polling() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let engine = open(&path, "WAL");
    let _panics = engine.subscribe_with("SELECT a FROM t", (), |_, _| panic!("of the application's")).unwrap();
    let (_watch, events) = follow(&engine, "t");
    let _poller = engine.start_polling(by_files()).unwrap();
    let other = Connection::open(&path).unwrap();
    for number in 0..2 {
        other.execute("INSERT INTO t VALUES (?)", [number]).unwrap();
        events.recv_timeout(LONG).unwrap();
    }
}

#[test]
fn a_commit_under_a_transaction_by_sql_is_noticed_when_that_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let engine = open(&path, "WAL");
    let (_watch, events) = follow(&engine, "t");
    let _poller = engine.start_polling(by_files()).unwrap();
    engine.exec("BEGIN", ()).unwrap();
    Connection::open(&path).unwrap().execute("INSERT INTO t VALUES (1)", ()).unwrap();
    assert!(events.recv_timeout(Duration::from_millis(50)).is_err());
    engine.exec("ROLLBACK", ()).unwrap();
    events.recv_timeout(LONG).unwrap();
}

#[test]
fn dropping_the_poller_in_a_transaction_does_not_wait_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder.path().join("main.db"), "WAL");
    let poller = engine.start_polling(by_time()).unwrap();
    engine
        .transaction(|_| {
            // By now it waits for this transaction.
            std::thread::sleep(Duration::from_millis(20));
            drop(poller);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_database_in_memory_has_nobody_to_look_for() {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    let poller = engine.start_polling(Polling::default()).unwrap();
    assert!(!poller.has_file_events());
}
