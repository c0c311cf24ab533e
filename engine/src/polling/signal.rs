//! What the polling thread waits for.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Wakes the polling thread.
#[derive(Debug, Default)]
pub(super) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    files_changed: bool,
    stopped: bool,
}

/// Why a wait has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    ByFiles,
    ByTime,
    ToStop,
}

impl Signal {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file has changed.
    #[cfg(feature = "file-events")]
    pub(super) fn files_changed(&self) {
        self.lock().files_changed = true;
        self.changed.notify_all();
    }

    /// There is nothing more to do.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    /// Waits until a file changes, or for a time. Changes before this call count, and are taken.
    pub(super) fn wait(&self, time: Duration) -> Woken {
        let is_quiet = |state: &mut State| !state.files_changed && !state.stopped;
        let waited = self.changed.wait_timeout_while(self.lock(), time, is_quiet);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        match *state {
            State { stopped: true, .. } => Woken::ToStop,
            State { files_changed: true, .. } => {
                state.files_changed = false;
                Woken::ByFiles
            }
            State { .. } => Woken::ByTime,
        }
    }

    /// Waits for a time, whatever happens to files meanwhile.
    pub(super) fn rest(&self, time: Duration) {
        drop(self.changed.wait_timeout_while(self.lock(), time, |state| !state.stopped));
    }
}
