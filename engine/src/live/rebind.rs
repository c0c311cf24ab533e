//! A subscription whose parameters change in place: it gets the edits from the old result to the new one, as a window does
//! that slides.

use std::sync::Arc;

use super::subscribers::Events;
use super::subscriptions::Live;
use crate::api::event::Event;
use crate::cost::Outcome;
use crate::error::Error;
use crate::results::{Order, edits_between};
use crate::storage::{Session, slot_values};
use crate::types::{Diff, Params, SubscriptionId};

impl Live {
    /// Gives a subscription other values for its parameters.
    pub(super) fn rebind(&mut self, session: &Session<'_>, id: SubscriptionId, params: &Params) -> Result<(), Error> {
        let (Some(query), Some(old)) =
            (self.subscribers.query(id).map(Arc::clone), self.bindings.registry.binding_of(id))
        else {
            return Err(Error::Closed("the subscription has ended"));
        };
        let slots = slot_values(&query.slots, params)?;
        let (before, was_failing) = match self.bindings.registry.binding(old) {
            Some(binding) if binding.slots == slots => return Ok(()),
            Some(binding) => (binding.held.rows(), binding.failure.is_some()),
            None => return Ok(()),
        };
        let (new, rows) = self.bound(session, &query, slots)?;
        // The subscriber's rows have to stand as the binding's do from now on, order or not.
        let (edits, _) = edits_between(&before, &rows, Order::Declared);
        if let Some(unused) = self.bindings.registry.transfer(id, new) {
            self.bindings.unbind(unused);
        }
        self.bindings.keep_to_memory_budget();
        // A query that failed and no longer does is told, with or without edits.
        if !edits.is_empty() || was_failing {
            self.bindings.record(new, Outcome::Edited { edits: edits.len() });
            let diff = Diff { commit: session.commit(), edits: edits.into(), causes: Arc::default() };
            let event = if was_failing { Event::Recovered(diff) } else { Event::Diff(diff) };
            let event = self.subscribers.in_shape(id, event, || Arc::clone(&rows));
            self.post(Events::from([(id, event)]));
        }
        Ok(())
    }
}
