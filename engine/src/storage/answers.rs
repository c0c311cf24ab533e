//! Queries of the application's: answered once, whole or row by row.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::Statement;

use super::limits::ResultLimit;
use super::script::is_several;
use super::{Cancel, EachRow, Session, convert};
use crate::error::Error;
use crate::types::{Params, Rows};

impl Session<'_> {
    /// Runs one statement that returns rows, unless it is cancelled. A statement that also writes must be run by [`Session::run`].
    pub(crate) fn query(&self, sql: &str, params: &Params, cancel: &Cancel) -> Result<Rows, Error> {
        refuse_several(sql)?;
        let mut statement = self.connection.prepare_cached(sql).map_err(|error| self.refused(error))?;
        let values = convert::slot_values(&convert::signature(&statement).slots, params)?;
        convert::bind_slots(&mut statement, &values)?;
        let limit = self.limit_of(&statement);
        let run = || self.interruptible(|| convert::rows(&mut statement, limit));
        let rows = self.state.cancel.during(cancel, run)?;
        Ok(Rows { rows, columns: convert::columns(&statement) })
    }

    /// The same for a statement that only reads, row by row; returns the names of the columns.
    pub(crate) fn query_each(&self, sql: &str, params: &Params, each: EachRow<'_>) -> Result<Arc<[String]>, Error> {
        refuse_several(sql)?;
        let mut statement = self.connection.prepare_cached(sql).map_err(|error| self.refused(error))?;
        let values = convert::slot_values(&convert::signature(&statement).slots, params)?;
        convert::bind_slots(&mut statement, &values)?;
        self.interruptible(|| convert::each_row(&mut statement, each))
    }

    /// Why a statement could not be compiled.
    pub(super) fn refused(&self, error: rusqlite::Error) -> Error {
        self.state.passing.explained(convert::error(error))
    }

    /// How large the result of a statement may be. One that writes has done so before its rows are there, and failing would not undo it.
    pub(super) fn limit_of(&self, statement: &Statement<'_>) -> ResultLimit {
        if statement.readonly() { self.state.result_limit } else { ResultLimit::none() }
    }

    /// Runs a statement of the application's, which it may interrupt meanwhile, within the time that it may take.
    pub(super) fn interruptible<T>(&self, run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.state.is_interruptible.store(true, Ordering::SeqCst);
        let done = self.state.time.during(run);
        self.state.is_interruptible.store(false, Ordering::SeqCst);
        done
    }

    /// The rowid of the last row that a statement inserted into a table with rowids.
    pub(crate) fn last_insert_rowid(&self) -> i64 {
        self.connection.last_insert_rowid()
    }

    /// Whether SQLite considers a statement read-only.
    pub(crate) fn is_readonly(&self, sql: &str) -> Result<bool, Error> {
        refuse_several(sql)?;
        let statement = self.connection.prepare_cached(sql).map_err(|error| self.refused(error))?;
        Ok(statement.readonly())
    }
}

/// Refuses a text of several statements, before any of it is compiled.
pub(super) fn refuse_several(sql: &str) -> Result<(), Error> {
    if is_several(sql) { Err(Error::NotOneStatement("several")) } else { Ok(()) }
}
