//! The facade: what applications call.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use super::as_sql::AsSql;
use super::executed::Executed;
use super::subscription::{Subscription, Ticket, Watch};
use super::transaction::{Transaction, TransactionBehavior};
use crate::api::event::{Committed, Event};
use crate::api::explain::Explain;
use crate::api::options::{Location, Options};
use crate::api::sqlite_build::SqliteBuild;
use crate::api::stats::Stats;
use crate::error::Error;
#[cfg(not(target_family = "wasm"))]
use crate::live::WeakHandle;
use crate::live::{Callback, Core, Handle, InterruptHandle, Sink};
use crate::storage::{Connection, Storage, TransactionOwner};
use crate::types::{ChangeBatch, CommitId, Params, SubscriptionId};

/// A SQLite database whose queries can be subscribed to.
///
/// Clones share one database. Every call may be made from any thread; calls wait for each other.
///
/// ```
/// use tidewater::{Engine, Location, Options};
/// # fn main() -> Result<(), tidewater::Error> {
/// let engine = Engine::open(Location::Memory, Options::default())?;
/// engine.exec("CREATE TABLE t(x); INSERT INTO t VALUES (1), (2)", ())?;
/// let rows = engine.query("SELECT sum(x) FROM t", ())?;
/// assert_eq!(rows.rows[0].get(0), Some(tidewater::ValueRef::Integer(3)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Engine {
    pub(super) handle: Handle,
}

/// An engine that this does not keep open.
#[cfg(not(target_family = "wasm"))]
#[derive(Clone, Debug)]
pub(crate) struct WeakEngine {
    handle: WeakHandle,
}

#[cfg(not(target_family = "wasm"))]
impl WeakEngine {
    /// The engine, if it is open.
    pub(crate) fn upgrade(&self) -> Option<Engine> {
        self.handle.upgrade().map(|handle| Engine { handle })
    }
}

impl Engine {
    /// Opens a database, creating the file if it is missing.
    ///
    /// # Errors
    /// [`Error::Sqlite`] when the file is no database, cannot be opened, or is held by another connection.
    pub fn open(location: impl Into<Location>, options: Options) -> Result<Self, Error> {
        let location = location.into();
        let storage = Storage::open(&location, &options)?;
        Ok(Self { handle: Handle::new(Core::new(storage, options.clone()), &location, &options) })
    }

    /// Runs one or many statements, all or nothing.
    ///
    /// Several statements are one transaction; where one is open that was begun by SQL, they are one savepoint in it. They may begin
    /// with BEGIN if they end with COMMIT. What no transaction contains, such as `PRAGMA foreign_keys = ON` or VACUUM, has to be a
    /// call of its own; [`Engine::exec_each`] runs statements one by one.
    ///
    /// A single statement does what it does in SQLite: BEGIN opens a transaction, which belongs to this thread; calls of
    /// other threads wait for its end. [`Engine::transaction`] is the better way.
    ///
    /// Events of what they commit are delivered before this returns, by this thread or by one that is delivering already. Do not
    /// hold a lock meanwhile that a callback takes. A panic of a callback goes on here once all events are delivered.
    ///
    /// # Errors
    /// [`Error::Sqlite`] for what SQLite refuses, [`Error::BadParameters`] for parameters that do not fit,
    /// [`Error::MustStandAlone`] for a statement that cannot be part of a script, [`Error::AnothersTransaction`] and
    /// [`Error::Reentrant`].
    pub fn exec(&self, sql: &str, params: impl Into<Params>) -> Result<Executed, Error> {
        let params = params.into();
        self.call(|core| {
            let (outcome, ran) = core.run(sql, &params, TransactionOwner::Script);
            ran.map(|()| core.executed(outcome.changes))
        })
    }

    /// Runs statements one after the other, each by itself as SQLite does, up to the first that fails: for dumps, and for what
    /// [`Engine::exec`] refuses. What was committed before an error stays.
    ///
    /// # Errors
    /// As [`Engine::exec`].
    pub fn exec_each(&self, sql: &str, params: impl Into<Params>) -> Result<Executed, Error> {
        let params = params.into();
        self.call(|core| {
            let (outcome, ran) = core.run(sql, &params, TransactionOwner::Statement);
            ran.map(|()| core.executed(outcome.changes))
        })
    }

    /// The engine, not kept open.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn downgrade(&self) -> WeakEngine {
        WeakEngine { handle: self.handle.downgrade() }
    }

    /// Does something with the core, then delivers what came of it.
    pub(super) fn call<T>(&self, call: impl FnOnce(&mut Core) -> Result<T, Error>) -> Result<T, Error> {
        let done = call(&mut *self.handle.lock()?);
        self.handle.deliver();
        done
    }

    /// Runs `body` in a transaction that may write from the start ([`TransactionBehavior::Immediate`]): committed if it returns `Ok`, rolled back if it returns `Err` or panics.
    ///
    /// The engine is locked while `body` runs. Use the transaction in it; calls of the engine itself are refused.
    ///
    /// # Errors
    /// [`Error::InTransaction`] if one is open already; the error of `body`; what COMMIT fails with.
    pub fn transaction<T>(
        &self,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<(T, Executed), Error> {
        self.try_transaction(TransactionBehavior::default(), body)
    }

    /// The same with the behavior of the transaction, and with an error type of the caller's.
    ///
    /// # Errors
    /// As [`Engine::transaction`].
    pub fn try_transaction<T, E: From<Error>>(
        &self,
        behavior: TransactionBehavior,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<(T, Executed), E> {
        let ended = Transaction::begin(&mut *self.handle.lock()?, behavior, body);
        self.handle.deliver();
        ended
    }

    /// Runs `body` with the SQLite connection itself: to register functions and collations, to migrate with a library of rusqlite's,
    /// for backups and blobs. What it commits is delivered as one commit before this returns, and every subscription is evaluated
    /// again. Hooks and the authorizer are the engine's: do not set them.
    ///
    /// # Errors
    /// [`Error::InTransaction`] while a transaction is open, [`Error::TransactionLeftOpen`] if `body` leaves one open, and what
    /// SQLite says of reading the database afterwards.
    pub fn with_connection<T>(&self, body: impl FnOnce(&mut Connection) -> T) -> Result<T, Error> {
        let outcome = self.call(|core| core.with_connection(body))?;
        Ok(outcome.unwrap_or_else(|panic| resume_unwind(panic)))
    }

    /// Subscribes to a query: its result now, and a stream of what later commits change.
    ///
    /// # Errors
    /// [`Error::NotASelect`] for anything but one SELECT, [`Error::InTransaction`] while a transaction is open, and what
    /// SQLite says of the query.
    pub fn subscribe(&self, sql: &(impl AsSql + ?Sized), params: impl Into<Params>) -> Result<Subscription, Error> {
        let mailbox = self.handle.mailbox();
        let ticket = self.add_subscriber(&sql.as_sql(), &params.into(), Sink::Mailbox(Arc::downgrade(&mailbox)))?;
        Ok(Subscription::new(ticket, mailbox))
    }

    /// Subscribes with a callback, which needs no runtime.
    ///
    /// It is called before the call returns that committed, commit by commit, in the order of subscribing. It may call the
    /// engine; events of commits that it makes come after those it is being called with.
    ///
    /// # Errors
    /// As [`Engine::subscribe`].
    pub fn subscribe_with(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
        callback: impl FnMut(SubscriptionId, &Event) + Send + 'static,
    ) -> Result<Watch, Error> {
        let callback = Callback::new(callback);
        let sink = Sink::Callback(Arc::downgrade(&callback));
        self.add_subscriber(&sql.as_sql(), &params.into(), sink).map(|ticket| Watch::new(ticket, callback))
    }

    fn add_subscriber(&self, sql: &str, params: &Params, sink: Sink) -> Result<Ticket, Error> {
        let (id, snapshot, is_planned) = self.call(|core| {
            let (id, snapshot) = core.subscribe(sql, params, sink)?;
            Ok((id, snapshot, core.is_planned(id)))
        })?;
        Ok(Ticket { id, snapshot, is_planned: is_planned.into(), handle: self.handle.downgrade() })
    }

    /// Tells how a query would be maintained, without subscribing to it; of one that is subscribed to, what that has come to. Without
    /// parameters, those of the query are NULL.
    ///
    /// # Errors
    /// As [`Engine::subscribe`].
    pub fn explain(&self, sql: &(impl AsSql + ?Sized), params: impl Into<Params>) -> Result<Explain, Error> {
        self.call(|core| core.explain(&sql.as_sql(), &params.into()))
    }

    /// The build of SQLite below.
    ///
    /// # Errors
    /// [`Error::Reentrant`], and what SQLite says.
    pub fn sqlite(&self) -> Result<SqliteBuild, Error> {
        self.call(Core::sqlite_build)
    }

    /// A handle by which another thread ends the statement that a call runs: that call then fails with the code `interrupted`.
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.handle.interrupt_handle()
    }

    /// Sets [`Options::statement_timeout`] from the next statement on.
    ///
    /// # Errors
    /// [`Error::Reentrant`] where it is called from inside another call.
    pub fn set_statement_timeout(&self, timeout: Option<Duration>) -> Result<(), Error> {
        self.handle.set_statement_timeout(timeout)
    }

    /// Lets what is committed wait to be written to the file until [`Engine::release_commits`], so that several commits are one write. Until
    /// then nobody must be told that something is committed; events are delivered as always. It makes a difference only for a database in WAL
    /// that was opened with [`Options::exclusive`].
    ///
    /// # Errors
    /// [`Error::Reentrant`] where it is called from inside another call.
    pub fn hold_commits(&self) -> Result<(), Error> {
        self.handle.lock_at_once()?.hold_commits();
        Ok(())
    }

    /// Writes the commits that wait, and lets none wait from now on.
    ///
    /// # Errors
    /// What the file system says. Then the engine holds commits that the file does not have: it has to be dropped.
    pub fn release_commits(&self) -> Result<(), Error> {
        self.handle.lock_at_once()?.release_commits()
    }

    /// What the engine holds and has done so far.
    ///
    /// # Errors
    /// [`Error::Reentrant`] where it is called from inside another call.
    pub fn stats(&self) -> Result<Stats, Error> {
        Ok(self.handle.lock_at_once()?.stats())
    }

    /// The number of the last commit. It may be called from anywhere.
    #[must_use]
    pub fn last_commit(&self) -> CommitId {
        self.handle.commit()
    }

    /// The rowid of the last row that was inserted, by whichever thread: [`Executed::last_insert_rowid`] and
    /// [`Transaction::last_insert_rowid`] tell of one's own.
    ///
    /// # Errors
    /// [`Error::Reentrant`] where it is called from inside another call.
    pub fn last_insert_rowid(&self) -> Result<i64, Error> {
        Ok(self.handle.lock_at_once()?.last_insert_rowid())
    }

    /// Whether this thread has begun a transaction by SQL that is still open. Calls of other threads wait for its end.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.handle.has_transaction()
    }

    /// Notices what other connections, of this process or another, have committed, and delivers it; whether there was
    /// anything. Writing and subscribing notice it too; an application that only waits has to poll.
    ///
    /// # Errors
    /// [`Error::Sqlite`] when the database cannot be read.
    pub fn poll(&self) -> Result<bool, Error> {
        self.call(Core::poll)
    }

    /// Shows `observer` the change batch of every commit from now on; one observer at a time. It is called while the engine is
    /// locked: calls of the engine in it are refused.
    ///
    /// # Errors
    /// [`Error::Reentrant`] where it is called from inside another call, [`Error::InTransaction`] while a transaction is open.
    pub fn on_change(&self, observer: impl FnMut(CommitId, &ChangeBatch) + Send + 'static) -> Result<(), Error> {
        self.handle.lock()?.observe(Box::new(observer))
    }

    /// Tells `listener` of every commit from now on, with the tables that it wrote: for caches that are kept by table. One listener
    /// at a time. Nothing more is captured for it. It is called while the engine is locked: calls of the engine in it are refused.
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    /// use tidewater::{Engine, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// engine.exec("CREATE TABLE a(x); CREATE TABLE b(x)", ())?;
    /// let (sender, commits) = channel();
    /// engine.on_commit(move |committed| drop(sender.send((committed.commit, committed.tables.to_vec()))))?;
    /// let executed = engine.exec("INSERT INTO b VALUES (1)", ())?;
    /// assert_eq!(commits.recv().unwrap(), (executed.commit, vec!["main.b".into()]));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Reentrant`] where it is called from inside another call.
    pub fn on_commit(&self, listener: impl FnMut(&Committed<'_>) + Send + 'static) -> Result<(), Error> {
        self.handle.lock()?.listen_to_commits(Box::new(listener));
        Ok(())
    }
}
