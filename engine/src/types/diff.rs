//! Edits: how a subscriber's list of rows becomes the next one.

use std::sync::Arc;

use super::{CommitId, Row, RowKey};

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

    /// Performs the step on `rows`. Indices that the list does not have are a bug of the maker of the edit: they panic.
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
    /// The changed rows of the commit by which the result changed, table by table, if
    /// [`Options::provenance`](crate::Options::provenance) is on; else empty.
    ///
    /// A row that is not among them did not change this result. A row that is among them may not have: they are the rows
    /// that passed what the query demands of each row of a table, and of which a column is read that changed. Of a query
    /// of filters, projections, inner joins and UNION ALL that at most 64 such rows came to, those are left out that
    /// change nothing alone, provided that the others, each alone, come to the whole difference; with LIMIT, rows beyond
    /// the last one shown count as part of the result. There are none where no row was reported: after a schema change
    /// and a commit of another connection, for what every commit may affect, and for `rebind`.
    pub causes: Arc<[Cause]>,
}

/// A row of a base table that a commit changed, and a result by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The table, `database.table` in lower case.
    pub table: Arc<str>,
    /// Which row.
    pub key: RowKey,
    /// The row before the commit, if it was there, as in [`Change::old`](crate::Change::old).
    pub old: Option<Row>,
    /// The row after the commit, if it is there.
    pub new: Option<Row>,
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
