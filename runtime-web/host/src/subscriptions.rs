//! Subscriptions of page clients, and what a commit means for them.

use std::sync::{Arc, PoisonError};

use tidewater::{Event, Watch};
use tidewater_protocol::{
    ById, CommitId, Delivery, ErrorInfo, Frame, HostToPage, RequestId, SubscriptionEvent, SubscriptionId, TabId, codes,
};

use crate::answer::{self, Happened};
use crate::missed::{Last, Missed};
use crate::service::{Outgoing, Query, Service, failed};

impl Service {
    pub(crate) fn subscribe(
        &mut self,
        client: &TabId,
        subscription: SubscriptionId,
        query: Query,
        resumed: bool,
    ) -> HostToPage {
        let watch = self.watch(client, subscription, &query);
        let subscribed = watch.and_then(|mut watch| Ok((answer::subscribed(subscription, &mut watch)?, watch)));
        match subscribed {
            Ok((message, watch)) => {
                if let Some(client) = self.clients.get_mut(client) {
                    client.watches.insert(subscription, watch);
                }
                message
            }
            Err(error) => {
                let is_over = !resumed || !self.can_recover(&query);
                if !is_over && let Some(client) = self.clients.get_mut(client) {
                    client.forget_failing(subscription);
                    client.failing.push((subscription, query));
                }
                let event = answer::subscription_error(subscription, error, is_over);
                HostToPage::Delivery(answer::delivery(self.commit(), None, &[], vec![event]))
            }
        }
    }

    fn watch(&self, client: &TabId, subscription: SubscriptionId, query: &Query) -> Result<Watch, ErrorInfo> {
        let params = answer::params(query.params.as_ref())?;
        let happened = Arc::clone(&self.happened);
        let owner = client.clone();
        let callback = move |_, event: &Event| {
            let happening = Happened { client: owner.clone(), subscription, event: event.clone() };
            happened.lock().unwrap_or_else(PoisonError::into_inner).push(happening);
        };
        self.engine.subscribe_with(&query.sql, params, callback).map_err(|error| answer::error(&error))
    }

    /// The edits, if there are any, are a delivery before the answer, as those of a write are.
    pub(crate) fn rebind(
        &mut self,
        client: &TabId,
        request: RequestId,
        subscription: SubscriptionId,
        params: Option<Frame>,
    ) -> HostToPage {
        let known = self.clients.get(client);
        let failing = known.and_then(|client| client.failing.iter().find(|(id, _)| *id == subscription));
        let failing = failing.map(|(_, query)| query.clone());
        let rebound = match (known.and_then(|client| client.watches.get(&subscription)), failing) {
            (Some(watch), _) => answer::params(params.as_ref())
                .and_then(|params| watch.rebind(params).map_err(|error| answer::error(&error))),
            (None, Some(query)) => self.rebind_failing(client, subscription, Query { params, ..query }),
            (None, None) => Err(ErrorInfo::new(codes::CLOSED, "the subscription has ended")),
        };
        match rebound {
            Ok(()) => HostToPage::Rebound { request, commit: self.commit() },
            Err(error) => failed(request, error),
        }
    }

    /// A subscription of a former host that has no answer gets one by its new parameters, or waits on with the old ones.
    fn rebind_failing(&mut self, client: &TabId, subscription: SubscriptionId, query: Query) -> Result<(), ErrorInfo> {
        let mut watch = self.watch(client, subscription, &query)?;
        let result = watch.take_snapshot();
        let event = Happened { client: client.clone(), subscription, event: Event::Columns(result) };
        self.happened.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        if let Some(client) = self.clients.get_mut(client) {
            client.forget_failing(subscription);
            client.watches.insert(subscription, watch);
        }
        Ok(())
    }

    /// Whether it is the data that a query fails of, and not the query.
    fn can_recover(&self, query: &Query) -> bool {
        answer::params(query.params.as_ref()).is_ok_and(|params| self.engine.explain(&query.sql, params).is_ok())
    }

    /// Tries failing subscriptions again if there was a commit; gives those of each client that have an answer or never will.
    fn recovered(&mut self) -> Vec<(TabId, Vec<SubscriptionEvent>)> {
        let mut recovered: Vec<(TabId, Vec<SubscriptionEvent>)> = Vec::new();
        let now = self.commit();
        if std::mem::replace(&mut self.tried, now) == now {
            return recovered;
        }
        let failing = self.clients.iter_mut().flat_map(|(id, client)| {
            let failing = std::mem::take(&mut client.failing);
            failing.into_iter().map(|(subscription, query)| (id.clone(), subscription, query))
        });
        for (client, subscription, query) in failing.collect::<Vec<_>>() {
            // Those of one client come together.
            if recovered.last().is_none_or(|(last, _)| *last != client) {
                recovered.push((client.clone(), Vec::new()));
            }
            let Some((_, found)) = recovered.last_mut() else { continue };
            match self.subscribe(&client, subscription, query, true) {
                HostToPage::Subscribed { columns, rows, .. } => {
                    let event = SubscriptionEvent::Columns { subscription, columns, rows };
                    found.push(event);
                }
                HostToPage::Delivery(Delivery { events, .. }) => {
                    let ended =
                        |event: &SubscriptionEvent| matches!(event, SubscriptionEvent::Error { closed: true, .. });
                    found.extend(events.into_iter().filter(ended));
                }
                _ => {}
            }
        }
        recovered.retain(|(_, events)| !events.is_empty());
        recovered
    }

    pub(crate) fn unsubscribe(&mut self, client: &TabId, subscription: SubscriptionId) {
        if let Some(client) = self.clients.get_mut(client) {
            client.watches.remove(&subscription);
            client.forget_failing(subscription);
        }
    }

    /// What has happened since the last call, one delivery a commit a client, in the order of commits.
    pub(crate) fn deliveries(&mut self, requester: &TabId, cause: Option<RequestId>) -> Vec<Outgoing> {
        let mut recovered = self.recovered();
        let happened = std::mem::take(&mut *self.happened.lock().unwrap_or_else(PoisonError::into_inner));
        let mut grouped: ById<(CommitId, TabId), Vec<Happened>> = ById::default();
        for happening in happened {
            let is_subscribed = self
                .clients
                .get(&happening.client)
                .is_some_and(|client| client.watches.contains(&happening.subscription));
            if is_subscribed {
                let key = (CommitId(happening.event.commit().0), happening.client.clone());
                grouped.get_or_insert_with(&key, Vec::new).push(happening);
            }
        }
        let now = self.commit();
        for (client, _) in &recovered {
            grouped.get_or_insert_with(&(now, client.clone()), Vec::new);
        }
        let mut outgoing = Vec::new();
        for ((commit, client), happened) in grouped {
            let cause = cause.filter(|_| client == *requester);
            let events = recovered.iter_mut().find(|(other, _)| commit == now && *other == client);
            let events = events.map(|(_, events)| std::mem::take(events)).unwrap_or_default();
            self.drop_closed(&client, &happened);
            if let Some(missed) = self.clients.get_mut(&client).and_then(|client| client.missed.as_mut()) {
                happened.iter().for_each(|happening| missed.note(happening.subscription, &happening.event));
                events.into_iter().for_each(|event| missed.note_told(event));
                continue;
            }
            let delivery = answer::delivery(commit, cause, &happened, events);
            outgoing.push(Outgoing { client, message: HostToPage::Delivery(delivery) });
        }
        self.tell_of_commits(requester, cause, &mut outgoing);
        outgoing
    }

    /// Delivers nothing to a page client until it has caught up.
    pub(crate) fn fall_behind(&mut self, client: &TabId) {
        if let Some(client) = self.clients.get_mut(client) {
            client.missed.get_or_insert_default();
        }
    }

    /// The page clients that nothing is delivered to.
    pub(crate) fn behind(&self) -> Vec<TabId> {
        let behind = self.clients.iter().filter(|(_, client)| client.missed.is_some());
        behind.map(|(client, _)| client.clone()).collect()
    }

    /// Delivers to a page client again, first of all what it has missed: the results that changed, as they are.
    pub(crate) fn catch_up(&mut self, client: &TabId) -> Vec<Outgoing> {
        let Some(known) = self.clients.get_mut(client) else { return Vec::new() };
        let Missed { subscriptions, commits } = known.missed.take().unwrap_or_default();
        let mut events = Vec::new();
        for (subscription, Last { rows, error }) in subscriptions {
            let result = known.watches.get(&subscription).filter(|_| rows).map(Watch::result);
            events.extend(result.and_then(Result::ok).map(|result| answer::whole(subscription, &result)));
            events.extend(error.map(|(error, closed)| answer::subscription_error(subscription, error, closed)));
        }
        let delivery = (!events.is_empty()).then(|| answer::delivery(self.commit(), None, &[], events));
        let messages =
            delivery.map(HostToPage::Delivery).into_iter().chain(commits.map(|commits| commits.message(None)));
        messages.map(|message| Outgoing { client: client.clone(), message }).collect()
    }

    fn drop_closed(&mut self, client: &TabId, happened: &[Happened]) {
        for happening in happened {
            if matches!(happening.event, Event::Error { closed: true, .. }) {
                self.unsubscribe(client, happening.subscription);
            }
        }
    }
}
