//! What SQLite's authorizer reports a statement reads. It checks the binder, and replaces it for texts that the binder
//! cannot read.
//!
//! One authorizer stays installed, because setting one makes SQLite recompile every cached statement
//! (<https://sqlite.org/c3ref/set_authorizer.html>).

use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use super::capture::Recorder;
use super::catalog::Roots;
use super::convert::Outcome;
use super::lock;
use super::passing::Passing;
use crate::error::Error;
use crate::types::{Catalog, SortedMap, SortedSet, TableKind, table_id};

/// The tables that a statement reads, with their columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    /// Columns by table id. It includes virtual tables and system tables, but no views.
    pub(crate) tables: SortedMap<Arc<str>, SortedSet<usize>>,
    /// The functions that the statement calls, in lower case.
    pub(crate) functions: SortedSet<String>,
}

/// Collects the authorizer's reports while a statement is compiled.
#[derive(Default)]
pub(super) struct ReadCollector {
    active: bool,
    columns: Vec<(Option<String>, String, String)>,
    functions: SortedSet<String>,
}

impl ReadCollector {
    pub(super) fn start(&mut self) {
        *self = Self { active: true, ..Self::default() };
    }

    pub(super) fn finish(&mut self, catalog: &Catalog) -> Reads {
        let collected = std::mem::take(self);
        let mut reads = Reads { functions: collected.functions, ..Reads::default() };
        for (database, table, column) in collected.columns {
            // If no column of a table is read, SQLite reports the table's name as the text spells it.
            let found = catalog.resolve(database.as_deref(), &table);
            let id = table_id(database.as_deref().unwrap_or("main"), &table);
            match found {
                Some(table) if matches!(table.kind, TableKind::View { .. }) => {}
                Some(table) => {
                    let columns = reads.tables.or_default(Arc::clone(&table.id));
                    // SQLite reports the rowid as `ROWID` if no column is an alias of it, and count(*) without a name.
                    columns.extend(table.column(&column));
                }
                // System tables and eponymous virtual tables are not in the catalog.
                None => {
                    reads.tables.or_default(id.into());
                }
            }
        }
        reads
    }

    fn note(&mut self, context: &AuthContext<'_>) {
        match context.action {
            AuthAction::Read { table_name, column_name } => {
                let database = context.database_name.map(str::to_owned);
                self.columns.push((database, table_name.to_owned(), column_name.to_owned()));
            }
            AuthAction::Function { function_name } => {
                self.functions.insert(function_name.to_ascii_lowercase());
            }
            _ => {}
        }
    }
}

/// Adds the tables that the compiled statement opens. The authorizer does not report a table inside a view that contributes
/// only a USING column. A statement that cannot be explained adds nothing; this only adds tables.
pub(super) fn add_opened(connection: &Connection, sql: &str, roots: &Roots, reads: &mut Reads) {
    let opened = connection.prepare(&format!("EXPLAIN {sql}")).and_then(|mut statement| {
        let opcodes = statement.query_map([], |row| Ok((row.get::<_, String>(1)?, row.get(3)?, row.get(4)?)))?;
        opcodes.collect::<rusqlite::Result<Vec<(String, i64, i64)>>>()
    });
    for (opcode, root, database) in opened.unwrap_or_default() {
        if let ("OpenRead" | "ReopenIdx", Some(table)) = (opcode.as_str(), roots.get(&(database, root))) {
            reads.tables.or_default(Arc::clone(table));
        }
    }
}

pub(super) fn install(
    connection: &mut Connection,
    recorder: &Arc<Mutex<Recorder>>,
    passing: Passing,
) -> Result<Arc<Mutex<ReadCollector>>, Error> {
    let recorder = Arc::clone(recorder);
    let collector = Arc::new(Mutex::new(ReadCollector::default()));
    let shared = Arc::clone(&collector);
    let authorize = move |context: AuthContext<'_>| {
        if passing.refuses(&context) {
            return Authorization::Deny;
        }
        match context.action {
            AuthAction::Update { table_name, column_name } => {
                lock(&recorder).note_updated(context.database_name.unwrap_or_default(), table_name, column_name);
            }
            AuthAction::Insert { .. } | AuthAction::Delete { .. } => lock(&recorder).note_compiled(),
            _ => {}
        }
        let mut collector = lock(&shared);
        if collector.active {
            collector.note(&context);
        }
        Authorization::Allow
    };
    connection.authorizer(Some(authorize)).checked()?;
    Ok(collector)
}
