//! What of each table somebody reads: the union over all bindings, which capture keeps of changed rows, and what evaluating
//! those bindings again would cost, which tells how many rows are worth keeping.

use std::sync::Arc;

use crate::plan::{Columns, Source, TableScope};
use crate::types::{SortedMap, SortedSet};

/// How many sources read each table and column.
#[derive(Debug, Default)]
pub(super) struct ReadCounts {
    tables: SortedMap<Arc<str>, TableCounts>,
    /// The tables of which something else is read, or at another cost, than when that was last asked.
    changed: SortedSet<Arc<str>>,
}

/// The readers of a table.
#[derive(Debug, Default)]
struct TableCounts {
    all: Readers,
    /// Sources that read every column.
    whole: Readers,
    /// Sources that read each column, as far as there are any.
    columns: Vec<Readers>,
}

/// Some sources: how many, and what evaluating their bindings again costs.
#[derive(Clone, Copy, Debug, Default)]
struct Readers {
    sources: usize,
    rerun_cost: u64,
}

/// The cost of evaluating the binding of a source again, before and now; nothing if it was not there, or is not any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct CostChange {
    pub(super) before: Option<u64>,
    pub(super) now: Option<u64>,
}

impl ReadCounts {
    /// Counts a source that is new, has gone, or costs something else; `is_whole` if it reads all columns, whatever its text says.
    pub(super) fn count(&mut self, source: &Source, is_whole: bool, cost: CostChange) {
        let counts = self.tables.or_default(Arc::clone(&source.table));
        let mut is_changed = counts.all.count(cost);
        match &source.columns {
            Columns::Some(columns) if !is_whole => {
                for column in columns {
                    if counts.columns.len() <= *column {
                        counts.columns.resize(column + 1, Readers::default());
                    }
                    is_changed |= counts.columns[*column].count(cost);
                }
            }
            _ => is_changed |= counts.whole.count(cost),
        }
        if counts.all.sources == 0 {
            self.tables.remove(&source.table);
        }
        if is_changed {
            self.changed.insert(Arc::clone(&source.table));
        }
    }

    /// The tables of which something else is read since the last call, or at another cost, each with what is worth keeping of it;
    /// nothing for a table that nobody reads any more. `rows` says how many changed rows are, if evaluating their readers again
    /// costs so much.
    pub(super) fn take_changed(&mut self, rows: &dyn Fn(u64) -> usize) -> Vec<(Arc<str>, Option<TableScope>)> {
        let changed = std::mem::take(&mut self.changed);
        let scope = |table: &Arc<str>| self.tables.get(table).map(|counts| counts.scope(rows));
        changed.into_iter().map(|table| (Arc::clone(&table), scope(&table))).collect()
    }

    /// Whether [`ReadCounts::take_changed`] has anything.
    pub(super) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }
}

impl TableCounts {
    fn scope(&self, rows: &dyn Fn(u64) -> usize) -> TableScope {
        let columns = match self.whole.sources {
            0 => Columns::Some((0..self.columns.len()).filter(|column| self.columns[*column].sources > 0).collect()),
            _ => Columns::All,
        };
        let mut most_updates = Vec::with_capacity(self.columns.len() + 1);
        for readers in self.columns.iter().chain([&Readers::default()]) {
            most_updates.push(rows(self.whole.rerun_cost.saturating_add(readers.rerun_cost)));
        }
        TableScope { columns, most_rows: rows(self.all.rerun_cost), most_updates }
    }
}

impl Readers {
    /// Whether there are none any more, or some for the first time, or their cost has come to another order of magnitude.
    fn count(&mut self, cost: CostChange) -> bool {
        let before = *self;
        self.sources =
            self.sources.saturating_sub(usize::from(cost.before.is_some())) + usize::from(cost.now.is_some());
        self.rerun_cost =
            self.rerun_cost.saturating_sub(cost.before.unwrap_or(0)).saturating_add(cost.now.unwrap_or(0));
        (before.sources == 0) != (self.sources == 0)
            || before.rerun_cost.checked_ilog2() != self.rerun_cost.checked_ilog2()
    }
}

#[cfg(test)]
#[path = "readers_tests.rs"]
mod tests;
