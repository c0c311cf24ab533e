//! Capture: the net row changes of a transaction, from SQLite's preupdate hook.
//!
//! The hook reports every row that a statement, trigger or foreign key action writes, but not what undoes those writes:
//! ROLLBACK TO, a statement that fails midway inside an open transaction, OR ROLLBACK. The recorder therefore keeps two
//! images of each changed row: the one before the transaction and the last one reported. After [`Recorder::invalidate`],
//! the last images are read from the tables again when the batch is sealed.
//!
//! <https://sqlite.org/c3ref/preupdate_blobwrite.html>

use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use rusqlite::hooks::{Action, PreUpdateCase, PreUpdateNewValueAccessor, PreUpdateOldValueAccessor};
use rusqlite::types::ValueRef as SqliteValue;
use rustc_hash::FxHashMap;

use super::commit_number::TABLE as COMMIT_NUMBER_TABLE;
use super::convert::Outcome;
use super::{convert, lock};
use crate::error::Error;
use crate::plan::quoted;
use crate::types::{
    Affinity, Catalog, Change, ChangeBatch, Column, ColumnKind, Row, RowBuilder, RowKey, Table, TableChanges,
    TableKind, ValueRef,
};

/// Why a batch is incomplete: the hook reported a table that is not in the catalog.
const UNKNOWN_TABLE: &str = "a table unknown to the catalog was written";

/// The rows that the current transaction has changed so far.
#[derive(Default)]
pub(super) struct Recorder {
    layouts: FxHashMap<String, FxHashMap<String, Arc<Layout>>>,
    tables: Vec<ChangedTable>,
    /// The index in `tables` of the table that was written last, which is usually written next as well.
    last: usize,
    /// Packs rows.
    builder: RowBuilder,
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

/// How to read the rows of a table from the hook and from the table itself.
struct Layout {
    table: Arc<str>,
    /// The names of the database and of the table, as the hook reports them.
    database: String,
    name: String,
    columns: Vec<Reported>,
    /// The primary key of a table WITHOUT ROWID, in the key's order.
    primary_key: Option<Vec<usize>>,
    /// The SELECT that reads a row by its key; `None` if columns hide all three names of the rowid.
    select: Option<String>,
}

/// How the hook reports the value of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reported {
    AsIs,
    /// SQLite stores a whole REAL as an integer, and reports it as one when it is inserted.
    Real,
    /// The hook has no value: the column is computed when it is read.
    Virtual,
}

struct ChangedTable {
    layout: Arc<Layout>,
    order: Vec<RowKey>,
    images: FxHashMap<RowKey, ImagePair>,
}

/// A row before the transaction and as it was last reported.
struct ImagePair {
    before: Option<Row>,
    after: Option<Row>,
}

pub(super) fn install(connection: &mut Connection) -> Result<Arc<Mutex<Recorder>>, Error> {
    let recorder = Arc::new(Mutex::new(Recorder::default()));
    let shared = Arc::clone(&recorder);
    let record = move |_: Action, database: &str, table: &str, case: &PreUpdateCase| {
        lock(&shared).record(database, table, case);
    };
    connection.preupdate_hook(Some(record)).checked()?;
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
    pub(super) fn set_catalog(&mut self, catalog: &Catalog) {
        self.layouts.clear();
        // The layout of the table that was written last may have changed.
        self.last = usize::MAX;
        for table in catalog.tables.values() {
            if let Some(layout) = Layout::of(table) {
                let tables = self.layouts.entry(table.database.clone()).or_default();
                tables.insert(table.name.clone(), Arc::new(layout));
            }
        }
    }

    /// Whether the open transaction has changed anything.
    pub(super) fn has_effects(&self) -> bool {
        !self.tables.is_empty() || self.incomplete.is_some()
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
        let layouts = std::mem::take(&mut self.layouts);
        let schema_undone = self.schema_undone || self.schema_changed;
        *self = Self { layouts, schema_undone, ..Self::default() };
    }

    /// Whether the open transaction changes any row, judged by the tables' contents.
    pub(super) fn would_change_rows(&mut self, connection: &Connection) -> bool {
        let mut differs = |changed: &mut ChangedTable| changed.read_again(connection).is_err() || changed.differs();
        self.incomplete.is_some() || self.tables.iter_mut().any(&mut differs)
    }

    fn record(&mut self, database: &str, table: &str, case: &PreUpdateCase) {
        if table == COMMIT_NUMBER_TABLE {
            return;
        }
        let is_last = |changed: &&mut ChangedTable| changed.layout.is_of(database, table);
        let place = match self.tables.get_mut(self.last).filter(is_last) {
            Some(_) => self.last,
            None => match self.place_of(database, table) {
                Some(place) => place,
                None => {
                    self.incomplete = Some(UNKNOWN_TABLE);
                    return;
                }
            },
        };
        self.last = place;
        let (changed, builder) = (&mut self.tables[place], &mut self.builder);
        match case {
            PreUpdateCase::Insert(new) => changed.put(changed.layout.new_row(new, builder)),
            PreUpdateCase::Delete(old) => changed.take(changed.layout.old_row(old, builder)),
            PreUpdateCase::Update { old_value_accessor, new_value_accessor } => {
                changed.take(changed.layout.old_row(old_value_accessor, builder));
                changed.put(changed.layout.new_row(new_value_accessor, builder));
            }
            PreUpdateCase::Unknown => self.incomplete = Some(UNKNOWN_TABLE),
        }
    }

    /// The index in `tables` of a table, with its current layout: the catalog may be read again in the middle of a
    /// transaction.
    fn place_of(&mut self, database: &str, table: &str) -> Option<usize> {
        let layout = self.layouts.get(database)?.get(table)?;
        let place = self.tables.iter().position(|changed| changed.layout.table == layout.table);
        let place = place.unwrap_or_else(|| {
            let (order, images) = (Vec::new(), FxHashMap::default());
            self.tables.push(ChangedTable { layout: Arc::clone(layout), order, images });
            self.tables.len() - 1
        });
        self.tables[place].layout = Arc::clone(layout);
        Some(place)
    }

    /// The net changes since the last call, and why some are missing, if any are.
    pub(super) fn seal(&mut self, connection: &Connection) -> (ChangeBatch, Option<&'static str>) {
        let invalidated = std::mem::take(&mut self.invalidated);
        let mut incomplete = std::mem::take(&mut self.incomplete);
        self.schema_changed = false;
        let mut batch = ChangeBatch::default();
        self.last = usize::MAX;
        for mut changed in std::mem::take(&mut self.tables) {
            if invalidated && let Err(why) = changed.read_again(connection) {
                incomplete = Some(why);
                continue;
            }
            let rows = changed.net_changes();
            if !rows.is_empty() {
                batch.tables.insert(Arc::clone(&changed.layout.table), TableChanges { rows });
            }
        }
        (batch, incomplete)
    }
}

impl ChangedTable {
    fn take(&mut self, (key, row): (RowKey, Row)) {
        match self.images.get_mut(&key) {
            Some(images) => images.after = None,
            None => self.insert(key, ImagePair { before: Some(row), after: None }),
        }
    }

    fn put(&mut self, (key, row): (RowKey, Row)) {
        match self.images.get_mut(&key) {
            Some(images) => images.after = Some(row),
            None => self.insert(key, ImagePair { before: None, after: Some(row) }),
        }
    }

    fn insert(&mut self, key: RowKey, images: ImagePair) {
        self.order.push(key.clone());
        self.images.insert(key, images);
    }

    /// Reads every last image from the table again. Fails with a reason if the transaction has renamed or dropped the
    /// table.
    fn read_again(&mut self, connection: &Connection) -> Result<(), &'static str> {
        let Some(select) = &self.layout.select else { return Err("a table hides its rowid") };
        Self::read_images(&self.layout, select, &mut self.images, connection)
            .map_err(|_| "a changed row cannot be read again")
    }

    fn read_images(
        layout: &Layout,
        select: &str,
        images: &mut FxHashMap<RowKey, ImagePair>,
        connection: &Connection,
    ) -> Result<(), Error> {
        let mut statement = connection.prepare_cached(select).map_err(convert::error)?;
        for (key, images) in images {
            let slots: Vec<_> = match key {
                RowKey::RowId(id) => vec![(*id).into()],
                RowKey::PrimaryKey(row) => row.values().map(ValueRef::to_value).collect(),
            };
            convert::bind_slots(&mut statement, &slots)?;
            let rows = convert::rows(&mut statement)?;
            // The collation may find a key with another spelling, which is a different key of this map.
            images.after = rows.into_iter().find(|row| layout.key_of(row).is_none_or(|found| found == *key));
        }
        Ok(())
    }

    fn differs(&self) -> bool {
        self.images.values().any(|images| images.before != images.after)
    }

    fn net_changes(&mut self) -> Vec<Change> {
        let mut changes = Vec::with_capacity(self.order.len());
        for key in self.order.drain(..) {
            if let Some(ImagePair { before, after }) = self.images.remove(&key)
                && before != after
            {
                changes.push(Change { key, old: before, new: after });
            }
        }
        changes
    }
}

impl Layout {
    fn of(table: &Table) -> Option<Self> {
        let TableKind::Table { without_rowid } = table.kind else { return None };
        let reported = |column: &Column| match (column.kind, column.affinity) {
            (ColumnKind::GeneratedVirtual, _) => Reported::Virtual,
            (_, Affinity::Real) => Reported::Real,
            _ => Reported::AsIs,
        };
        let reported_columns: Vec<Reported> = table.columns.iter().map(reported).collect();
        let primary_key = without_rowid.then(|| table.primary_key());
        let condition = match &primary_key {
            Some(key) => {
                let terms = key
                    .iter()
                    .enumerate()
                    .map(|(slot, &column)| format!("{} IS ?{}", quoted(&table.columns[column].name), slot + 1));
                Some(terms.collect::<Vec<_>>().join(" AND "))
            }
            None => table.rowid_name().map(|name| format!("{name} IS ?1")),
        };
        let select = condition.map(|condition| {
            let columns: Vec<String> = table
                .columns
                .iter()
                .zip(&reported_columns)
                .map(|(column, reported)| match reported {
                    Reported::Virtual => "NULL".to_owned(),
                    Reported::AsIs | Reported::Real => quoted(&column.name),
                })
                .collect();
            format!(
                "SELECT {} FROM {}.{} WHERE {condition}",
                columns.join(", "),
                quoted(&table.database),
                quoted(&table.name)
            )
        });
        let (database, name) = (table.database.clone(), table.name.clone());
        Some(Self { table: Arc::clone(&table.id), database, name, columns: reported_columns, primary_key, select })
    }

    fn is_of(&self, database: &str, table: &str) -> bool {
        self.name == table && self.database == database
    }

    fn old_row(&self, accessor: &PreUpdateOldValueAccessor, builder: &mut RowBuilder) -> (RowKey, Row) {
        let row = self.pack(builder, |column| accessor.get_old_column_value(column).ok());
        (self.key(accessor.get_old_row_id(), &row), row)
    }

    fn new_row(&self, accessor: &PreUpdateNewValueAccessor, builder: &mut RowBuilder) -> (RowKey, Row) {
        let row = self.pack(builder, |column| accessor.get_new_column_value(column).ok());
        (self.key(accessor.get_new_row_id(), &row), row)
    }

    fn pack<'a>(&self, builder: &mut RowBuilder, value: impl Fn(i32) -> Option<SqliteValue<'a>>) -> Row {
        for (column, reported) in (0..).zip(&self.columns) {
            builder.push(match (reported, value(column).map_or(ValueRef::Null, convert::value_ref)) {
                (Reported::Virtual, _) => ValueRef::Null,
                #[expect(clippy::cast_precision_loss, reason = "SQLite stores as integers only REALs that are whole")]
                (Reported::Real, ValueRef::Integer(whole)) => ValueRef::Real(whole as f64),
                (Reported::AsIs | Reported::Real, value) => value,
            });
        }
        builder.finish()
    }

    fn key(&self, rowid: i64, row: &Row) -> RowKey {
        self.key_of(row).unwrap_or(RowKey::RowId(rowid))
    }

    fn key_of(&self, row: &Row) -> Option<RowKey> {
        let key = self.primary_key.as_ref()?;
        let values: Vec<_> = row.values().collect();
        let mut builder = RowBuilder::default();
        for &column in key {
            builder.push(values.get(column).copied().unwrap_or(ValueRef::Null));
        }
        Some(RowKey::PrimaryKey(builder.finish()))
    }
}
