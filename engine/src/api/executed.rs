//! What a write did.

use crate::types::CommitId;

/// What running statements did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Executed {
    /// The last commit's number; unchanged if nothing was committed.
    pub commit: CommitId,
    /// Rows written, as `sqlite3_changes64` counts them, added up over the statements.
    pub changes: u64,
    /// The rowid of the last row that the engine's connection has inserted into a table with rowids, as `sqlite3_last_insert_rowid`
    /// tells it: by these statements if they inserted one, else by those before; 0 if there was none yet.
    pub last_insert_rowid: i64,
}
