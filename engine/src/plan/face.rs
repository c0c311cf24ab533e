//! Faces: what a statement of a plan reads in the place of a base table.

use std::fmt;
use std::sync::Arc;

use crate::types::{Change, Row, RowKey};

/// One of the sets of rows that a base table shows while a commit is maintained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Face {
    /// The table itself, as the commit has left it.
    Post,
    /// The rows that the commit removed, and updated ones as they were.
    Old,
    /// The rows that the commit added, and updated ones as they are.
    New,
    /// Both of them.
    Changed,
}

impl Face {
    /// The name in FROM, not yet quoted, of a face of the table `id`; the table itself goes by its own name.
    #[must_use]
    pub fn table_name(self, id: &str) -> String {
        format!("tidewater {self} {id}")
    }
}

impl fmt::Display for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Post => "post",
            Self::Old => "old",
            Self::New => "new",
            Self::Changed => "changed",
        })
    }
}

/// The rows that the faces of a table show, with their rowids; 0 in a table WITHOUT ROWID.
#[derive(Clone, Debug, Default)]
pub struct Images {
    /// The rows of [`Face::Old`].
    pub old: Arc<[(i64, Row)]>,
    /// The rows of [`Face::New`].
    pub new: Arc<[(i64, Row)]>,
}

impl Images {
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

    /// How many rows a face shows of those that changed.
    #[must_use]
    pub fn rows(&self, face: Face) -> usize {
        match face {
            Face::Post => 0,
            Face::Old => self.old.len(),
            Face::New => self.new.len(),
            Face::Changed => self.len(),
        }
    }
}
