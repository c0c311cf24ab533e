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

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_int};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::ffi;
use rusqlite::types::{ToSqlOutput, ValueRef as SqliteValue};
use rusqlite::vtab::{Context, Filters, IndexConstraintOp, IndexInfo, Module, VTab, VTabConnection, VTabCursor};

use rustc_hash::FxHashMap;

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
        const MODULE: Module<'_, DeltaTable> = Module::eponymous_only_module();
        for &version in versions {
            let (contents, pretends) = (Arc::clone(&self.contents), Arc::clone(&self.pretends));
            let aux = Aux { contents, pretends, table: Arc::clone(table), version, declaration: declaration.clone() };
            connection.create_module(version.table_name(table).as_str(), &MODULE, Some(aux)).map_err(convert::error)?;
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
fn search(info: &mut IndexInfo) -> bool {
    let is_equality = |operator| {
        matches!(
            operator,
            IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ | IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_IS
        )
    };
    let usable: Vec<(usize, c_int)> = info
        .constraints()
        .enumerate()
        .filter(|(_, constraint)| {
            constraint.is_usable() && constraint.column() >= 0 && is_equality(constraint.operator())
        })
        .map(|(at, constraint)| (at, constraint.column()))
        .collect();
    let mut columns: Vec<c_int> = Vec::new();
    let mut list = None;
    for (at, column) in usable {
        // Buckets compare by SQLite's built-in collating sequences only. SQLite checks each row again.
        let is_known = info.collation(at).is_ok_and(|name| Collation::named(name).is_some());
        if !is_known || columns.contains(&column) {
            continue;
        }
        if info.is_in_constraint(at).unwrap_or(true) {
            // A lookup for each value of the list would compare without the affinity that IN applies (`pCompare` in
            // sqlite3WhereCodeOneLoopStart); when the list is taken as a whole, SQLite checks IN itself.
            if list.is_some() || !info.set_in_constraint(at, true).unwrap_or(false) {
                continue;
            }
            list = Some(column);
        }
        columns.push(column);
        info.constraint_usage(at).set_argv_index(c_int::try_from(columns.len()).unwrap_or(c_int::MAX));
    }
    let names = columns.iter().map(|column| match list {
        Some(list) if list == *column => format!("{column}{IN_LIST}"),
        _ => column.to_string(),
    });
    info.set_idx_str(&names.collect::<Vec<_>>().join(","));
    let rows = if columns.is_empty() { DERIVED_ROWS } else { 1 };
    info.set_estimated_rows(rows);
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    info.set_estimated_cost(rows as f64);
    true
}

/// Marks the column of a search that is looked up by all values of a list.
const IN_LIST: char = '*';

/// The rows that a search finds.
fn found(bag: &mut Bag, columns: Option<&str>, values: &Filters<'_>) -> rusqlite::Result<Vec<(i64, Row)>> {
    let names: Vec<&str> = columns.unwrap_or_default().split(',').collect();
    let columns: Vec<usize> = names.iter().filter_map(|name| name.trim_end_matches(IN_LIST).parse().ok()).collect();
    let mut sought: Vec<ValueRef<'_>> = values.iter().map(convert::value_ref).collect();
    let Some(list) = names.iter().position(|name| name.ends_with(IN_LIST)) else {
        return Ok(bag.find(&columns, &sought));
    };
    // Several values can find the same row.
    let mut rows = BTreeMap::new();
    let mut elements = values.in_values(list)?;
    while let Some(element) = elements.next()? {
        sought[list] = convert::value_ref(element);
        rows.extend(bag.find(&columns, &sought));
    }
    Ok(rows.into_iter().collect())
}

/// What SQLite keeps for each delta table module.
struct Aux {
    contents: SharedContents,
    pretends: Pretends,
    table: Arc<str>,
    version: TableVersion,
    declaration: CString,
}

/// A delta table, as a statement sees it.
#[repr(C)]
struct DeltaTable {
    /// The base class, which has to be first.
    base: ffi::sqlite3_vtab,
    contents: SharedContents,
    pretends: Pretends,
    table: Arc<str>,
    version: TableVersion,
}

// SAFETY: the struct is `repr(C)` and begins with `sqlite3_vtab`.
unsafe impl<'vtab> VTab<'vtab> for DeltaTable {
    type Aux = Aux;
    type Cursor = DeltaCursor<'vtab>;

    fn connect(
        _db: &mut VTabConnection,
        aux: Option<&Aux>,
        _module_name: &[u8],
        _database_name: &[u8],
        _table_name: &[u8],
        _args: &[&[u8]],
    ) -> rusqlite::Result<(Cow<'static, CStr>, Self)> {
        let Some(aux) = aux else {
            return Err(rusqlite::Error::ModuleError("a delta table without its table".to_owned()));
        };
        let table = Self {
            base: ffi::sqlite3_vtab::default(),
            contents: Arc::clone(&aux.contents),
            pretends: Arc::clone(&aux.pretends),
            table: Arc::clone(&aux.table),
            version: aux.version,
        };
        Ok((Cow::Owned(aux.declaration.clone()), table))
    }

    fn best_index(&self, info: &mut IndexInfo) -> rusqlite::Result<bool> {
        if self.version == TableVersion::Post {
            return Ok(search(info));
        }
        if self.version == TableVersion::New && *lock(&self.pretends) {
            pretend(info);
            return Ok(true);
        }
        // An estimate of one row makes SQLite start from the changed rows and look up the rest.
        info.set_estimated_cost(1.0);
        info.set_estimated_rows(1);
        Ok(true)
    }

    fn open(&'vtab mut self) -> rusqlite::Result<DeltaCursor<'vtab>> {
        Ok(DeltaCursor {
            base: ffi::sqlite3_vtab_cursor::default(),
            contents: Arc::clone(&self.contents),
            table: Arc::clone(&self.table),
            version: self.version,
            images: RowImages::default(),
            rows: Vec::new(),
            at: 0,
            offsets: Vec::new(),
            phantom: PhantomData,
        })
    }
}

/// Accepts every lookup offered; more columns make it cheaper.
fn pretend(info: &mut IndexInfo) {
    use IndexConstraintOp::{SQLITE_INDEX_CONSTRAINT_EQ as EQUAL, SQLITE_INDEX_CONSTRAINT_IS as IS};
    let lookups = info.constraints().enumerate().filter(|(_, constraint)| {
        constraint.is_usable() && constraint.column() >= 0 && matches!(constraint.operator(), EQUAL | IS)
    });
    let lookups: Vec<(usize, c_int)> = lookups.map(|(at, constraint)| (at, constraint.column())).collect();
    let mut cost = ROWS_OF_A_TABLE;
    let mut columns = Vec::with_capacity(lookups.len());
    for (argument, (at, column)) in (1..).zip(lookups) {
        columns.push(format!("{column} {}", info.collation(at).unwrap_or_default()));
        info.constraint_usage(at).set_argv_index(argument);
        cost = (cost / 100.0).max(10.0);
    }
    info.set_idx_str(&columns.join(","));
    info.set_estimated_cost(cost);
    #[expect(clippy::cast_possible_truncation, reason = "a small number")]
    info.set_estimated_rows(cost as i64);
}

/// A position among the rows of a delta table.
#[repr(C)]
struct DeltaCursor<'vtab> {
    /// The base class, which has to be first.
    base: ffi::sqlite3_vtab_cursor,
    contents: SharedContents,
    table: Arc<str>,
    version: TableVersion,
    images: RowImages,
    /// The rows found; used for the post version of a derived table only.
    rows: Vec<(i64, Row)>,
    at: usize,
    /// The offsets of the current row's values.
    offsets: Vec<u32>,
    phantom: PhantomData<&'vtab DeltaTable>,
}

impl DeltaCursor<'_> {
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

// SAFETY: the struct is `repr(C)` and begins with `sqlite3_vtab_cursor`.
unsafe impl VTabCursor for DeltaCursor<'_> {
    fn filter(&mut self, _idx_num: c_int, columns: Option<&str>, args: &Filters<'_>) -> rusqlite::Result<()> {
        if self.version == TableVersion::Post {
            let bag = lock(&self.contents).derived.get(&self.table).cloned();
            self.rows = match bag {
                Some(bag) => found(&mut lock(&bag), columns, args)?,
                None => Vec::new(),
            };
        } else {
            self.images = lock(&self.contents).images.get(&self.table).cloned().unwrap_or_default();
        }
        self.at = 0;
        self.arrive();
        Ok(())
    }

    fn next(&mut self) -> rusqlite::Result<()> {
        self.at += 1;
        self.arrive();
        Ok(())
    }

    fn eof(&self) -> bool {
        self.row().is_none()
    }

    fn column(&self, ctx: &mut Context, i: c_int) -> rusqlite::Result<()> {
        let offset = usize::try_from(i).ok().and_then(|column| self.offsets.get(column));
        let value = match (self.row(), offset) {
            (Some(row), Some(offset)) => row.value_at(*offset),
            _ => ValueRef::Null,
        };
        ctx.set_result(ToSqlOutput::Borrowed(match value {
            ValueRef::Null => SqliteValue::Null,
            ValueRef::Integer(value) => SqliteValue::Integer(value),
            ValueRef::Real(value) => SqliteValue::Real(value),
            ValueRef::Text(bytes) => SqliteValue::Text(bytes),
            ValueRef::Blob(bytes) => SqliteValue::Blob(bytes),
        }))
    }

    fn rowid(&self) -> rusqlite::Result<i64> {
        Ok(self.image().map_or(0, |(rowid, _)| *rowid))
    }
}
