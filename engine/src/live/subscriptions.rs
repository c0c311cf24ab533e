//! The live queries: who subscribes to what, and which subscriber is told which event.

use std::sync::Arc;

use super::bindings::{Bindings, Told};
use super::sink::Sink;
use super::subscribers::{Events, Subscribers};
use crate::api::event::Committed;
use crate::api::options::{Options, Strategy};
use crate::api::stats::Stats;
use crate::cost::Counters;
use crate::error::Error;
use crate::prepare::{PreparedQueries, PreparedQuery};
use crate::storage::{Session, slot_values};
use crate::types::{BindingId, ChangeBatch, CommitId, Params, Row, Snapshot, SubscriptionId, Value};

/// A callback that sees every change batch.
pub(crate) type ChangeObserver = Box<dyn FnMut(CommitId, &ChangeBatch) + Send>;

/// A callback that hears of every commit.
pub(crate) type CommitListener = Box<dyn FnMut(&Committed<'_>) + Send>;

/// Counters of what commits brought in, apart from what it did to results.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Intake {
    pub(super) commits: u64,
    pub(super) rows: u64,
    /// Statements of path lookups.
    pub(super) lookups: u64,
    /// Results that paranoid mode found to differ.
    pub(super) divergences: u64,
}

/// The live queries.
pub(crate) struct Live {
    pub(super) bindings: Bindings,
    pub(super) subscribers: Subscribers,
    pub(super) prepared: PreparedQueries,
    pub(super) observer: Option<ChangeObserver>,
    pub(super) commit_listener: Option<CommitListener>,
    /// Whether whole rows of all tables are captured.
    pub(super) captures_everything: bool,
    pub(super) options: Options,
    pub(super) intake: Intake,
}

impl Live {
    pub(super) fn new(options: Options) -> Self {
        Self {
            bindings: Bindings::new(&options),
            subscribers: Subscribers::default(),
            prepared: PreparedQueries::new(options.disabled_features),
            observer: None,
            commit_listener: None,
            captures_everything: false,
            options,
            intake: Intake::default(),
        }
    }

    pub(super) fn stats(&self) -> Stats {
        let Bindings { registry, plans, metrics, .. } = &self.bindings;
        let Counters { maintained, requeries, refused, given_up, beyond, refills, repairs, edits } = metrics.engine();
        let Intake { commits, rows, lookups, divergences } = self.intake;
        let remembered = plans.dataflows.state_bytes();
        let waiting = self.subscribers.waiting();
        Stats {
            commits,
            subscriptions: registry.subscription_count() as u64,
            templates: registry.template_count() as u64,
            bindings: registry.binding_count() as u64,
            dataflows: plans.dataflows.count() as u64,
            state_bytes: (registry.state_bytes() + remembered) as u64,
            remembered_bytes: remembered as u64,
            memory_budget: self.options.memory_budget.map(|bytes| bytes as u64),
            evicted: plans.memory.evicted(),
            without_state: plans.memory.without() as u64,
            requeries,
            maintained,
            refused,
            given_up,
            beyond,
            refills,
            lookups,
            repairs,
            rows_in: rows,
            rows_out: edits,
            disagreements: self.prepared.disagreements(),
            divergences,
            waiting_events: waiting.events,
            waiting_bytes: waiting.bytes,
            merged_events: waiting.merged,
        }
    }

    /// Lets capture keep what is read from now on, if that has changed and no transaction is under way that it has rows of.
    pub(super) fn direct_capture(&mut self, session: &mut Session<'_>) {
        let needs_everything = self.observer.is_some() || self.options.provenance || self.options.paranoid;
        let is_wider = needs_everything && !self.captures_everything;
        let Bindings { registry, plans, .. } = &mut self.bindings;
        if !is_wider && !registry.has_changed_reads() {
            return;
        }
        let changed = session.capture(|scope| {
            if is_wider {
                scope.widen_to_everything();
            }
            let most = self.options.most_captured_rows;
            scope.change(
                registry.take_changed_reads(&|cost| most.unwrap_or_else(|| plans.gate.rows_worth_keeping(cost))),
            );
        });
        self.captures_everything |= is_wider && changed;
    }

    /// Subscribes: the id and the result as of now.
    pub(super) fn subscribe(
        &mut self,
        session: &mut Session<'_>,
        sql: &str,
        params: &Params,
        sink: Sink,
    ) -> Result<(SubscriptionId, Snapshot), Error> {
        let query = self.prepared.get(session, sql)?;
        if let (Strategy::Incremental, Err(reason)) = (self.options.strategy, &query.planned) {
            return Err(Error::NotIncremental(reason.to_string().into()));
        }
        let slots = slot_values(&query.slots, params)?;
        let (id, rows) = self.bound(session, &query, slots)?;
        let columns = Arc::clone(&query.columns);
        let subscription = self.bindings.registry.subscribe(id);
        self.bindings.keep_to_memory_budget();
        self.subscribers.add(subscription, sink, query);
        Ok((subscription, Snapshot { commit: session.commit(), columns, rows }))
    }

    /// The binding of these values, made if it is the first of them, with its rows as of now.
    pub(super) fn bound(
        &mut self,
        session: &Session<'_>,
        query: &Arc<PreparedQuery>,
        slots: Vec<Value>,
    ) -> Result<(BindingId, Arc<[Row]>), Error> {
        if let Some(id) = self.bindings.registry.find(query, &slots) {
            return Ok((id, self.rows_of(session, id)?));
        }
        let id = self.bindings.registry.bind(Arc::clone(query), slots);
        let evaluated = self.bindings.evaluate(session, id);
        self.bindings.record_failed_plan(id);
        match evaluated {
            Ok(Some(rows)) => Ok((id, rows)),
            Ok(None) => Ok((id, self.rows_of(session, id)?)),
            Err(error) => {
                self.bindings.unbind(id);
                Err(error)
            }
        }
    }

    pub(super) fn unsubscribe(&mut self, id: SubscriptionId) {
        if let Some(binding) = self.bindings.registry.unsubscribe(id) {
            self.bindings.unbind(binding);
        }
        self.forget(id);
    }

    /// The last rows that a subscriber was told of, which are those of this commit.
    pub(super) fn told_rows(&self, id: SubscriptionId, commit: CommitId) -> Option<Snapshot> {
        let columns = Arc::clone(&self.subscribers.query_of_rows(id)?.columns);
        let binding = self.bindings.registry.binding(self.bindings.registry.binding_of(id)?)?;
        Some(Snapshot { commit, columns, rows: binding.held.rows() })
    }

    /// Whether a subscription is maintained by a plan now.
    pub(super) fn is_planned(&self, id: SubscriptionId) -> bool {
        let binding = self.bindings.registry.binding_of(id).and_then(|id| self.bindings.registry.binding(id));
        binding.is_some_and(|binding| binding.plan.is_some())
    }

    /// A binding's rows as of now. One that failed is tried again: a lock or the clock may have been the cause.
    fn rows_of(&mut self, session: &Session<'_>, id: BindingId) -> Result<Arc<[Row]>, Error> {
        if self.bindings.registry.binding(id).is_some_and(|binding| binding.failure.is_some()) {
            let mut told = Told::new();
            self.bindings.rerun(session, session.commit(), id, &mut told);
            self.tell(told);
        }
        let Some(binding) = self.bindings.registry.binding(id) else { return Ok(Arc::default()) };
        binding.failure.clone().map_or_else(|| Ok(binding.held.rows()), Err)
    }

    /// Evaluates again what another connection kept from being read, which no commit need follow; whether anybody saw a
    /// change.
    pub(super) fn try_again(&mut self, session: &Session<'_>) -> bool {
        let mut told = Told::new();
        for id in self.bindings.registry.blocked() {
            self.bindings.rerun(session, session.commit(), id, &mut told);
        }
        self.bindings.keep_to_memory_budget();
        self.tell(told)
    }

    /// Tells subscribers what happened to their results; whether there was anything to tell.
    fn tell(&mut self, told: Told) -> bool {
        let mut events = Events::new();
        self.address(told, &mut events);
        self.post(events)
    }

    /// Adds what is told of bindings to the events of their subscribers.
    pub(super) fn address(&mut self, told: Told, events: &mut Events) {
        for (id, event) in told {
            let Some(binding) = self.bindings.registry.binding(id) else { continue };
            for subscriber in &binding.subscribers {
                let event = self.subscribers.in_shape(*subscriber, event.clone(), || binding.held.rows());
                events.push((*subscriber, event));
            }
        }
    }

    /// Sends events; whether there were any.
    pub(super) fn post(&mut self, events: Events) -> bool {
        let has_events = !events.is_empty();
        for ended in self.subscribers.send(events) {
            self.forget(ended);
        }
        has_events
    }

    fn forget(&mut self, id: SubscriptionId) {
        if let Some(query) = self.subscribers.remove(id) {
            self.prepared.release(query);
        }
    }
}
