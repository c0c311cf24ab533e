//! The facade: what applications call.

use std::sync::{Arc, Mutex};

use super::as_sql::AsSql;
use super::executed::Executed;
use super::subscription::{Subscription, Ticket, Watch};
use super::transaction::Transaction;
use crate::api::event::Event;
use crate::api::explain::{Explain, PlanKind};
use crate::api::options::{Location, Options};
use crate::api::stats::Stats;
use crate::error::Error;
use crate::live::{Core, Handle, Mailbox, Sink};
use crate::storage::{Storage, TransactionOwner};
use crate::types::{ChangeBatch, CommitId, Params, Rows, SubscriptionId};

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
    handle: Handle,
}

impl Engine {
    /// Opens a database, creating the file if it is missing.
    ///
    /// # Errors
    /// [`Error::Sqlite`] when the file is no database, cannot be opened, or is held by another connection.
    pub fn open(location: impl Into<Location>, options: Options) -> Result<Self, Error> {
        let storage = Storage::open(&location.into(), &options)?;
        Ok(Self { handle: Handle::new(Core::new(storage, options)) })
    }

    /// Runs one or many statements, all or nothing unless they manage a transaction of their own.
    ///
    /// Events of what they commit are delivered before this returns.
    ///
    /// # Errors
    /// [`Error::Sqlite`] for what SQLite refuses, [`Error::BadParameters`] for parameters that do not fit. What had been
    /// committed before stays, and was delivered.
    pub fn exec(&self, sql: &str, params: impl Into<Params>) -> Result<Executed, Error> {
        let params = params.into();
        let (outcome, ran, commit) = {
            let mut core = self.handle.lock();
            let (outcome, ran) = core.run(sql, &params, TransactionOwner::Script);
            (outcome, ran, core.commit())
        };
        self.handle.deliver();
        ran.map(|()| Executed { commit, changes: outcome.changes })
    }

    /// Runs one statement and gives the rows it returns, the last committed state or that of the open transaction.
    ///
    /// # Errors
    /// As [`Engine::exec`].
    pub fn query(&self, sql: &(impl AsSql + ?Sized), params: impl Into<Params>) -> Result<Rows, Error> {
        let (sql, params) = (sql.as_sql(), params.into());
        let ran = {
            let mut core = self.handle.lock();
            core.query(&sql, &params, TransactionOwner::Script)
        };
        self.handle.deliver();
        ran
    }

    /// Whether a statement certainly only reads: [`Engine::query`] can run it twice without harm. A PRAGMA never certainly does.
    ///
    /// # Errors
    /// SQLite's own, of compiling it, or [`Error::NotOneStatement`].
    pub fn only_reads(&self, sql: &str) -> Result<bool, Error> {
        self.handle.lock().only_reads(sql)
    }

    /// Runs `body` in a transaction: committed if it returns `Ok`, rolled back if it returns `Err` or panics.
    ///
    /// The engine is locked while `body` runs. Use the transaction in it; a call of the engine itself would wait forever.
    ///
    /// # Errors
    /// [`Error::InTransaction`] if one is open already; the error of `body`; what COMMIT fails with.
    pub fn transaction<T>(
        &self,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<(T, Executed), Error> {
        let ended = {
            let mut core = self.handle.lock();
            Transaction::begin(&mut core, body)
        };
        self.handle.deliver();
        ended
    }

    /// Subscribes to a query: its result now, and a stream of what later commits change.
    ///
    /// # Errors
    /// [`Error::NotASelect`] for anything but one SELECT, [`Error::InTransaction`] while a transaction is open, and what
    /// SQLite says of the query.
    pub fn subscribe(&self, sql: &(impl AsSql + ?Sized), params: impl Into<Params>) -> Result<Subscription, Error> {
        let mailbox = Arc::new(Mailbox::default());
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
        let sink = Sink::Callback(Arc::new(Mutex::new(Box::new(callback))));
        self.add_subscriber(&sql.as_sql(), &params.into(), sink).map(Watch::new)
    }

    fn add_subscriber(&self, sql: &str, params: &Params, sink: Sink) -> Result<Ticket, Error> {
        let (subscribed, plan) = {
            let mut core = self.handle.lock();
            let subscribed = core.subscribe(sql, params, sink);
            let is_planned = subscribed.as_ref().is_ok_and(|(id, _)| core.is_planned(*id));
            (subscribed, if is_planned { PlanKind::Incremental } else { PlanKind::Requery })
        };
        self.handle.deliver();
        let (id, snapshot) = subscribed?;
        Ok(Ticket { id, snapshot, plan, handle: self.handle.downgrade() })
    }

    /// Tells how a query would be maintained, without subscribing to it; of one that is subscribed to, what that has come to.
    ///
    /// # Errors
    /// As [`Engine::subscribe`].
    pub fn explain(&self, sql: &(impl AsSql + ?Sized), params: impl Into<Params>) -> Result<Explain, Error> {
        self.handle.lock().explain(&sql.as_sql(), &params.into())
    }

    /// What the engine holds and has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.handle.lock().stats()
    }

    /// The number of the last commit.
    #[must_use]
    pub fn commit(&self) -> CommitId {
        self.handle.lock().commit()
    }

    /// Whether a script has left a transaction open.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.handle.lock().in_transaction()
    }

    /// Notices what other connections, of this process or another, have committed, and delivers it; whether there was
    /// anything. Writing and subscribing notice it too; an application that only waits has to poll.
    ///
    /// # Errors
    /// [`Error::Sqlite`] when the database cannot be read.
    pub fn poll(&self) -> Result<bool, Error> {
        let polled = self.handle.lock().poll();
        self.handle.deliver();
        polled
    }

    /// Shows `observer` the change batch of every commit from now on; one observer at a time. It must not call the engine.
    pub fn on_change(&self, observer: impl FnMut(CommitId, &ChangeBatch) + Send + 'static) {
        self.handle.lock().observe(Box::new(observer));
    }
}
