//! The values of virtual generated columns, which no hook shows: a changed row is put into an empty copy of its table, in
//! a database in memory that nobody else has, and read back. So the expression, its functions, affinities and collating
//! sequences are SQLite's own.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};

use super::convert;
use super::statements::Statements;
use crate::error::Error;
use crate::plan::quoted;
use crate::types::{Catalog, ColumnKind, Row, Table, Value, ValueRef};

/// The copies of the tables whose virtual columns a plan reads.
pub(super) struct VirtualColumns {
    /// Nothing for a table that cannot be made apart from its database.
    copies: HashMap<Arc<str>, Option<TableCopy>>,
    /// The copies are made as the catalog has their tables.
    is_current: bool,
}

/// An empty table that is declared like another one.
struct TableCopy {
    definition: Definition,
    /// Before their connection, so that they are dropped before it.
    statements: Statements,
    connection: Connection,
    insert: String,
    select: String,
    delete: String,
    /// The columns that statements write.
    written: Vec<usize>,
}

/// What decides the values of generated columns.
#[derive(Clone, PartialEq, Eq)]
struct Definition {
    /// The text of CREATE TABLE, as the schema has it.
    sql: String,
    /// A setting of the connection: `PRAGMA case_sensitive_like`.
    like_is_case_sensitive: bool,
}

impl Default for VirtualColumns {
    fn default() -> Self {
        Self { copies: HashMap::new(), is_current: true }
    }
}

impl VirtualColumns {
    /// The schema may have changed.
    pub(super) fn invalidate(&mut self) {
        self.is_current = false;
    }

    /// Has the rows of a table completed from now on; an error if its copy cannot be made.
    pub(super) fn declare(&mut self, connection: &Connection, table: &Table) -> Result<(), Error> {
        let definition = Definition::of(connection, table).map_err(convert::error)?;
        if let Some(Some(copy)) = self.copies.get(&table.id)
            && copy.definition == definition
        {
            return Ok(());
        }
        // Even where that fails: a plan may be there of before.
        self.copies.insert(Arc::clone(&table.id), None);
        let copy = TableCopy::of(definition, table).map_err(convert::error)?;
        self.copies.insert(Arc::clone(&table.id), Some(copy));
        Ok(())
    }

    /// Whether SQLite may know of a virtual column that its text is JSON. It does where it computes the column in the place
    /// where it is read, and a row that was read before says nothing of it.
    pub(super) fn may_be_json(&self, table: &str) -> bool {
        let copy = self.copies.get(table).and_then(Option::as_ref);
        copy.is_some_and(|copy| mentions_json(&copy.definition.sql))
    }

    /// Makes the copies anew whose tables are declared otherwise by now.
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

    /// A row with the values that its virtual columns have.
    pub(super) fn complete(&self, table: &str, row: &Row, work: &Cell<u64>) -> Result<Row, Error> {
        let copy = self.copies.get(table).and_then(Option::as_ref);
        copy.ok_or_else(|| Error::NotIncremental("a table whose virtual columns cannot be computed".into()))?
            .complete(row, work)
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
            // SQLite then takes no new column that calls LIKE, so neither does this copy.
            connection.pragma_update(None, "case_sensitive_like", true)?;
        }
        // A row that is in the table may be in the copy, where nothing else is.
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

    fn complete(&self, row: &Row, work: &Cell<u64>) -> Result<Row, Error> {
        let values: Vec<ValueRef<'_>> = row.values().collect();
        let written =
            self.written.iter().map(|column| values.get(*column).map_or(Value::Null, |value| value.to_value()));
        let put_in = self.run(&self.insert, &written.collect::<Vec<_>>(), work);
        let found = put_in.and_then(|_| self.run(&self.select, &[], work));
        self.run(&self.delete, &[], work)?;
        let found = found?;
        // What was written is read back as it was, or the copy is none.
        let is_same = |copied: &&Row| {
            let copied: Vec<ValueRef<'_>> = copied.values().collect();
            copied.len() == values.len() && self.written.iter().all(|column| copied[*column] == values[*column])
        };
        let [copied] = &found[..] else { return Err(unlike()) };
        Some(copied).filter(is_same).cloned().ok_or_else(unlike)
    }

    fn run(&self, sql: &str, values: &[Value], work: &Cell<u64>) -> Result<Vec<Row>, Error> {
        self.statements.rows(&self.connection, sql, values, work)
    }
}

fn mentions_json(sql: &str) -> bool {
    sql.contains("->") || sql.to_ascii_lowercase().contains("json")
}

fn unlike() -> Error {
    Error::NotIncremental("a row that its table's declaration would not give".into())
}
