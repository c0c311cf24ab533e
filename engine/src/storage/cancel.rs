//! Ending one query from another thread, and no other: SQLite's own interrupt ends whatever a connection runs at that moment.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use super::convert::Outcome;
use super::limits::TimeLimit;
use super::lock;
use crate::error::Error;

/// After how many of SQLite's instructions it is asked whether a query is still wanted.
const EACH: i32 = 4096;

/// Whether a query is still wanted. Clones are of the same query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cancel(Option<Arc<AtomicBool>>);

impl Cancel {
    /// Of a query that runs to its end.
    pub(crate) fn never() -> Self {
        Self(None)
    }

    /// Of a query that can be cancelled.
    #[cfg(feature = "tokio")]
    pub(crate) fn new() -> Self {
        Self(Some(Arc::default()))
    }

    /// Ends the query if it runs, and as soon as it begins to.
    #[cfg(feature = "tokio")]
    pub(crate) fn cancel(&self) {
        if let Some(cancelled) = &self.0 {
            cancelled.store(true, Ordering::Relaxed);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.0.as_ref().is_some_and(|cancelled| cancelled.load(Ordering::Relaxed))
    }
}

/// What the progress handler of a connection asks whether the query that runs there is still wanted.
#[derive(Clone, Default)]
pub(super) struct CancelSlot(Arc<Mutex<Cancel>>);

impl CancelSlot {
    /// Makes a connection without an instruction budget ask, and whether the query may run on.
    pub(super) fn install(&self, connection: &mut Connection, time: TimeLimit) -> Result<(), Error> {
        let slot = self.clone();
        connection.progress_handler(EACH, Some(move || slot.is_cancelled() || time.is_over())).checked()
    }

    /// Whether the query that runs is not wanted any more.
    pub(super) fn is_cancelled(&self) -> bool {
        lock(&self.0).is_cancelled()
    }

    /// Runs a query that `cancel` ends.
    pub(super) fn during<T>(&self, cancel: &Cancel, query: impl FnOnce() -> T) -> T {
        *lock(&self.0) = cancel.clone();
        let done = query();
        *lock(&self.0) = Cancel::never();
        done
    }
}
