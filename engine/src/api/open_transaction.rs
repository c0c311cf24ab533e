//! A transaction that stays open between calls, for callers that cannot put it in one closure: each of its statements is asked for from
//! elsewhere.

use std::marker::PhantomData;

use super::engine::Engine;
use super::executed::Executed;
use crate::error::Error;
use crate::live::Handle;
use crate::storage::{Cancel, TransactionOwner, WriteId};
use crate::types::{CommitId, Params, Rows};

/// An open transaction, of the thread that began it; see [`Engine::begin`]. Dropping it rolls it back.
#[derive(Debug)]
pub struct OpenTransaction {
    handle: Handle,
    number: u64,
    changes: u64,
    is_ended: bool,
    /// The engine knows by the thread whose transaction is open.
    _of_one_thread: PhantomData<*const ()>,
}

impl Engine {
    /// Begins a transaction that may write from the start, and stays open until it is ended. Meanwhile other calls of this thread are
    /// refused with [`Error::InTransaction`], and those of other threads wait, or read what was committed before. Where the statements are at hand,
    /// [`Engine::transaction`] is the better way.
    ///
    /// ```
    /// use tidewater::{Engine, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// engine.exec("CREATE TABLE t(x)", ())?;
    /// let mut transaction = engine.begin()?;
    /// transaction.exec("INSERT INTO t VALUES (1)", ())?;
    /// assert_eq!(engine.exec("INSERT INTO t VALUES (2)", ()).map_err(|error| error.code()), Err("in_transaction"));
    /// assert_eq!(transaction.query("SELECT x FROM t", ())?.rows.len(), 1);
    /// assert_eq!(transaction.commit()?.changes, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::InTransaction`] if one is open already, and what SQLite says of beginning it.
    pub fn begin(&self) -> Result<OpenTransaction, Error> {
        let number = self.call(|core| core.begin_detached("BEGIN IMMEDIATE"))?;
        let handle = self.handle.clone();
        Ok(OpenTransaction { handle, number, changes: 0, is_ended: false, _of_one_thread: PhantomData })
    }
}

impl OpenTransaction {
    /// Runs one or many statements, all or none of them; gives the number of rows written. SAVEPOINT and ROLLBACK TO are allowed, BEGIN, COMMIT and
    /// ROLLBACK are not.
    ///
    /// # Errors
    /// As [`Engine::exec`]; the transaction stays open, unless SQLite has rolled it back (a full disk, `OR ROLLBACK`): then everything else is
    /// refused with [`Error::Closed`].
    pub fn exec(&mut self, sql: &str, params: impl Into<Params>) -> Result<u64, Error> {
        self.run(sql, params).map(|(changes, _)| changes)
    }

    /// Runs one or many statements; gives the number of rows written and the answer of the last statement that has columns.
    ///
    /// # Errors
    /// As [`OpenTransaction::exec`].
    pub fn run(&mut self, sql: &str, params: impl Into<Params>) -> Result<(u64, Option<Rows>), Error> {
        let mut core = self.handle.lock()?;
        if core.detached() != Some(self.number) {
            return Err(OVER);
        }
        let (outcome, ran) = core.run(sql, &params.into(), TransactionOwner::Caller);
        ran?;
        self.changes += outcome.changes;
        Ok((outcome.changes, outcome.rows))
    }

    /// Runs one statement and gives the rows it returns, which show what the transaction has written so far.
    ///
    /// # Errors
    /// As [`OpenTransaction::exec`].
    pub fn query(&mut self, sql: &str, params: impl Into<Params>) -> Result<Rows, Error> {
        let mut core = self.handle.lock()?;
        if core.detached() != Some(self.number) {
            return Err(OVER);
        }
        core.query(sql, &params.into(), TransactionOwner::Caller, &Cancel::never())
    }

    /// Whether SQLite has rolled it back.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.handle.lock().is_ok_and(|mut core| core.detached() != Some(self.number))
    }

    /// Commits it.
    ///
    /// # Errors
    /// What SQLite says; it is then rolled back. [`Error::Closed`] if that has happened before.
    pub fn commit(mut self) -> Result<Executed, Error> {
        self.end(None)
    }

    /// Commits it with a record in the ledger, of what it comes to as a write of a source: see [`Engine::recorded`]. `answer` is given the
    /// number of the commit and of the rows written.
    ///
    /// # Errors
    /// As [`OpenTransaction::commit`].
    pub fn commit_recorded(
        mut self,
        write: &WriteId<'_>,
        answer: impl FnOnce(CommitId, u64) -> Vec<u8>,
    ) -> Result<Executed, Error> {
        self.end(Some((write, Box::new(answer))))
    }

    fn end(&mut self, record: Option<(&WriteId<'_>, Answer<'_>)>) -> Result<Executed, Error> {
        self.is_ended = true;
        let ended = self.end_now(record);
        self.handle.deliver();
        ended
    }

    fn end_now(&mut self, record: Option<(&WriteId<'_>, Answer<'_>)>) -> Result<Executed, Error> {
        let mut core = self.handle.lock()?;
        if core.detached() != Some(self.number) {
            return Err(OVER);
        }
        let recorded = record.map_or(Ok(()), |(write, answer)| {
            let commit = core.commit_to_be()?;
            core.record(write, &answer(commit, self.changes))
        });
        let ended = recorded.and_then(|()| core.end_detached(true));
        if ended.is_err() {
            // The first error is the answer; what undoing adds to it is not.
            let _ = core.end_detached(false);
        }
        ended?;
        Ok(core.executed(self.changes))
    }
}

/// What a transaction comes to, by the number of its commit and of the rows written.
type Answer<'a> = Box<dyn FnOnce(CommitId, u64) -> Vec<u8> + 'a>;

const OVER: Error = Error::Closed("the transaction was rolled back");

impl Drop for OpenTransaction {
    fn drop(&mut self) {
        if !self.is_ended
            && let Ok(mut core) = self.handle.lock()
            && core.detached() == Some(self.number)
        {
            // Nobody is there to hear what SQLite says of it.
            let _ = core.end_detached(false);
        }
    }
}
