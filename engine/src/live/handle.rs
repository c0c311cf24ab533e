//! The lock around the core, and the delivery of events to callbacks with the lock free.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::core::Core;
use super::state::Sink;

/// Shares one core. Clones are of the same.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    core: Arc<Mutex<Core>>,
}

/// A handle that does not keep the core.
#[derive(Clone, Debug)]
pub(crate) struct WeakHandle {
    core: Weak<Mutex<Core>>,
}

impl Handle {
    pub(crate) fn new(core: Core) -> Self {
        Self { core: Arc::new(Mutex::new(core)) }
    }

    pub(crate) fn downgrade(&self) -> WeakHandle {
        WeakHandle { core: Arc::downgrade(&self.core) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls the callbacks for the events that wait, with the lock free. Whoever comes while somebody delivers leaves the
    /// events to them, so that their order holds.
    pub(crate) fn deliver(&self) {
        loop {
            let events = {
                let mut core = self.lock();
                if core.live.delivering {
                    return;
                }
                let events = core.live.take_outbox();
                core.live.delivering = !events.is_empty();
                events
            };
            if events.is_empty() {
                return;
            }
            let _delivering = Delivering { handle: self };
            for (sink, id, event) in events {
                if let Sink::Callback(callback) = sink {
                    let mut callback = callback.lock().unwrap_or_else(PoisonError::into_inner);
                    (*callback)(id, &event);
                }
            }
        }
    }
}

impl WeakHandle {
    pub(crate) fn upgrade(&self) -> Option<Handle> {
        self.core.upgrade().map(|core| Handle { core })
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.core.strong_count() == 0
    }
}

/// Says that nobody delivers any more, also when a callback panics.
struct Delivering<'h> {
    handle: &'h Handle,
}

impl Drop for Delivering<'_> {
    fn drop(&mut self) {
        self.handle.lock().live.delivering = false;
    }
}
