//! What a subscriber is told.

use std::sync::Arc;

use crate::error::Error;
use crate::types::{CommitId, Diff, Row, Snapshot};

/// What one commit means for one subscription. A commit that changed nothing of its result sends nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The result changed.
    Diff(Diff),
    /// The query, which failed at the last commit that concerned it, evaluates again: what it changed since its last good rows,
    /// which may be nothing. If its columns have changed meanwhile, [`Event::Columns`] comes instead.
    Recovered(Diff),
    /// A schema change altered the columns: a new result in the new shape.
    Columns(Snapshot),
    /// The query could not be answered at this commit.
    Error {
        /// The commit.
        commit: CommitId,
        /// Why.
        error: Arc<Error>,
        /// Whether the subscription ended, because a table or column of it is gone. Otherwise it stays, and once the query
        /// evaluates again [`Event::Recovered`] comes.
        closed: bool,
    },
    /// Paranoid mode found that the maintained result is not what SQLite returns.
    Divergence(Divergence),
}

impl Event {
    /// The commit that the event belongs to.
    #[must_use]
    pub fn commit(&self) -> CommitId {
        match self {
            Self::Diff(diff) | Self::Recovered(diff) => diff.commit,
            Self::Columns(snapshot) => snapshot.commit,
            Self::Error { commit, .. } => *commit,
            Self::Divergence(divergence) => divergence.commit,
        }
    }

    /// What it changes in the rows, if it is a diff or a recovery.
    #[must_use]
    pub fn diff(&self) -> Option<&Diff> {
        match self {
            Self::Diff(diff) | Self::Recovered(diff) => Some(diff),
            _ => None,
        }
    }
}

/// A commit, as a listener hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed<'a> {
    /// Its number.
    pub commit: CommitId,
    /// The tables whose rows it wrote, named `database.table` in lower case. Writes that a savepoint undid count.
    pub tables: &'a [Arc<str>],
    /// Whether other tables may have changed too: it changed the schema or a setting, or another connection has committed.
    pub is_partial: bool,
}

/// A maintained result beside what SQLite returns at the same commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The commit.
    pub commit: CommitId,
    /// The query.
    pub sql: Arc<str>,
    /// What SQLite returns.
    pub expected: Arc<[Row]>,
    /// What the engine held.
    pub actual: Arc<[Row]>,
    /// SQL that makes it happen again in an empty database: the tables, indexes and views of the query, their rows as they
    /// were before the commit, the query and its parameters as a comment, to be subscribed to there, and the commit's
    /// changes as one transaction. There are rows only where all the tables, or those that the commit changed, have at
    /// most 200; comments say what is left out.
    pub script: String,
}
