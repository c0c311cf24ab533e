//! A transaction that a closure runs in.

use std::cell::RefCell;
use std::time::Duration;

use super::executed::Executed;
use super::rows::FromRow;
use crate::error::Error;
use crate::live::Core;
use crate::storage::{Cancel, TransactionOwner, WriteId};
use crate::types::{CommitId, Params, Rows};

/// When a transaction takes the locks of the database: <https://sqlite.org/lang_transaction.html>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransactionBehavior {
    /// With its first statement; one that reads first and then writes can fail with the code `busy`.
    Deferred,
    /// The lock for writing at once, waiting for it: what it has read stays true when it writes.
    #[default]
    Immediate,
    /// As `Immediate`; outside of WAL it keeps readers out as well.
    Exclusive,
}

impl TransactionBehavior {
    fn begin(self) -> &'static str {
        match self {
            Self::Deferred => "BEGIN DEFERRED",
            Self::Immediate => "BEGIN IMMEDIATE",
            Self::Exclusive => "BEGIN EXCLUSIVE",
        }
    }
}

/// The name of the savepoints of [`Transaction::savepoint`]; SQLite takes the innermost of a name.
const SAVEPOINT: &str = "tidewater_savepoint";

/// An open transaction; see [`Engine::transaction`](crate::Engine::transaction).
pub struct Transaction<'c> {
    core: RefCell<&'c mut Core>,
    changes: RefCell<u64>,
}

impl Transaction<'_> {
    pub(crate) fn begin<T, E: From<Error>>(
        core: &mut Core,
        behavior: TransactionBehavior,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<(T, Executed), E> {
        core.begin_transaction(behavior.begin())?;
        let mut open = Open { core, committed: false };
        let transaction = Transaction { core: RefCell::new(&mut *open.core), changes: RefCell::new(0) };
        let value = body(&transaction)?;
        let changes = transaction.changes.into_inner();
        open.commit()?;
        Ok((value, open.core.executed(changes)))
    }

    /// Runs one or many statements. SAVEPOINT and ROLLBACK TO are allowed, BEGIN, COMMIT and ROLLBACK are not.
    ///
    /// Returns the number of rows written.
    ///
    /// # Errors
    /// As [`Engine::exec`](crate::Engine::exec); the transaction stays open.
    pub fn exec(&self, sql: &str, params: impl Into<Params>) -> Result<u64, Error> {
        self.run(sql, params).map(|(changes, _)| changes)
    }

    /// Runs one or many statements; gives the number of rows written and the answer of the last statement that has columns.
    ///
    /// # Errors
    /// As [`Engine::exec`](crate::Engine::exec); the transaction stays open.
    pub fn run(&self, sql: &str, params: impl Into<Params>) -> Result<(u64, Option<Rows>), Error> {
        let (outcome, ran) = self.core.borrow_mut().run(sql, &params.into(), TransactionOwner::Caller);
        ran?;
        *self.changes.borrow_mut() += outcome.changes;
        Ok((outcome.changes, outcome.rows))
    }

    /// The rowid of the last row that was inserted into a table with rowids.
    ///
    /// ```
    /// use tidewater::{Engine, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// engine.exec("CREATE TABLE album(id INTEGER PRIMARY KEY); CREATE TABLE track(album INTEGER)", ())?;
    /// let (album, _) = engine.transaction(|transaction| {
    ///     transaction.exec("INSERT INTO album VALUES (7)", ())?;
    ///     let album = transaction.last_insert_rowid();
    ///     transaction.exec("INSERT INTO track VALUES (?)", [album])?;
    ///     Ok(album)
    /// })?;
    /// assert_eq!(album, 7);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn last_insert_rowid(&self) -> i64 {
        self.core.borrow_mut().last_insert_rowid()
    }

    /// Stores in the ledger what this transaction comes to as a write of a source: see [`Engine::recorded`](crate::Engine::recorded). It is
    /// there if and only if the transaction commits.
    ///
    /// # Errors
    /// What SQLite says of storing it; the transaction stays open.
    pub fn record(&self, write: &WriteId<'_>, answer: &[u8]) -> Result<(), Error> {
        self.core.borrow_mut().record(write, answer)
    }

    /// Drops what the ledger knows of sources that have written nothing for so long. A write of theirs that is asked for again later is
    /// done again.
    ///
    /// # Errors
    /// What SQLite says; the transaction stays open.
    pub fn forget_idle_sources(&self, idle: Duration) -> Result<(), Error> {
        self.core.borrow_mut().forget_idle_sources(idle)
    }

    /// The number that the transaction will have as a commit, if it changes nothing more; that of the last commit if it has changed
    /// nothing.
    ///
    /// # Errors
    /// What SQLite says of reading the database.
    pub fn commit_to_be(&self) -> Result<CommitId, Error> {
        self.core.borrow_mut().commit_to_be()
    }

    /// Runs `body` in a savepoint: what it wrote stays if it returns `Ok`, and is undone if it returns `Err`. The transaction stays
    /// open either way. Savepoints can stand within each other.
    ///
    /// ```
    /// use tidewater::{Engine, Error, Location, Options};
    /// # fn main() -> Result<(), Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// engine.exec("CREATE TABLE t(a UNIQUE)", ())?;
    /// engine.transaction(|transaction| {
    ///     transaction.exec("INSERT INTO t VALUES (1)", ())?;
    ///     let twice = transaction.savepoint(|transaction| {
    ///         transaction.exec("INSERT INTO t VALUES (2)", ())?;
    ///         transaction.exec("INSERT INTO t VALUES (1)", ())
    ///     });
    ///     assert_eq!(twice.map_err(|error| error.code()), Err("constraint"));
    ///     Ok(())
    /// })?;
    /// assert_eq!(engine.query("SELECT a FROM t", ())?.rows.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The error of `body`, or what SQLite says of the savepoint.
    pub fn savepoint<T, E: From<Error>>(&self, body: impl FnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        self.exec(&format!("SAVEPOINT {SAVEPOINT}"), ())?;
        let done = body(self);
        if done.is_err() {
            self.exec(&format!("ROLLBACK TO {SAVEPOINT}"), ())?;
        }
        self.exec(&format!("RELEASE {SAVEPOINT}"), ())?;
        done
    }

    /// Runs one statement and gives the rows it returns, which show what the transaction has written so far.
    ///
    /// # Errors
    /// As [`Engine::query`](crate::Engine::query); the transaction stays open.
    pub fn query(&self, sql: &str, params: impl Into<Params>) -> Result<Rows, Error> {
        self.core.borrow_mut().query(sql, &params.into(), TransactionOwner::Caller, &Cancel::never())
    }

    /// Runs one statement and gives the rows it returns as a type: see [`FromRow`].
    ///
    /// # Errors
    /// As [`Transaction::query`], and [`Error::Conversion`]; the transaction stays open.
    pub fn query_as<T: FromRow>(&self, sql: &str, params: impl Into<Params>) -> Result<Vec<T>, Error> {
        self.query(sql, params)?.read()
    }

    /// Runs one statement and gives the first row it returns as a type; nothing if it returns none.
    ///
    /// # Errors
    /// As [`Transaction::query_as`].
    pub fn query_one<T: FromRow>(&self, sql: &str, params: impl Into<Params>) -> Result<Option<T>, Error> {
        self.query(sql, params)?.iter().next().map(T::from_row).transpose()
    }
}

/// Rolls the transaction back unless it was committed, also when the body panics.
struct Open<'c> {
    core: &'c mut Core,
    committed: bool,
}

impl Open<'_> {
    fn commit(&mut self) -> Result<(), Error> {
        self.committed = true;
        self.core.end_transaction(true)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if !self.committed {
            // The body's error is the answer; what undoing adds to it is not.
            let _ = self.core.end_transaction(false);
        }
    }
}
