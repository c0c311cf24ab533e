//! The engine for async programs: what its calls answer, whom they wait for, and what cancelling and closing do.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Waker};
use std::time::Duration;

use tidewater::{
    AsyncEngine, AsyncOptions, AsyncSubscription, Edit, Engine, Error, Event, Location, Options, PlanKind, Polling,
    TransactionBehavior, Value,
};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_stream::StreamExt;

/// A query that ends when it is cancelled and at no other time.
const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// Runs a test in both kinds of runtime.
fn in_each_runtime<F: Future<Output = ()>>(test: impl Fn() -> F) {
    let runtimes: [Runtime; 2] = [
        Builder::new_current_thread().enable_time().build().unwrap(),
        Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap(),
    ];
    for runtime in runtimes {
        runtime.block_on(async { timeout(LONG, test()).await.expect("the test ends") });
    }
}

async fn memory() -> AsyncEngine {
    let engine = AsyncEngine::open(Location::Memory, Options::default()).await.unwrap();
    engine.exec("CREATE TABLE t(a INTEGER)", ()).await.unwrap();
    engine
}

async fn wal(path: &Path, options: AsyncOptions) -> AsyncEngine {
    let engine = AsyncEngine::open_with(path, Options::default(), options).await.unwrap();
    engine.exec("PRAGMA journal_mode = WAL", ()).await.unwrap();
    engine.exec("CREATE TABLE IF NOT EXISTS t(a INTEGER)", ()).await.unwrap();
    engine
}

async fn count(engine: &AsyncEngine) -> i64 {
    engine.query_one::<(i64,)>("SELECT count(*) FROM t", ()).await.unwrap().unwrap().0
}

/// Keeps the writer in a transaction that has written one row, until the sender is used or dropped.
async fn hold_writer(engine: &AsyncEngine) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), Error>>) {
    let (go_on, may_go_on) = mpsc::channel();
    let (wrote, has_written) = tokio::sync::oneshot::channel();
    let engine = engine.clone();
    let writing = tokio::spawn(async move {
        let body = move |transaction: &tidewater::Transaction<'_>| {
            transaction.exec("INSERT INTO t VALUES (100)", ())?;
            wrote.send(()).unwrap();
            let _ = may_go_on.recv();
            Ok(())
        };
        engine.transaction(body).await.map(drop)
    });
    has_written.await.unwrap();
    (go_on, writing)
}

/// Polls a future once, as a task does that is then dropped.
fn poll_once<T>(future: impl Future<Output = T>) {
    assert!(pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[test]
fn it_can_be_shared_and_its_futures_sent() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    fn sent<T: Send>(_: T) {}
    shared::<AsyncEngine>();
    let _ = |engine: AsyncEngine, subscription: AsyncSubscription| {
        sent(engine.exec("", (1, "x")));
        sent(engine.query("", ["x"]));
        sent(engine.query_as::<(i64,)>("", ()));
        sent(engine.transaction(|_| Ok(())));
        sent(engine.subscribe(&String::new(), ()));
        sent(subscription.rebind([1]));
        sent(engine.close());
        sent(subscription);
    };
}

#[test]
fn a_write_is_answered_when_its_events_are_in_the_stream() {
    in_each_runtime(|| async {
        let engine = memory().await;
        let mut rows = engine.subscribe("SELECT a FROM t ORDER BY a", ()).await.unwrap();
        assert_eq!(rows.snapshot().rows.len(), 0);
        let done = engine.exec("INSERT INTO t VALUES (?)", [7]).await.unwrap();
        assert_eq!((done.changes, Ok(done.commit)), (1, engine.last_commit()));
        let Some(Event::Diff(diff)) = rows.try_next() else { panic!("the event is there") };
        assert!(matches!(&diff.edits[..], [Edit::Insert { .. }]));
        engine.exec_each("INSERT INTO t VALUES (8); INSERT INTO t VALUES (9)", ()).await.unwrap();
        // Both ways to read it.
        assert!(rows.next().await.is_some() && StreamExt::next(&mut rows).await.is_some());
        assert_eq!(engine.query("SELECT a FROM t", ()).await.unwrap().rows.len(), 3);
        assert_eq!(engine.stats().await.unwrap().subscriptions, 1);
        assert_eq!(engine.explain("SELECT a FROM t", ()).await.unwrap().plan, PlanKind::Incremental);
        assert_eq!(engine.query("SELECT nothing", ()).await.unwrap_err().code(), "sql_error");
    });
}

#[test]
fn rows_that_a_write_returns_come_from_the_writer() {
    in_each_runtime(|| async {
        let folder = tempfile::tempdir().unwrap();
        let engine = wal(&folder.path().join("main.db"), AsyncOptions::default()).await;
        let inserted = engine.query_one::<(i64,)>("INSERT INTO t VALUES (4) RETURNING a * 2", ()).await.unwrap();
        assert_eq!(inserted, Some((8,)));
        let with = "WITH more(a) AS (VALUES (5), (6)) INSERT INTO t SELECT a FROM more RETURNING a";
        assert_eq!(engine.query(with, ()).await.unwrap().rows.len(), 2);
        assert_eq!(count(&engine).await, 3);
    });
}

#[test]
fn reads_of_a_wal_file_do_not_wait_for_the_writer() {
    in_each_runtime(|| async {
        let folder = tempfile::tempdir().unwrap();
        let engine = wal(&folder.path().join("main.db"), AsyncOptions::default()).await;
        let (go_on, writing) = hold_writer(&engine).await;
        for _ in 0..20 {
            assert_eq!(count(&engine).await, 0, "what was committed, while the transaction is open");
        }
        go_on.send(()).unwrap();
        writing.await.unwrap().unwrap();
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_call_that_has_not_begun_is_not_run_when_its_future_is_dropped() {
    in_each_runtime(|| async {
        let engine = memory().await;
        let (go_on, writing) = hold_writer(&engine).await;
        poll_once(engine.exec("INSERT INTO t VALUES (1)", ()));
        poll_once(engine.query("INSERT INTO t VALUES (2) RETURNING a", ()));
        go_on.send(()).unwrap();
        writing.await.unwrap().unwrap();
        assert_eq!(count(&engine).await, 1, "the row of the transaction alone");
    });
}

#[test]
fn a_running_read_ends_when_its_future_is_dropped() {
    in_each_runtime(|| async {
        // On the only reader of a file, then on the writer.
        let folder = tempfile::tempdir().unwrap();
        let beside = wal(&folder.path().join("main.db"), AsyncOptions::default().with_readers(1)).await;
        for engine in [beside, memory().await] {
            let cut = timeout(Duration::from_millis(50), engine.query(ENDLESS, ())).await;
            assert!(cut.is_err());
            assert_eq!(count(&engine).await, 0, "the thread is free");
        }
    });
}

#[test]
fn cancelling_one_read_leaves_others_alone() {
    in_each_runtime(|| async {
        let folder = tempfile::tempdir().unwrap();
        let engine = wal(&folder.path().join("main.db"), AsyncOptions::default()).await;
        let counting = ENDLESS.replace("FROM n)", "FROM n WHERE i < 2000000)");
        let other = tokio::spawn({
            let engine = engine.clone();
            async move { engine.query(&counting, ()).await }
        });
        let cut = timeout(Duration::from_millis(20), engine.query(ENDLESS, ())).await;
        assert!(cut.is_err());
        assert_eq!(other.await.unwrap().unwrap().rows[0].get(0), Some(Value::from(2_000_000).as_ref()));
    });
}

#[test]
fn a_running_write_goes_on_when_its_future_is_dropped() {
    in_each_runtime(|| async {
        let engine = memory().await;
        let (go_on, writing) = hold_writer(&engine).await;
        writing.abort();
        assert!(writing.await.unwrap_err().is_cancelled());
        go_on.send(()).unwrap();
        assert_eq!(count(&engine).await, 1, "it has committed");
    });
}

#[test]
fn a_panic_goes_on_in_the_task_and_the_engine_lives_on() {
    in_each_runtime(|| async {
        let engine = memory().await;
        let task = tokio::spawn({
            let engine = engine.clone();
            async move {
                let body = |transaction: &tidewater::Transaction<'_>| -> Result<(), Error> {
                    transaction.exec("INSERT INTO t VALUES (1)", ())?;
                    panic!("of the application's")
                };
                engine.transaction(body).await
            }
        });
        let panic = task.await.unwrap_err().into_panic();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"of the application's"));
        assert_eq!(count(&engine).await, 0, "rolled back");
        engine.exec("INSERT INTO t VALUES (1)", ()).await.unwrap();
    });
}

#[test]
fn a_transaction_has_the_error_of_its_caller() {
    #[derive(Debug)]
    enum Mine {
        Refused,
        Engine(#[allow(dead_code, reason = "shown when the test fails")] Error),
    }
    impl From<Error> for Mine {
        fn from(error: Error) -> Self {
            Self::Engine(error)
        }
    }
    in_each_runtime(|| async {
        let engine = memory().await;
        let behavior = TransactionBehavior::Deferred;
        let refused = engine.try_transaction(behavior, |_| Err::<(), _>(Mine::Refused)).await;
        assert!(matches!(refused, Err(Mine::Refused)));
        engine.clone().close().await;
        let late = engine.try_transaction(behavior, |_| Ok::<_, Mine>(())).await;
        assert!(matches!(late, Err(Mine::Engine(Error::Closed(_)))));
    });
}

#[test]
fn a_transaction_by_sql_is_not_left_open_for_other_tasks() {
    in_each_runtime(|| async {
        let engine = memory().await;
        assert_eq!(engine.exec("BEGIN", ()).await, Err(Error::TransactionLeftOpen));
        engine.exec("INSERT INTO t VALUES (1)", ()).await.unwrap();
        assert_eq!(engine.exec("ROLLBACK", ()).await.unwrap_err().code(), "sql_error", "there is none");
        assert_eq!(count(&engine).await, 1);
    });
}

#[test]
fn a_full_queue_holds_callers_up() {
    in_each_runtime(|| async {
        let engine = Engine::open(Location::Memory, Options::default()).unwrap();
        engine.exec("CREATE TABLE t(a INTEGER)", ()).unwrap();
        let options = AsyncOptions::default().with_queued_calls(1);
        let engine = AsyncEngine::from_engine_with(engine, options).await.unwrap();
        let (go_on, writing) = hold_writer(&engine).await;
        let queued = tokio::spawn({
            let engine = engine.clone();
            async move { engine.exec("INSERT INTO t VALUES (1)", ()).await }
        });
        tokio::task::yield_now().await;
        let mut waiting = Box::pin(engine.exec("INSERT INTO t VALUES (2)", ()));
        assert!(timeout(Duration::from_millis(20), &mut waiting).await.is_err());
        go_on.send(()).unwrap();
        writing.await.unwrap().unwrap();
        queued.await.unwrap().unwrap();
        waiting.await.unwrap();
        assert_eq!(count(&engine).await, 3);
    });
}

#[test]
fn closing_makes_the_queued_calls_and_refuses_later_ones() {
    in_each_runtime(|| async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("main.db");
        let engine = wal(&path, AsyncOptions::default()).await;
        assert_eq!(count(&engine).await, 0, "a reader runs");
        let mut rows = engine.subscribe("SELECT a FROM t", ()).await.unwrap();
        let (go_on, writing) = hold_writer(&engine).await;
        let queued = engine.exec("INSERT INTO t VALUES (1)", ());
        let closing = engine.clone().close();
        let late = engine.exec("INSERT INTO t VALUES (2)", ());
        // Polled in this order.
        let (queued, (), late, written) = tokio::join!(queued, closing, late, async {
            go_on.send(()).unwrap();
            writing.await.unwrap()
        });
        written.unwrap();
        queued.unwrap();
        let closed = Error::Closed("the engine is closed");
        assert_eq!(late, Err(closed.clone()));
        assert_eq!(engine.query("SELECT 1", ()).await, Err(closed.clone()));
        assert_eq!(engine.last_commit(), Err(closed.clone()));
        assert_eq!(rows.rebind(()).await, Err(closed));
        assert!(rows.next().await.is_some() && rows.next().await.is_some());
        assert_eq!(rows.next().await, None, "the stream ends");
        engine.clone().close().await;
        assert!(!path.with_extension("db-wal").exists(), "the file is closed");
        assert_eq!(
            Engine::open(path.as_path(), Options::default()).unwrap().query("SELECT a FROM t", ()).unwrap().rows.len(),
            2
        );
    });
}

#[test]
fn dropping_the_last_clone_closes_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    in_each_runtime(|| async {
        let engine = wal(&path, AsyncOptions::default()).await;
        engine.exec("INSERT INTO t VALUES (1)", ()).await.unwrap();
        count(&engine).await;
        let mut rows = engine.subscribe("SELECT a FROM t", ()).await.unwrap();
        drop(engine);
        assert_eq!(rows.next().await, None, "a subscription does not keep it open");
        while path.with_extension("db-wal").exists() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
}

#[test]
fn the_end_of_a_runtime_ends_no_engine() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let first = Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let (engine, go_on) = first.block_on(async {
        let engine = wal(&path, AsyncOptions::default().with_readers(1)).await;
        let (go_on, _) = hold_writer(&engine).await;
        for sql in [ENDLESS, "INSERT INTO t VALUES (1) RETURNING a"] {
            let engine = engine.clone();
            tokio::spawn(async move { engine.query(sql, ()).await });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        (engine, go_on)
    });
    first.shutdown_background();
    let second = Builder::new_current_thread().enable_time().build().unwrap();
    second.block_on(async {
        timeout(LONG, async {
            go_on.send(()).unwrap();
            engine.exec("INSERT INTO t VALUES (2)", ()).await.unwrap();
            assert!(count(&engine).await >= 2, "the transaction went on; the call in the queue may have begun or not");
            engine.close().await;
        })
        .await
        .expect("nothing waits for the first runtime");
    });
}

#[test]
fn no_runtime_is_needed() {
    let waiting = std::thread::current();
    let waker: Waker = std::sync::Arc::new(Unpark(waiting)).into();
    let mut future = pin!(async {
        let engine = memory().await;
        engine.exec("INSERT INTO t VALUES (1)", ()).await.unwrap();
        assert_eq!(count(&engine).await, 1);
        engine.close().await;
    });
    while future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
        std::thread::park();
    }
}

/// Wakes the thread that polls.
struct Unpark(std::thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn a_call_from_inside_a_call_is_refused() {
    in_each_runtime(|| async {
        let engine = memory().await;
        let inner = engine.clone();
        let body = move |_: &tidewater::Transaction<'_>| {
            let runtime = Builder::new_current_thread().build().unwrap();
            Ok((runtime.block_on(inner.exec("INSERT INTO t VALUES (1)", ())), inner.engine()?.exec("SELECT 1", ())))
        };
        let (refused, _) = engine.transaction(body).await.unwrap();
        assert_eq!(refused, (Err(Error::Reentrant), Err(Error::Reentrant)));
    });
}

#[test]
fn it_works_beside_the_blocking_engine() {
    in_each_runtime(|| async {
        let blocking = Engine::open(Location::Memory, Options::default()).unwrap();
        blocking.exec("CREATE TABLE t(a INTEGER)", ()).unwrap();
        let engine = AsyncEngine::from_engine(blocking.clone()).await.unwrap();
        let mut rows = engine.subscribe("SELECT a FROM t", ()).await.unwrap();
        blocking.exec("INSERT INTO t VALUES (1)", ()).unwrap();
        assert!(rows.next().await.is_some());
        engine.engine().unwrap().exec("INSERT INTO t VALUES (2)", ()).unwrap();
        assert!(rows.next().await.is_some());
        engine.close().await;
        blocking.exec("INSERT INTO t VALUES (3)", ()).unwrap();
        assert!(rows.next().await.is_some(), "its engine is open");
        drop(blocking);
        assert_eq!(rows.next().await, None);
    });
}

#[test]
fn nothing_of_a_subscription_waits_on_the_task() {
    in_each_runtime(|| async {
        let engine = memory().await;
        engine.exec("INSERT INTO t VALUES (1), (2), (3)", ()).await.unwrap();
        let mut page = engine.subscribe("SELECT a FROM t ORDER BY a LIMIT ?", [1]).await.unwrap();
        let other = engine.subscribe("SELECT a FROM t", ()).await.unwrap();
        let (go_on, writing) = hold_writer(&engine).await;
        // The engine is locked: this would wait forever.
        drop(other);
        poll_once(page.rebind([3]));
        assert_eq!(page.try_next(), None);
        go_on.send(()).unwrap();
        writing.await.unwrap().unwrap();
        assert_eq!(engine.stats().await.unwrap().subscriptions, 1);
        page.rebind([2]).await.unwrap();
        assert_eq!(page.plan().await, Ok(PlanKind::Incremental));
        let Some(Event::Diff(diff)) = page.next().await else { panic!("a diff") };
        assert_eq!(diff.edits.len(), 1, "of the second rebind: the first had not begun");
        drop(page);
        assert_eq!(engine.stats().await.unwrap().subscriptions, 0);
    });
}

#[test]
fn a_file_that_cannot_be_opened_is_an_error() {
    in_each_runtime(|| async {
        let folder = tempfile::tempdir().unwrap();
        let error = AsyncEngine::open(folder.path(), Options::default()).await.unwrap_err();
        assert_eq!(error.code(), "cannot_open");
    });
}

#[test]
fn it_notices_what_others_commit() {
    in_each_runtime(|| async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("main.db");
        let engine = wal(&path, AsyncOptions::default().with_polling(Polling::default())).await;
        let mut rows = engine.subscribe("SELECT a FROM t", ()).await.unwrap();
        let other = rusqlite::Connection::open(&path).unwrap();
        other.execute("INSERT INTO t VALUES (1)", ()).unwrap();
        assert!(rows.next().await.is_some());
        drop(engine);
        assert_eq!(rows.next().await, None, "polling does not keep it open");
    });
}
