//! The columns that statements can update: those that any statement compiled on the connection names.

use rustc_hash::FxHashMap;

use crate::types::SortedSet;

/// Column names by database and table, as the schema spells them. They are never removed: a statement may be kept by its cache
/// for as long as the connection lives.
#[derive(Debug, Default)]
pub(super) struct UpdatedColumns {
    databases: FxHashMap<String, FxHashMap<String, SortedSet<String>>>,
}

impl UpdatedColumns {
    /// Adds a column; whether it is new.
    pub(super) fn insert(&mut self, database: &str, table: &str, column: &str) -> bool {
        if self.of(database, table).is_some_and(|columns| columns.contains(column)) {
            return false;
        }
        let tables = self.databases.entry(database.to_owned()).or_default();
        tables.entry(table.to_owned()).or_default().insert(column.to_owned())
    }

    /// The columns of a table that can be updated.
    pub(super) fn of(&self, database: &str, table: &str) -> Option<&SortedSet<String>> {
        self.databases.get(database)?.get(table)
    }
}
