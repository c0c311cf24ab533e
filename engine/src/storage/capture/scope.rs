//! What capture has to keep of changed rows: the columns that somebody reads.

use std::sync::Arc;

use crate::plan::{Columns, TableScope};
use crate::types::{SortedMap, SortedSet};

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
