//! The SQL by which a commit happens again in an empty database: tables with their rows as they were before, the query that
//! was subscribed to, and the changes. For reports of faults, so it says what it leaves out instead of failing.

use std::fmt::Write as _;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::error::Error;
use crate::plan::quoted;
use crate::storage::{SealedCommit, Session};
use crate::types::{
    Catalog, Change, ColumnKind, Row, RowKey, SortedMap, SortedSet, Table, TableChanges, TableKind, Value, ValueRef,
};

/// The rows of all tables are told if there are at most so many.
const MOST_ROWS: usize = 200;

/// The most significant decimal digits for which any converter gives the right double.
const SURE_DIGITS: usize = 15;

/// A query, as it was subscribed to.
pub(crate) struct Query<'q> {
    pub(crate) sql: &'q str,
    /// Names of the parameters, where they have any, and their values.
    pub(crate) slots: &'q [Option<String>],
    pub(crate) values: &'q [Value],
    /// The base tables that it reads.
    pub(crate) tables: SortedSet<Arc<str>>,
}

/// A row as it was before the commit, with its key.
type Keyed = (RowKey, Row);

/// The SQL by which a commit happens again to the tables of a query.
pub(crate) fn script(session: &mut Session<'_>, sealed: &SealedCommit, query: &Query<'_>) -> String {
    let mut script = format!("-- Commit {}, and the tables of one query before it.\n", sealed.commit.0);
    match session.catalog() {
        Ok(catalog) => Writer { session }.write(sealed, query, &catalog, &mut script),
        Err(error) => note(&mut script, &format!("The schema cannot be read: {error}")),
    }
    script
}

/// Writes a script from what the database says.
struct Writer<'s, 'c> {
    session: &'s Session<'c>,
}

impl Writer<'_, '_> {
    fn write(&self, sealed: &SealedCommit, query: &Query<'_>, catalog: &Catalog, script: &mut String) {
        if !catalog.is_utf8 {
            let encoding = self.texts("PRAGMA encoding", &[]).unwrap_or_default();
            encoding.iter().for_each(|encoding| *script += &format!("PRAGMA encoding = '{encoding}';\n"));
        }
        *script += "PRAGMA foreign_keys = OFF;\n";
        let tables = tables(query, catalog, script);
        let attached: SortedSet<&str> = tables.iter().map(|table| table.database.as_str()).collect();
        for database in attached.into_iter().filter(|name| !matches!(*name, "main" | "temp")) {
            *script += &format!("ATTACH ':memory:' AS {};\n", quoted(database));
        }
        for table in &tables {
            match self.schema_of(table, "type = 'table' AND name = ?1") {
                Ok(texts) => texts.iter().for_each(|text| *script += &format!("{text};\n")),
                Err(error) => note(script, &format!("The text of {} cannot be read: {error}", table.id)),
            }
        }
        if let Some(why) = sealed.everything {
            note(script, &format!("Not all changes are known ({why}): the rows are as they were after the commit."));
        }
        self.write_rows(sealed, &tables, script);
        for table in &tables {
            // A text is missing only of what constraints make by themselves.
            let texts = self.schema_of(table, "type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL");
            texts.unwrap_or_default().iter().for_each(|text| *script += &format!("{text};\n"));
        }
        for (database, text) in views(query, catalog) {
            *script += &format!("{};\n", qualified(text, database));
        }
        note(script, "Here this was subscribed to:");
        note(script, query.sql);
        for (place, value) in query.values.iter().enumerate() {
            let name = query.slots.get(place).and_then(Option::as_deref);
            let name = name.map_or_else(|| format!("?{}", place + 1), |name| format!(":{name}"));
            note(script, &format!("{name} = {}", literal(value.as_ref())));
        }
        *script += "BEGIN;\n";
        for table in &tables {
            if let Some(changes) = sealed.batch.tables.get(&table.id) {
                self.write_changes(table, changes, script);
            }
        }
        *script += "COMMIT;\n";
    }

    /// All rows if they are few, else those of the tables that the commit changed, if those are.
    fn write_rows(&self, sealed: &SealedCommit, tables: &[&Table], script: &mut String) {
        let none = TableChanges::default();
        let mut rows: SortedMap<&str, Vec<Keyed>> = SortedMap::new();
        let mut has_all = true;
        let mut changed = 0;
        for table in tables {
            let changes = sealed.batch.tables.get(&table.id);
            match self.rows_before(table, changes.unwrap_or(&none)) {
                Ok(before) => {
                    changed += if changes.is_some() { before.len() } else { 0 };
                    rows.insert(&table.id, before);
                }
                Err(error) => note(script, &format!("The rows of {} cannot be read: {error}", table.id)),
            }
        }
        if rows.values().map(Vec::len).sum::<usize>() > MOST_ROWS {
            has_all = false;
            if changed > MOST_ROWS {
                note(script, &format!("The rows are left out: the tables have more than {MOST_ROWS}."));
                return;
            }
        }
        for table in tables {
            let is_changed = sealed.batch.tables.contains_key(&table.id);
            if !has_all && !is_changed {
                let all = format!("The rows of {} are left out: all tables have more than {MOST_ROWS}.", table.id);
                note(script, &all);
                continue;
            }
            for (key, row) in rows.get(&*table.id).into_iter().flatten() {
                *script += &insertion(table, key, row);
            }
        }
    }

    /// The rows of a table before the commit; of many, a few more than are told.
    fn rows_before(&self, table: &Table, changes: &TableChanges) -> Result<Vec<Keyed>, String> {
        let is_keyed = is_keyed(table);
        let rowid = match rowid(table) {
            _ if is_keyed => "NULL".to_owned(),
            Some(name) => name,
            None => return Err("its columns hide its rowid".to_owned()),
        };
        let mut columns = vec![rowid];
        columns.extend(table.columns.iter().map(|column| match column.kind {
            ColumnKind::GeneratedVirtual => "NULL".to_owned(),
            _ => quoted(&column.name),
        }));
        let most = MOST_ROWS + 1 + changes.rows.len();
        let sql = format!("SELECT {} FROM {} LIMIT {most}", columns.join(", "), name(table));
        // Those that the commit brought, or changed.
        let came: FxHashSet<&RowKey> =
            changes.rows.iter().filter(|change| change.new.is_some()).map(|change| &change.key).collect();
        let mut before = Vec::new();
        for found in self.session.rows(&sql, &[]).map_err(|error| error.to_string())? {
            let row: Row = found.values().skip(1).map(ValueRef::to_value).collect();
            let key = match found.get(0) {
                Some(ValueRef::Integer(rowid)) if !is_keyed => RowKey::RowId(rowid),
                _ => RowKey::PrimaryKey(
                    table.primary_key().into_iter().map(|column| value_at(&row, column).to_value()).collect(),
                ),
            };
            if !came.contains(&key) {
                before.push((key, row));
            }
        }
        let old = |change: &Change| Some((change.key.clone(), change.old.clone()?));
        before.extend(changes.rows.iter().filter_map(old));
        Ok(before)
    }

    /// What the commit did to a table. Rows that go make room for those that come.
    fn write_changes(&self, table: &Table, changes: &TableChanges, script: &mut String) {
        let rows = || changes.rows.iter();
        // Rows may have changed places in a unique index, which no order of updates can do.
        let apart = changes.rows.len() > 1 && self.has_unique_index(table);
        for change in rows().filter(|change| change.old.is_some() && (change.new.is_none() || apart)) {
            *script += &format!("DELETE FROM {} WHERE {};\n", name(table), condition(table, &change.key));
        }
        for change in rows() {
            match (&change.old, &change.new) {
                (Some(old), Some(new)) if !apart => *script += &update(table, &change.key, old, new),
                (_, Some(new)) => *script += &insertion(table, &change.key, new),
                (_, None) => {}
            }
        }
    }

    /// Whether something besides its key is unique in a table. If that cannot be told it may be.
    fn has_unique_index(&self, table: &Table) -> bool {
        let sql = "SELECT 1 FROM pragma_index_list(?1, ?2) WHERE \"unique\" AND NOT (origin = 'pk' AND ?3)";
        let values = [table.name.as_str().into(), table.database.as_str().into(), is_keyed(table).into()];
        !self.session.rows(sql, &values).is_ok_and(|rows| rows.is_empty())
    }

    fn schema_of(&self, table: &Table, condition: &str) -> Result<Vec<String>, Error> {
        let schema = format!("SELECT sql FROM {}.sqlite_schema WHERE {condition}", quoted(&table.database));
        let texts = self.texts(&schema, &[table.name.as_str().into()])?;
        Ok(texts.iter().map(|text| qualified(text, &table.database)).collect())
    }

    fn texts(&self, sql: &str, values: &[Value]) -> Result<Vec<String>, Error> {
        let text = |row: &Row| match row.get(0) {
            Some(ValueRef::Text(bytes)) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        };
        Ok(self.session.rows(sql, values)?.iter().filter_map(text).collect())
    }
}

/// The tables of a query that a script can make.
fn tables<'c>(query: &Query<'_>, catalog: &'c Catalog, script: &mut String) -> Vec<&'c Table> {
    let mut tables = Vec::new();
    for id in &query.tables {
        match catalog.tables.get(id) {
            Some(table) if matches!(table.kind, TableKind::Table { .. }) && !is_shadow(table, catalog) => {
                tables.push(&**table);
            }
            _ => note(script, &format!("{id} is left out: it is not an ordinary table.")),
        }
    }
    tables
}

/// Whether a table is where a virtual one keeps its rows, which makes it by itself.
fn is_shadow(table: &Table, catalog: &Catalog) -> bool {
    catalog.tables.values().any(|other| {
        let is_part = || table.name.strip_prefix(&other.name).is_some_and(|rest| rest.starts_with('_'));
        matches!(other.kind, TableKind::Virtual { .. }) && other.database == table.database && is_part()
    })
}

/// The views that a query may read, itself or through others: those whose names it has somewhere. One too many does no harm.
fn views<'c>(query: &Query<'_>, catalog: &'c Catalog) -> Vec<(&'c str, &'c str)> {
    let mut texts = query.sql.to_ascii_lowercase();
    let mut open: Vec<(&Table, &str)> = Vec::new();
    for table in catalog.tables.values() {
        if let TableKind::View { sql } = &table.kind {
            open.push((table, sql));
        }
    }
    let mut views = Vec::new();
    while let Some(at) = open.iter().position(|(view, _)| texts.contains(&view.name.to_ascii_lowercase())) {
        let (view, sql) = open.swap_remove(at);
        texts += &sql.to_ascii_lowercase();
        views.push((view.database.as_str(), sql));
    }
    views
}

/// The text of a schema entry, which SQLite keeps without the database's name.
fn qualified(text: &str, database: &str) -> String {
    let kinds = ["CREATE TABLE ", "CREATE VIEW ", "CREATE UNIQUE INDEX ", "CREATE INDEX "];
    match kinds.iter().find_map(|kind| Some((kind, text.strip_prefix(kind)?))) {
        Some((kind, rest)) if database != "main" => format!("{kind}{}.{rest}", quoted(database)),
        _ => text.to_owned(),
    }
}

fn insertion(table: &Table, key: &RowKey, row: &Row) -> String {
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    if let (RowKey::RowId(key), None, Some(rowid)) = (key, table.rowid_alias(), table.rowid_name()) {
        columns.push(rowid.to_owned());
        values.push(key.to_string());
    }
    for (column, value) in written(table, row) {
        columns.push(column);
        values.push(literal(value));
    }
    format!("INSERT INTO {}({}) VALUES ({});\n", name(table), columns.join(", "), values.join(", "))
}

fn update(table: &Table, key: &RowKey, old: &Row, new: &Row) -> String {
    let pairs = written(table, old).zip(written(table, new));
    let changed = pairs.filter(|((_, old), (_, new))| old != new);
    let terms: Vec<String> = changed.map(|(_, (column, new))| format!("{column} = {}", literal(new))).collect();
    if terms.is_empty() {
        return String::new();
    }
    format!("UPDATE {} SET {} WHERE {};\n", name(table), terms.join(", "), condition(table, key))
}

/// The columns that statements write, with their values.
fn written<'r>(table: &'r Table, row: &'r Row) -> impl Iterator<Item = (String, ValueRef<'r>)> {
    let columns = table.columns.iter().zip(row.values());
    columns
        .filter(|(column, _)| column.kind == ColumnKind::Ordinary)
        .map(|(column, value)| (quoted(&column.name), value))
}

fn condition(table: &Table, key: &RowKey) -> String {
    match key {
        RowKey::RowId(key) => format!("{} = {key}", rowid(table).unwrap_or_else(|| "rowid".to_owned())),
        RowKey::PrimaryKey(row) => {
            let term = |(column, value): (usize, ValueRef<'_>)| {
                format!("{} = {}", quoted(&table.columns[column].name), literal(value))
            };
            table.primary_key().into_iter().zip(row.values()).map(term).collect::<Vec<_>>().join(" AND ")
        }
    }
}

fn is_keyed(table: &Table) -> bool {
    table.kind == TableKind::Table { without_rowid: true }
}

fn rowid(table: &Table) -> Option<String> {
    match table.rowid_alias() {
        Some(column) => Some(quoted(&table.columns[column].name)),
        None => table.rowid_name().map(str::to_owned),
    }
}

fn name(table: &Table) -> String {
    match table.database.as_str() {
        "main" => quoted(&table.name),
        database => format!("{}.{}", quoted(database), quoted(&table.name)),
    }
}

fn value_at(row: &Row, column: usize) -> ValueRef<'_> {
    row.get(column).unwrap_or(ValueRef::Null)
}

/// A comment, of as many lines as the text has.
fn note(script: &mut String, text: &str) {
    for line in text.split(['\n', '\r']) {
        *script += &format!("-- {line}\n");
    }
}

/// A literal that SQLite reads as exactly this value.
fn literal(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Real(real) if real.is_finite() && !is_short(real) => exactly(real),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            // A statement ends at the first of these.
            Ok(text) if text.contains('\0') => {
                let pieces: Vec<_> = text.split('\0').map(|piece| format!("'{}'", piece.replace('\'', "''"))).collect();
                format!("({})", pieces.join(" || char(0) || "))
            }
            Ok(_) => value.to_string(),
            Err(_) => format!("CAST({} AS TEXT)", ValueRef::Blob(bytes)),
        },
        _ => value.to_string(),
    }
}

/// Whether SQLite is sure to read the decimal digits of a number as the number.
fn is_short(real: f64) -> bool {
    let digits = format!("{real:?}").bytes().filter(u8::is_ascii_digit).count();
    real == 0.0 || (digits <= SURE_DIGITS && (1e-7..1e15).contains(&real.abs()))
}

/// A number as its mantissa, doubled or halved: each step is exact, and each number in it a short one.
fn exactly(real: f64) -> String {
    let (bits, fraction) = (real.to_bits(), real.to_bits() & ((1 << 52) - 1));
    let exponent = i32::try_from((bits >> 52) & 0x7ff).unwrap_or_default();
    let (mantissa, exponent) = if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
    let zeros = mantissa.trailing_zeros();
    let mut open = exponent + zeros.cast_signed();
    let mut text = format!("({}1.0 * {}", if real < 0.0 { "-" } else { "" }, mantissa >> zeros);
    let sign = if open < 0 { '/' } else { '*' };
    while open != 0 {
        let step = open.unsigned_abs().min(16);
        let _ = write!(text, " {sign} {}.0", 1_u32 << step);
        open -= open.signum() * step.cast_signed();
    }
    text + ")"
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;
