//! What one statement may take: how long it runs and how much it returns. Without a limit an endless recursion, or a join of everything with
//! everything, holds up all that wait for the connection, in a browser every tab.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::api::options::{Clock, Options};
use crate::error::Error;
use crate::types::Row;

/// No time.
const NONE: u64 = u64::MAX;

/// How long a statement may run, and since when it does. Clones are of the same connection.
#[derive(Clone)]
pub(super) struct TimeLimit(Arc<Running>);

struct Running {
    clock: Option<Clock>,
    /// In microseconds.
    limit: AtomicU64,
    /// When the statement was first asked about, in microseconds: most end before that, and are not worth a look at the clock.
    since: AtomicU64,
    is_over: AtomicBool,
}

impl TimeLimit {
    pub(super) fn new(options: &Options) -> Self {
        let running = Running {
            clock: options.clock,
            limit: AtomicU64::new(NONE),
            since: AtomicU64::new(NONE),
            is_over: AtomicBool::new(false),
        };
        let limit = Self(Arc::new(running));
        limit.set(options.statement_timeout);
        limit
    }

    /// Sets how long a statement may run from now on.
    pub(super) fn set(&self, timeout: Option<Duration>) {
        self.0.limit.store(timeout.map_or(NONE, microseconds), Ordering::Relaxed);
    }

    /// Runs a statement. One that the limit has ended is a timeout.
    pub(super) fn during<T>(&self, run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.0.since.store(NONE, Ordering::Relaxed);
        self.0.is_over.store(false, Ordering::Relaxed);
        run().map_err(|error| if self.0.is_over.load(Ordering::Relaxed) { Error::Timeout } else { error })
    }

    /// Whether the statement that runs has to end.
    pub(super) fn is_over(&self) -> bool {
        let Running { clock, limit, since, is_over } = &*self.0;
        let (Some(clock), limit) = (clock, limit.load(Ordering::Relaxed)) else { return false };
        if limit == NONE {
            return false;
        }
        let now = microseconds(clock());
        let begun = since.load(Ordering::Relaxed);
        if begun == NONE {
            since.store(now, Ordering::Relaxed);
            return false;
        }
        let is_late = now.saturating_sub(begun) >= limit;
        if is_late {
            is_over.store(true, Ordering::Relaxed);
        }
        is_late
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(NONE - 1).min(NONE - 1)
}

/// How many bytes the rows of one result may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResultLimit(usize);

impl ResultLimit {
    pub(super) fn new(options: &Options) -> Self {
        Self(options.most_result_bytes.unwrap_or(usize::MAX))
    }

    /// Of what the engine needs itself.
    pub(super) fn none() -> Self {
        Self(usize::MAX)
    }

    /// Counts the rows of a result.
    pub(super) fn counted(self) -> ResultSize {
        ResultSize { left: self.0 }
    }
}

/// What is left for the rows of a result.
pub(super) struct ResultSize {
    left: usize,
}

impl ResultSize {
    /// Takes a row in.
    pub(super) fn add(&mut self, row: &Row) -> Result<(), Error> {
        let bytes = row.as_bytes().len() + size_of::<Row>();
        self.left = self.left.checked_sub(bytes).ok_or(Error::ResultTooLarge)?;
        Ok(())
    }
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
