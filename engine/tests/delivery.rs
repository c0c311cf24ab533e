//! Delivery: every event arrives, before the write returns that caused it, whatever callbacks and threads do.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use tidewater::{Engine, Error, Event, Location, Options, Row, Value, Watch};

fn engine() -> Engine {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a)", ()).unwrap();
    engine
}

/// A list that a callback keeps current.
fn follow(engine: &Engine, sql: &str) -> (Watch, Arc<Mutex<Vec<Row>>>) {
    let rows = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&rows);
    let watch = engine.subscribe_with(sql, (), move |_, event| {
        if let Event::Diff(diff) = event {
            diff.apply(&mut kept.lock().unwrap());
        }
    });
    (watch.unwrap(), rows)
}

#[test]
fn a_callback_that_panics_takes_no_event_from_others() {
    let engine = engine();
    let has_panicked = AtomicBool::new(false);
    let _bad = engine
        .subscribe_with("SELECT a FROM t", (), move |_, _| {
            assert!(has_panicked.swap(true, Ordering::SeqCst), "the callback fails once");
        })
        .unwrap();
    let (_watch, rows) = follow(&engine, "SELECT id, a FROM t ORDER BY id");
    let written = catch_unwind(AssertUnwindSafe(|| engine.exec("INSERT INTO t VALUES (1, 'x')", ())));
    assert!(written.is_err(), "the panic goes on in the call that delivered");
    assert_eq!(rows.lock().unwrap().len(), 1);
    engine.exec("INSERT INTO t VALUES (2, 'y')", ()).unwrap();
    assert_eq!(*rows.lock().unwrap(), engine.query("SELECT id, a FROM t ORDER BY id", ()).unwrap().rows);
}

#[test]
fn an_observer_that_panics_leaves_nothing_half_done() {
    let engine = engine();
    let (_watch, rows) = follow(&engine, "SELECT id, a FROM t ORDER BY id");
    let commits = AtomicU64::new(0);
    engine.on_change(move |_, _| assert_ne!(commits.fetch_add(1, Ordering::SeqCst), 0, "fails once")).unwrap();
    let written = catch_unwind(AssertUnwindSafe(|| engine.exec("INSERT INTO t VALUES (1, 'x')", ())));
    assert!(written.is_err());
    engine.exec("INSERT INTO t VALUES (2, 'y')", ()).unwrap();
    assert_eq!(*rows.lock().unwrap(), engine.query("SELECT id, a FROM t ORDER BY id", ()).unwrap().rows);
}

/// Law 3: a write's answer comes after its diffs, whichever thread delivers them.
#[test]
fn a_write_returns_when_its_events_were_delivered_by_another_thread() {
    let engine = engine();
    let (entered, first_is_in) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let seen = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&seen);
    let _watch = engine
        .subscribe_with("SELECT a FROM t", (), move |_, _| {
            if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                entered.send(()).unwrap();
                may_go_on.recv().unwrap();
            }
        })
        .unwrap();
    thread::scope(|scope| {
        let first = scope.spawn(|| engine.exec("INSERT INTO t(a) VALUES (1)", ()).unwrap());
        first_is_in.recv().unwrap();
        let second = scope.spawn(|| {
            let executed = engine.exec("INSERT INTO t(a) VALUES (2)", ()).unwrap();
            (executed.commit, seen.load(Ordering::SeqCst))
        });
        // The second write has committed, and its event waits behind the first callback.
        while engine.last_commit().0 < 3 {
            thread::yield_now();
        }
        go_on.send(()).unwrap();
        let (commit, seen_by_then) = second.join().unwrap();
        assert_eq!((commit.0, seen_by_then), (3, 2));
        first.join().unwrap();
    });
}

#[test]
fn every_write_of_many_threads_returns_after_its_own_event() {
    let engine = engine();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&seen);
    let _watch = engine
        .subscribe_with("SELECT a FROM t ORDER BY id", (), move |_, event| list.lock().unwrap().push(event.commit()))
        .unwrap();
    let start = Barrier::new(4);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (engine, seen, start) = (&engine, &seen, &start);
            scope.spawn(move || {
                start.wait();
                for _ in 0..200 {
                    let commit = engine.exec("INSERT INTO t(a) VALUES (?)", [thread]).unwrap().commit;
                    assert!(seen.lock().unwrap().contains(&commit), "{commit:?} returned before its event");
                }
            });
        }
    });
    let seen = seen.lock().unwrap();
    assert!(seen.is_sorted() && seen.len() == 800, "{} events", seen.len());
}

#[test]
fn a_callback_may_call_the_engine() {
    let engine = engine();
    let (inner, seen) = (engine.clone(), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&seen);
    let _watch = engine
        .subscribe_with("SELECT count(*) FROM t", (), move |_, _| {
            if counted.fetch_add(1, Ordering::SeqCst) < 3 {
                inner.exec("INSERT INTO t(a) VALUES (0)", ()).unwrap();
            }
        })
        .unwrap();
    engine.exec("INSERT INTO t(a) VALUES (1)", ()).unwrap();
    assert_eq!(seen.load(Ordering::SeqCst), 4, "events of nested writes are delivered before the first one returns");
}

#[test]
fn what_is_called_from_inside_a_call_is_refused_and_hangs_nowhere() {
    let engine = engine();
    let watch = engine.subscribe_with("SELECT a FROM t", (), |_, _| {}).unwrap();
    let stream = engine.subscribe("SELECT a FROM t WHERE id > ?", [0]).unwrap();
    engine
        .transaction(|transaction| {
            transaction.exec("INSERT INTO t VALUES (1, 1)", ())?;
            assert_eq!(engine.exec("DELETE FROM t", ()), Err(Error::Reentrant));
            assert_eq!(engine.query("SELECT 1", ()), Err(Error::Reentrant));
            assert_eq!(engine.transaction(|_| Ok(())).map(|_| ()), Err(Error::Reentrant));
            assert_eq!(engine.subscribe("SELECT 1", ()).map(|_| ()), Err(Error::Reentrant));
            assert_eq!(engine.explain("SELECT 1", ()).map(|_| ()), Err(Error::Reentrant));
            assert_eq!(engine.only_reads("SELECT 1"), Err(Error::Reentrant));
            assert_eq!(engine.stats(), Err(Error::Reentrant));
            assert_eq!(engine.poll(), Err(Error::Reentrant));
            assert_eq!(engine.on_change(|_, _| {}), Err(Error::Reentrant));
            assert_eq!(stream.rebind([1]), Err(Error::Reentrant));
            assert_eq!((engine.last_commit().0, engine.in_transaction()), (1, false));
            let _ = watch.plan();
            drop(watch);
            Ok(())
        })
        .unwrap();
    assert_eq!(engine.stats().unwrap().subscriptions, 1, "the one that was dropped in the transaction is gone");
    let (inner, refused) = (engine.clone(), Arc::new(AtomicBool::new(false)));
    let noted = Arc::clone(&refused);
    engine
        .on_change(move |_, _| noted.store(inner.query("SELECT 1", ()) == Err(Error::Reentrant), Ordering::SeqCst))
        .unwrap();
    engine.exec("INSERT INTO t(a) VALUES (3)", ()).unwrap();
    assert!(refused.load(Ordering::SeqCst));
}

#[test]
fn a_dropped_subscription_hears_nothing_more() {
    let engine = engine();
    let second: Arc<Mutex<Option<Watch>>> = Arc::default();
    let (kept, heard) = (Arc::clone(&second), Arc::new(AtomicU64::new(0)));
    let _first = engine.subscribe_with("SELECT a FROM t", (), move |_, _| drop(kept.lock().unwrap().take())).unwrap();
    let counted = Arc::clone(&heard);
    let watch = engine.subscribe_with("SELECT a, id FROM t", (), move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    *second.lock().unwrap() = Some(watch.unwrap());
    engine.exec("INSERT INTO t(a) VALUES (1)", ()).unwrap();
    assert_eq!(heard.load(Ordering::SeqCst), 0, "it was dropped by the callback before it");
}

#[test]
fn a_stream_that_nobody_reads_costs_what_its_result_does() {
    let engine = engine();
    engine.exec("INSERT INTO t VALUES (1, 0)", ()).unwrap();
    let mut stream = engine.subscribe("SELECT a FROM t WHERE id = 1", ()).unwrap();
    for number in 1..=20_000 {
        engine.exec("UPDATE t SET a = ?", [number]).unwrap();
    }
    let stats = engine.stats().unwrap();
    assert_eq!((stats.waiting_events, stats.merged_events), (65, 20_000 - 65));
    assert!(stats.waiting_bytes < 20_000, "{} bytes", stats.waiting_bytes);
    let mut rows = stream.take_snapshot().rows.to_vec();
    let mut last = None;
    while let Some(Event::Diff(diff)) = stream.try_next() {
        diff.apply(&mut rows);
        last = Some(diff.commit);
    }
    assert_eq!(rows, [Row::from_iter([Value::from(20_000)])]);
    assert_eq!(last, Some(engine.last_commit()));
    assert_eq!(engine.stats().unwrap().waiting_events, 0);
}

#[test]
fn a_transaction_begun_by_sql_is_of_the_thread_that_began_it() {
    let options = Options::default().with_busy_timeout(Duration::from_millis(50));
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec("CREATE TABLE t(a)", ()).unwrap();
    engine.exec("BEGIN", ()).unwrap();
    engine.exec("INSERT INTO t VALUES ('of the first')", ()).unwrap();
    thread::scope(|scope| {
        let other = || engine.exec("INSERT INTO t VALUES ('of the second')", ()).unwrap_err();
        assert_eq!(scope.spawn(other).join().unwrap().code(), "busy");
        assert!(!scope.spawn(|| engine.in_transaction()).join().unwrap());
    });
    assert!(engine.in_transaction());
    engine.exec("ROLLBACK", ()).unwrap();
    assert!(engine.query("SELECT * FROM t", ()).unwrap().rows.is_empty());
}

#[test]
fn a_write_waits_for_the_end_of_another_threads_transaction_and_is_kept() {
    let engine = engine();
    engine.exec("BEGIN", ()).unwrap();
    thread::scope(|scope| {
        let other = scope.spawn(|| engine.exec("INSERT INTO t VALUES (7, 7)", ()).unwrap());
        engine.exec("INSERT INTO t VALUES (1, 1)", ()).unwrap();
        engine.exec("ROLLBACK", ()).unwrap();
        other.join().unwrap();
    });
    assert_eq!(engine.query("SELECT id FROM t", ()).unwrap().rows, [Row::from_iter([Value::from(7)])]);
}

#[test]
fn a_transaction_of_a_thread_that_has_ended_is_rolled_back() {
    let engine = engine();
    thread::scope(|scope| {
        scope.spawn(|| engine.exec("BEGIN", ()).and_then(|_| engine.exec("INSERT INTO t VALUES (1, 1)", ())).unwrap());
    });
    engine.exec("INSERT INTO t VALUES (2, 2)", ()).unwrap();
    assert_eq!(engine.query("SELECT id FROM t", ()).unwrap().rows, [Row::from_iter([Value::from(2)])]);
}

/// The engine's own thread-local may be gone by then.
#[test]
fn a_subscription_that_a_thread_drops_as_it_ends_is_gone() {
    thread_local! {
        static KEPT: std::cell::RefCell<Option<Watch>> = const { std::cell::RefCell::new(None) };
    }
    let engine = engine();
    thread::scope(|scope| {
        scope.spawn(|| {
            KEPT.with(|kept| drop(kept.borrow_mut().take()));
            let watch = engine.subscribe_with("SELECT a FROM t", (), |_, _| {}).unwrap();
            KEPT.with(|kept| *kept.borrow_mut() = Some(watch));
        });
    });
    // A scope may end before the destructors of its threads.
    while engine.stats().unwrap().subscriptions > 0 {
        thread::yield_now();
    }
}
