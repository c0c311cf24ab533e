//! What capture has to keep of changed rows: the columns that somebody reads.

use std::sync::Arc;

use crate::plan::Columns;
use crate::types::{SortedMap, SortedSet};

/// What capture has to keep of a table that somebody reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableScope {
    /// The columns that somebody reads.
    pub(crate) columns: Columns,
    /// So many changed rows are kept. Where a transaction changes more, none are.
    pub(crate) most_rows: usize,
    /// The same where rows were updated only, for each column that was updated. The last one is for all columns behind.
    pub(crate) most_updates: Vec<usize>,
}

/// What capture has to keep.
#[derive(Debug, Default)]
pub(crate) struct CaptureScope {
    /// Somebody sees every change batch.
    whole: bool,
    read: SortedMap<Arc<str>, TableScope>,
    changed: Changed,
}

/// The tables of which something else is to be kept than when that was last asked.
#[derive(Debug)]
pub(super) enum Changed {
    All,
    Some(SortedSet<Arc<str>>),
}

impl Default for Changed {
    fn default() -> Self {
        Self::Some(SortedSet::new())
    }
}

impl Changed {
    pub(super) fn contains(&self, table: &Arc<str>) -> bool {
        match self {
            Self::All => true,
            Self::Some(tables) => tables.contains(table),
        }
    }
}

impl CaptureScope {
    /// Keeps every column of every table from now on.
    pub(crate) fn widen_to_everything(&mut self) {
        self.whole = true;
        self.changed = Changed::All;
    }

    /// Changes what is read of some tables.
    pub(crate) fn change(&mut self, tables: impl IntoIterator<Item = (Arc<str>, Option<TableScope>)>) {
        for (table, scope) in tables {
            if let Changed::Some(changed) = &mut self.changed {
                changed.insert(Arc::clone(&table));
            }
            match scope {
                Some(scope) => drop(self.read.insert(table, scope)),
                None => drop(self.read.remove(&table)),
            }
        }
    }

    /// The tables of which something else is to be kept since the last call.
    pub(super) fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    /// What is to be kept of a table; nothing if nobody reads it.
    pub(super) fn of(&self, table: &Arc<str>) -> Option<&TableScope> {
        static WHOLE: TableScope =
            TableScope { columns: Columns::All, most_rows: usize::MAX, most_updates: Vec::new() };
        if self.whole { Some(&WHOLE) } else { self.read.get(table) }
    }
}

impl TableScope {
    /// How many changed rows are kept if these columns were updated and no row came or went.
    pub(super) fn most_updates_of(&self, columns: &[usize]) -> usize {
        let Some(of_others) = self.most_updates.last() else { return self.most_rows };
        let of_each = columns.iter().map(|column| self.most_updates.get(*column).unwrap_or(of_others));
        of_each.fold(0, |sum: usize, most| sum.saturating_add(*most))
    }
}
