//! Where events go: to a mailbox at once, or to a callback once the engine's lock is free.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::mailbox::Mailbox;
use crate::api::event::Event;
use crate::types::SubscriptionId;

/// A callback that takes a subscription's events.
pub(crate) type Callback = Box<dyn FnMut(SubscriptionId, &Event) + Send>;

/// Where a subscription's events go.
#[derive(Clone)]
pub(crate) enum Sink {
    /// To the mailbox of a stream.
    Mailbox(Weak<Mailbox>),
    /// To a callback.
    Callback(Arc<Mutex<Callback>>),
}

/// An event that waits for its callback.
pub(crate) struct Waiting {
    callback: Arc<Mutex<Callback>>,
    id: SubscriptionId,
    event: Event,
}

impl Waiting {
    /// Calls the callback, which may call the engine.
    pub(crate) fn deliver(self) {
        let mut callback = self.callback.lock().unwrap_or_else(PoisonError::into_inner);
        (*callback)(self.id, &self.event);
    }
}

/// The events that wait for callbacks, and whether somebody is delivering.
#[derive(Default)]
pub(crate) struct Outbox {
    waiting: VecDeque<Waiting>,
    is_delivering: bool,
}

impl Outbox {
    /// Sends an event: mail goes out at once; callbacks wait, for they may call the engine.
    pub(super) fn send(&mut self, sink: &Sink, id: SubscriptionId, event: Event) {
        match sink {
            Sink::Mailbox(mailbox) => {
                if let Some(mailbox) = mailbox.upgrade() {
                    mailbox.put(event);
                }
            }
            Sink::Callback(callback) => {
                self.waiting.push_back(Waiting { callback: Arc::clone(callback), id, event });
            }
        }
    }

    /// The events to be delivered by the caller, which then says that it is done; nothing if there are none, or another caller
    /// delivers and will come to them.
    pub(super) fn begin_delivery(&mut self) -> Option<VecDeque<Waiting>> {
        if self.is_delivering || self.waiting.is_empty() {
            return None;
        }
        self.is_delivering = true;
        Some(std::mem::take(&mut self.waiting))
    }

    /// The delivery is done.
    pub(super) fn end_delivery(&mut self) {
        self.is_delivering = false;
    }
}
