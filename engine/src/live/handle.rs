//! The lock around the core, and the delivery of events to callbacks with the lock free.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::core::Core;

/// Shares one core. Clones share the same one.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    core: Arc<Mutex<Core>>,
}

/// A handle that does not keep the core alive.
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

    /// Calls the callbacks for the events that wait, with the lock free. While one thread delivers, others leave their events
    /// to it, so that the order of commits holds.
    pub(crate) fn deliver(&self) {
        loop {
            let Some(events) = self.lock().outbox().begin_delivery() else { return };
            let _delivering = Delivering { handle: self };
            events.into_iter().for_each(super::sink::Waiting::deliver);
        }
    }
}

impl WeakHandle {
    pub(crate) fn upgrade(&self) -> Option<Handle> {
        self.core.upgrade().map(|core| Handle { core })
    }

    /// Whether the engine is gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.core.strong_count() == 0
    }
}

/// Ends a delivery, also when a callback panics.
struct Delivering<'h> {
    handle: &'h Handle,
}

impl Drop for Delivering<'_> {
    fn drop(&mut self) {
        self.handle.lock().outbox().end_delivery();
    }
}
