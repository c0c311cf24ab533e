//! A subscription whose parameters change in place: it gets the edits from the old result to the new one, as a window does
//! that slides.

use std::sync::Arc;

use super::state::{Events, Live};
use crate::api::event::Event;
use crate::error::Error;
use crate::results::{Order, edits_between};
use crate::storage::{Session, slot_values};
use crate::types::{Diff, Params, SubscriptionId};

impl Live {
    /// Gives a subscription other values for its parameters.
    pub(crate) fn rebind(&mut self, session: &Session<'_>, id: SubscriptionId, params: &Params) -> Result<(), Error> {
        let (Some(query), Some(old)) = (self.query_of(id), self.registry.binding_of(id)) else {
            return Err(Error::BadParameters("the subscription has ended".into()));
        };
        let slots = slot_values(&query.slots, params)?;
        let (before, was_failing) = match self.registry.binding(old) {
            Some(binding) if binding.slots == slots => return Ok(()),
            Some(binding) => (binding.held.rows(), binding.failure.is_some()),
            None => return Ok(()),
        };
        let (new, rows) = self.bound(session, &query, slots)?;
        // The subscriber's rows have to stand as the binding's do from now on, order or not.
        let (edits, _) = edits_between(&before, rows.to_vec(), Order::Declared);
        if let Some(unused) = self.registry.transfer(id, new) {
            self.unbind(unused);
        }
        self.keep_to_budget();
        // A query that failed and no longer does is told, with or without edits.
        if !edits.is_empty() || was_failing {
            self.stats.rows_out += edits.len() as u64;
            let mut events = Events::new();
            let diff = Diff { commit: session.commit(), edits: edits.into(), causes: Arc::default() };
            let event = self.in_shape(id, Event::Diff(diff), &rows);
            events.entry(id).or_default().push(event);
            self.post(events);
        }
        Ok(())
    }
}
