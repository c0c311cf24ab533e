//! The connection in the hands of the application's code.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rusqlite::Connection;

use super::{Interrupt, OnCommit, Session, Storage, convert, functions, lock};
use crate::error::Error;

impl Storage {
    /// What interrupts a statement, and whether one of the application's runs.
    pub(crate) fn interrupt(&self) -> (Arc<Interrupt>, Arc<AtomicBool>) {
        (Arc::new(self.connection.get_interrupt_handle()), Arc::clone(&self.state.is_interruptible))
    }

    /// Sets how long a statement may run from now on.
    pub(crate) fn set_statement_timeout(&self, timeout: Option<Duration>) {
        self.state.time.set(timeout);
    }

    /// Hands the connection to the application's code. Whatever that may have changed is looked at again; what it committed is
    /// sealed as one commit. A panic is handed back, to go on when that has been delivered.
    pub(crate) fn with_connection<T>(
        &mut self,
        body: impl FnOnce(&mut Connection) -> T,
        on_commit: OnCommit<'_>,
    ) -> Result<std::thread::Result<T>, Error> {
        if self.session().has_open_transaction() {
            return Err(Error::InTransaction);
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| body(&mut self.connection)));
        let settled = self.session().settle_application_code(on_commit);
        match outcome {
            Ok(value) => settled.map(|()| Ok(value)),
            panicked => Ok(panicked),
        }
    }
}

impl Session<'_> {
    /// Brings everything in order after code that had the connection to itself.
    fn settle_application_code(&mut self, on_commit: OnCommit<'_>) -> Result<(), Error> {
        let is_open = !self.connection.is_autocommit();
        if is_open {
            self.control("ROLLBACK")?;
        }
        self.state.unplannable = functions::unplannable(self.connection).map_err(convert::error)?;
        self.state.is_set_apart = true;
        self.setting_changed();
        if lock(&self.state.recorder).has_effects() {
            // The number of a commit has to be stored before anybody is told of it.
            self.control("BEGIN IMMEDIATE")?;
            self.state.wrapped = true;
            self.commit_wrapped(on_commit)?;
        } else {
            self.after_statement(on_commit)?;
        }
        if is_open { Err(Error::TransactionLeftOpen) } else { Ok(()) }
    }
}
