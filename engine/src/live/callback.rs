//! A callback of the application's.

use std::sync::{Arc, Mutex, PoisonError};

use crate::api::event::Event;
use crate::types::SubscriptionId;

/// A callback that takes a subscription's events.
pub(crate) struct Callback(Mutex<Box<Function>>);

type Function = dyn FnMut(SubscriptionId, &Event) + Send;

impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Callback").finish_non_exhaustive()
    }
}

impl Callback {
    pub(crate) fn new(callback: impl FnMut(SubscriptionId, &Event) + Send + 'static) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Box::new(callback))))
    }

    /// Calls it; it may call the engine.
    pub(super) fn call(&self, id: SubscriptionId, event: &Event) {
        let mut callback = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (*callback)(id, event);
    }
}
