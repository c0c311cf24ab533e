//! The columns that statements can update: those that the authorizer names when SQLite compiles a statement, with its triggers and
//! foreign key actions. No other way leads to an UPDATE of a row.

use std::sync::Arc;

use crate::types::{SortedMap, SortedSet};

/// How many statements are known by their texts; of others, what any statement can update is taken.
const MOST: usize = 512;

/// Columns, each as its database, table and name, as the schema spells them.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnNames(SortedSet<String>);

/// What statements can update.
#[derive(Debug, Default)]
pub(super) struct UpdatedColumns {
    /// By any statement that was ever compiled on the connection: a cache may keep each of them.
    any: ColumnNames,
    by_text: SortedMap<String, Arc<ColumnNames>>,
    compiling: Option<Compiling>,
    /// By the statement that runs, if that is known.
    running: Option<Arc<ColumnNames>>,
}

/// A statement that SQLite may compile, or may have compiled.
#[derive(Debug, Default)]
struct Compiling {
    is_compiled: bool,
    columns: ColumnNames,
}

impl ColumnNames {
    /// Those of a table.
    pub(super) fn of<'c>(&'c self, database: &'c str, table: &'c str) -> impl Iterator<Item = &'c str> {
        let after = |text: &'c str, name: &str| text.strip_prefix(name)?.strip_prefix('\0');
        self.0.iter().filter_map(move |column| after(after(column, database)?, table))
    }
}

/// No name has the character between them.
fn key(database: &str, table: &str, column: &str) -> String {
    [database, table, column].join("\0")
}

impl UpdatedColumns {
    /// What any statement can update.
    pub(super) fn any(&self) -> &ColumnNames {
        &self.any
    }

    /// What the running statement can update, if that is known.
    pub(super) fn running(&self) -> Option<&ColumnNames> {
        self.running.as_deref()
    }

    /// A statement is about to be compiled, unless a cache has it.
    pub(super) fn look_up(&mut self) {
        self.compiling = Some(Compiling::default());
    }

    /// SQLite compiles a statement that writes.
    pub(super) fn compile(&mut self) {
        if let Some(compiling) = &mut self.compiling {
            compiling.is_compiled = true;
        }
    }

    /// SQLite compiles a statement that can update a column; whether no statement could before.
    pub(super) fn insert(&mut self, database: &str, table: &str, column: &str) -> bool {
        let column = key(database, table, column);
        match &mut self.compiling {
            Some(compiling) => {
                compiling.is_compiled = true;
                compiling.columns.0.insert(column.clone());
            }
            // It compiles a statement again while that runs, for the schema has changed, or a statement within it.
            None => {
                self.running = None;
                self.by_text = SortedMap::new();
            }
        }
        self.any.0.insert(column)
    }

    /// The statement that was looked up begins to run.
    pub(super) fn run(&mut self, text: &str) {
        self.running = match self.compiling.take() {
            Some(Compiling { is_compiled: true, columns }) => {
                let columns = Arc::new(columns);
                if self.by_text.len() >= MOST {
                    self.by_text = SortedMap::new();
                }
                self.by_text.insert(text.to_owned(), Arc::clone(&columns));
                Some(columns)
            }
            _ => self.by_text.get(text).map(Arc::clone),
        };
    }

    /// It has ended.
    pub(super) fn end(&mut self) {
        (self.running, self.compiling) = (None, None);
    }
}
