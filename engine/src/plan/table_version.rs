//! Table versions: what a statement of a plan reads in the place of a base table.

use std::fmt;
use std::sync::Arc;

use crate::types::{Change, Row, RowKey};

/// One of the sets of rows that a base table shows while a commit is maintained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TableVersion {
    /// The table itself, as the commit has left it.
    Post,
    /// The rows that the commit removed, and updated ones as they were.
    Old,
    /// The rows that the commit added, and updated ones as they are.
    New,
    /// Both of them.
    Changed,
}

impl TableVersion {
    /// The name in FROM, not yet quoted, of a version of the table `id`; the table itself goes by its own name.
    #[must_use]
    pub fn table_name(self, id: &str) -> String {
        format!("tidewater {self} {id}")
    }
}

impl fmt::Display for TableVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Post => "post",
            Self::Old => "old",
            Self::New => "new",
            Self::Changed => "changed",
        })
    }
}

/// The rows that the versions of a table show, with their rowids; 0 in a table WITHOUT ROWID.
#[derive(Clone, Debug, Default)]
pub struct RowImages {
    /// The rows of [`TableVersion::Old`].
    pub old: Arc<[(i64, Row)]>,
    /// The rows of [`TableVersion::New`].
    pub new: Arc<[(i64, Row)]>,
}

impl RowImages {
    /// The images of a table's changed rows.
    pub fn of<'c>(changes: impl Iterator<Item = &'c Change> + Clone) -> Self {
        let rowid = |change: &Change| match change.key {
            RowKey::RowId(rowid) => rowid,
            RowKey::PrimaryKey(_) => 0,
        };
        let old = changes.clone().filter_map(|change| Some((rowid(change), change.old.clone()?)));
        let new = changes.filter_map(|change| Some((rowid(change), change.new.clone()?)));
        Self { old: old.collect(), new: new.collect() }
    }

    /// How many rows there are, those that were and those that are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.old.len() + self.new.len()
    }

    /// How many rows a version shows of those that changed.
    #[must_use]
    pub fn rows(&self, version: TableVersion) -> usize {
        match version {
            TableVersion::Post => 0,
            TableVersion::Old => self.old.len(),
            TableVersion::New => self.new.len(),
            TableVersion::Changed => self.len(),
        }
    }
}
