//! The subscribers: each one's query in its own words, and where its events go.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::mailbox::Backlog;
use super::outbox::Outbox;
use super::sink::Sink;
use crate::api::event::Event;
use crate::prepare::PreparedQuery;
use crate::types::{Row, Snapshot, SubscriptionId};

/// What one commit means for subscriptions. Those of one subscription are in their order.
pub(crate) type Events = Vec<(SubscriptionId, Event)>;

/// One subscriber's own view of a binding.
struct Subscriber {
    sink: Sink,
    /// The query in this subscriber's words; SQLite names columns after them.
    query: Arc<PreparedQuery>,
    /// The columns changed while the query failed: what comes next is the whole result in its new columns.
    is_reshaped: bool,
}

/// All subscribers, and the events that wait for them.
#[derive(Default)]
pub(crate) struct Subscribers {
    by_id: FxHashMap<SubscriptionId, Subscriber>,
    pub(super) outbox: Arc<Outbox>,
}

impl Subscribers {
    pub(super) fn add(&mut self, id: SubscriptionId, sink: Sink, query: Arc<PreparedQuery>) {
        self.by_id.insert(id, Subscriber { sink, query, is_reshaped: false });
    }

    /// Removes a subscriber; the query that it does not need any more.
    pub(super) fn remove(&mut self, id: SubscriptionId) -> Option<Arc<PreparedQuery>> {
        self.by_id.remove(&id).map(|subscriber| subscriber.query)
    }

    /// The query of a subscriber, in its words.
    pub(super) fn query(&self, id: SubscriptionId) -> Option<&Arc<PreparedQuery>> {
        self.by_id.get(&id).map(|subscriber| &subscriber.query)
    }

    /// The query of a subscriber, unless its columns have changed since its last rows.
    pub(super) fn query_of_rows(&self, id: SubscriptionId) -> Option<&Arc<PreparedQuery>> {
        self.by_id.get(&id).filter(|subscriber| !subscriber.is_reshaped).map(|subscriber| &subscriber.query)
    }

    /// An event as a subscriber with these rows now is told it: a diff between rows of other columns means nothing, so the first
    /// one after a change of the columns becomes the whole result.
    pub(super) fn in_shape(&mut self, id: SubscriptionId, event: Event, rows: impl FnOnce() -> Arc<[Row]>) -> Event {
        let Some(commit) = event.diff().map(|diff| diff.commit) else { return event };
        match self.by_id.get_mut(&id).filter(|subscriber| subscriber.is_reshaped) {
            Some(subscriber) => {
                subscriber.is_reshaped = false;
                let columns = Arc::clone(&subscriber.query.columns);
                Event::Columns(Snapshot { commit, columns, rows: rows() })
            }
            None => event,
        }
    }

    /// Replaces a subscriber's query by the same query prepared for another schema; whether its columns have other names now.
    /// A subscriber whose query fails hears of them with its next result.
    pub(super) fn replace_query(&mut self, id: SubscriptionId, query: Arc<PreparedQuery>, is_failing: bool) -> bool {
        let Some(subscriber) = self.by_id.get_mut(&id) else { return false };
        let is_renamed = subscriber.query.columns != query.columns;
        subscriber.query = query;
        subscriber.is_reshaped |= is_renamed && is_failing;
        is_renamed && !is_failing
    }

    /// Sends events, in the order of subscribing; the subscriptions that ended by them.
    pub(super) fn send(&mut self, events: Events) -> Vec<SubscriptionId> {
        let mut ended = Vec::new();
        for (id, event) in in_order(events) {
            let Some(subscriber) = self.by_id.get(&id) else { continue };
            if matches!(event, Event::Error { closed: true, .. }) {
                ended.push(id);
            }
            subscriber.sink.send(&self.outbox, id, event);
        }
        ended
    }

    /// What waits for the readers of streams, and for callbacks. What was merged for subscriptions that ended is not counted.
    pub(super) fn waiting(&self) -> Backlog {
        let mut all = Backlog { events: self.outbox.waiting() as u64, ..Backlog::default() };
        for subscriber in self.by_id.values() {
            if let Sink::Mailbox(mailbox) = &subscriber.sink
                && let Some(mailbox) = mailbox.upgrade()
            {
                let Backlog { events, bytes, merged } = mailbox.waiting();
                all.events += events;
                all.bytes += bytes;
                all.merged += merged;
            }
        }
        all
    }

    /// Tells every stream that nothing more will come.
    pub(super) fn close(&self) {
        for subscriber in self.by_id.values() {
            if let Sink::Mailbox(mailbox) = &subscriber.sink
                && let Some(mailbox) = mailbox.upgrade()
            {
                mailbox.close();
            }
        }
    }
}

/// Events in the order of subscribing. Mostly they are, and most commits concern one subscription.
fn in_order(events: Events) -> Events {
    if events.is_sorted_by_key(|(id, _)| *id) {
        return events;
    }
    let mut by_id: BTreeMap<SubscriptionId, Vec<Event>> = BTreeMap::new();
    for (id, event) in events {
        by_id.entry(id).or_default().push(event);
    }
    by_id.into_iter().flat_map(|(id, events)| events.into_iter().map(move |event| (id, event))).collect()
}
