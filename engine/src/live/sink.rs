//! Where a subscription's events go: to a mailbox at once, or to a callback once the engine's lock is free.

use std::sync::Weak;

use super::callback::Callback;
use super::mailbox::Mailbox;
use super::outbox::Outbox;
use crate::api::event::Event;
use crate::types::SubscriptionId;

/// Where a subscription's events go. Both end with the subscription, which owns them.
#[derive(Clone)]
pub(crate) enum Sink {
    /// To the mailbox of a stream.
    Mailbox(Weak<Mailbox>),
    /// To a callback.
    Callback(Weak<Callback>),
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
