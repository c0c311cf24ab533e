//! What a page client misses while too much is under way to it: which of its subscriptions changed, and not how. It is told of their
//! results as they are when it has caught up.

use tidewater::Event;
use tidewater_protocol::{ById, ErrorInfo, SubscriptionEvent, SubscriptionId};

use crate::answer;
use crate::commits::Commits;

/// What has happened.
#[derive(Debug, Default)]
pub(crate) struct Missed {
    pub(crate) subscriptions: ById<SubscriptionId, Last>,
    /// The commits, if it listens to them.
    pub(crate) commits: Option<Commits>,
}

/// How a subscription stands.
#[derive(Debug, Default)]
pub(crate) struct Last {
    /// Its rows changed.
    pub(crate) rows: bool,
    /// It has an error, and may have ended by that.
    pub(crate) error: Option<(ErrorInfo, bool)>,
}

impl Missed {
    /// What the engine told.
    pub(crate) fn note(&mut self, subscription: SubscriptionId, event: &Event) {
        let error = match event {
            Event::Error { error, closed, .. } => Some((answer::error(error), *closed)),
            _ => None,
        };
        self.set(subscription, error);
    }

    /// What the page client would have been told.
    pub(crate) fn note_told(&mut self, event: SubscriptionEvent) {
        match event {
            SubscriptionEvent::Columns { subscription, .. } => self.set(subscription, None),
            SubscriptionEvent::Error { subscription, error, closed } => self.set(subscription, Some((error, closed))),
        }
    }

    fn set(&mut self, subscription: SubscriptionId, error: Option<(ErrorInfo, bool)>) {
        let last = self.subscriptions.get_or_insert_with(&subscription, Last::default);
        last.rows |= error.is_none();
        last.error = error;
    }
}
