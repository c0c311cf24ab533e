//! The only room that names SQLite: the connection, what its hooks report, the catalog, and running statements.

mod capture;
mod catalog;
mod commit_number;
mod conflict;
mod convert;
mod delta_tables;
mod exact_sums;
mod instruction_budget;
mod open;
mod reads;
mod scans;
mod script;
mod statements;
mod virtual_columns;

#[cfg(test)]
mod capture_tests;
#[cfg(test)]
mod order_tests;

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use rusqlite::hooks::{Action, AuthContext, Authorization, PreUpdateCase};

use crate::error::{Error, GiveUp};
use crate::plan::{DerivedColumn, RowImages};
use crate::sql::{StatementKind, leading_keyword};
use crate::types::{Catalog, Change, ChangeBatch, CommitId, Params, Row, Rows, SharedBag, SortedMap, Table, Value};

use capture::Recorder;
use catalog::Roots;
use commit_number::CommitNumber;
use delta_tables::DeltaTables;
use instruction_budget::InstructionBudget;
use reads::ReadCollector;
use statements::Statements;
use virtual_columns::VirtualColumns;

pub(crate) use convert::slot_values;
pub(crate) use reads::Reads;
pub(crate) use scans::Scan;
pub(crate) use script::{Control, Outcome, Run};

/// Why everything is evaluated anew after somebody else's commit.
const SOMEBODY_ELSE: &str = "another connection committed";

/// One SQLite connection with its capture, and the number of its last commit.
pub(crate) struct Storage {
    connection: Connection,
    state: State,
}

/// What is known beside the connection. Apart from it, so that a statement may be held while the state changes.
struct State {
    recorder: Arc<Mutex<Recorder>>,
    reads: Arc<Mutex<ReadCollector>>,
    /// Those of plans and of queries that are subscribed to.
    statements: Statements,
    delta_tables: DeltaTables,
    instruction_budget: InstructionBudget,
    virtual_columns: VirtualColumns,
    /// SQLite's instructions that reads have taken so far.
    instructions: Cell<u64>,
    catalog: Arc<Catalog>,
    roots: Roots,
    catalog_is_stale: bool,
    commit_number: CommitNumber,
    /// By attached file, see [`open::data_versions`].
    data_versions: SortedMap<String, i64>,
    /// No other connection can commit: the database is in memory, or held from opening on. A setting may give that up.
    is_alone: bool,
    /// Another connection has committed, and nobody was told yet.
    external: bool,
    /// A PRAGMA, VACUUM or ATTACH ran since the last commit.
    settings_changed: bool,
    /// `PRAGMA writable_schema` is on.
    schema_is_writable: bool,
    /// The open transaction is one that a script or a caller was wrapped in, not the script's own.
    wrapped: bool,
}

/// The connection in use.
pub(crate) struct Session<'c> {
    connection: &'c Connection,
    state: &'c mut State,
}

/// A commit, sealed: its number and what it changed.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) commit: CommitId,
    pub(crate) batch: ChangeBatch,
    /// No transaction: something else may have changed results, and the number is taken only if it did.
    pub(crate) tentative: bool,
    /// Why every subscription has to be evaluated anew, if so: the rows are not all in the batch.
    pub(crate) everything: Option<&'static str>,
}

/// What a query needs to be run again: its parameters by slot and its columns.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) columns: Arc<[String]>,
    /// Names of the parameter slots from the first on; `None` for `?` and `?NNN`.
    pub(crate) slots: Arc<[Option<String>]>,
}

impl Storage {
    /// The connection, to be used.
    pub(crate) fn session(&mut self) -> Session<'_> {
        Session { connection: &self.connection, state: &mut self.state }
    }
}

impl Drop for Storage {
    /// Closing rolls an open transaction back, and would call the hooks when rusqlite has freed them already.
    fn drop(&mut self) {
        self.state.statements.flush();
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        let _ = self.connection.preupdate_hook(None::<fn(Action, &str, &str, &PreUpdateCase)>);
        let _ = self.connection.rollback_hook(None::<fn()>);
        let _ = self.connection.commit_hook(None::<fn() -> bool>);
        let _ = self.connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>);
    }
}

impl Session<'_> {
    /// The number of the last commit.
    pub(crate) fn commit(&self) -> CommitId {
        self.state.commit_number.last()
    }

    /// Whether a script has left a transaction open.
    pub(crate) fn has_open_transaction(&self) -> bool {
        !self.connection.is_autocommit() && !self.state.wrapped
    }

    /// The schema, read again if a statement may have changed it.
    pub(crate) fn catalog(&mut self) -> Result<Arc<Catalog>, Error> {
        self.refresh_catalog()?;
        Ok(Arc::clone(&self.state.catalog))
    }

    fn refresh_catalog(&mut self) -> Result<(), Error> {
        self.state.catalog_is_stale |= lock(&self.state.recorder).take_schema_undone();
        if self.state.catalog_is_stale {
            // Compiled statements keep the column names of the schema they were compiled for.
            self.connection.flush_prepared_statement_cache();
            self.state.statements.flush();
            self.state.catalog = Arc::new(catalog::read(self.connection)?);
            self.state.roots = catalog::roots(self.connection)?;
            lock(&self.state.recorder).set_catalog(&self.state.catalog);
            self.state.virtual_columns.invalidate();
            self.state.catalog_is_stale = false;
        }
        Ok(())
    }

    /// Prepares a query without running it: its columns and slots, and what SQLite's authorizer says it reads.
    pub(crate) fn prepare(&mut self, sql: &str) -> Result<(Shape, Reads), Error> {
        self.refresh_catalog()?;
        // A cached statement would not be compiled again, and so would report no reads.
        lock(&self.state.reads).start();
        let shape = self.shape(sql);
        let reads = lock(&self.state.reads).finish(&self.state.catalog);
        Ok((shape?, reads))
    }

    /// The columns and slots of a query.
    pub(crate) fn shape(&self, sql: &str) -> Result<Shape, Error> {
        // Of other statements some take effect when they are compiled.
        if !matches!(leading_keyword(sql), Some(StatementKind::Select | StatementKind::With) | None) {
            return Err(Error::NotASelect);
        }
        let statement = self.connection.prepare(sql).map_err(convert::error)?;
        if statement.column_count() == 0 || !statement.readonly() || statement.is_explain() != 0 {
            return Err(Error::NotASelect);
        }
        Ok(convert::shape(&statement))
    }

    /// Adds to what the authorizer says the tables that a query opens when it runs.
    pub(crate) fn add_opened(&self, sql: &str, reads: &mut Reads) {
        reads::add_opened(self.connection, sql, &self.state.roots, reads);
    }

    /// Runs a query that [`Session::prepare`] accepted, with the values of its slots.
    pub(crate) fn select(&self, sql: &str, slots: &[Value]) -> Result<Vec<Row>, Error> {
        self.rows(sql, slots)
    }

    /// Runs a statement of a plan, which may have fewer parameters than there are values.
    pub(crate) fn rows(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        self.state.statements.rows(self.connection, sql, values, &self.state.instructions)
    }

    /// SQLite's instructions that reads have taken so far: a measure of work that is the same on every machine.
    pub(crate) fn instructions(&self) -> u64 {
        self.state.instructions.get()
    }

    /// The statements of a plan may take so many of SQLite's instructions from now on; `u64::MAX` is no limit.
    pub(crate) fn set_instruction_budget(&self, instructions: u64) {
        self.state.instruction_budget.set(instructions);
    }

    /// Whether SQLite takes a statement of a plan.
    pub(crate) fn check(&self, sql: &str) -> Result<(), Error> {
        self.connection.prepare_cached(sql).map(drop).map_err(convert::error)
    }

    /// Makes the delta tables of a table known to SQLite.
    pub(crate) fn declare_delta_tables(&mut self, table: &Table) -> Result<(), Error> {
        self.state.delta_tables.declare(self.connection, table)
    }

    /// Has the virtual columns of a table computed, for a plan that reads them.
    pub(crate) fn declare_virtual_columns(&mut self, table: &Table) -> Result<(), Error> {
        self.state.virtual_columns.declare(self.connection, table)
    }

    /// Whether a virtual column of a table that was declared may be more to SQLite than its value: JSON.
    pub(crate) fn has_json_columns(&self, table: &str) -> bool {
        self.state.virtual_columns.may_be_json(table)
    }

    /// Has virtual columns computed as the schema is now.
    pub(crate) fn renew_virtual_columns(&mut self) {
        self.state.virtual_columns.renew(self.connection, &self.state.catalog);
    }

    /// A change whose images have the values of the virtual columns of a table that was declared.
    pub(crate) fn with_virtual_columns(&self, table: &str, change: &Change) -> Result<Change, GiveUp> {
        let State { virtual_columns, instructions, .. } = &*self.state;
        let complete = |row: &Option<Row>| match row {
            Some(row) => virtual_columns.complete(table, row, instructions).map(Some),
            None => Ok(None),
        };
        Ok(Change { key: change.key.clone(), old: complete(&change.old)?, new: complete(&change.new)? })
    }

    /// Has the delta tables of a table show these rows.
    pub(crate) fn show(&self, table: &Arc<str>, images: &RowImages) {
        self.state.delta_tables.show(table, images);
    }

    /// Makes the delta tables of a derived table known to SQLite.
    pub(crate) fn declare_derived(&mut self, table: &Arc<str>, columns: &[DerivedColumn]) -> Result<(), Error> {
        self.state.delta_tables.declare_derived(self.connection, table, columns)
    }

    /// Has statements read these rows of a derived table.
    pub(crate) fn show_derived(&self, table: &Arc<str>, rows: &SharedBag) {
        self.state.delta_tables.show_derived(table, rows);
    }

    /// Has all delta tables show nothing.
    pub(crate) fn show_nothing(&self) {
        self.state.delta_tables.clear();
    }

    /// Runs one statement that returns rows. One that also writes must be run by [`Session::run`].
    pub(crate) fn query(&self, sql: &str, params: &Params) -> Result<Rows, Error> {
        let mut statement = self.connection.prepare_cached(sql).map_err(convert::error)?;
        convert::bind(&mut statement, params, true)?;
        let rows = convert::rows(&mut statement)?;
        Ok(Rows { rows, columns: convert::columns(&statement) })
    }

    /// Whether a statement changes nothing, as SQLite sees it.
    pub(crate) fn is_readonly(&self, sql: &str) -> Result<bool, Error> {
        let statement = self.connection.prepare_cached(sql).map_err(convert::error)?;
        Ok(statement.readonly())
    }

    /// Whether no other connection can commit.
    pub(crate) fn is_alone(&self) -> bool {
        self.state.is_alone
    }

    /// Whether another connection has committed and nobody was told yet: it stays so until a commit is sealed.
    pub(crate) fn notice_external_change(&mut self) -> Result<bool, Error> {
        if self.state.is_alone {
            return Ok(self.state.external);
        }
        let versions = open::data_versions(self.connection, &self.state.catalog.search_path)?;
        let known = std::mem::replace(&mut self.state.data_versions, versions);
        let moved = |(file, version)| known.get(file).is_some_and(|known| known != version);
        if self.state.data_versions.iter().any(moved) {
            self.state.external = true;
            self.state.catalog_is_stale = true;
        }
        Ok(self.state.external)
    }

    /// Gives a number to changes that no transaction of ours made: the one that their writer has stored, if it has.
    pub(crate) fn seal_external_change(&mut self) -> Result<Sealed, Error> {
        let last = self.state.commit_number.last();
        self.state.commit_number.reload(self.connection)?;
        if self.state.commit_number.last() == last {
            self.state.commit_number.take_without_storing();
        }
        self.state.external = false;
        Ok(Sealed {
            commit: self.state.commit_number.last(),
            batch: ChangeBatch::default(),
            tentative: false,
            everything: Some(SOMEBODY_ELSE),
        })
    }

    /// Holds one state of the database for several reads; nobody else's commit shows until it ends.
    pub(crate) fn begin_reads(&self) -> Result<(), Error> {
        self.control("BEGIN")
    }

    /// Ends what [`Session::begin_reads`] began.
    pub(crate) fn end_reads(&self) -> Result<(), Error> {
        self.control("COMMIT")
    }

    fn control(&self, sql: &str) -> Result<(), Error> {
        let mut statement = self.connection.prepare_cached(sql).map_err(convert::error)?;
        statement.raw_execute().map_err(convert::error)?;
        Ok(())
    }
}

/// A lock whose holder panicked guards plain data that every change leaves whole, so its poison is not an error.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
