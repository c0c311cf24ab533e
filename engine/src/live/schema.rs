//! What a change of the schema, or one whose rows are unknown, does: every query is prepared and evaluated again.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::bindings::Told;
use super::subscribers::Events;
use super::subscriptions::Live;
use crate::api::event::Event;
use crate::error::Error;
use crate::storage::Session;
use crate::types::{BindingId, CommitId, Snapshot, SubscriptionId};

impl Live {
    /// Prepares and evaluates everything again: names may stand for other things, and rows may have changed without a report.
    pub(super) fn evaluate_all(&mut self, session: &mut Session<'_>, commit: CommitId, events: &mut Events) {
        self.prepared.forget_all();
        let ids = self.bindings.registry.binding_ids();
        for id in &ids {
            // What is kept for the plan of another schema is of no use, nor how much it was.
            self.bindings.keep_rows_only(*id);
            self.bindings.plans.memory.forget(*id);
        }
        for id in ids {
            self.evaluate_anew(session, commit, id, events);
        }
    }

    fn evaluate_anew(&mut self, session: &mut Session<'_>, commit: CommitId, id: BindingId, events: &mut Events) {
        let Some(binding) = self.bindings.registry.binding(id) else { return };
        let (sql, subscribers) = (Arc::clone(&binding.query.sql), binding.subscribers.clone());
        let query = match self.prepared.get(session, &sql) {
            Ok(query) => query,
            Err(error) => return self.lose(commit, id, error, events),
        };
        self.bindings.registry.replace_query(id, query);
        let mut told = Told::new();
        self.bindings.rerun(session, commit, id, &mut told);
        self.bindings.record_failed_plan(id);
        let renamed: FxHashMap<SubscriptionId, Event> = subscribers
            .into_iter()
            .filter_map(|subscriber| Some((subscriber, self.rename_columns(session, commit, id, subscriber)?)))
            .collect();
        let mut others = Events::new();
        self.address(told, &mut others);
        events.extend(others.into_iter().filter(|(subscriber, _)| !renamed.contains_key(subscriber)));
        events.extend(renamed);
    }

    /// A binding's query compiles no more. That ends it, unless SQLite was only busy, full or interrupted.
    fn lose(&mut self, commit: CommitId, id: BindingId, error: Error, events: &mut Events) {
        let closed = matches!(error.code(), "sql_error" | "not_a_select");
        let subscribers = match self.bindings.registry.binding_mut(id) {
            Some(binding) if !closed => {
                binding.failure = Some(error.clone());
                binding.subscribers.clone()
            }
            _ => self.bindings.unbind(id),
        };
        let error = Arc::new(error);
        for subscriber in subscribers {
            events.push((subscriber, Event::Error { commit, error: Arc::clone(&error), closed }));
        }
    }

    /// What a subscriber whose columns have other names now is given instead of a diff: the whole result.
    fn rename_columns(
        &mut self,
        session: &mut Session<'_>,
        commit: CommitId,
        id: BindingId,
        subscriber: SubscriptionId,
    ) -> Option<Event> {
        let sql = self.subscribers.query(subscriber).map(|query| Arc::clone(&query.sql))?;
        let query = self.prepared.get(session, &sql).ok()?;
        let binding = self.bindings.registry.binding(id)?;
        let columns = Arc::clone(&query.columns);
        let is_renamed = self.subscribers.replace_query(subscriber, query, binding.failure.is_some());
        is_renamed.then(|| Event::Columns(Snapshot { commit, columns, rows: binding.held.rows() }))
    }
}
