//! Without the feature `file-events` no change is reported.

use std::path::PathBuf;
use std::sync::Arc;

use super::signal::Signal;

/// Reports changes; there is none.
pub(super) enum FileEvents {}

impl FileEvents {
    /// Nothing.
    pub(super) fn watch(_: &[PathBuf], _: Arc<Signal>) -> Option<Self> {
        None
    }
}
