//! What capture has to keep of changed rows: the columns that somebody reads.

use std::sync::Arc;

use crate::plan::Columns;
use crate::types::{SortedMap, SortedSet};

/// A table, and the columns of it that somebody reads; nothing if nobody reads the table.
pub(crate) type TableScope = (Arc<str>, Option<Columns>);

/// What capture has to keep.
#[derive(Debug, Default)]
pub(crate) struct CaptureScope {
    /// Somebody sees every change batch.
    whole: bool,
    read: SortedMap<Arc<str>, Columns>,
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
    pub(crate) fn change(&mut self, tables: impl IntoIterator<Item = TableScope>) {
        for (table, columns) in tables {
            if let Changed::Some(changed) = &mut self.changed {
                changed.insert(Arc::clone(&table));
            }
            match columns {
                Some(columns) => drop(self.read.insert(table, columns)),
                None => drop(self.read.remove(&table)),
            }
        }
    }

    /// The tables of which something else is to be kept since the last call.
    pub(super) fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    /// The columns of a table that somebody reads; nothing if nobody reads the table.
    pub(super) fn of(&self, table: &Arc<str>) -> Option<&Columns> {
        if self.whole { Some(&Columns::All) } else { self.read.get(table) }
    }
}
