//! How much work the statements of a plan may take before SQLite interrupts them: a join of changed rows that finds no index
//! must not hold up a commit for longer than evaluating the query anew would.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use super::convert;
use crate::error::Error;

/// SQLite asks after so many of its instructions. Few enough to stop in time, and so many that asking costs nothing.
const EACH: u32 = 4096;

/// What is left, in SQLite's instructions; `u64::MAX` where nothing is counted.
#[derive(Clone)]
pub(super) struct Allowance(Arc<AtomicU64>);

impl Allowance {
    pub(super) fn install(connection: &mut Connection) -> Result<Self, Error> {
        let left = Arc::new(AtomicU64::new(u64::MAX));
        let counted = Arc::clone(&left);
        let is_spent = move || {
            let left = counted.load(Ordering::Relaxed);
            if left == u64::MAX {
                return false;
            }
            counted.store(left.saturating_sub(u64::from(EACH)), Ordering::Relaxed);
            left == 0
        };
        connection.progress_handler(EACH.cast_signed(), Some(is_spent)).map_err(convert::error)?;
        Ok(Self(left))
    }

    /// Statements may take so many instructions from now on; `u64::MAX` is no limit.
    pub(super) fn set(&self, instructions: u64) {
        self.0.store(instructions, Ordering::Relaxed);
    }
}
