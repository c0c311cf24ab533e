//! Rows that are handed on one by one.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tidewater::{Engine, Error, Location, Options};

/// Numbers without an end.
const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

fn engines() -> Vec<(Engine, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    let file = Engine::open(folder.path().join("main.db"), Options::default()).unwrap();
    file.exec("PRAGMA journal_mode = WAL", ()).unwrap();
    let engines = [(Engine::open(Location::Memory, Options::default()).unwrap(), None), (file, Some(folder))];
    for (engine, _) in &engines {
        engine.exec("CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'x'), (2, 'y')", ()).unwrap();
    }
    engines.into()
}

#[test]
fn rows_come_one_by_one_with_the_names_of_the_columns() {
    for (engine, _folder) in engines() {
        let mut seen = Vec::new();
        let columns = engine
            .query_each("SELECT a, b FROM t WHERE a >= ? ORDER BY a", [1], |row| {
                seen.push((row.get::<i64>("a").unwrap(), row.get::<String>(1).unwrap()));
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(seen, [(1, "x".to_owned()), (2, "y".to_owned())]);
        assert_eq!(&*columns, ["a", "b"]);
        let none = engine.query_each("SELECT a AS none FROM t WHERE 0", (), |_| unreachable!("no rows")).unwrap();
        assert_eq!(&*none, ["none"]);
    }
}

#[test]
fn the_caller_ends_it_and_the_engine_is_free_again() {
    for (engine, _folder) in engines() {
        let mut count = 0;
        engine
            .query_each(ENDLESS, (), |_| {
                count += 1;
                if count < 1000 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })
            .unwrap();
        assert_eq!(count, 1000);
        engine.exec("INSERT INTO t VALUES (3, 'z')", ()).unwrap();
    }
}

#[test]
fn a_panic_of_the_caller_leaves_the_engine_usable() {
    for (engine, _folder) in engines() {
        let panicked = catch_unwind(AssertUnwindSafe(|| engine.query_each(ENDLESS, (), |_| panic!("enough"))));
        assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"enough"));
        engine.exec("INSERT INTO t VALUES (3, 'z')", ()).unwrap();
        assert_eq!(engine.query_one::<(i64,)>("SELECT count(*) FROM t", ()).unwrap(), Some((3,)));
    }
}

#[test]
fn what_is_written_is_committed_before_the_first_row() {
    for (engine, _folder) in engines() {
        let mut subscription = engine.subscribe("SELECT count(*) FROM t", ()).unwrap();
        let mut returned = Vec::new();
        let insert = "INSERT INTO t VALUES (3, 'z'), (4, 'z') RETURNING a";
        engine
            .query_each(insert, (), |row| {
                returned.push(row.get::<i64>(0).unwrap());
                ControlFlow::Break(())
            })
            .unwrap();
        assert_eq!(returned, [3]);
        assert!(subscription.try_next().is_some());
        assert_eq!(engine.query_one::<(i64,)>("SELECT count(*) FROM t", ()).unwrap(), Some((4,)));
    }
}

#[test]
fn inside_the_locked_engine_calls_are_refused() {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    let mut inner = Ok(());
    engine
        .query_each("SELECT 1", (), |_| {
            inner = engine.exec("SELECT 1", ()).map(drop);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(matches!(inner, Err(Error::Reentrant)), "{inner:?}");
}

#[test]
fn another_thread_interrupts_it() {
    for (engine, _folder) in engines() {
        let handle = engine.interrupt_handle();
        let (began, has_begun) = std::sync::mpsc::channel();
        let answer = std::thread::scope(|scope| {
            scope.spawn(move || {
                has_begun.recv_timeout(Duration::from_secs(60)).unwrap();
                handle.interrupt();
            });
            engine.query_each(ENDLESS, (), |_| {
                let _ = began.send(());
                ControlFlow::Continue(())
            })
        });
        assert_eq!(answer.unwrap_err().code(), "interrupted");
    }
}

#[test]
fn mistakes_are_told_before_any_row() {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    let error = |sql: &str| engine.query_each(sql, (), |_| unreachable!("no rows")).unwrap_err();
    assert_eq!(error("SELECT 1; SELECT 2").code(), "not_one_statement");
    assert_eq!(error("SELECT * FROM nowhere").code(), "sql_error");
    assert_eq!(error("SELECT ?").code(), "bad_parameters");
}
