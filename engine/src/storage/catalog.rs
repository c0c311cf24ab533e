//! Reads the schema of every attached database through SQLite's own pragmas.

use std::sync::Arc;

use rusqlite::Connection;
use rustc_hash::FxHashMap;

use super::convert;
use crate::error::Error;
use crate::plan::quoted;
use crate::types::{Affinity, Catalog, Column, ColumnKind, SortedMap, Table, TableKind, table_id};

pub(super) fn read(connection: &Connection) -> Result<Catalog, Error> {
    read_catalog(connection).map_err(convert::error)
}

fn read_catalog(connection: &Connection) -> rusqlite::Result<Catalog> {
    let texts = schema_texts(connection)?;
    let mut tables = SortedMap::new();
    let mut list = connection.prepare_cached("PRAGMA table_list")?;
    let mut rows = list.query([])?;
    while let Some(row) = rows.next()? {
        let (database, name, kind) = (text(row, 0)?, text(row, 1)?, text(row, 2)?);
        let (without_rowid, strict): (bool, bool) = (row.get(4)?, row.get(5)?);
        if name.starts_with("sqlite_") {
            continue;
        }
        let id: Arc<str> = table_id(&database, &name).into();
        let sql = texts.get(&id).cloned().unwrap_or_default();
        let kind = match kind.as_str() {
            "view" => TableKind::View { sql },
            "virtual" => TableKind::Virtual { module: module(&sql), sql },
            _ => TableKind::Table { without_rowid },
        };
        // SQLite cannot list the columns of a view over a dropped table, but the view exists.
        let mut columns = columns(connection, &database, &name, &kind, strict).unwrap_or_default();
        if kind == (TableKind::Table { without_rowid: false }) {
            mark_rowid(connection, &database, &name, &mut columns)?;
        }
        tables.insert(Arc::clone(&id), Arc::new(Table { id, database, name, kind, columns }));
    }
    let encoding: String = connection.query_row("PRAGMA encoding", [], |row| row.get(0))?;
    Ok(Catalog { tables, search_path: search_path(connection)?, is_utf8: encoding == "UTF-8" })
}

/// A text of the schema. Invalid UTF-8 is replaced, so that the other tables can still be read.
fn text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(row
        .get_ref(column)?
        .as_bytes_or_null()?
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .unwrap_or_default())
}

/// The order in which SQLite looks up an unqualified name: `temp`, `main`, then the attached databases in order.
fn search_path(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut list = connection.prepare_cached("PRAGMA database_list")?;
    let names = list.query_map([], |row| text(row, 1))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let attached = names.into_iter().filter(|name| name != "main" && name != "temp");
    Ok(["temp".to_owned(), "main".to_owned()].into_iter().chain(attached).collect())
}

/// The table that owns each b-tree, by the index of the database in the list of databases and the root page.
pub(super) type Roots = FxHashMap<(i64, i64), Arc<str>>;

pub(super) fn roots(connection: &Connection) -> Result<Roots, Error> {
    read_roots(connection).map_err(convert::error)
}

fn read_roots(connection: &Connection) -> rusqlite::Result<Roots> {
    let mut roots = FxHashMap::default();
    let mut list = connection.prepare_cached("PRAGMA database_list")?;
    let databases = list.query_map([], |row| Ok((row.get::<_, i64>(0)?, text(row, 1)?)))?;
    for (place, database) in databases.collect::<rusqlite::Result<Vec<_>>>()? {
        let sql = format!("SELECT rootpage, tbl_name FROM {}.sqlite_schema WHERE rootpage > 0", quoted(&database));
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let table = text(row, 1)?;
            roots.insert((place, row.get(0)?), table_id(&database, &table).into());
        }
    }
    Ok(roots)
}

/// The CREATE statements of views and virtual tables.
fn schema_texts(connection: &Connection) -> rusqlite::Result<SortedMap<Arc<str>, String>> {
    let mut texts = SortedMap::new();
    for database in search_path(connection)? {
        let sql = format!(
            "SELECT name, sql FROM {}.sqlite_schema WHERE sql IS NOT NULL AND (type = 'view' OR rootpage = 0)",
            quoted(&database)
        );
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let name = text(row, 0)?;
            texts.insert(table_id(&database, &name).into(), text(row, 1)?);
        }
    }
    Ok(texts)
}

fn columns(
    connection: &Connection,
    database: &str,
    table: &str,
    kind: &TableKind,
    strict: bool,
) -> rusqlite::Result<Vec<Column>> {
    let mut info = connection.prepare(&format!("PRAGMA {}.table_xinfo({})", quoted(database), quoted(table)))?;
    let mut rows = info.query([])?;
    let mut columns = Vec::new();
    while let Some(row) = rows.next()? {
        let name = text(row, 1)?;
        let declared = text(row, 2)?;
        columns.push(Column {
            affinity: match declared.as_str() {
                // ANY converts nothing, but only where types are enforced.
                any if strict && any.eq_ignore_ascii_case("any") => Affinity::Blob,
                declared => Affinity::of_declared_type(declared),
            },
            collation: match kind {
                TableKind::Table { .. } => collation(connection, database, table, &name)?,
                _ => "BINARY".to_owned(),
            },
            kind: match row.get::<_, i64>(6)? {
                1 => ColumnKind::Hidden,
                2 => ColumnKind::GeneratedVirtual,
                3 => ColumnKind::GeneratedStored,
                _ => ColumnKind::Ordinary,
            },
            not_null: row.get(3)?,
            is_rowid: false,
            primary_key: row.get(5)?,
            name,
        });
    }
    Ok(columns)
}

/// Marks the rowid column: the only column of a primary key that has no index.
fn mark_rowid(connection: &Connection, database: &str, table: &str, columns: &mut [Column]) -> rusqlite::Result<()> {
    let mut keys = columns.iter_mut().filter(|column| column.primary_key > 0);
    let (Some(key), None) = (keys.next(), keys.next()) else { return Ok(()) };
    let mut list = connection.prepare(&format!("PRAGMA {}.index_list({})", quoted(database), quoted(table)))?;
    let origins = list.query_map([], |row| text(row, 3))?.collect::<rusqlite::Result<Vec<_>>>()?;
    key.is_rowid = !origins.iter().any(|origin| origin == "pk");
    Ok(())
}

fn collation(connection: &Connection, database: &str, table: &str, column: &str) -> rusqlite::Result<String> {
    let (_, collation, ..) = connection.column_metadata(Some(database), table, column)?;
    Ok(collation.map_or_else(|| "BINARY".to_owned(), |name| name.to_string_lossy().into_owned()))
}

/// `fts5` from `CREATE VIRTUAL TABLE docs USING fts5(title, body)`. SQLite has already checked the statement.
fn module(sql: &str) -> String {
    let mut words = sql.split(|c: char| c.is_whitespace() || c == '(').filter(|word| !word.is_empty());
    let using = words.find(|word| word.eq_ignore_ascii_case("using"));
    using.and(words.next()).unwrap_or_default().trim_matches(['"', '`', '[', ']', ';']).to_ascii_lowercase()
}
