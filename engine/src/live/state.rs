//! Keeps subscriptions live: each sealed commit is routed, the affected results are brought up to date, and every
//! subscriber is told. Behind the engine's lock.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, Weak};

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::mailbox::Mailbox;
use super::registry::Registry;
use crate::api::event::{Divergence, Event};
use crate::api::explain::LiveTemplate;
use crate::api::options::{Options, Strategy};
use crate::api::stats::Stats;
use crate::cost::{Budget, Plans, Standings};
use crate::dataflow::Dataflows;
use crate::error::Error;
use crate::plan::{OrderDependence, PlanMetrics};
use crate::prepare::{Planned, PreparedQuery, RecentQueries};
use crate::report::{Query, script};
use crate::results::Held;
use crate::routing::PathReader;
use crate::storage::{Sealed, Session, slot_values};
use crate::types::{BindingId, ChangeBatch, CommitId, Diff, Edit, Params, Row, Snapshot, SubscriptionId, Value};

/// So many reads, one for each binding and changed row, take less than a transaction around them.
const FEW_READS: usize = 2;

/// A callback that takes a subscription's events.
pub(crate) type Callback = Box<dyn FnMut(SubscriptionId, &Event) + Send>;

/// A callback that sees every change batch.
pub(crate) type ChangeObserver = Box<dyn FnMut(CommitId, &ChangeBatch) + Send>;

/// What one commit means for each subscription, in the order of subscribing.
pub(crate) type Events = BTreeMap<SubscriptionId, Vec<Event>>;

/// Where a subscription's events go.
#[derive(Clone)]
pub(crate) enum Sink {
    /// To whoever polls the stream.
    Mailbox(Weak<Mailbox>),
    /// To a callback, called once the engine's lock is free.
    Callback(Arc<Mutex<Callback>>),
}

/// One subscriber's own view of a binding.
struct Subscriber {
    sink: Sink,
    /// The query in this subscriber's words; SQLite names columns after them.
    query: Arc<PreparedQuery>,
    /// The columns changed while the query failed: what comes next is the whole result in its new shape.
    reshaped: bool,
}

impl Subscriber {
    /// A difference between rows of other columns says nothing: the first one after a change of the shape is the whole result.
    fn in_shape(&mut self, event: Event, rows: impl FnOnce() -> Arc<[Row]>) -> Event {
        match event {
            Event::Diff(diff) if std::mem::take(&mut self.reshaped) => {
                let columns = Arc::clone(&self.query.columns);
                Event::Columns(Snapshot { commit: diff.commit, columns, rows: rows() })
            }
            event => event,
        }
    }
}

/// The subscriptions and what keeps them live.
pub(crate) struct Live {
    pub(crate) registry: Registry,
    pub(crate) dataflows: Dataflows,
    pub(crate) plans: Plans,
    pub(crate) budget: Budget,
    subscribers: FxHashMap<SubscriptionId, Subscriber>,
    queries: FxHashMap<Arc<str>, Weak<PreparedQuery>>,
    recent: RecentQueries,
    observer: Option<ChangeObserver>,
    pub(crate) options: Options,
    pub(crate) stats: Stats,
    outbox: VecDeque<(Sink, SubscriptionId, Event)>,
    /// Somebody is calling callbacks, and will go on until the outbox is empty.
    pub(crate) delivering: bool,
}

impl Live {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            registry: Registry::default(),
            dataflows: Dataflows::default(),
            plans: Plans::default(),
            budget: Budget::new(options.memory_budget),
            subscribers: FxHashMap::default(),
            queries: FxHashMap::default(),
            recent: RecentQueries::default(),
            observer: None,
            options,
            stats: Stats::default(),
            outbox: VecDeque::new(),
            delivering: false,
        }
    }

    pub(crate) fn observe(&mut self, observer: ChangeObserver) {
        self.observer = Some(observer);
    }

    pub(crate) fn stats(&self) -> Stats {
        let remembered = self.dataflows.state_bytes();
        Stats {
            subscriptions: self.registry.subscription_count() as u64,
            templates: self.registry.template_count() as u64,
            bindings: self.registry.binding_count() as u64,
            dataflows: self.dataflows.count() as u64,
            state_bytes: (self.registry.state_bytes() + remembered) as u64,
            remembered_bytes: remembered as u64,
            memory_budget: self.options.memory_budget.map(|bytes| bytes as u64),
            evicted: self.budget.evicted(),
            without_state: self.budget.without() as u64,
            ..self.stats.clone()
        }
    }

    /// How things stand with the template of a query, if anybody subscribes to it.
    pub(crate) fn standing_of(&self, query: &PreparedQuery) -> Option<LiveTemplate> {
        let Standings { bindings, subscriptions, plans, planned, state_rows, state_bytes, evaluations, counts } =
            self.registry.standings(&query.template)?;
        let remembered: usize = plans.iter().map(|plan| self.dataflows.state_bytes_of(*plan)).sum();
        let rows = plans.iter().filter_map(|plan| self.plans.row_cost(*plan));
        Some(LiveTemplate {
            bindings,
            subscriptions,
            planned,
            state_rows,
            state_bytes: state_bytes + remembered as u64,
            commits: counts.commits,
            maintained: counts.maintained,
            requeries: counts.requeries,
            refused: counts.refused,
            given_up: counts.given_up,
            beyond: counts.beyond,
            refills: counts.refills,
            instructions_per_commit: counts.work.checked_div(counts.commits),
            instructions_per_row: rows.max(),
            instructions_per_run: evaluations.checked_div(bindings),
        })
    }

    /// What the nodes of a query's plan have come to, if it is at work.
    pub(crate) fn metrics_of(&mut self, planned: &Planned) -> Option<PlanMetrics> {
        self.dataflows.metrics(self.plans.find(&planned.plan.identity)?)
    }

    /// Subscribes: the id and the result as of now.
    pub(crate) fn subscribe(
        &mut self,
        session: &mut Session<'_>,
        sql: &str,
        params: &Params,
        sink: Sink,
    ) -> Result<(SubscriptionId, Snapshot), Error> {
        let query = self.prepare(session, sql)?;
        if let (Strategy::Incremental, Err(reason)) = (self.options.strategy, &query.planned) {
            return Err(Error::NotIncremental(reason.to_string().into()));
        }
        let slots = slot_values(&query.slots, params)?;
        let (id, rows) = self.bound(session, &query, slots)?;
        let columns = Arc::clone(&query.columns);
        let subscription = self.registry.subscribe(id);
        self.keep_to_budget();
        self.subscribers.insert(subscription, Subscriber { sink, query, reshaped: false });
        Ok((subscription, Snapshot { commit: session.commit(), columns, rows }))
    }

    /// The binding of these values, made if it is the first of them, with its rows as of now.
    pub(crate) fn bound(
        &mut self,
        session: &Session<'_>,
        query: &Arc<PreparedQuery>,
        slots: Vec<Value>,
    ) -> Result<(BindingId, Arc<[Row]>), Error> {
        if let Some(id) = self.registry.find(query, &slots) {
            return Ok((id, self.rows_of(session, id)?));
        }
        let id = self.registry.bind(Arc::clone(query), slots);
        match self.evaluate(session, id) {
            Ok(Some(rows)) => Ok((id, rows)),
            Ok(None) => Ok((id, self.rows_of(session, id)?)),
            Err(error) => {
                self.unbind(id);
                Err(error)
            }
        }
    }

    /// The query of a subscription, in its subscriber's words.
    pub(crate) fn query_of(&self, id: SubscriptionId) -> Option<Arc<PreparedQuery>> {
        self.subscribers.get(&id).map(|subscriber| Arc::clone(&subscriber.query))
    }

    pub(crate) fn unsubscribe(&mut self, id: SubscriptionId) {
        if let Some(binding) = self.registry.unsubscribe(id) {
            self.unbind(binding);
        }
        self.forget(id);
    }

    /// Whether a subscription is maintained by a plan.
    pub(crate) fn is_planned(&self, id: SubscriptionId) -> bool {
        let query = self.subscribers.get(&id).map(|subscriber| &subscriber.query);
        query.is_some_and(|query| query.planned.is_ok()) && self.options.strategy != Strategy::Requery
    }

    /// Removes a binding and what is kept of it; its subscribers.
    pub(crate) fn unbind(&mut self, id: BindingId) -> Vec<SubscriptionId> {
        self.unplan(id);
        self.budget.forget(id);
        self.registry.unbind(id)
    }

    /// A binding's rows as of now. One that failed is tried again: it may be the clock or a lock that it failed of.
    fn rows_of(&mut self, session: &Session<'_>, id: BindingId) -> Result<Arc<[Row]>, Error> {
        let is_failing = |live: &Self| live.registry.binding(id).and_then(|binding| binding.failure.clone());
        if is_failing(self).is_some() {
            let mut events = Events::new();
            self.rerun(session, session.commit(), id, &mut events);
            self.post(events);
        }
        match is_failing(self) {
            Some(error) => Err(error),
            None => Ok(self.registry.binding(id).map(|binding| binding.held.rows()).unwrap_or_default()),
        }
    }

    /// Evaluates again what failed because another connection held the file, which no commit need follow; whether
    /// anybody saw a change.
    pub(crate) fn try_again(&mut self, session: &Session<'_>) -> bool {
        let mut events = Events::new();
        for id in self.registry.blocked() {
            self.rerun(session, session.commit(), id, &mut events);
        }
        self.keep_to_budget();
        let seen = !events.is_empty();
        self.post(events);
        seen
    }

    /// Events that wait for the engine's lock to be free.
    pub(crate) fn take_outbox(&mut self) -> VecDeque<(Sink, SubscriptionId, Event)> {
        std::mem::take(&mut self.outbox)
    }

    /// The prepared query of a text, shared by all subscribers who write it alike.
    pub(crate) fn prepare(&mut self, session: &mut Session<'_>, sql: &str) -> Result<Arc<PreparedQuery>, Error> {
        if let Some(query) = self.queries.get(sql).and_then(Weak::upgrade) {
            return Ok(query);
        }
        let query = Arc::new(self.recent.prepare(session, sql, self.options.without)?);
        if query.disagreement.is_some() {
            self.stats.disagreements += 1;
        }
        self.queries.insert(Arc::clone(&query.sql), Arc::downgrade(&query));
        Ok(query)
    }

    fn forget(&mut self, id: SubscriptionId) {
        let Some(subscriber) = self.subscribers.remove(&id) else { return };
        let sql = Arc::clone(&subscriber.query.sql);
        drop(subscriber);
        if self.queries.get(&sql).is_some_and(|query| query.strong_count() == 0) {
            self.queries.remove(&sql);
        }
    }

    /// Brings every affected binding up to date with a commit, and says whether anybody saw a change.
    pub(crate) fn maintain(&mut self, session: &mut Session<'_>, sealed: &Sealed) -> bool {
        if !sealed.tentative {
            self.stats.commits += 1;
            self.stats.rows_in += sealed.batch.len() as u64;
            if let Some(observer) = &mut self.observer {
                observer(sealed.commit, &sealed.batch);
            }
        }
        let mut reader = PathReader::new(session, &sealed.batch);
        let affected = match sealed.everything {
            Some(_) => None,
            None => Some(self.registry.route(&sealed.batch, &mut |path, most| reader.look_up(path, most))),
        };
        reader.end();
        self.stats.lookups += reader.lookups;
        let holds = reader.holds;
        if affected.as_ref().is_some_and(BTreeMap::is_empty) && !self.options.paranoid {
            if holds {
                let _ = session.end_reads();
            }
            return false;
        }
        session.renew_virtual_columns();
        let mut events = Events::new();
        // Several reads of one state. Should this fail, each read sees a committed state of its own all the same. Nobody can
        // disturb a few reads where nobody else can commit.
        let are_few = affected.as_ref().is_some_and(|affected| affected.len() * sealed.batch.len() <= FEW_READS);
        let held = holds || !(session.is_alone() && are_few) && session.begin_reads().is_ok();
        match affected {
            None => self.evaluate_all(session, sealed.commit, &mut events),
            Some(affected) if self.options.provenance => {
                self.bring_up_to_date(session, sealed, affected.clone(), &mut events);
                self.attribute(session, sealed, &affected, &mut events);
            }
            Some(affected) => self.bring_up_to_date(session, sealed, affected, &mut events),
        }
        if self.options.paranoid {
            self.compare(session, sealed, &mut events);
        }
        self.keep_to_budget();
        if held {
            // A read transaction has nothing to lose at its end.
            let _ = session.end_reads();
        }
        let seen = !events.is_empty();
        self.post(events);
        seen
    }

    /// Evaluates a binding anew and makes the difference known.
    pub(crate) fn rerun(&mut self, session: &Session<'_>, commit: CommitId, id: BindingId, events: &mut Events) {
        let Some(binding) = self.registry.binding(id) else { return };
        let before = binding.held.rows();
        self.rerun_since(session, commit, id, &before, events);
    }

    /// The same for a binding whose rows were last told to be these.
    pub(crate) fn rerun_since(
        &mut self,
        session: &Session<'_>,
        commit: CommitId,
        id: BindingId,
        before: &[Row],
        events: &mut Events,
    ) {
        self.stats.requeries += 1;
        let work = session.work();
        let evaluated = self.evaluate(session, id);
        let work = session.work() - work;
        self.count(id, |counts| {
            counts.requeries += 1;
            counts.worked(commit, work);
        });
        let outcome = match evaluated {
            Ok(_) => Ok(self.edits_since(id, before)),
            Err(error) => {
                self.hold(id, before.into());
                Err(error)
            }
        };
        self.tell(commit, id, outcome, events);
    }

    /// Tells the subscribers of a binding what a commit did to its result.
    pub(crate) fn tell(
        &mut self,
        commit: CommitId,
        id: BindingId,
        outcome: Result<Vec<Edit>, Error>,
        events: &mut Events,
    ) {
        let Some(binding) = self.registry.binding_mut(id) else { return };
        let event = match outcome {
            Ok(edits) => {
                let recovers = binding.failure.take().is_some();
                if edits.is_empty() && !recovers {
                    return;
                }
                self.stats.rows_out += edits.len() as u64;
                Event::Diff(Diff { commit, edits: edits.into(), causes: Arc::default() })
            }
            Err(error) if binding.failure.as_ref() == Some(&error) => return,
            Err(error) => {
                binding.failure = Some(error.clone());
                Event::Error { commit, error: Arc::new(error), closed: false }
            }
        };
        for id in &binding.subscribers {
            if let Some(subscriber) = self.subscribers.get_mut(id) {
                let event = subscriber.in_shape(event.clone(), || binding.held.rows());
                events.entry(*id).or_default().push(event);
            }
        }
    }

    /// What a subscriber with these rows now is told instead of a difference, if its rows have other columns than it knows.
    pub(crate) fn in_shape(&mut self, id: SubscriptionId, event: Event, rows: &Arc<[Row]>) -> Event {
        match self.subscribers.get_mut(&id) {
            Some(subscriber) => subscriber.in_shape(event, || Arc::clone(rows)),
            None => event,
        }
    }

    /// Everything is evaluated anew: names may stand for other things, and rows may have changed without a report.
    fn evaluate_all(&mut self, session: &mut Session<'_>, commit: CommitId, events: &mut Events) {
        self.queries.clear();
        for id in self.registry.binding_ids() {
            // What is kept for the plan of another schema is of no use, nor how much it was.
            self.hold_rows(id);
            self.budget.forget(id);
        }
        for id in self.registry.binding_ids() {
            let Some(binding) = self.registry.binding(id) else { continue };
            let (sql, subscribers) = (Arc::clone(&binding.query.sql), binding.subscribers.clone());
            match self.prepare(session, &sql) {
                Ok(query) => {
                    self.registry.replace_query(id, query);
                    self.rerun(session, commit, id, events);
                    for subscriber in subscribers {
                        self.reshape(session, commit, id, subscriber, events);
                    }
                }
                Err(error) => self.lose(commit, id, error, events),
            }
        }
    }

    /// A binding's query compiles no more. That ends it, unless SQLite was only busy, full or interrupted.
    fn lose(&mut self, commit: CommitId, id: BindingId, error: Error, events: &mut Events) {
        let closed = matches!(error.code(), "sql_error" | "not_a_select");
        let subscribers = match self.registry.binding_mut(id) {
            Some(binding) if !closed => {
                binding.failure = Some(error.clone());
                binding.subscribers.clone()
            }
            _ => self.unbind(id),
        };
        let error = Arc::new(error);
        for subscriber in subscribers {
            events.entry(subscriber).or_default().push(Event::Error { commit, error: Arc::clone(&error), closed });
        }
    }

    /// Gives a subscriber whose columns have other names now the whole result instead of a difference.
    fn reshape(
        &mut self,
        session: &mut Session<'_>,
        commit: CommitId,
        id: BindingId,
        subscriber: SubscriptionId,
        events: &mut Events,
    ) {
        let Some(sql) = self.subscribers.get(&subscriber).map(|held| Arc::clone(&held.query.sql)) else { return };
        let Ok(query) = self.prepare(session, &sql) else { return };
        let columns = Arc::clone(&query.columns);
        let Some(held) = self.subscribers.get_mut(&subscriber) else { return };
        let renamed = held.query.columns != columns;
        held.query = query;
        let Some(binding) = self.registry.binding(id) else { return };
        if binding.failure.is_some() {
            held.reshaped |= renamed;
        } else if renamed {
            let rows = binding.held.rows();
            events.insert(subscriber, vec![Event::Columns(Snapshot { commit, columns, rows })]);
        }
    }

    /// Paranoid mode: every result beside what SQLite returns. Of a window whose LIMIT takes some of several tied rows SQLite may
    /// take others than those that are held: then only how many there are is compared.
    fn compare(&mut self, session: &mut Session<'_>, sealed: &Sealed, events: &mut Events) {
        for id in self.registry.binding_ids() {
            let Some(binding) = self.registry.binding(id) else { continue };
            if binding.failure.is_some() || !binding.query.dependencies.nondeterministic.is_empty() {
                continue;
            }
            let Ok(expected) = session.select(&binding.query.sql, &binding.slots) else { continue };
            let actual = binding.held.rows();
            let is_window = matches!(binding.held, Held::Maintained(_))
                && binding.query.planned.as_ref().is_ok_and(|planned| planned.plan.window.is_some());
            let takes_any = is_window && binding.query.dependencies.plan_dependent == Some(OrderDependence::TiedLimit);
            if same_bag(&expected, &actual) || (takes_any && expected.len() == actual.len()) {
                continue;
            }
            let (sql, slots) = (Arc::clone(&binding.query.sql), &binding.query.slots);
            let tables = binding.query.dependencies.sources.iter().map(|source| Arc::clone(&source.table)).collect();
            let script = script(session, sealed, &Query { sql: &sql, slots, values: &binding.slots, tables });
            let divergence = Divergence { commit: sealed.commit, sql, expected: expected.into(), actual, script };
            self.stats.divergences += 1;
            for subscriber in &binding.subscribers {
                events.entry(*subscriber).or_default().push(Event::Divergence(divergence.clone()));
            }
        }
    }

    /// Mail goes out at once; callbacks wait until the engine's lock is free, for they may call the engine.
    pub(crate) fn post(&mut self, events: Events) {
        for (id, events) in events {
            let Some(sink) = self.subscribers.get(&id).map(|subscriber| subscriber.sink.clone()) else { continue };
            for event in events {
                let closed = matches!(event, Event::Error { closed: true, .. });
                match &sink {
                    Sink::Mailbox(mailbox) => {
                        if let Some(mailbox) = mailbox.upgrade() {
                            mailbox.put(event);
                        }
                    }
                    Sink::Callback(_) => self.outbox.push_back((sink.clone(), id, event)),
                }
                if closed {
                    self.forget(id);
                }
            }
        }
    }

    /// Tells every stream that nothing more will come.
    pub(crate) fn close(&self) {
        for subscriber in self.subscribers.values() {
            if let Sink::Mailbox(mailbox) = &subscriber.sink
                && let Some(mailbox) = mailbox.upgrade()
            {
                mailbox.close();
            }
        }
    }
}

fn same_bag(a: &[Row], b: &[Row]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut counts: FxHashMap<&Row, i64> = FxHashMap::with_capacity_and_hasher(a.len(), FxBuildHasher);
    a.iter().for_each(|row| *counts.entry(row).or_default() += 1);
    b.iter().for_each(|row| *counts.entry(row).or_default() -= 1);
    counts.values().all(|count| *count == 0)
}
