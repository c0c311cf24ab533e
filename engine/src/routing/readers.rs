//! What of each table somebody reads: the union over all bindings, which capture keeps of changed rows.

use std::sync::Arc;

use crate::plan::{Columns, Source};
use crate::types::{SortedMap, SortedSet};

/// How many sources read each table and column.
#[derive(Debug, Default)]
pub(super) struct ReadCounts {
    tables: SortedMap<Arc<str>, TableCounts>,
    /// The tables of which other columns are read than when that was last asked.
    changed: SortedSet<Arc<str>>,
}

/// How many sources read a table.
#[derive(Debug, Default)]
struct TableCounts {
    sources: usize,
    /// Sources that read every column.
    whole: usize,
    /// Sources that read each column, as far as there are any.
    columns: Vec<usize>,
}

impl ReadCounts {
    /// Counts a source; `is_whole` if it reads all columns, whatever its text says.
    pub(super) fn add(&mut self, source: &Source, is_whole: bool) {
        let counts = self.tables.or_default(Arc::clone(&source.table));
        let mut is_new = increment(&mut counts.sources);
        match &source.columns {
            Columns::Some(columns) if !is_whole => {
                for column in columns {
                    if counts.columns.len() <= *column {
                        counts.columns.resize(column + 1, 0);
                    }
                    is_new |= increment(&mut counts.columns[*column]);
                }
            }
            _ => is_new |= increment(&mut counts.whole),
        }
        if is_new {
            self.changed.insert(Arc::clone(&source.table));
        }
    }

    /// Counts a source no longer that was added.
    pub(super) fn remove(&mut self, source: &Source, is_whole: bool) {
        let Some(counts) = self.tables.get_mut(&source.table) else { return };
        let mut is_last = decrement(&mut counts.sources);
        match &source.columns {
            Columns::Some(columns) if !is_whole => {
                for column in columns {
                    is_last |= counts.columns.get_mut(*column).is_some_and(decrement);
                }
            }
            _ => is_last |= decrement(&mut counts.whole),
        }
        if counts.sources == 0 {
            self.tables.remove(&source.table);
        }
        if is_last {
            self.changed.insert(Arc::clone(&source.table));
        }
    }

    /// The tables of which other columns are read since the last call, each with those columns; nothing for a table that nobody
    /// reads any more.
    pub(super) fn take_changed(&mut self) -> Vec<(Arc<str>, Option<Columns>)> {
        let changed = std::mem::take(&mut self.changed);
        changed.iter().map(|table| (Arc::clone(table), self.tables.get(table).map(TableCounts::read))).collect()
    }

    /// Whether [`ReadCounts::take_changed`] has anything.
    pub(super) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }
}

impl TableCounts {
    fn read(&self) -> Columns {
        match self.whole {
            0 => Columns::Some((0..self.columns.len()).filter(|column| self.columns[*column] > 0).collect()),
            _ => Columns::All,
        }
    }
}

/// Whether it was 0.
fn increment(count: &mut usize) -> bool {
    *count += 1;
    *count == 1
}

/// Whether it is 0.
fn decrement(count: &mut usize) -> bool {
    *count = count.saturating_sub(1);
    *count == 0
}

#[cfg(test)]
#[path = "readers_tests.rs"]
mod tests;
