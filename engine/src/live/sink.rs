//! Where a subscription's events go: to a mailbox at once, or to a callback once the engine's lock is free.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::mailbox::Mailbox;
use super::outbox::Outbox;
use crate::api::event::Event;
use crate::types::SubscriptionId;

/// A callback that takes a subscription's events.
pub(crate) struct Callback(Mutex<Box<dyn FnMut(SubscriptionId, &Event) + Send>>);

/// Where a subscription's events go. Both end with the subscription, which owns them.
#[derive(Clone)]
pub(crate) enum Sink {
    /// To the mailbox of a stream.
    Mailbox(Weak<Mailbox>),
    /// To a callback.
    Callback(Weak<Callback>),
}

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

impl Sink {
    /// Sends an event: mail goes out at once; callbacks wait, for they may call the engine.
    pub(super) fn send(&self, outbox: &Outbox, id: SubscriptionId, event: Event) {
        match self {
            Self::Mailbox(mailbox) => {
                let reader = mailbox.upgrade().and_then(|mailbox| mailbox.put(event));
                if let Some(reader) = reader {
                    outbox.wake(reader);
                }
            }
            Self::Callback(callback) => outbox.queue(Weak::clone(callback), id, event),
        }
    }
}
