//! The instruction budget: how many of SQLite's instructions the statements of a plan may take before SQLite interrupts them.
//! A join of changed rows that finds no index must not delay a commit for longer than a re-run of the query would.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use super::cancel::CancelSlot;
use super::convert::Outcome;
use super::limits::TimeLimit;
use crate::error::Error;

/// After how many instructions SQLite calls the progress handler: few enough to stop in time, many enough to cost nothing.
const EACH: u32 = 4096;

/// The instructions that are left; `u64::MAX` if they are not limited.
#[derive(Clone)]
pub(super) struct InstructionBudget(Arc<AtomicU64>);

impl InstructionBudget {
    /// `cancel` ends what runs as well, and so does `time` where the instructions are not limited: a connection has one progress handler.
    pub(super) fn install(connection: &mut Connection, cancel: CancelSlot, time: TimeLimit) -> Result<Self, Error> {
        let left = Arc::new(AtomicU64::new(u64::MAX));
        let counted = Arc::clone(&left);
        let is_spent = move || {
            let left = counted.load(Ordering::Relaxed);
            if left == u64::MAX {
                return cancel.is_cancelled() || time.is_over();
            }
            counted.store(left.saturating_sub(u64::from(EACH)), Ordering::Relaxed);
            left == 0
        };
        connection.progress_handler(EACH.cast_signed(), Some(is_spent)).checked()?;
        Ok(Self(left))
    }

    /// Sets how many instructions statements may take from now on; `u64::MAX` is no limit.
    pub(super) fn set(&self, instructions: u64) {
        self.0.store(instructions, Ordering::Relaxed);
    }
}
