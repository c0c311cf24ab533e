//! Table versions: the sets of rows that a statement of a plan can read instead of a base table.

use std::fmt;
use std::sync::Arc;

use crate::types::{Change, Row, RowKey};

/// A set of rows of a base table while a commit is maintained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TableVersion {
    /// The table as the commit left it.
    Post,
    /// The rows that the commit deleted, and updated rows as they were.
    Old,
    /// The rows that the commit inserted, and updated rows as they are.
    New,
    /// The rows of both `Old` and `New`.
    Changed,
}

impl TableVersion {
    /// The unquoted name in FROM of a version of the table `id`. The table itself is read by its own name.
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

/// The changed rows of a table with their rowids, which are 0 in a table WITHOUT ROWID.
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
        let mut old = changes.clone().filter_map(|change| Some((rowid(change), change.old.clone()?)));
        let mut new = changes.filter_map(|change| Some((rowid(change), change.new.clone()?)));
        Self { old: shared(&mut old), new: shared(&mut new) }
    }

    /// The number of old and new rows together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.old.len() + self.new.len()
    }

    /// How many changed rows a version has.
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

/// The rows, which mostly are one or none: that takes no vector on the way.
fn shared(rows: &mut dyn Iterator<Item = (i64, Row)>) -> Arc<[(i64, Row)]> {
    let Some(first) = rows.next() else { return Arc::default() };
    match rows.next() {
        None => Arc::from([first]),
        Some(second) => [first, second].into_iter().chain(rows).collect(),
    }
}
