//! The values of virtual generated columns, which no hook reports. A changed row is inserted into an empty copy of its
//! table in a private in-memory database and read back, so SQLite itself evaluates the expression with its functions,
//! affinities and collating sequences.

use std::cell::Cell;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};
use rustc_hash::FxHashMap;

use super::convert;
use super::limits::ResultLimit;
use super::statements::Statements;
use crate::error::{Error, GiveUp};
use crate::plan::quoted;
use crate::types::{Catalog, ColumnKind, Row, Table, Value, ValueRef};

/// Empty copies of the tables whose virtual columns a plan reads.
pub(super) struct VirtualColumns {
    /// `None` for a table that cannot be created outside its database.
    copies: FxHashMap<Arc<str>, Option<TableCopy>>,
    /// The copies match the catalog.
    is_current: bool,
}

/// An empty table with the declaration of another one.
struct TableCopy {
    definition: Definition,
    /// Declared before the connection, so that it is dropped first.
    statements: Statements,
    connection: Connection,
    insert: String,
    select: String,
    delete: String,
    /// The columns that statements can write.
    written: Vec<usize>,
}

/// Everything that determines the values of generated columns.
#[derive(Clone, PartialEq, Eq)]
struct Definition {
    /// The text of CREATE TABLE in the schema.
    sql: String,
    /// A setting of the connection: `PRAGMA case_sensitive_like`.
    like_is_case_sensitive: bool,
}

impl Default for VirtualColumns {
    fn default() -> Self {
        Self { copies: FxHashMap::default(), is_current: true }
    }
}

impl VirtualColumns {
    /// Notes that the schema may have changed.
    pub(super) fn invalidate(&mut self) {
        self.is_current = false;
    }

    /// Prepares to complete the rows of a table. Fails if its copy cannot be created.
    pub(super) fn declare(&mut self, connection: &Connection, table: &Table) -> Result<(), Error> {
        let definition = Definition::of(connection, table).map_err(convert::error)?;
        if let Some(Some(copy)) = self.copies.get(&table.id)
            && copy.definition == definition
        {
            return Ok(());
        }
        // A stale copy must go even if the new one fails: an older plan may still use it.
        self.copies.insert(Arc::clone(&table.id), None);
        let copy = TableCopy::of(definition, table).map_err(convert::error)?;
        self.copies.insert(Arc::clone(&table.id), Some(copy));
        Ok(())
    }

    /// Whether SQLite may know that a virtual column is JSON. It knows when it computes the column where it is read; a
    /// value that was read earlier does not carry that.
    pub(super) fn may_be_json(&self, table: &str) -> bool {
        let copy = self.copies.get(table).and_then(Option::as_ref);
        copy.is_some_and(|copy| mentions_json(&copy.definition.sql))
    }

    /// Creates copies again if the declarations of their tables have changed.
    pub(super) fn renew(&mut self, connection: &Connection, catalog: &Catalog) {
        if std::mem::replace(&mut self.is_current, true) {
            return;
        }
        let ids: Vec<Arc<str>> = self.copies.keys().cloned().collect();
        for id in ids {
            let declared = catalog.tables.get(&id).map(|table| self.declare(connection, table));
            if !matches!(declared, Some(Ok(()))) {
                self.copies.insert(id, None);
            }
        }
    }

    /// The row with the values of its virtual columns.
    pub(super) fn complete(&self, table: &str, row: &Row, instructions: &Cell<u64>) -> Result<Row, GiveUp> {
        let copy = self.copies.get(table).and_then(Option::as_ref);
        copy.ok_or(GiveUp::VirtualColumns)?.complete(row, instructions)
    }
}

impl Definition {
    fn of(connection: &Connection, table: &Table) -> rusqlite::Result<Self> {
        let schema = quoted(&table.database);
        let sql = format!("SELECT sql FROM {schema}.sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE");
        Ok(Self {
            sql: connection.query_row(&sql, [&table.name], |row| row.get(0))?,
            like_is_case_sensitive: connection.query_row("SELECT 'a' NOT LIKE 'A'", [], |row| row.get(0))?,
        })
    }
}

impl TableCopy {
    fn of(definition: Definition, table: &Table) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_in_memory_with_flags(flags)?;
        if definition.like_is_case_sensitive {
            // With this setting SQLite accepts no new column that calls LIKE, and neither must the copy.
            connection.pragma_update(None, "case_sensitive_like", true)?;
        }
        // A row of the table must be accepted by the copy, which has no other rows and tables.
        connection.pragma_update(None, "foreign_keys", false)?;
        connection.pragma_update(None, "ignore_check_constraints", true)?;
        connection.execute_batch(&definition.sql)?;
        let name = quoted(&table.name);
        let is_written = |column: &usize| table.columns[*column].kind == ColumnKind::Ordinary;
        let written: Vec<usize> = (0..table.columns.len()).filter(is_written).collect();
        let columns: Vec<String> = written.iter().map(|column| quoted(&table.columns[*column].name)).collect();
        let slots: Vec<String> = (1..=written.len()).map(|slot| format!("?{slot}")).collect();
        let all: Vec<String> = table.columns.iter().map(|column| format!("copy.{}", quoted(&column.name))).collect();
        let copy = Self {
            insert: format!("INSERT INTO {name}({}) VALUES ({})", columns.join(", "), slots.join(", ")),
            select: format!("SELECT {} FROM {name} AS copy", all.join(", ")),
            delete: format!("DELETE FROM {name}"),
            definition,
            statements: Statements::default(),
            connection,
            written,
        };
        for statement in [&copy.insert, &copy.select, &copy.delete] {
            copy.connection.prepare_cached(statement)?;
        }
        Ok(copy)
    }

    fn complete(&self, row: &Row, instructions: &Cell<u64>) -> Result<Row, GiveUp> {
        let values: Vec<ValueRef<'_>> = row.values().collect();
        let written =
            self.written.iter().map(|column| values.get(*column).map_or(Value::Null, |value| value.to_value()));
        let put_in = self.run(&self.insert, &written.collect::<Vec<_>>(), instructions);
        let found = put_in.and_then(|_| self.run(&self.select, &[], instructions));
        self.run(&self.delete, &[], instructions)?;
        let found = found?;
        // If a written value is not read back unchanged, the copy is not faithful.
        let is_same = |copied: &&Row| {
            let copied: Vec<ValueRef<'_>> = copied.values().collect();
            copied.len() == values.len() && self.written.iter().all(|column| copied[*column] == values[*column])
        };
        let [copied] = &found[..] else { return Err(GiveUp::VirtualColumns) };
        Some(copied).filter(is_same).cloned().ok_or(GiveUp::VirtualColumns)
    }

    fn run(&self, sql: &str, values: &[Value], instructions: &Cell<u64>) -> Result<Vec<Row>, Error> {
        self.statements.rows(&self.connection, sql, values, instructions, ResultLimit::none())
    }
}

fn mentions_json(sql: &str) -> bool {
    sql.contains("->") || sql.to_ascii_lowercase().contains("json")
}
