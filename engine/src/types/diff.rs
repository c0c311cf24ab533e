//! Edits: how a subscriber's list of rows becomes the next one.

use std::sync::Arc;

use super::{CommitId, Row};

/// One step of a [`Diff`]. Indices count from 0 in the list as it stands when the step is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Put `row` in so that it stands at `index`.
    Insert {
        /// Where the row will stand.
        index: usize,
        /// The new row.
        row: Row,
    },
    /// Take the row at `index` out.
    Remove {
        /// Where the row stands.
        index: usize,
    },
    /// Put `row` in the place of the one at `index`.
    Replace {
        /// Where both stand.
        index: usize,
        /// The new row.
        row: Row,
    },
    /// Take the row at `from` out, then put it in so that it stands at `to`.
    Move {
        /// Where the row stands.
        from: usize,
        /// Where it will stand, counted after it was taken out.
        to: usize,
    },
}

impl Edit {
    /// The same step for rows that stand so many places further behind.
    pub(crate) fn shift(&mut self, by: usize) {
        match self {
            Self::Insert { index, .. } | Self::Remove { index } | Self::Replace { index, .. } => *index += by,
            Self::Move { from, to } => {
                *from += by;
                *to += by;
            }
        }
    }

    /// Performs the step on `rows`. Indices that the list does not have are a bug of whoever made the edit: they panic.
    pub fn apply(&self, rows: &mut Vec<Row>) {
        match self {
            Self::Insert { index, row } => rows.insert(*index, row.clone()),
            Self::Remove { index } => {
                rows.remove(*index);
            }
            Self::Replace { index, row } => rows[*index] = row.clone(),
            Self::Move { from, to } => {
                let row = rows.remove(*from);
                rows.insert(*to, row);
            }
        }
    }
}

/// What one commit changed in one subscription's result; never empty when delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// The commit that the rows equal once the edits are applied.
    pub commit: CommitId,
    /// The edits, to be applied in order.
    pub edits: Arc<[Edit]>,
}

impl Diff {
    /// Brings `rows` from the result before this commit to the one after it.
    pub fn apply(&self, rows: &mut Vec<Row>) {
        for edit in self.edits.iter() {
            edit.apply(rows);
        }
    }
}

/// A whole result as of one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The commit that the rows equal.
    pub commit: CommitId,
    /// Names of the columns.
    pub columns: Arc<[String]>,
    /// The rows.
    pub rows: Arc<[Row]>,
}
