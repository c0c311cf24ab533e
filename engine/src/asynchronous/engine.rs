//! What async programs call.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::call::{self, Alive, CancelOnDrop, Ended, EngineId, Job, Queue};
use super::options::AsyncOptions;
use super::readers::Readers;
use super::subscription::AsyncSubscription;
use super::writer::Writer;
use crate::api::{
    AsSql, Engine, Executed, Explain, FromRow, Location, Options, SqliteBuild, Stats, Transaction, TransactionBehavior,
    WeakEngine,
};
use crate::error::Error;
use crate::live::InterruptHandle;
use crate::storage::Cancel;
use crate::types::{CommitId, Params, Rows};

/// An [`Engine`] for async programs: calls wait on threads of their own, and tasks await them.
///
/// Clones share one database. It works in every runtime and needs none: each kind of tokio's, and any other executor.
///
/// ```
/// use tidewater::{AsyncEngine, Event, Location, Options};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), tidewater::Error> {
/// let engine = AsyncEngine::open(Location::Memory, Options::default()).await?;
/// engine.exec("CREATE TABLE item(name TEXT, price INTEGER)", ()).await?;
/// let mut cheap = engine.subscribe("SELECT name FROM item WHERE price < ?", [500]).await?;
///
/// engine.exec("INSERT INTO item VALUES (?, ?)", ("tea", 320)).await?;
/// let Some(Event::Diff(diff)) = cheap.next().await else { panic!("a diff") };
/// assert_eq!(diff.edits.len(), 1);
/// # Ok(())
/// # }
/// ```
///
/// # Order
/// One thread, the writer, makes the calls in the order in which their futures were first polled. Queries of a file in WAL mode are
/// answered by other threads at the same time; they see what was committed when they run, so at least what the same task has awaited.
/// A write is answered when its events are in the subscriptions.
///
/// # Cancelling
/// Dropping a future means that its answer is not wanted:
/// - a call that has not begun is not run;
/// - a query that only reads and is running ends, and takes no thread any longer;
/// - a write that is running goes on to its end, a transaction's closure too: it commits or fails as if it were awaited.
///
/// So after a timeout a write may have happened, or may be about to; a call that is awaited next comes after it.
///
/// # Every future settles
/// With [`Error::Closed`] when the engine is closed before the call has begun. A panic in a closure goes on in the task that awaits
/// it, and the engine lives on. The engine does not notice the end of a runtime, whose futures are dropped.
///
/// # Waiting
/// The queues are bounded ([`AsyncOptions::queued_calls`]): when one is full, a call waits for a place before it is queued.
/// In a closure that the engine runs, do not block on one of its futures: that is refused with [`Error::Reentrant`] where it can be
/// seen, and waits forever if another thread awaits it meanwhile.
///
/// A transaction that SQL begins would be open to all tasks: a call that leaves one open is rolled back and fails with
/// [`Error::TransactionLeftOpen`]. Use [`AsyncEngine::transaction`].
///
/// # Closing
/// [`AsyncEngine::close`] makes the calls that are queued, and then closes the database. Dropping the last clone does the same
/// without waiting.
#[derive(Clone, Debug)]
pub struct AsyncEngine {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Kept open by the writer.
    engine: WeakEngine,
    id: EngineId,
    queue: Queue,
    readers: Readers,
    ended: Ended,
    interrupt: InterruptHandle,
}

impl AsyncEngine {
    /// Opens a database, creating the file if it is missing.
    ///
    /// # Errors
    /// As [`Engine::open`], and [`Error::CannotOpen`] when the system has no thread to give.
    pub async fn open(location: impl Into<Location>, options: Options) -> Result<Self, Error> {
        Self::open_with(location, options, AsyncOptions::default()).await
    }

    /// The same with options of its own.
    ///
    /// # Errors
    /// As [`AsyncEngine::open`].
    pub async fn open_with(
        location: impl Into<Location>,
        options: Options,
        async_options: AsyncOptions,
    ) -> Result<Self, Error> {
        let location = location.into();
        Self::start(move || Engine::open(location, options), async_options).await
    }

    /// Shares the database of an engine, which can be used beside this one.
    ///
    /// # Errors
    /// [`Error::CannotOpen`] when the system has no thread to give.
    pub async fn from_engine(engine: Engine) -> Result<Self, Error> {
        Self::from_engine_with(engine, AsyncOptions::default()).await
    }

    /// The same with options of its own.
    ///
    /// # Errors
    /// As [`AsyncEngine::from_engine`].
    pub async fn from_engine_with(engine: Engine, async_options: AsyncOptions) -> Result<Self, Error> {
        Self::start(move || Ok(engine), async_options).await
    }

    async fn start(
        open: impl FnOnce() -> Result<Engine, Error> + Send + 'static,
        AsyncOptions { queued_calls, readers, polling }: AsyncOptions,
    ) -> Result<Self, Error> {
        let queued_calls = queued_calls.max(1);
        let (queue, jobs) = mpsc::channel(queued_calls);
        let (alive, ended) = Alive::new();
        let id = alive.id();
        let readers = Readers::new(alive.clone(), readers, queued_calls);
        let engine = Writer { jobs, alive, polling }.start(open).await?;
        let interrupt = engine.interrupt_handle();
        let shared = Shared { engine: engine.downgrade(), id, queue, readers, ended, interrupt };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The engine that this one makes its calls to. Its calls block.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn engine(&self) -> Result<Engine, Error> {
        self.shared.engine.upgrade().ok_or_else(call::closed)
    }

    /// Runs `body` on the writer's thread: for everything of [`Engine`] that has no method here.
    ///
    /// ```
    /// # use tidewater::{AsyncEngine, Location, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), tidewater::Error> {
    /// # let engine = AsyncEngine::open(Location::Memory, Options::default()).await?;
    /// engine.call(|engine| engine.with_connection(|connection| connection.is_autocommit())).await??;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Closed`], [`Error::Reentrant`], [`Error::TransactionLeftOpen`]. A panic of `body` goes on here.
    pub async fn call<T: Send + 'static>(&self, body: impl FnOnce(&Engine) -> T + Send + 'static) -> Result<T, Error> {
        call::make(&self.shared.queue, self.shared.id, body).await
    }

    /// Runs one or many statements, all or nothing: see [`Engine::exec`].
    ///
    /// # Errors
    /// As [`Engine::exec`] and [`AsyncEngine::call`].
    pub async fn exec(&self, sql: impl Into<String>, params: impl Into<Params>) -> Result<Executed, Error> {
        let (sql, params) = (sql.into(), params.into());
        self.call(move |engine| engine.exec(&sql, params)).await?
    }

    /// Runs statements one after the other, each by itself: see [`Engine::exec_each`].
    ///
    /// # Errors
    /// As [`Engine::exec_each`] and [`AsyncEngine::call`].
    pub async fn exec_each(&self, sql: impl Into<String>, params: impl Into<Params>) -> Result<Executed, Error> {
        let (sql, params) = (sql.into(), params.into());
        self.call(move |engine| engine.exec_each(&sql, params)).await?
    }

    /// Runs one statement and gives the rows it returns: see [`Engine::query`].
    ///
    /// # Errors
    /// As [`Engine::query`] and [`AsyncEngine::call`].
    pub async fn query(&self, sql: &(impl AsSql + ?Sized), params: impl Into<Params>) -> Result<Rows, Error> {
        self.rows(sql.as_sql().into_owned(), params.into()).await
    }

    async fn rows(&self, sql: String, params: Params) -> Result<Rows, Error> {
        let cancel = Cancel::new();
        let _guard = CancelOnDrop(cancel.clone());
        if let Some(queue) = self.readers_for(&sql)? {
            let (sql, params, cancel) = (sql.clone(), params.clone(), cancel.clone());
            let read = move |engine: &Engine| engine.query_beside(&sql, &params, &cancel);
            if let Some(rows) = call::make(&queue, self.shared.id, read).await?? {
                return Ok(rows);
            }
        }
        self.call(move |engine| engine.query_alone(&sql, &params, &cancel)).await?
    }

    /// The queue of the readers, if they may answer a query.
    fn readers_for(&self, sql: &str) -> Result<Option<Queue>, Error> {
        let engine = self.engine()?;
        let are_of_use = self.shared.readers.exist() && engine.may_query_beside(sql);
        are_of_use.then(|| self.shared.readers.queue(&engine)).transpose()
    }

    /// Runs one statement and gives the rows it returns as a type: see [`Engine::query_as`].
    ///
    /// # Errors
    /// As [`Engine::query_as`] and [`AsyncEngine::call`].
    pub async fn query_as<T: FromRow>(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
    ) -> Result<Vec<T>, Error> {
        self.query(sql, params).await?.read()
    }

    /// Runs one statement and gives the first row it returns as a type: see [`Engine::query_one`].
    ///
    /// # Errors
    /// As [`Engine::query_one`] and [`AsyncEngine::call`].
    pub async fn query_one<T: FromRow>(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
    ) -> Result<Option<T>, Error> {
        self.query(sql, params).await?.iter().next().map(T::from_row).transpose()
    }

    /// Runs `body` in a transaction on the writer's thread: see [`Engine::transaction`].
    ///
    /// ```
    /// # use tidewater::{AsyncEngine, Location, Options};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), tidewater::Error> {
    /// # let engine = AsyncEngine::open(Location::Memory, Options::default()).await?;
    /// # engine.exec("CREATE TABLE account(id INTEGER PRIMARY KEY, cents INTEGER); INSERT INTO account VALUES (1, 100), (2, 0)", ()).await?;
    /// let (from, to, cents) = (1, 2, 30);
    /// engine
    ///     .transaction(move |transaction| {
    ///         transaction.exec("UPDATE account SET cents = cents - ? WHERE id = ?", (cents, from))?;
    ///         transaction.exec("UPDATE account SET cents = cents + ? WHERE id = ?", (cents, to))
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Engine::transaction`] and [`AsyncEngine::call`].
    pub async fn transaction<T: Send + 'static>(
        &self,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<(T, Executed), Error> {
        self.try_transaction(TransactionBehavior::default(), body).await
    }

    /// The same with the behavior of the transaction, and with an error type of the caller's.
    ///
    /// # Errors
    /// As [`AsyncEngine::transaction`].
    pub async fn try_transaction<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        behavior: TransactionBehavior,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<(T, Executed), E> {
        self.call(move |engine| engine.try_transaction(behavior, body)).await?
    }

    /// Subscribes to a query: its result now, and a stream of what later commits change.
    ///
    /// # Errors
    /// As [`Engine::subscribe`] and [`AsyncEngine::call`].
    pub async fn subscribe(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
    ) -> Result<AsyncSubscription, Error> {
        let (sql, params) = (sql.as_sql().into_owned(), params.into());
        let (queue, id) = (self.shared.queue.downgrade(), self.shared.id);
        let subscribe = move |engine: &Engine| engine.subscribe(&sql, params);
        self.call(move |engine| Ok(AsyncSubscription::new(subscribe(engine)?, queue, id))).await?
    }

    /// Tells how a query is maintained: see [`Engine::explain`].
    ///
    /// # Errors
    /// As [`Engine::explain`] and [`AsyncEngine::call`].
    pub async fn explain(&self, sql: &(impl AsSql + ?Sized), params: impl Into<Params>) -> Result<Explain, Error> {
        let (sql, params) = (sql.as_sql().into_owned(), params.into());
        self.call(move |engine| engine.explain(&sql, params)).await?
    }

    /// What the engine holds and has done so far.
    ///
    /// # Errors
    /// As [`AsyncEngine::call`].
    pub async fn stats(&self) -> Result<Stats, Error> {
        self.call(Engine::stats).await?
    }

    /// The build of SQLite below.
    ///
    /// # Errors
    /// As [`Engine::sqlite`] and [`AsyncEngine::call`].
    pub async fn sqlite(&self) -> Result<SqliteBuild, Error> {
        self.call(Engine::sqlite).await?
    }

    /// Notices what other connections have committed: see [`Engine::poll`]. With [`AsyncOptions::polling`] the engine does so itself.
    ///
    /// # Errors
    /// As [`Engine::poll`] and [`AsyncEngine::call`].
    pub async fn poll(&self) -> Result<bool, Error> {
        self.call(Engine::poll).await?
    }

    /// The number of the last commit.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn last_commit(&self) -> Result<CommitId, Error> {
        Ok(self.engine()?.last_commit())
    }

    /// A handle that ends the statements of all calls that are running, writes too: those calls fail with the code `interrupted`.
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.shared.interrupt.clone()
    }

    /// Makes the calls that are queued, then closes the database, and waits for that. Later calls fail with [`Error::Closed`], of
    /// all clones; streams end. If there is an [`Engine`] of the same database, that stays open with its subscriptions.
    ///
    /// Dropping the future leaves the engine to close by itself, or open if the queue was full.
    pub async fn close(self) {
        // An error means that it is closed already.
        let _ = self.shared.queue.send(Job::Close).await;
        if let Some(readers) = self.shared.readers.close() {
            let _ = readers.send(Job::Close).await;
        }
        self.shared.ended.clone().wait().await;
    }
}
