//! The connection in the application's hands: functions, and what it commits by itself.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use tidewater::{Engine, Event, Location, Options, PlanKind, Row, Value};

const UTF8: FunctionFlags = FunctionFlags::SQLITE_UTF8;

fn options() -> Options {
    Options::default().with_paranoid(true).with_cost_gate(false)
}

struct Longest;

impl Aggregate<String, String> for Longest {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<String> {
        Ok(String::new())
    }

    fn step(&self, context: &mut Context<'_>, longest: &mut String) -> rusqlite::Result<()> {
        let text: String = context.get(0)?;
        if text.len() > longest.len() {
            *longest = text;
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, longest: Option<String>) -> rusqlite::Result<String> {
        Ok(longest.unwrap_or_default())
    }
}

fn register(connection: &Connection) -> rusqlite::Result<()> {
    static CALLS: AtomicI64 = AtomicI64::new(0);
    connection.create_scalar_function("ticket", 0, UTF8, |_| Ok(CALLS.fetch_add(1, Ordering::SeqCst)))?;
    connection.create_scalar_function("twice", 1, UTF8 | FunctionFlags::SQLITE_DETERMINISTIC, |context| {
        Ok(context.get::<i64>(0)? * 2)
    })?;
    connection.create_aggregate_function("longest", 1, UTF8 | FunctionFlags::SQLITE_DETERMINISTIC, Longest)
}

#[test]
fn functions_are_planned_by_what_they_declare() {
    let engine = Engine::open(Location::Memory, options().with_on_open(register)).unwrap();
    engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)", ()).unwrap();
    for (sql, code) in [
        ("SELECT id, twice(id) FROM t WHERE twice(id) > 2", None),
        ("SELECT id, ticket() FROM t", Some("nondeterministic")),
        ("SELECT id FROM t WHERE ticket() >= 0", Some("nondeterministic")),
        ("SELECT longest(a) FROM t", Some("application_aggregate")),
        ("SELECT id % 2, longest(a) FROM t GROUP BY 1", Some("application_aggregate")),
    ] {
        let explained = engine.explain(sql, ()).unwrap();
        assert_eq!(explained.reason_code, code, "{sql}");
        let _live =
            engine.subscribe_with(sql, (), |_, event| assert!(matches!(event, Event::Diff(_)), "{event:?}")).unwrap();
        engine.exec("INSERT INTO t(a) VALUES ('x'), ('longer')", ()).unwrap();
        engine.exec("UPDATE t SET a = a || id", ()).unwrap();
    }
    assert_eq!(engine.stats().unwrap().divergences, 0);
}

#[test]
fn a_function_that_is_registered_later_counts_for_queries_that_are_subscribed() {
    let engine = Engine::open(Location::Memory, options()).unwrap();
    engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'A')", ()).unwrap();
    let sql = "SELECT lower(a) FROM t";
    let mut live = engine.subscribe(sql, ()).unwrap();
    assert_eq!(live.plan(), PlanKind::Incremental);
    engine
        .with_connection(|connection| connection.create_scalar_function("lower", 1, UTF8, |_| Ok("mine".to_owned())))
        .unwrap()
        .unwrap();
    assert_eq!(live.plan(), PlanKind::Requery);
    let mut rows = live.take_snapshot().rows.to_vec();
    while let Some(Event::Diff(diff)) = live.try_next() {
        diff.apply(&mut rows);
    }
    assert_eq!(rows, [Row::from_iter([Value::from("mine")])]);
}

#[test]
fn what_is_committed_through_the_connection_is_one_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let engine = Engine::open(path.as_path(), options()).unwrap();
    engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)", ()).unwrap();
    let mut live = engine.subscribe("SELECT a FROM t ORDER BY id", ()).unwrap();
    let before = engine.last_commit();
    engine
        .with_connection(|connection| {
            connection.execute("INSERT INTO t VALUES (1, 'one')", [])?;
            let transaction = connection.transaction()?;
            transaction.execute("INSERT INTO t VALUES (2, 'two')", [])?;
            transaction.execute("ALTER TABLE t ADD COLUMN b", [])?;
            transaction.commit()
        })
        .unwrap()
        .unwrap();
    assert_eq!(engine.last_commit(), before.next());
    let Some(Event::Diff(diff)) = live.try_next() else { panic!("a diff") };
    assert_eq!((diff.commit, diff.edits.len()), (before.next(), 2));
    drop((engine, live));
    assert_eq!(Engine::open(path.as_path(), options()).unwrap().last_commit(), before.next(), "the number is stored");
}

#[test]
fn a_transaction_that_is_left_open_is_rolled_back() {
    let engine = Engine::open(Location::Memory, options()).unwrap();
    engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY)", ()).unwrap();
    let left = engine.with_connection(|connection| connection.execute_batch("BEGIN; INSERT INTO t VALUES (1)"));
    assert_eq!(left.unwrap_err().code(), "transaction_left_open");
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        engine.with_connection(|connection| {
            connection.execute_batch("BEGIN; INSERT INTO t VALUES (1)").unwrap();
            panic!("midway");
        })
    }));
    assert!(panicked.is_err());
    assert!(!engine.in_transaction());
    assert!(engine.query("SELECT * FROM t", ()).unwrap().rows.is_empty());
    engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
}

#[test]
fn what_was_committed_before_a_panic_is_delivered_before_the_panic_goes_on() {
    let engine = Engine::open(Location::Memory, options()).unwrap();
    engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY)", ()).unwrap();
    let heard = Arc::new(AtomicI64::new(0));
    let counted = Arc::clone(&heard);
    let _watch = engine.subscribe_with("SELECT id FROM t", (), move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        engine.with_connection(|connection| {
            connection.execute("INSERT INTO t VALUES (1)", []).unwrap();
            panic!("after the commit");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(heard.load(Ordering::SeqCst), 1);
}
