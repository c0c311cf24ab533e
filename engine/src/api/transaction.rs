//! A transaction that a closure runs in.

use std::cell::RefCell;

use super::executed::Executed;
use crate::error::Error;
use crate::live::Core;
use crate::storage::TransactionOwner;
use crate::types::{Params, Rows};

/// An open transaction; see [`Engine::transaction`](crate::Engine::transaction).
pub struct Transaction<'c> {
    core: RefCell<&'c mut Core>,
    changes: RefCell<u64>,
}

impl Transaction<'_> {
    pub(crate) fn begin<T>(
        core: &mut Core,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<(T, Executed), Error> {
        core.begin_transaction()?;
        let mut open = Open { core, committed: false };
        let transaction = Transaction { core: RefCell::new(&mut *open.core), changes: RefCell::new(0) };
        let value = body(&transaction)?;
        let changes = transaction.changes.into_inner();
        open.commit()?;
        Ok((value, Executed { commit: open.core.commit(), changes }))
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

    /// Runs one statement and gives the rows it returns, which show what the transaction has written so far.
    ///
    /// # Errors
    /// As [`Engine::query`](crate::Engine::query); the transaction stays open.
    pub fn query(&self, sql: &str, params: impl Into<Params>) -> Result<Rows, Error> {
        self.core.borrow_mut().query(sql, &params.into(), TransactionOwner::Caller)
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
