//! The facade: what applications call.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use super::as_sql::AsSql;
use super::executed::Executed;
use super::rows::{FromRow, NamedRow};
use super::subscription::{Subscription, Ticket, Watch};
use super::transaction::{Transaction, TransactionBehavior};
use crate::api::description::Description;
use crate::api::event::Event;
use crate::api::explain::Explain;
use crate::api::options::{Location, Options};
use crate::api::sqlite_build::SqliteBuild;
use crate::api::stats::Stats;
use crate::error::Error;
#[cfg(not(target_family = "wasm"))]
use crate::live::WeakHandle;
use crate::live::{Callback, Core, Handle, InterruptHandle, Sink};
use crate::storage::{Cancel, Connection, Storage, TransactionOwner};
use crate::types::{ChangeBatch, CommitId, Params, Row, Rows, SubscriptionId};

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
    fn call<T>(&self, call: impl FnOnce(&mut Core) -> Result<T, Error>) -> Result<T, Error> {
        let done = call(&mut *self.handle.lock()?);
        self.handle.deliver();
        done
    }

    /// Runs one statement and gives the rows it returns, the last committed state or that of the open transaction.
    ///
    /// Of a file in WAL mode, what only reads is answered by a connection of its own: it waits for no writer, and no writer for it.
    ///
    /// # Errors
    /// As [`Engine::exec`].
    pub fn query(&self, sql: &(impl AsSql + ?Sized), params: impl Into<Params>) -> Result<Rows, Error> {
        let (sql, params) = (sql.as_sql(), params.into());
        if let Some(rows) = self.handle.query_beside(&sql, &params, &Cancel::never())? {
            return Ok(rows);
        }
        self.query_alone(&sql, &params, &Cancel::never())
    }

    /// Runs one statement on the connection that writes as well.
    pub(crate) fn query_alone(&self, sql: &str, params: &Params, cancel: &Cancel) -> Result<Rows, Error> {
        self.call(|core| core.query(sql, params, TransactionOwner::Script, cancel))
    }

    /// Answers a query beside the connection that writes; nothing if only that one can.
    #[cfg(all(feature = "tokio", not(target_family = "wasm")))]
    pub(crate) fn query_beside(&self, sql: &str, params: &Params, cancel: &Cancel) -> Result<Option<Rows>, Error> {
        self.handle.query_beside(sql, params, cancel)
    }

    /// Whether [`Engine::query_beside`] may answer a query.
    #[cfg(all(feature = "tokio", not(target_family = "wasm")))]
    pub(crate) fn may_query_beside(&self, sql: &str) -> bool {
        self.handle.may_query_beside(sql)
    }

    /// Runs one statement and hands its rows on one by one, as SQLite finds them: nothing is gathered, so an answer of any size
    /// begins at once and takes little memory. It ends early when `each` breaks. Returns the names of the columns.
    ///
    /// The engine may be locked while `each` runs: calls of it are refused there. What a statement writes (INSERT .. RETURNING)
    /// is committed whole before its first row comes.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use tidewater::{Engine, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// let count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    /// let mut sum = 0;
    /// let columns = engine.query_each(count, (), |row| {
    ///     sum += row.get::<i64>("i").unwrap_or(0);
    ///     if sum < 100 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    /// })?;
    /// assert_eq!((sum, columns[0].as_str()), (105, "i"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Engine::query`]; rows that came before an error have been handed on.
    pub fn query_each(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
        mut each: impl FnMut(NamedRow<'_>) -> ControlFlow<()>,
    ) -> Result<Arc<[String]>, Error> {
        let (sql, params) = (sql.as_sql(), params.into());
        let mut panic = None;
        // A panic goes on once SQLite's statement is at its end.
        let mut each = |columns: &Arc<[String]>, row: &Row| {
            catch_unwind(AssertUnwindSafe(|| each(NamedRow::new(columns, row)))).unwrap_or_else(|payload| {
                panic = Some(payload);
                ControlFlow::Break(())
            })
        };
        let beside = self.handle.readers()?.and_then(|readers| readers.query_each(&sql, &params, &mut each));
        let answer = beside.unwrap_or_else(|| self.call(|core| core.query_each(&sql, &params, &mut each)));
        panic.map_or(answer, |payload| resume_unwind(payload))
    }

    /// Runs one statement and gives the rows it returns as a type: see [`FromRow`].
    ///
    /// # Errors
    /// As [`Engine::query`], and [`Error::Conversion`].
    pub fn query_as<T: FromRow>(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
    ) -> Result<Vec<T>, Error> {
        self.query(sql, params)?.read()
    }

    /// Runs one statement and gives the first row it returns as a type; nothing if it returns none.
    ///
    /// # Errors
    /// As [`Engine::query_as`].
    pub fn query_one<T: FromRow>(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
    ) -> Result<Option<T>, Error> {
        self.query(sql, params)?.iter().next().map(T::from_row).transpose()
    }

    /// Runs one statement and gives what `read` makes of each row it returns.
    ///
    /// ```
    /// use tidewater::{Engine, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// let sums = engine.query_map("SELECT 1 AS a, 2 AS b", (), |row| Ok(row.get::<i64>("a")? + row.get::<i64>("b")?))?;
    /// assert_eq!(sums, [3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Engine::query`], and those of `read`.
    pub fn query_map<T>(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
        read: impl FnMut(NamedRow<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.query(sql, params)?.iter().map(read).collect()
    }

    /// Runs one statement and gives the rows it returns as a type that implements `Deserialize`: see
    /// [`from_row`](crate::from_row) for how.
    ///
    /// ```
    /// use tidewater::{Engine, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// #[derive(serde::Deserialize)]
    /// struct Item {
    ///     name: String,
    ///     price: Option<i64>,
    /// }
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// engine.exec("CREATE TABLE item(name TEXT, price INTEGER); INSERT INTO item VALUES ('tea', 320)", ())?;
    /// let items: Vec<Item> = engine.query_serde("SELECT * FROM item", ())?;
    /// assert_eq!((items[0].name.as_str(), items[0].price), ("tea", Some(320)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Engine::query_as`].
    #[cfg(feature = "serde")]
    pub fn query_serde<T: serde::de::DeserializeOwned>(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
    ) -> Result<Vec<T>, Error> {
        self.query(sql, params)?.iter().map(super::serialized::from_row).collect()
    }

    /// Whether a statement certainly only reads: [`Engine::query`] can run it twice without harm. A PRAGMA never certainly does.
    ///
    /// # Errors
    /// SQLite's own, of compiling it, or [`Error::NotOneStatement`].
    pub fn only_reads(&self, sql: &str) -> Result<bool, Error> {
        self.handle.lock()?.only_reads(sql)
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

    /// Tells what is known of a statement without running it: its columns with where they come from, their declared types, whether
    /// they can be NULL, and its parameters.
    ///
    /// ```
    /// use tidewater::{Affinity, Engine, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// engine.exec("CREATE TABLE item(id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL COLLATE NOCASE, price REAL)", ())?;
    /// let described = engine.describe("SELECT name AS called, price, count(*) FROM item WHERE id > :after GROUP BY id")?;
    ///
    /// let called = &described.columns[0];
    /// let origin = called.origin.as_ref().expect("it is a column");
    /// assert_eq!((&*called.name, &*origin.table, &*origin.column), ("called", "item", "name"));
    /// assert_eq!(called.declared_type.as_deref(), Some("VARCHAR(20)"));
    /// assert_eq!((called.affinity, called.collation.as_deref()), (Some(Affinity::Text), Some("NOCASE")));
    /// assert_eq!(described.columns.iter().map(|column| column.not_null).collect::<Vec<_>>(), [true, false, true]);
    /// assert_eq!(described.parameters[0].name.as_deref(), Some("after"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// SQLite's own, of compiling it; [`Error::NotOneStatement`]; [`Error::NotDescribed`] for a PRAGMA and its like, which take effect
    /// when they are compiled.
    pub fn describe(&self, sql: &(impl AsSql + ?Sized)) -> Result<Description, Error> {
        self.call(|core| core.describe(&sql.as_sql()))
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
}
