//! The only room that names SQLite: the connection, what its hooks report, the catalog, and running statements.

mod answers;
mod application;
#[cfg_attr(target_arch = "wasm32", path = "no_cancel.rs")]
mod cancel;
mod capture;
mod catalog;
mod commit_number;
mod conflict;
mod convert;
mod delta_tables;
mod describe;
mod exact_sums;
mod functions;
mod gathering;
mod instruction_budget;
mod ledger;
mod limits;
#[cfg(not(target_arch = "wasm32"))]
mod math_functions;
mod open;
mod other_writers;
mod passing;
mod pragmas;
#[cfg_attr(target_arch = "wasm32", path = "no_readers.rs")]
mod readers;
mod reads;
mod scans;
mod script;
mod statements;
mod values;
mod virtual_columns;
mod virtual_table;
mod zero_sign;

#[cfg(test)]
mod capture_tests;
#[cfg(test)]
mod math_functions_tests;
#[cfg(test)]
mod order_tests;

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::hooks::{AuthContext, Authorization};
pub(crate) use rusqlite::{Connection, InterruptHandle as Interrupt};

use crate::error::{Error, GiveUp};
use crate::plan::{BulkWrite, DerivedColumn, RowImages};
use crate::sql::{StatementKind, leading_keyword};
use crate::types::{Catalog, Change, ChangeBatch, CommitId, Row, SharedBag, SortedMap, Table, Value};

use cancel::CancelSlot;
use capture::Recorder;
use catalog::Roots;
use commit_number::CommitNumber;
use delta_tables::DeltaTables;
use instruction_budget::InstructionBudget;
use limits::{ResultLimit, TimeLimit};
use passing::Passing;
use reads::ReadCollector;
use statements::Statements;
use virtual_columns::VirtualColumns;

pub(crate) use cancel::Cancel;
pub(crate) use capture::CaptureScope;
pub(crate) use convert::slot_values;
pub(crate) use describe::ColumnFacts;
pub(crate) use functions::Unplannable;
pub use ledger::{Record, WriteId};
pub(crate) use readers::Readers;
pub(crate) use reads::Reads;
pub(crate) use scans::Scan;
pub(crate) use script::{OnCommit, Script, ScriptOutput, TransactionOwner};

/// Takes the rows of a query one by one, with the names of the columns, until it has enough.
pub(crate) type EachRow<'a> = &'a mut dyn FnMut(&Arc<[String]>, &Row) -> ControlFlow<()>;

/// Why every subscription is evaluated again after a commit of another connection.
const SOMEBODY_ELSE: &str = "another connection committed";

/// One SQLite connection with its capture and its commit number.
pub(crate) struct Storage {
    connection: Connection,
    state: State,
}

/// The state beside the connection, in a struct of its own so that a statement can borrow the connection while the state
/// changes.
struct State {
    recorder: Arc<Mutex<Recorder>>,
    reads: Arc<Mutex<ReadCollector>>,
    /// Statements of plans and of subscribed queries.
    statements: Statements,
    delta_tables: DeltaTables,
    instruction_budget: InstructionBudget,
    /// What cancels the query of the application's that runs.
    cancel: CancelSlot,
    /// What is refused because it would be gone with the connection.
    passing: Passing,
    /// How long a statement may run.
    time: TimeLimit,
    /// How large a result may be.
    result_limit: ResultLimit,
    virtual_columns: VirtualColumns,
    /// The SQLite instructions that reads have taken so far.
    instructions: Cell<u64>,
    catalog: Arc<Catalog>,
    /// The application's functions that no plan can call.
    unplannable: SortedMap<String, Unplannable>,
    roots: Roots,
    catalog_is_stale: bool,
    commit_number: CommitNumber,
    /// The number of each commit is stored with it, though nobody else can read it.
    has_exact_commit_numbers: bool,
    /// The data version of each attached file, see [`open::data_versions`].
    data_versions: SortedMap<String, i64>,
    /// No other connection can commit: the database is in memory or locked since it was opened. A PRAGMA can end that.
    is_alone: bool,
    /// Another connection has committed, and no sealed commit has reported it yet.
    external: bool,
    /// A PRAGMA, VACUUM or ATTACH ran since the last commit.
    settings_changed: bool,
    /// `PRAGMA writable_schema` is on.
    schema_is_writable: bool,
    /// The engine, not the script, began the open transaction.
    wrapped: bool,
    /// A statement of the application's runs, which it may interrupt.
    is_interruptible: Arc<AtomicBool>,
    /// A setting of the connection was changed that another connection does not share.
    is_set_apart: bool,
    /// The file is in WAL mode.
    is_wal: bool,
    /// There are no temporary tables and no attached files in the catalog.
    has_main_alone: bool,
    /// The open transaction is one of reads, which all see one state.
    holds_reads: Cell<bool>,
}

/// Exclusive use of the connection.
pub(crate) struct Session<'c> {
    connection: &'c Connection,
    state: &'c mut State,
}

/// A commit with its number and its change batch.
#[derive(Debug)]
pub(crate) struct SealedCommit {
    pub(crate) commit: CommitId,
    pub(crate) batch: ChangeBatch,
    /// The tables of which more rows changed than are in the batch.
    pub(crate) bulk: Vec<BulkWrite>,
    /// The tables that were written, also where nobody reads them.
    pub(crate) written: Vec<Arc<str>>,
    /// There was no transaction, but something else may have changed results. The number is used only if it did.
    pub(crate) tentative: bool,
    /// Why every subscription has to be evaluated again, if so: the batch lacks some changed rows.
    pub(crate) everything: Option<&'static str>,
}

/// The result columns and parameter slots of a statement.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub(crate) columns: Arc<[String]>,
    /// The names of the parameter slots in order; `None` for `?` and `?NNN`.
    pub(crate) slots: Arc<[Option<String>]>,
}

impl SealedCommit {
    /// How many rows were changed; where they were not kept, how often rows were written.
    pub(crate) fn changed_rows(&self) -> u64 {
        self.batch.len() as u64 + self.bulk.iter().map(|write| write.writes).sum::<u64>()
    }
}

impl Storage {
    /// Gives exclusive use of the connection.
    pub(crate) fn session(&mut self) -> Session<'_> {
        Session { connection: &self.connection, state: &mut self.state }
    }
}

impl Drop for Storage {
    /// Closing would roll an open transaction back and call hooks that rusqlite has already freed, so both are done first.
    fn drop(&mut self) {
        self.state.statements.flush();
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        if !lock(&self.state.recorder).take_number_touched() {
            self.state.commit_number.give_back(&self.connection);
        }
        capture::hook::remove(&self.connection);
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

    /// Changes what capture keeps from the next transaction on; whether that is possible now. It is not while a transaction has
    /// written rows.
    pub(crate) fn capture(&mut self, change: impl FnOnce(&mut CaptureScope)) -> bool {
        let mut recorder = lock(&self.state.recorder);
        let is_possible = !recorder.has_effects();
        if is_possible {
            recorder.set_scope(change);
        }
        is_possible
    }

    /// Whether a script has left a transaction open.
    pub(crate) fn has_open_transaction(&self) -> bool {
        !self.connection.is_autocommit() && !self.state.wrapped
    }

    /// Why no plan can call one of these functions, if so.
    pub(crate) fn unplannable<'f>(
        &self,
        functions: impl IntoIterator<Item = &'f String>,
    ) -> Option<(&'f str, Unplannable)> {
        let mut functions = functions.into_iter();
        functions.find_map(|name| Some((name.as_str(), *self.state.unplannable.get(name)?)))
    }

    /// The schema; it is read again if a statement may have changed it.
    pub(crate) fn catalog(&mut self) -> Result<Arc<Catalog>, Error> {
        self.refresh_catalog()?;
        Ok(Arc::clone(&self.state.catalog))
    }

    fn refresh_catalog(&mut self) -> Result<(), Error> {
        self.state.catalog_is_stale |= lock(&self.state.recorder).take_schema_undone();
        if self.state.catalog_is_stale {
            // Compiled statements keep the column names of an older schema.
            self.connection.flush_prepared_statement_cache();
            self.state.statements.flush();
            self.state.catalog = Arc::new(catalog::read(self.connection)?);
            let Catalog { tables, search_path, .. } = &*self.state.catalog;
            self.state.has_main_alone = tables.values().all(|table| table.database == "main")
                && search_path.iter().all(|database| matches!(database.as_str(), "main" | "temp"));
            self.state.roots = catalog::roots(self.connection)?;
            lock(&self.state.recorder).set_catalog(&self.state.catalog);
            self.state.virtual_columns.invalidate();
            self.state.catalog_is_stale = false;
        }
        Ok(())
    }

    /// Compiles a query without running it. Returns its columns and slots, and what SQLite's authorizer reports it reads.
    pub(crate) fn prepare(&mut self, sql: &str) -> Result<(Signature, Reads), Error> {
        self.refresh_catalog()?;
        // A cached statement is not compiled again and would report no reads.
        lock(&self.state.reads).start();
        let signature = self.signature(sql);
        let reads = lock(&self.state.reads).finish(&self.state.catalog);
        Ok((signature?, reads))
    }

    /// The columns and slots of a query.
    pub(crate) fn signature(&self, sql: &str) -> Result<Signature, Error> {
        // Some other statements take effect when they are compiled.
        if !matches!(leading_keyword(sql), Some(StatementKind::Select | StatementKind::With) | None) {
            return Err(Error::NotASelect);
        }
        answers::refuse_several(sql)?;
        let statement = self.connection.prepare(sql).map_err(convert::error)?;
        if statement.column_count() == 0 || !statement.readonly() || statement.is_explain() != 0 {
            return Err(Error::NotASelect);
        }
        Ok(convert::signature(&statement))
    }

    /// Adds the tables that a query opens when it runs to what the authorizer reported.
    pub(crate) fn add_opened(&self, sql: &str, reads: &mut Reads) {
        reads::add_opened(self.connection, sql, &self.state.roots, reads);
    }

    /// Runs a query that [`Session::prepare`] accepted, with values for its slots.
    pub(crate) fn select(&self, sql: &str, slots: &[Value]) -> Result<Vec<Row>, Error> {
        self.rows(sql, slots)
    }

    /// Runs a statement of a plan. It may have fewer parameters than there are values.
    pub(crate) fn rows(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        let State { statements, instructions, time, result_limit, .. } = &*self.state;
        time.during(|| statements.rows(self.connection, sql, values, instructions, *result_limit))
    }

    /// The SQLite instructions that reads have taken so far: a cost measure that is the same on every machine.
    pub(crate) fn instructions(&self) -> u64 {
        self.state.instructions.get()
    }

    /// The statements of a plan may take so many of SQLite's instructions from now on; `u64::MAX` is no limit.
    pub(crate) fn set_instruction_budget(&self, instructions: u64) {
        self.state.instruction_budget.set(instructions);
    }

    /// Whether SQLite compiles a statement.
    pub(crate) fn compiles(&self, sql: &str) -> bool {
        self.connection.prepare_cached(sql).is_ok()
    }

    /// Compiles a statement of a plan, which SQLite may refuse.
    pub(crate) fn compile(&self, sql: &str) -> Result<(), Error> {
        self.state.statements.compile(self.connection, sql)
    }

    /// Registers the delta tables of a table with SQLite.
    pub(crate) fn declare_delta_tables(&mut self, table: &Table) -> Result<(), Error> {
        self.state.delta_tables.declare(self.connection, table)
    }

    /// Prepares to compute the virtual columns of a table, for a plan that reads them.
    pub(crate) fn declare_virtual_columns(&mut self, table: &Table) -> Result<(), Error> {
        self.state.virtual_columns.declare(self.connection, table)
    }

    /// Whether SQLite may know that a virtual column of a declared table is JSON, which its value alone does not show.
    pub(crate) fn has_json_columns(&self, table: &str) -> bool {
        self.state.virtual_columns.may_be_json(table)
    }

    /// Adapts the computation of virtual columns to the current schema.
    pub(crate) fn renew_virtual_columns(&mut self) {
        self.state.virtual_columns.renew(self.connection, &self.state.catalog);
    }

    /// The change with the values of virtual columns in its images; the table must be declared.
    pub(crate) fn with_virtual_columns(&self, table: &str, change: &Change) -> Result<Change, GiveUp> {
        let State { virtual_columns, instructions, .. } = &*self.state;
        let complete = |row: &Option<Row>| match row {
            Some(row) => virtual_columns.complete(table, row, instructions).map(Some),
            None => Ok(None),
        };
        Ok(Change { key: change.key.clone(), old: complete(&change.old)?, new: complete(&change.new)? })
    }

    /// Sets the rows of a table's delta tables.
    pub(crate) fn show(&self, table: &Arc<str>, images: &RowImages) {
        self.state.delta_tables.show(table, images);
    }

    /// Registers the delta tables of a derived table with SQLite.
    pub(crate) fn declare_derived(&mut self, table: &Arc<str>, columns: &[DerivedColumn]) -> Result<(), Error> {
        self.state.delta_tables.declare_derived(self.connection, table, columns)
    }

    /// Sets the rows of a derived table.
    pub(crate) fn show_derived(&self, table: &Arc<str>, rows: &SharedBag) {
        self.state.delta_tables.show_derived(table, rows);
    }

    /// Empties all delta tables.
    pub(crate) fn show_nothing(&self) {
        self.state.delta_tables.clear();
    }

    /// Whether another connection that reads sees the same database: it is in WAL mode, without temporary tables and attached files,
    /// and no setting makes a difference.
    pub(crate) fn can_be_read_beside(&mut self) -> bool {
        // Whether there are temporary tables or attached files is known from the catalog. A later call would read it anyway.
        if self.state.is_wal
            && !self.state.is_set_apart
            && self.connection.is_autocommit()
            && self.refresh_catalog().is_err()
        {
            return false;
        }
        let State { is_wal, is_set_apart, catalog_is_stale, has_main_alone, .. } = &*self.state;
        *is_wal && !is_set_apart && !catalog_is_stale && *has_main_alone
    }

    /// Whether no other connection can commit.
    pub(crate) fn is_alone(&self) -> bool {
        self.state.is_alone
    }

    fn control(&self, sql: &str) -> Result<(), Error> {
        // What a transaction takes is no cost of a query.
        self.state.statements.rows(self.connection, sql, &[], &Cell::default(), ResultLimit::none()).map(drop)
    }
}

/// Locks a mutex. Poison is no error here: the data is plain, and every change leaves it consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
