//! What capture has to keep of changed rows: the columns that somebody reads.

use std::sync::Arc;

use crate::plan::Columns;
use crate::types::SortedMap;

/// A table, and the columns of it that somebody reads; nothing if nobody reads the table.
pub(crate) type TableScope = (Arc<str>, Option<Columns>);

/// What capture has to keep.
#[derive(Debug, Default)]
pub(crate) struct CaptureScope {
    /// Somebody sees every change batch.
    whole: bool,
    read: SortedMap<Arc<str>, Columns>,
}

impl CaptureScope {
    /// Keeps every column of every table from now on.
    pub(crate) fn widen_to_everything(&mut self) {
        self.whole = true;
    }

    /// Changes what is read of some tables.
    pub(crate) fn change(&mut self, tables: impl IntoIterator<Item = TableScope>) {
        for (table, columns) in tables {
            match columns {
                Some(columns) => drop(self.read.insert(table, columns)),
                None => drop(self.read.remove(&table)),
            }
        }
    }

    /// The columns of a table that somebody reads; nothing if nobody reads the table.
    pub(super) fn of(&self, table: &Arc<str>) -> Option<&Columns> {
        if self.whole { Some(&Columns::All) } else { self.read.get(table) }
    }
}
