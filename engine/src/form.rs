//! Makes a query ready: SQLite compiles it, our own reading derives what it depends on, and SQLite's authorizer checks that.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::Error;
use crate::plan::{Columns, Dependencies, Source};
use crate::sql;
use crate::storage::{Reads, Session};
use crate::subscribe::{Form, Order};
use crate::types::{Catalog, ColumnKind, Table, TableKind};

/// Why every query is re-run: there is no incremental strategy yet.
pub(crate) const WHY_REQUERY: &str = "this version re-runs every query that a commit can affect";

/// Table-valued functions whose rows follow from their arguments alone.
const PURE_TABLE_FUNCTIONS: [&str; 3] = ["json_each", "json_tree", "generate_series"];

/// Functions that tell of the connection, which every commit changes.
const CONNECTION_FUNCTIONS: [&str; 3] = ["changes", "total_changes", "last_insert_rowid"];

pub(crate) fn prepare(session: &mut Session<'_>, text: &str) -> Result<Form, Error> {
    let (shape, reads) = session.prepare(text)?;
    let catalog = session.catalog()?;
    let normalised = sql::normalise(text);
    let (mut dependencies, unparsed) = match sql::dependencies(text, &catalog) {
        Ok(dependencies) => (dependencies, None),
        Err(unparsed) => (unread(&reads), Some(unparsed.reason)),
    };
    let disagreement = add_reads(&mut dependencies, &reads, &catalog, unparsed.is_none());
    let disagreement = if unparsed.is_some() { None } else { disagreement };
    Ok(Form {
        sql: text.into(),
        template: normalised.text,
        literals: normalised.literals,
        columns: shape.columns,
        slots: shape.slots,
        order: if sql::declares_order(text) { Order::Declared } else { Order::Incidental },
        dependencies,
        disagreement,
        unparsed,
    })
}

/// What is left to go by when only SQLite understands the text: its authorizer tells tables, columns and functions.
fn unread(reads: &Reads) -> Dependencies {
    let connection = reads.functions.iter().find(|name| CONNECTION_FUNCTIONS.contains(&name.as_str()));
    Dependencies {
        every_commit: connection.map(|name| format!("{name}() tells of the connection")),
        plan_dependent: Some("the text was not parsed here".to_owned()),
        ..Dependencies::default()
    }
}

/// Adds to the dependencies what SQLite reads beyond them, and tells what that was.
fn add_reads(dependencies: &mut Dependencies, reads: &Reads, catalog: &Catalog, is_parsed: bool) -> Option<String> {
    let mut added = Vec::new();
    for (id, columns) in &reads.tables {
        match catalog.tables.get(id) {
            Some(table) if matches!(table.kind, TableKind::Table { .. }) => {
                add_table(dependencies, table, columns, &mut added)
            }
            Some(table) => add_virtual_table(dependencies, table, catalog, &mut added),
            // SQLite reports a CTE by its name where no column of it is read. Of a text that was parsed, every name that
            // is neither a CTE nor in the catalog is known already.
            None if is_parsed => {}
            None => add_unlisted_table(dependencies, id, &mut added),
        }
    }
    (!added.is_empty()).then(|| format!("SQLite also reads {}", added.join(", ")))
}

fn add_table(dependencies: &mut Dependencies, table: &Table, columns: &BTreeSet<usize>, added: &mut Vec<String>) {
    let known: Vec<&Source> = dependencies.sources.iter().filter(|source| source.table == table.id).collect();
    let is_virtual = |column: usize| table.columns.get(column).is_some_and(|c| c.kind == ColumnKind::GeneratedVirtual);
    let missing: BTreeSet<usize> = columns
        .iter()
        .copied()
        .filter(|column| {
            !known.iter().any(|source| match &source.columns {
                Columns::All => true,
                Columns::Some(columns) => columns.contains(column) && !is_virtual(*column),
            })
        })
        .collect();
    if !known.is_empty() && missing.is_empty() {
        return;
    }
    added.push(match missing.first().and_then(|column| table.columns.get(*column)) {
        Some(column) => format!("{}.{}", table.id, column.name),
        None => table.id.to_string(),
    });
    // No hook shows a virtual column's value, so any change of the row may be one of the column.
    let columns = if missing.iter().any(|column| is_virtual(*column)) { Columns::All } else { Columns::Some(missing) };
    dependencies.sources.push(Source { table: Arc::clone(&table.id), columns, predicates: Vec::new() });
}

/// A virtual table that our own reading has not resolved to its shadow tables may change with every commit.
fn add_virtual_table(dependencies: &mut Dependencies, table: &Table, catalog: &Catalog, added: &mut Vec<String>) {
    let prefix = format!("{}_", table.id);
    let resolved = dependencies
        .sources
        .iter()
        .any(|source| source.table.starts_with(&prefix) && catalog.tables.contains_key(&source.table));
    if !resolved && dependencies.every_commit.is_none() {
        added.push(table.id.to_string());
        dependencies.every_commit = Some(format!("{} is a virtual table", table.id));
    }
}

/// System tables, whose changes no hook reports, and eponymous virtual tables.
fn add_unlisted_table(dependencies: &mut Dependencies, id: &str, added: &mut Vec<String>) {
    let name = id.rsplit('.').next().unwrap_or(id);
    if !PURE_TABLE_FUNCTIONS.contains(&name) && dependencies.every_commit.is_none() {
        added.push(id.to_owned());
        dependencies.every_commit = Some(format!("no hook reports changes of {name}"));
    }
}
