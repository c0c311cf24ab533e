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
#[derive(Clone)]
pub(super) struct CancelSlot {
    cancel: Arc<Mutex<Cancel>>,
    time: TimeLimit,
}

impl CancelSlot {
    pub(super) fn new(time: TimeLimit) -> Self {
        Self { cancel: Arc::default(), time }
    }

    /// How long a statement may run.
    pub(super) fn time(&self) -> &TimeLimit {
        &self.time
    }

    /// Makes a connection without an instruction budget ask.
    pub(super) fn install(&self, connection: &mut Connection) -> Result<(), Error> {
        let slot = self.clone();
        connection.progress_handler(EACH, Some(move || slot.is_cancelled())).checked()
    }

    /// Whether the query that runs is not wanted any more, or has run for too long.
    pub(super) fn is_cancelled(&self) -> bool {
        lock(&self.cancel).is_cancelled() || self.time.is_over()
    }

    /// Runs a query that `cancel` ends.
    pub(super) fn during<T>(&self, cancel: &Cancel, query: impl FnOnce() -> T) -> T {
        *lock(&self.cancel) = cancel.clone();
        let done = query();
        *lock(&self.cancel) = Cancel::never();
        done
    }
}
