//! Delta tables: virtual tables that hold the old and new versions of the rows that a commit changed, so that SQLite itself
//! evaluates a query over the changes.
//!
//! A delta table declares the columns of its table with their affinities and collating sequences, and returns values as the
//! table stores them, so every comparison and expression means the same over both. Delta tables are eponymous-only virtual
//! tables (<https://sqlite.org/vtab.html#eponymous_only_virtual_tables>): they are in no schema, and no application sees
//! them by accident.
//!
//! A derived table with a plan of its own has the same delta tables, and one more for all of its rows, in which SQLite
//! looks rows up by equality.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use rustc_hash::FxHashMap;

use super::virtual_table::{self, Arguments, Cursor, Equality, Index, ResultCode, VirtualTable};
use super::{convert, lock};
use crate::error::Error;
use crate::plan::{DerivedColumn, RowImages, TableVersion, column_name, quoted};
use crate::types::{Affinity, Bag, Collation, Row, SharedBag, Table, ValueRef};

/// The current contents of the delta tables, shared with SQLite's cursors.
type SharedContents = Arc<Mutex<Contents>>;

/// The contents of the delta tables, by table.
#[derive(Default)]
struct Contents {
    images: FxHashMap<Arc<str>, RowImages>,
    derived: FxHashMap<Arc<str>, SharedBag>,
}

/// The row count that SQLite is told to expect of a derived table: its real size is not known when statements are compiled.
const DERIVED_ROWS: i64 = 1000;

/// Whether [`TableVersion::New`] pretends to have an index for every lookup. SQLite's plan then names the chosen index, and
/// the name lists the columns with their collating sequences.
type Pretends = Arc<Mutex<bool>>;

/// The assumed number of rows of a table, the same that SQLite assumes for a table without statistics.
const ROWS_OF_A_TABLE: f64 = 1_048_576.0;

/// The delta tables of a connection.
#[derive(Default)]
pub(super) struct DeltaTables {
    contents: SharedContents,
    pretends: Pretends,
    /// The declarations registered with SQLite, by table.
    declared: FxHashMap<Arc<str>, CString>,
}

impl DeltaTables {
    /// Registers the delta tables of a table with SQLite. No statement may still read older ones.
    pub(super) fn declare(&mut self, connection: &Connection, table: &Table) -> Result<(), Error> {
        let declaration = declaration(table)?;
        if self.declared.get(&table.id) == Some(&declaration) {
            return Ok(());
        }
        self.register(
            connection,
            &table.id,
            declaration,
            &[TableVersion::Old, TableVersion::New, TableVersion::Changed],
        )
    }

    /// Registers the delta tables of a derived table with SQLite.
    pub(super) fn declare_derived(
        &mut self,
        connection: &Connection,
        table: &Arc<str>,
        columns: &[DerivedColumn],
    ) -> Result<(), Error> {
        if self.declared.contains_key(table) {
            // The name of a derived table determines its columns.
            return Ok(());
        }
        let columns = columns.iter().enumerate().map(|(at, column)| {
            (column_name(at).to_string(), column.affinity.unwrap_or(Affinity::Blob), column.collation.name())
        });
        let versions = [TableVersion::Post, TableVersion::Old, TableVersion::New, TableVersion::Changed];
        self.register(connection, table, declared(columns)?, &versions)
    }

    fn register(
        &mut self,
        connection: &Connection,
        table: &Arc<str>,
        declaration: CString,
        versions: &[TableVersion],
    ) -> Result<(), Error> {
        for &version in versions {
            let (contents, pretends) = (Arc::clone(&self.contents), Arc::clone(&self.pretends));
            let declaration = declaration.as_c_str().into();
            let delta = DeltaTable { contents, pretends, table: Arc::clone(table), version, declaration };
            virtual_table::register(connection, version.table_name(table).as_str(), delta)?;
        }
        self.declared.insert(Arc::clone(table), declaration);
        Ok(())
    }

    /// Sets the rows of a table's delta tables.
    pub(super) fn show(&self, table: &Arc<str>, images: &RowImages) {
        lock(&self.contents).images.insert(Arc::clone(table), images.clone());
    }

    /// Sets the rows of a derived table.
    pub(super) fn show_derived(&self, table: &Arc<str>, rows: &SharedBag) {
        lock(&self.contents).derived.insert(Arc::clone(table), Arc::clone(rows));
    }

    /// Runs `work` while the delta tables of new rows pretend to have every index.
    pub(super) fn pretending<T>(&self, work: impl FnOnce() -> T) -> T {
        *lock(&self.pretends) = true;
        let done = work();
        *lock(&self.pretends) = false;
        done
    }

    /// Empties all delta tables.
    pub(super) fn clear(&self) {
        *lock(&self.contents) = Contents::default();
    }
}

fn declaration(table: &Table) -> Result<CString, Error> {
    declared(table.columns.iter().map(|column| (column.name.clone(), column.affinity, column.collation.as_str())))
}

/// A declaration of columns with their affinities and collating sequences.
fn declared<'c>(columns: impl Iterator<Item = (String, Affinity, &'c str)>) -> Result<CString, Error> {
    let column = |(name, affinity, collation): (String, Affinity, &str)| {
        format!("{} {} COLLATE {}", quoted(&name), affinity.name(), quoted(collation))
    };
    let columns = columns.map(column);
    let columns = columns.collect::<Vec<_>>().join(", ");
    CString::new(format!("CREATE TABLE delta({columns})")).map_err(|nul| convert::error(nul.into()))
}

/// Lets SQLite look rows up by all columns that it compares for equality.
fn search(index: &mut Index<'_>) {
    let mut by: Vec<Equality> = Vec::new();
    let mut list = None;
    for equality in index.equalities() {
        // Buckets compare by SQLite's built-in collating sequences only. SQLite checks each row again.
        let is_known = index.collation(equality).is_some_and(|name| Collation::named(name).is_some());
        if !is_known || by.iter().any(|other| other.column == equality.column) {
            continue;
        }
        if index.is_list(equality) {
            // A lookup for each value of the list would compare without the affinity that IN applies (`pCompare` in
            // sqlite3WhereCodeOneLoopStart); when the list is taken as a whole, SQLite checks IN itself.
            if list.is_some() || !index.take_list(equality) {
                continue;
            }
            list = Some(equality.column);
        }
        by.push(equality);
    }
    let names = by.iter().map(|Equality { column, .. }| match list {
        Some(list) if list == *column => format!("{column}{IN_LIST}"),
        _ => column.to_string(),
    });
    let name = names.collect::<Vec<_>>().join(",");
    let rows = if by.is_empty() { DERIVED_ROWS } else { 1 };
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    index.choose(&by, &name, rows, rows as f64);
}

/// Marks the column of a search that is looked up by all values of a list.
const IN_LIST: char = '*';

/// The rows that a search finds.
fn found(bag: &mut Bag, columns: &str, values: &Arguments<'_>) -> Result<Vec<(i64, Row)>, ResultCode> {
    let names: Vec<&str> = columns.split(',').collect();
    let columns: Vec<usize> = names.iter().filter_map(|name| name.trim_end_matches(IN_LIST).parse().ok()).collect();
    let sought: Vec<ValueRef<'_>> = values.values();
    let Some(list) = names.iter().position(|name| name.ends_with(IN_LIST)) else {
        return Ok(bag.find(&columns, &sought));
    };
    // Several values can find the same row.
    let mut rows = BTreeMap::new();
    values.for_each_in(list, |element| {
        let element = element.to_value();
        let mut sought = sought.clone();
        sought[list] = element.as_ref();
        rows.extend(bag.find(&columns, &sought));
    })?;
    Ok(rows.into_iter().collect())
}

/// A delta table.
#[derive(Clone)]
struct DeltaTable {
    contents: SharedContents,
    pretends: Pretends,
    table: Arc<str>,
    version: TableVersion,
    declaration: Arc<CStr>,
}

impl VirtualTable for DeltaTable {
    type Cursor = DeltaCursor;

    fn declaration(&self) -> &CStr {
        &self.declaration
    }

    fn best_index(&self, index: &mut Index<'_>) {
        match self.version {
            TableVersion::Post => search(index),
            TableVersion::New if *lock(&self.pretends) => pretend(index),
            // An estimate of one row makes SQLite start from the changed rows and look up the rest.
            _ => index.choose(&[], "", 1, 1.0),
        }
    }

    fn open(&self) -> DeltaCursor {
        DeltaCursor {
            contents: Arc::clone(&self.contents),
            table: Arc::clone(&self.table),
            version: self.version,
            images: RowImages::default(),
            rows: Vec::new(),
            at: 0,
            offsets: Vec::new(),
        }
    }
}

/// Accepts every lookup offered; more columns make it cheaper.
fn pretend(index: &mut Index<'_>) {
    let by = index.equalities();
    let cost = by.iter().fold(ROWS_OF_A_TABLE, |cost, _| (cost / 100.0).max(10.0));
    let name = |equality: &Equality| format!("{} {}", equality.column, index.collation(*equality).unwrap_or_default());
    let name = by.iter().map(name).collect::<Vec<_>>().join(",");
    #[expect(clippy::cast_possible_truncation, reason = "a small number")]
    index.choose(&by, &name, cost as i64, cost);
}

/// A position among the rows of a delta table.
struct DeltaCursor {
    contents: SharedContents,
    table: Arc<str>,
    version: TableVersion,
    images: RowImages,
    /// The rows found; used for the post version of a derived table only.
    rows: Vec<(i64, Row)>,
    at: usize,
    /// The offsets of the current row's values.
    offsets: Vec<u32>,
}

impl DeltaCursor {
    fn row(&self) -> Option<&Row> {
        self.image().map(|(_, row)| row)
    }

    fn image(&self) -> Option<&(i64, Row)> {
        match self.version {
            TableVersion::Post => self.rows.get(self.at),
            TableVersion::Old => self.images.old.get(self.at),
            TableVersion::New => self.images.new.get(self.at),
            TableVersion::Changed => match self.at.checked_sub(self.images.old.len()) {
                None => self.images.old.get(self.at),
                Some(at) => self.images.new.get(at),
            },
        }
    }

    fn arrive(&mut self) {
        let mut offsets = std::mem::take(&mut self.offsets);
        offsets.clear();
        if let Some(row) = self.row() {
            row.offsets(&mut offsets);
        }
        self.offsets = offsets;
    }
}

impl Cursor for DeltaCursor {
    fn filter(&mut self, columns: &str, values: &Arguments<'_>) -> Result<(), ResultCode> {
        if self.version == TableVersion::Post {
            let bag = lock(&self.contents).derived.get(&self.table).cloned();
            self.rows = match bag {
                Some(bag) => found(&mut lock(&bag), columns, values)?,
                None => Vec::new(),
            };
        } else {
            self.images = lock(&self.contents).images.get(&self.table).cloned().unwrap_or_default();
        }
        self.at = 0;
        self.arrive();
        Ok(())
    }

    fn advance(&mut self) {
        self.at += 1;
        self.arrive();
    }

    fn is_at_end(&self) -> bool {
        self.row().is_none()
    }

    fn value(&self, column: usize) -> ValueRef<'_> {
        match (self.row(), self.offsets.get(column)) {
            (Some(row), Some(offset)) => row.value_at(*offset),
            _ => ValueRef::Null,
        }
    }

    fn rowid(&self) -> i64 {
        self.image().map_or(0, |(rowid, _)| *rowid)
    }
}
