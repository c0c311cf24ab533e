//! How the rows of a table are read from the hook, and from the table itself.

use std::ffi::c_int;
use std::sync::Arc;

use super::hook::RowWrite;
use super::scope::CaptureScope;
use super::updated::ColumnNames;
use crate::plan::{Columns, quoted};
use crate::types::{Affinity, Column, ColumnKind, RowBuilder, RowKey, RowRef, Table, TableKind, ValueRef};

/// How to read the rows of a table from the hook and from the table itself.
pub(super) struct Layout {
    pub(super) table: Arc<str>,
    /// The names of the database and of the table, as the hook reports them.
    database: String,
    name: String,
    columns: Vec<Captured>,
    names: Vec<String>,
    /// Whether columns are computed from others.
    computes: bool,
    /// The primary key of a table WITHOUT ROWID, in the key's order.
    primary_key: Option<Vec<usize>>,
    /// The column that is another name of the rowid. Plans tell rows apart by it.
    rowid_alias: Option<usize>,
    /// The condition that finds a row by its key; nothing if columns hide all three names of the rowid.
    condition: Option<String>,
}

/// How the value of a column comes into an image.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Captured {
    /// As the hook reports it.
    AsIs,
    /// The rowid, which the hook tells by itself.
    RowId,
    /// SQLite stores a whole REAL as an integer, and reports it as one when it is inserted.
    Real,
    /// As NULL: the hook has no value, for the column is computed when it is read.
    Virtual,
    /// As NULL: nobody reads it.
    Unread,
}

/// What is captured of a table.
pub(super) struct TableCapture {
    /// For each column.
    columns: Vec<Captured>,
    /// The captured columns that statements can update.
    updatable: Vec<usize>,
    /// Whether an update that leaves the rowid leaves what identifies the row.
    pub(super) updates_keep_key: bool,
    /// So many changed rows are kept, and so many where rows were updated only.
    pub(super) most_rows: usize,
    pub(super) most_updates: usize,
}

impl Layout {
    pub(super) fn of(table: &Table) -> Option<Self> {
        let TableKind::Table { without_rowid } = table.kind else { return None };
        let rowid_alias = table.rowid_alias();
        let captured = |(at, column): (usize, &Column)| match (column.kind, column.affinity) {
            (ColumnKind::GeneratedVirtual, _) => Captured::Virtual,
            _ if rowid_alias == Some(at) => Captured::RowId,
            (_, Affinity::Real) => Captured::Real,
            _ => Captured::AsIs,
        };
        let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let primary_key = without_rowid.then(|| table.primary_key());
        let condition = match &primary_key {
            Some(key) => {
                let terms = (1..).zip(key).map(|(slot, column)| format!("{} IS ?{slot}", quoted(&names[*column])));
                Some(terms.collect::<Vec<_>>().join(" AND "))
            }
            None => table.rowid_name().map(|name| format!("{name} IS ?1")),
        };
        Some(Self {
            table: Arc::clone(&table.id),
            database: table.database.clone(),
            name: table.name.clone(),
            columns: table.columns.iter().enumerate().map(captured).collect(),
            names,
            computes: table.columns.iter().any(|column| is_computed(column.kind)),
            primary_key,
            rowid_alias,
            condition,
        })
    }

    /// What images of this table hold; nothing if nobody reads the table. What identifies rows is always among it,
    /// and a table that computes columns when they are read is captured whole, as they may be computed from any.
    pub(super) fn capture(&self, scope: &CaptureScope, updated: &ColumnNames) -> Option<Arc<TableCapture>> {
        let scope = scope.of(&self.table)?;
        let is_whole = self.columns.contains(&Captured::Virtual);
        let is_key = |column: usize| self.primary_key.as_ref().is_some_and(|key| key.contains(&column));
        let is_read = |column: usize| match &scope.columns {
            Columns::All => true,
            Columns::Some(columns) => {
                is_whole || is_key(column) || self.rowid_alias == Some(column) || columns.contains(&column)
            }
        };
        let kept = |(column, captured)| if is_read(column) { captured } else { Captured::Unread };
        let columns: Vec<Captured> = self.columns.iter().copied().enumerate().map(kept).collect();
        // No statement names a column that is computed.
        let updated: Vec<&str> = updated.of(&self.database, &self.name).collect();
        let can_change = |column: usize| self.computes || updated.contains(&self.names[column].as_str());
        let all = || 0..columns.len();
        let updatable: Vec<usize> =
            all().filter(|column| columns[*column].has_value() && can_change(*column)).collect();
        let updates_keep_key = !all().any(|column| is_key(column) && can_change(column));
        let (most_rows, most_updates) = (scope.most_rows, scope.most_updates_of(&updatable));
        Some(Arc::new(TableCapture { columns, updatable, updates_keep_key, most_rows, most_updates }))
    }

    /// The SELECT that reads a row by its key, as an image holds it.
    pub(super) fn select(&self, capture: &TableCapture) -> Option<String> {
        let condition = self.condition.as_ref()?;
        let column = |(name, captured): (&String, &Captured)| match captured.has_value() {
            true => quoted(name),
            false => "NULL".to_owned(),
        };
        let columns: Vec<String> = self.names.iter().zip(&capture.columns).map(column).collect();
        let (database, table) = (quoted(&self.database), quoted(&self.name));
        Some(format!("SELECT {} FROM {database}.{table} WHERE {condition}", columns.join(", ")))
    }

    /// What identifies a packed row.
    pub(super) fn key(&self, rowid: i64, row: &RowBuilder) -> RowKey {
        self.key_of(row.as_ref()).unwrap_or(RowKey::RowId(rowid))
    }

    /// The primary key of a row, if that is what identifies it.
    pub(super) fn key_of(&self, row: RowRef<'_>) -> Option<RowKey> {
        let key = self.primary_key.as_ref()?;
        let values: Vec<_> = row.values().collect();
        let mut builder = RowBuilder::default();
        for &column in key {
            builder.push(values.get(column).copied().unwrap_or(ValueRef::Null));
        }
        Some(RowKey::PrimaryKey(builder.finish()))
    }
}

impl TableCapture {
    /// The columns that an update can change, as far as they are read: all where columns are computed from others.
    pub(super) fn updated_columns(&self, layout: &Layout) -> Columns {
        match layout.computes {
            true => Columns::All,
            false => Columns::Some(self.updatable.iter().copied().collect()),
        }
    }

    /// Whether both look at the same columns of an updated row.
    pub(super) fn updates_like(&self, other: &Self) -> bool {
        self.updatable == other.updatable
    }

    /// Whether an update changes no captured column, whatever it writes.
    pub(super) fn is_out_of_reach(&self) -> bool {
        self.updatable.is_empty()
    }

    /// Packs the row before a write.
    pub(super) fn pack_old(&self, row: &mut RowBuilder, write: &RowWrite<'_>) {
        (0..self.columns.len()).for_each(|column| row.push(self.old_value(column, write)));
    }

    /// Packs the row after a write.
    pub(super) fn pack_new(&self, row: &mut RowBuilder, write: &RowWrite<'_>) {
        (0..self.columns.len()).for_each(|column| row.push(self.new_value(column, write)));
    }

    /// Packs the row before an update and after it, which differs in the columns that an update can change. `ends` is for where the
    /// values end.
    pub(super) fn pack_update(
        &self,
        (old, new): (&mut RowBuilder, &mut RowBuilder),
        ends: &mut Vec<usize>,
        write: &RowWrite<'_>,
    ) {
        ends.clear();
        for column in 0..self.columns.len() {
            old.push(self.old_value(column, write));
            ends.push(old.as_ref().as_bytes().len());
        }
        let old = old.as_ref().as_bytes();
        let mut copied = 0;
        for &column in &self.updatable {
            let start = column.checked_sub(1).map_or(0, |left| ends[left]);
            new.push_packed(&old[copied..start]);
            new.push(self.new_value(column, write));
            copied = ends[column];
        }
        new.push_packed(&old[copied..]);
    }

    fn old_value<'w>(&self, column: usize, write: &'w RowWrite<'_>) -> ValueRef<'w> {
        self.columns[column].image_of(write.old_rowid, || write.old_value(number(column)))
    }

    fn new_value<'w>(&self, column: usize, write: &'w RowWrite<'_>) -> ValueRef<'w> {
        self.columns[column].image_of(write.new_rowid, || write.new_value(number(column)))
    }
}

impl Captured {
    fn has_value(self) -> bool {
        !matches!(self, Self::Virtual | Self::Unread)
    }

    fn image_of<'v>(self, rowid: Option<i64>, value: impl FnOnce() -> ValueRef<'v>) -> ValueRef<'v> {
        match self {
            Self::Virtual | Self::Unread => ValueRef::Null,
            Self::RowId => rowid.map_or(ValueRef::Null, ValueRef::Integer),
            Self::AsIs => value(),
            Self::Real => match value() {
                #[expect(clippy::cast_precision_loss, reason = "SQLite stores as integers only REALs that are whole")]
                ValueRef::Integer(whole) => ValueRef::Real(whole as f64),
                value => value,
            },
        }
    }
}

fn is_computed(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::GeneratedVirtual | ColumnKind::GeneratedStored)
}

/// A column's number to SQLite, which has at most 32,767 of them.
fn number(column: usize) -> c_int {
    c_int::try_from(column).unwrap_or(c_int::MAX)
}
