//! What a write did.

use crate::types::CommitId;

/// What running statements did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Executed {
    /// The last commit's number; unchanged if nothing was committed.
    pub commit: CommitId,
    /// Rows written, as `sqlite3_changes64` counts them, added up over the statements.
    pub changes: u64,
}
