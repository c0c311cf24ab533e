//! Capture: the net row changes of a transaction, from SQLite's preupdate hook.
//!
//! The hook reports every row that a statement, trigger or foreign key action writes, but not what undoes those writes:
//! ROLLBACK TO, a statement that fails midway inside an open transaction, OR ROLLBACK. The recorder therefore keeps two
//! images of each changed row: the one before the transaction and the last one reported. After [`Recorder::invalidate`],
//! the last images are read from the tables again when the batch is sealed.
//!
//! Images hold the columns that somebody reads ([`CaptureScope`]), so a table that nobody reads costs the call of the hook, and an
//! update of columns that nobody reads leaves nothing behind. An update can only change columns that some statement names; the
//! authorizer reports those of every statement that is compiled ([`UpdatedColumns`]), and the others are not looked at.
//!
//! A transaction may change so many rows of a table that evaluating its readers again is cheaper than looking at each row. Then the
//! rows are given up, and only the columns that may have changed are kept ([`BulkWrite`]).
//!
//! <https://sqlite.org/c3ref/preupdate_blobwrite.html>

mod changed_table;
pub(super) mod hook;
mod layout;
mod scope;
mod updated;

use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use rustc_hash::FxHashMap;

use super::commit_number::TABLE as COMMIT_NUMBER_TABLE;
use super::convert::Outcome as _;
use super::ledger::TABLE as LEDGER_TABLE;
use super::lock;
use crate::error::Error;
use crate::plan::BulkWrite;
use crate::types::{Catalog, ChangeBatch, TableChanges};

use changed_table::{ChangedTable, RowPacker};
use hook::{NamesAt, RowWrite};
use layout::{Layout, TableCapture};
pub(crate) use scope::CaptureScope;
use updated::UpdatedColumns;

/// Why a batch is incomplete: the hook reported a table that is not in the catalog.
const UNKNOWN_TABLE: &str = "a table unknown to the catalog was written";

/// The rows that the current transaction has changed so far.
#[derive(Default)]
pub(super) struct Recorder {
    scope: CaptureScope,
    updated: UpdatedColumns,
    layouts: FxHashMap<String, FxHashMap<String, Tracked>>,
    tables: Vec<ChangedTable>,
    /// The tables that were written, also where nobody reads them.
    written: Vec<Arc<str>>,
    /// The table that was written last, which is usually written next as well.
    last: Option<(NamesAt, Target)>,
    packer: RowPacker,
    /// Some row was written, even of a table that nobody reads.
    wrote: bool,
    /// A table was written that nobody reads: what its rows were is not known.
    wrote_unread: bool,
    /// The application wrote to the engine's own table.
    number_touched: bool,
    /// Some writes were undone without a report, so the last images may be wrong.
    invalidated: bool,
    /// Why some changed rows are missing, if any are.
    incomplete: Option<&'static str>,
    schema_changed: bool,
    /// A transaction that changed the schema was rolled back.
    schema_undone: bool,
    /// A transaction that wrote something was committed.
    committed: bool,
}

/// What a transaction changed.
pub(super) struct Recorded {
    /// The net row changes.
    pub(super) batch: ChangeBatch,
    /// The tables of which more rows changed than are worth keeping.
    pub(super) bulk: Vec<BulkWrite>,
    /// The tables that were written, also where nobody reads them.
    pub(super) written: Vec<Arc<str>>,
    /// Why some changes are missing in both, if any are.
    pub(super) incomplete: Option<&'static str>,
}

/// What a write to a table means.
#[derive(Clone, Copy)]
enum Target {
    /// The table of the commit number.
    CommitNumber,
    /// The ledger, which is no data of the application's.
    Ledger,
    /// Nobody reads it.
    Unread,
    /// Its index in `tables`.
    Captured(usize),
    /// It is not in the catalog.
    Unknown,
}

/// A table, and what of its rows is captured.
struct Tracked {
    layout: Arc<Layout>,
    /// Nothing if nobody reads the table.
    capture: Option<Arc<TableCapture>>,
}

/// Starts the capture. [`hook::remove`] has to be called before the recorder is dropped.
pub(super) fn install(connection: &mut Connection) -> Result<Arc<Mutex<Recorder>>, Error> {
    let recorder = Arc::new(Mutex::new(Recorder::default()));
    hook::install(connection, &recorder);
    let shared = Arc::clone(&recorder);
    connection.rollback_hook(Some(move || lock(&shared).forget())).checked()?;
    let shared = Arc::clone(&recorder);
    let committed = move || {
        lock(&shared).committed = true;
        false
    };
    connection.commit_hook(Some(committed)).checked()?;
    Ok(recorder)
}

impl Recorder {
    /// Takes another catalog, with the tables as they are now.
    pub(super) fn set_catalog(&mut self, catalog: &Catalog) {
        self.layouts.clear();
        // The layout of the table that was written last may have changed.
        self.last = None;
        for table in catalog.tables.values() {
            if let Some(layout) = Layout::of(table) {
                let capture = layout.capture(&self.scope, self.updated.any());
                let tables = self.layouts.entry(table.database.clone()).or_default();
                tables.insert(table.name.clone(), Tracked { layout: Arc::new(layout), capture });
            }
        }
    }

    /// Captures other columns from the next transaction on; no row may have been written in the open one.
    pub(super) fn set_scope(&mut self, change: impl FnOnce(&mut CaptureScope)) {
        change(&mut self.scope);
        self.last = None;
        let changed = self.scope.take_changed();
        let tables = self.layouts.values_mut().flat_map(FxHashMap::values_mut);
        for Tracked { layout, capture } in tables.filter(|tracked| changed.contains(&tracked.layout.table)) {
            *capture = layout.capture(&self.scope, self.updated.any());
        }
    }

    /// A statement is about to be compiled, unless a cache has it.
    pub(super) fn look_up_statement(&mut self) {
        self.updated.look_up();
    }

    /// The statement that was looked up begins to run.
    pub(super) fn run_statement(&mut self, text: &str) {
        self.updated.run(text);
        self.last = None;
    }

    /// The statement has ended.
    pub(super) fn end_statement(&mut self) {
        self.updated.end();
        self.last = None;
    }

    /// SQLite compiles a statement that writes.
    pub(super) fn note_compiled(&mut self) {
        self.updated.compile();
        self.last = None;
    }

    /// SQLite compiles a statement that can update a column.
    pub(super) fn note_updated(&mut self, database: &str, table: &str, column: &str) {
        // It may compile a statement again while that runs.
        self.last = None;
        if !self.updated.insert(database, table, column) {
            return;
        }
        if let Some(Tracked { layout, capture }) =
            self.layouts.get_mut(database).and_then(|tables| tables.get_mut(table))
        {
            *capture = layout.capture(&self.scope, self.updated.any());
        }
    }

    /// Whether the open transaction has changed anything.
    pub(super) fn has_effects(&self) -> bool {
        self.wrote || self.incomplete.is_some()
    }

    /// Whether the engine's own table was written by somebody else than the engine.
    pub(super) fn is_number_touched(&self) -> bool {
        self.number_touched
    }

    /// The same, since the last call.
    pub(super) fn take_number_touched(&mut self) -> bool {
        std::mem::take(&mut self.number_touched)
    }

    /// Something was undone without a report: the last images have to be read again.
    pub(super) fn invalidate(&mut self) {
        self.invalidated |= !self.tables.is_empty();
    }

    /// Notes a schema change: SQLite reports no rows for ALTER, DROP and CREATE TABLE .. AS.
    pub(super) fn schema_changed(&mut self) {
        self.schema_changed = true;
        self.incomplete = Some("the schema changed");
    }

    /// Whether a schema change was rolled back since the last call.
    pub(super) fn take_schema_undone(&mut self) -> bool {
        std::mem::take(&mut self.schema_undone)
    }

    /// Whether a writing transaction was committed since the last call, even one that changed no row.
    pub(super) fn take_committed(&mut self) -> bool {
        std::mem::take(&mut self.committed)
    }

    /// Drops what was recorded, after a rollback.
    fn forget(&mut self) {
        let Self { scope, updated, layouts, schema_undone, schema_changed, number_touched, .. } = std::mem::take(self);
        let schema_undone = schema_undone || schema_changed;
        *self = Self { scope, updated, layouts, schema_undone, number_touched, ..Self::default() };
    }

    /// Whether the open transaction changes any row, judged by the contents of the tables that somebody reads; a write to another
    /// table counts as a change.
    pub(super) fn would_change_rows(&mut self, connection: &Connection) -> bool {
        let mut differs = |changed: &mut ChangedTable| changed.read_again(connection).is_err() || changed.differs();
        self.incomplete.is_some() || self.wrote_unread || self.tables.iter_mut().any(&mut differs)
    }

    fn record(&mut self, write: &RowWrite<'_>) {
        let names_at = write.names_at();
        let target = match self.last {
            Some((last, target)) if last == names_at => target,
            _ => {
                let target = self.target_of(write);
                self.last = Some((names_at, target));
                target
            }
        };
        self.wrote |= !matches!(target, Target::CommitNumber | Target::Ledger);
        match target {
            Target::CommitNumber => self.number_touched |= !write.is_blob_write(),
            Target::Ledger => {}
            Target::Unread => self.wrote_unread = true,
            Target::Captured(place) => self.tables[place].write(write, &mut self.packer),
            Target::Unknown => self.incomplete = Some(UNKNOWN_TABLE),
        }
    }

    /// What a write means, by the current layout of its table: the catalog may be read again in the middle of a transaction.
    fn target_of(&mut self, write: &RowWrite<'_>) -> Target {
        let [database, table] = write.names();
        if table == COMMIT_NUMBER_TABLE {
            return Target::CommitNumber;
        }
        if table == LEDGER_TABLE {
            return Target::Ledger;
        }
        let Some(Tracked { layout, capture }) = self.layouts.get(database).and_then(|tables| tables.get(table)) else {
            return Target::Unknown;
        };
        if !self.written.contains(&layout.table) {
            self.written.push(Arc::clone(&layout.table));
        }
        let Some(capture) = capture else { return Target::Unread };
        let is_update = write.old_rowid.is_some() && write.new_rowid.is_some();
        let of_statement = self.updated.running().filter(|_| is_update);
        let of_statement = of_statement.and_then(|updated| layout.capture(&self.scope, updated));
        let capture = of_statement.unwrap_or_else(|| Arc::clone(capture));
        let place = self.tables.iter().position(|changed| changed.layout.table == layout.table);
        let place = place.unwrap_or_else(|| {
            self.tables.push(ChangedTable::new(layout, &capture));
            self.tables.len() - 1
        });
        self.tables[place].set_capture(layout, capture);
        Target::Captured(place)
    }

    /// What was changed since the last call.
    pub(super) fn seal(&mut self, connection: &Connection) -> Recorded {
        let invalidated = std::mem::take(&mut self.invalidated);
        let mut incomplete = std::mem::take(&mut self.incomplete);
        self.schema_changed = false;
        (self.wrote, self.wrote_unread) = (false, false);
        let (mut batch, mut bulk) = (ChangeBatch::default(), Vec::new());
        self.last = None;
        for mut changed in std::mem::take(&mut self.tables) {
            if let Some(write) = changed.take_bulk() {
                bulk.push(write);
                continue;
            }
            if invalidated && let Err(why) = changed.read_again(connection) {
                incomplete = Some(why);
                continue;
            }
            let table = Arc::clone(&changed.layout.table);
            let rows = changed.net_changes();
            if !rows.is_empty() {
                batch.tables.insert(table, TableChanges { rows });
            }
        }
        Recorded { batch, bulk, written: std::mem::take(&mut self.written), incomplete }
    }
}
