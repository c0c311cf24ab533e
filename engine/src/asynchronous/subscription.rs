//! A subscriber's end of a subscription in an async program. No method blocks the task that calls it.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::mpsc;

use super::call::{self, EngineId, Job};
use crate::api::subscription::Ticket;
use crate::api::{Event, PlanKind, Subscription};
use crate::error::Error;
use crate::live::Mailbox;
use crate::types::{Params, Snapshot, SubscriptionId};

/// A live query as a stream of [`Event`]s: a [`Subscription`] whose calls are awaited. Dropping it unsubscribes.
///
/// It does not keep the engine open. The stream ends after an event that closed the subscription, and when the engine is gone.
#[derive(Debug)]
pub struct AsyncSubscription {
    ticket: Arc<Ticket>,
    mailbox: Arc<Mailbox>,
    snapshot: Snapshot,
    queue: mpsc::WeakSender<Job>,
    engine: EngineId,
}

impl AsyncSubscription {
    pub(super) fn new(subscription: Subscription, queue: mpsc::WeakSender<Job>, engine: EngineId) -> Self {
        let (mut ticket, mailbox) = subscription.into_parts();
        let snapshot = ticket.take_snapshot();
        Self { ticket: Arc::new(ticket), mailbox, snapshot, queue, engine }
    }

    /// Which subscription this is.
    #[must_use]
    pub fn id(&self) -> SubscriptionId {
        self.ticket.id
    }

    /// The result as of subscribing.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Hands the result as of subscribing out, so that it is not held twice.
    pub fn take_snapshot(&mut self) -> Snapshot {
        let rows = std::mem::take(&mut self.snapshot.rows);
        Snapshot { rows, ..self.snapshot.clone() }
    }

    /// The next event; nothing when no more will come. Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The next event that waits, if one does.
    pub fn try_next(&mut self) -> Option<Event> {
        self.mailbox.take()
    }

    /// Gives the parameters other values, in place: see [`Subscription::rebind`].
    ///
    /// # Errors
    /// As [`Subscription::rebind`].
    pub async fn rebind(&self, params: impl Into<Params>) -> Result<(), Error> {
        let params = params.into();
        self.call(move |ticket| ticket.rebind(&params)).await?
    }

    /// How the result is maintained now.
    ///
    /// # Errors
    /// [`Error::Closed`] when the engine is closed.
    pub async fn plan(&self) -> Result<PlanKind, Error> {
        self.call(Ticket::plan).await
    }

    async fn call<T: Send + 'static>(&self, body: impl FnOnce(&Ticket) -> T + Send + 'static) -> Result<T, Error> {
        let queue = self.queue.upgrade().ok_or_else(call::closed)?;
        let ticket = Arc::clone(&self.ticket);
        call::make(&queue, self.engine, move |_| body(&ticket)).await
    }
}

impl Stream for AsyncSubscription {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.mailbox.poll(context, self.ticket.is_over())
    }
}
