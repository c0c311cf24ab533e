//! When to look next: soon after a change of the files, then less and less often.
//!
//! A writer reaches the file before its commit can be seen: in WAL mode the index in shared memory comes last, whose change no file
//! watcher reports; before that it may wait for the disk. So one look at a change is not enough. The waits double, so that a
//! commit is seen after at most twice the time that its writer took, and a change costs some ten looks.

use std::time::Duration;

/// The first wait after a change.
const FIRST: Duration = Duration::from_millis(1);

/// When to look next.
#[derive(Debug)]
pub(super) struct Schedule {
    /// The wait after the next look.
    next: Duration,
    most: Duration,
    /// The wait is always the longest.
    is_steady: bool,
}

impl Schedule {
    /// To look at a steady interval.
    pub(super) fn steady(interval: Duration) -> Self {
        Self { next: interval, most: interval, is_steady: true }
    }

    /// To look after changes, and at this interval at least.
    pub(super) fn after_changes(most: Duration) -> Self {
        Self { next: FIRST.min(most), most, is_steady: false }
    }

    /// The files have changed.
    pub(super) fn changed(&mut self) {
        if !self.is_steady {
            self.next = FIRST.min(self.most);
        }
    }

    /// How long to wait after a look.
    pub(super) fn wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.most);
        wait
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
