//! The facade: what applications call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::core::Core;
use crate::error::Error;
use crate::event::Event;
use crate::explain::{Explain, Plan};
use crate::live::Sink;
use crate::options::{Location, Options};
use crate::stats::Stats;
use crate::storage::{Control, Storage};
use crate::subscription::{Mailbox, Subscription, Ticket, Watch};
use crate::transaction::Transaction;
use crate::types::{ChangeBatch, CommitId, Params, Rows, SubscriptionId};

/// What running statements did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Executed {
    /// The last commit's number; unchanged if nothing was committed.
    pub commit: CommitId,
    /// Rows written, as `sqlite3_changes64` counts them, added up over the statements.
    pub changes: u64,
}

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
    core: Arc<Mutex<Core>>,
}

impl Engine {
    /// Opens a database, creating the file if it is missing.
    ///
    /// # Errors
    /// [`Error::Sqlite`] when the file is no database, cannot be opened, or is held by another connection.
    pub fn open(location: impl Into<Location>, options: Options) -> Result<Self, Error> {
        let storage = Storage::open(&location.into(), &options)?;
        Ok(Self { core: Arc::new(Mutex::new(Core::new(storage, options))) })
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
            let mut core = self.lock();
            let (outcome, ran) = core.run(sql, &params, Control::Script);
            (outcome, ran, core.commit())
        };
        self.deliver();
        ran.map(|()| Executed { commit, changes: outcome.changes })
    }

    /// Runs one statement and gives the rows it returns, the last committed state or that of the open transaction.
    ///
    /// # Errors
    /// As [`Engine::exec`].
    pub fn query(&self, sql: &str, params: impl Into<Params>) -> Result<Rows, Error> {
        let params = params.into();
        let ran = {
            let mut core = self.lock();
            core.query(sql, &params, Control::Script)
        };
        self.deliver();
        ran
    }

    /// Runs `body` in a transaction: committed if it returns `Ok`, rolled back if it returns `Err` or panics.
    ///
    /// The engine is locked while `body` runs. Use the transaction in it; a call of the engine itself would wait for ever.
    ///
    /// # Errors
    /// [`Error::InTransaction`] if one is open already; the error of `body`; what COMMIT fails with.
    pub fn transaction<T>(
        &self,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<(T, Executed), Error> {
        let ended = {
            let mut core = self.lock();
            Transaction::begin(&mut core, body)
        };
        self.deliver();
        ended
    }

    /// Subscribes to a query: its result now, and a stream of what later commits change.
    ///
    /// # Errors
    /// [`Error::NotASelect`] for anything but one SELECT, [`Error::InTransaction`] while a transaction is open, and what
    /// SQLite says of the query.
    pub fn subscribe(&self, sql: &str, params: impl Into<Params>) -> Result<Subscription, Error> {
        let mailbox = Arc::new(Mailbox::default());
        let ticket = self.add_subscriber(sql, &params.into(), Sink::Mailbox(Arc::downgrade(&mailbox)))?;
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
        sql: &str,
        params: impl Into<Params>,
        callback: impl FnMut(SubscriptionId, &Event) + Send + 'static,
    ) -> Result<Watch, Error> {
        let sink = Sink::Callback(Arc::new(Mutex::new(Box::new(callback))));
        self.add_subscriber(sql, &params.into(), sink).map(Watch::new)
    }

    fn add_subscriber(&self, sql: &str, params: &Params, sink: Sink) -> Result<Ticket, Error> {
        let (subscribed, plan) = {
            let mut core = self.lock();
            let subscribed = core.subscribe(sql, params, sink);
            let is_planned = subscribed.as_ref().is_ok_and(|(id, _)| core.live.is_planned(*id));
            (subscribed, if is_planned { Plan::Incremental } else { Plan::Requery })
        };
        self.deliver();
        let (id, snapshot) = subscribed?;
        Ok(Ticket { id, snapshot, plan, core: Arc::downgrade(&self.core) })
    }

    /// Tells how a query would be maintained, without subscribing to it; of one that is subscribed to, what that has come to.
    ///
    /// # Errors
    /// As [`Engine::subscribe`].
    pub fn explain(&self, sql: &str, params: impl Into<Params>) -> Result<Explain, Error> {
        self.lock().explain(sql, &params.into())
    }

    /// What the engine holds and has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.lock().live.stats()
    }

    /// The number of the last commit.
    #[must_use]
    pub fn commit(&self) -> CommitId {
        self.lock().commit()
    }

    /// Whether a script has left a transaction open.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.lock().in_transaction()
    }

    /// Notices what other connections, of this process or another, have committed, and delivers it; whether there was
    /// anything. Writing and subscribing notice it too; an application that only waits has to poll.
    ///
    /// # Errors
    /// [`Error::Sqlite`] when the database cannot be read.
    pub fn poll(&self) -> Result<bool, Error> {
        let polled = self.lock().poll();
        self.deliver();
        polled
    }

    /// Shows `observer` the change batch of every commit from now on; one observer at a time. It must not call the engine.
    pub fn on_change(&self, observer: impl FnMut(CommitId, &ChangeBatch) + Send + 'static) {
        self.lock().live.observe(Box::new(observer));
    }

    /// The engine that a core is behind of.
    pub(crate) fn of(core: Arc<Mutex<Core>>) -> Self {
        Self { core }
    }

    fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls the callbacks for the events that wait, with the lock free. Whoever comes while somebody delivers leaves the
    /// events to them, so that their order holds.
    pub(crate) fn deliver(&self) {
        loop {
            let events = {
                let mut core = self.lock();
                if core.live.delivering {
                    return;
                }
                let events = core.live.take_outbox();
                core.live.delivering = !events.is_empty();
                events
            };
            if events.is_empty() {
                return;
            }
            let _delivering = Delivering { engine: self };
            for (sink, id, event) in events {
                if let Sink::Callback(callback) = sink {
                    let mut callback = callback.lock().unwrap_or_else(PoisonError::into_inner);
                    (*callback)(id, &event);
                }
            }
        }
    }
}

/// Says that nobody delivers any more, also when a callback panics.
struct Delivering<'e> {
    engine: &'e Engine,
}

impl Drop for Delivering<'_> {
    fn drop(&mut self) {
        self.engine.lock().live.delivering = false;
    }
}
