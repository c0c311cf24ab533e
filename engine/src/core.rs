//! The wiring: a commit is sealed, routed, maintained, and its events are put into the outbox. Behind the engine's lock.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, Weak};

use crate::error::Error;
use crate::event::{Divergence, Event};
use crate::form;
use crate::options::{Options, Strategy};
use crate::sql::{StatementKind, leading_keyword};
use crate::stats::Stats;
use crate::storage::{Control, Outcome, Run, Sealed, Session, Storage, slot_values};
use crate::subscribe::{Binding, Form, Registry, edits_between};
use crate::subscription::Mailbox;
use crate::types::{BindingId, Catalog, ChangeBatch, CommitId, Diff, Params, Row, Rows, Snapshot, SubscriptionId};

/// A callback that takes a subscription's events.
pub(crate) type Callback = Box<dyn FnMut(SubscriptionId, &Event) + Send>;

/// A callback that sees every change batch.
pub(crate) type ChangeObserver = Box<dyn FnMut(CommitId, &ChangeBatch) + Send>;

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
    form: Arc<Form>,
}

/// Everything behind the engine's lock.
pub(crate) struct Core {
    pub(crate) storage: Storage,
    pub(crate) live: Live,
}

/// The subscriptions and what keeps them live.
pub(crate) struct Live {
    registry: Registry,
    subscribers: HashMap<SubscriptionId, Subscriber>,
    forms: HashMap<Arc<str>, Weak<Form>>,
    observer: Option<ChangeObserver>,
    options: Options,
    stats: Stats,
    outbox: VecDeque<(Sink, SubscriptionId, Event)>,
    pub(crate) delivering: bool,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("stats", &self.live.stats).finish_non_exhaustive()
    }
}

impl Core {
    pub(crate) fn new(storage: Storage, options: Options) -> Self {
        let live = Live {
            registry: Registry::default(),
            subscribers: HashMap::new(),
            forms: HashMap::new(),
            observer: None,
            options,
            stats: Stats::default(),
            outbox: VecDeque::new(),
            delivering: false,
        };
        Self { storage, live }
    }

    /// Runs a script; what it committed is maintained commit by commit.
    pub(crate) fn run(&mut self, sql: &str, params: &Params, control: Control) -> (Outcome, Result<(), Error>) {
        let Self { storage, live } = self;
        let run = Run { sql, params, control };
        storage.session().run(&run, &mut |session, sealed| live.maintain(session, sealed))
    }

    /// Runs one statement that returns rows, which may write as well.
    pub(crate) fn query(&mut self, sql: &str, params: &Params, control: Control) -> Result<Rows, Error> {
        if leading_keyword(sql) == Some(StatementKind::Empty) {
            return Err(Error::NotOneStatement("none"));
        }
        if self.storage.session().is_readonly(sql)? {
            return self.storage.session().query(sql, params);
        }
        let (outcome, ran) = self.run(sql, params, control);
        ran.map(|()| outcome.rows.unwrap_or(Rows { columns: Arc::default(), rows: Vec::new() }))
    }

    /// Begins a transaction of the caller's.
    pub(crate) fn begin_transaction(&mut self) -> Result<(), Error> {
        let mut session = self.storage.session();
        if session.has_open_transaction() {
            return Err(Error::InTransaction);
        }
        session.begin_wrapped()
    }

    /// Ends a transaction of the caller's.
    pub(crate) fn end_transaction(&mut self, commit: bool) -> Result<(), Error> {
        let Self { storage, live } = self;
        let mut session = storage.session();
        if commit {
            session.commit_wrapped(&mut |session, sealed| live.maintain(session, sealed))
        } else {
            session.rollback_wrapped()
        }
    }

    /// Delivers what other connections committed; whether there was anything.
    pub(crate) fn poll(&mut self) -> Result<bool, Error> {
        let Self { storage, live } = self;
        let mut session = storage.session();
        if session.has_open_transaction() || !session.take_external_change()? {
            return Ok(false);
        }
        let sealed = session.number_external_change()?;
        live.maintain(&mut session, &sealed);
        Ok(true)
    }

    /// Subscribes: the id and the result as of now.
    pub(crate) fn subscribe(
        &mut self,
        sql: &str,
        params: &Params,
        sink: Sink,
    ) -> Result<(SubscriptionId, Snapshot), Error> {
        self.poll()?;
        let Self { storage, live } = self;
        let mut session = storage.session();
        if session.has_open_transaction() {
            return Err(Error::InTransaction);
        }
        let form = live.form(&mut session, sql)?;
        if live.options.strategy == Strategy::Incremental {
            return Err(Error::NotIncremental(form::WHY_REQUERY.into()));
        }
        let slots = slot_values(&form.slots, params)?;
        let binding = match live.registry.find(&form, &slots) {
            // A failing binding has no rows as of this commit to offer.
            Some(binding) if live.registry.binding(binding).is_some_and(|binding| binding.failure.is_none()) => binding,
            found => {
                let rows = session.select(&form.sql, &slots)?.into();
                found.unwrap_or_else(|| live.registry.bind(Arc::clone(&form), slots, rows))
            }
        };
        let rows = live.registry.binding(binding).map(|binding| Arc::clone(&binding.rows)).unwrap_or_default();
        let id = live.registry.subscribe(binding);
        let columns = Arc::clone(&form.columns);
        live.subscribers.insert(id, Subscriber { sink, form });
        Ok((id, Snapshot { commit: session.commit(), columns, rows }))
    }

    pub(crate) fn unsubscribe(&mut self, id: SubscriptionId) {
        self.live.registry.unsubscribe(id);
        self.live.forget(&[id]);
    }

    pub(crate) fn form(&mut self, sql: &str) -> Result<Arc<Form>, Error> {
        self.live.form(&mut self.storage.session(), sql)
    }

    /// Whether the parameters fit the query.
    pub(crate) fn check_parameters(&self, form: &Form, params: &Params) -> Result<(), Error> {
        slot_values(&form.slots, params).map(|_| ())
    }

    pub(crate) fn catalog(&mut self) -> Result<Arc<Catalog>, Error> {
        self.storage.session().catalog()
    }

    pub(crate) fn commit(&mut self) -> CommitId {
        self.storage.session().commit()
    }

    pub(crate) fn in_transaction(&mut self) -> bool {
        self.storage.session().has_open_transaction()
    }

    pub(crate) fn observe(&mut self, observer: ChangeObserver) {
        self.live.observer = Some(observer);
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            subscriptions: self.live.registry.subscription_count() as u64,
            templates: self.live.registry.template_count() as u64,
            bindings: self.live.registry.binding_count() as u64,
            state_bytes: self.live.registry.state_bytes() as u64,
            ..self.live.stats.clone()
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.live.close();
    }
}

impl Live {
    /// Events that wait for the engine's lock to be free.
    pub(crate) fn take_outbox(&mut self) -> VecDeque<(Sink, SubscriptionId, Event)> {
        std::mem::take(&mut self.outbox)
    }

    fn form(&mut self, session: &mut Session<'_>, sql: &str) -> Result<Arc<Form>, Error> {
        if let Some(form) = self.forms.get(sql).and_then(Weak::upgrade) {
            return Ok(form);
        }
        let form = Arc::new(form::prepare(session, sql)?);
        if form.disagreement.is_some() {
            self.stats.disagreements += 1;
        }
        self.forms.insert(Arc::clone(&form.sql), Arc::downgrade(&form));
        Ok(form)
    }

    fn forget(&mut self, ids: &[SubscriptionId]) {
        for id in ids {
            let Some(subscriber) = self.subscribers.remove(id) else { continue };
            let sql = Arc::clone(&subscriber.form.sql);
            drop(subscriber);
            if self.forms.get(&sql).is_some_and(|form| form.strong_count() == 0) {
                self.forms.remove(&sql);
            }
        }
    }

    /// Brings every affected binding up to date with a commit, and says whether anybody saw a change.
    fn maintain(&mut self, session: &mut Session<'_>, sealed: &Sealed) -> bool {
        self.stats.commits += 1;
        self.stats.rows_in += sealed.batch.len() as u64;
        if let Some(observer) = &mut self.observer {
            observer(sealed.commit, &sealed.batch);
        }
        let mut events = BTreeMap::new();
        // Several reads of one state. Should this fail, each read sees a committed state of its own all the same.
        let held = session.begin_reads().is_ok();
        if sealed.everything.is_some() {
            self.rebind(session, sealed.commit, &mut events);
        } else {
            for id in self.registry.route(&sealed.batch) {
                self.rerun(session, sealed.commit, id, &mut events);
            }
        }
        if self.options.paranoid {
            self.compare(session, sealed.commit, &mut events);
        }
        if held {
            // A read transaction has nothing to lose at its end.
            let _ = session.end_reads();
        }
        let seen = !events.is_empty();
        self.post(events);
        seen
    }

    /// Re-runs a binding's query and makes the difference known.
    fn rerun(
        &mut self,
        session: &Session<'_>,
        commit: CommitId,
        id: BindingId,
        events: &mut BTreeMap<SubscriptionId, Vec<Event>>,
    ) {
        let Some(binding) = self.registry.binding_mut(id) else { return };
        self.stats.requeries += 1;
        let event = match session.select(&binding.form.sql, &binding.slots) {
            Ok(rows) => {
                binding.failure = None;
                let edits = edits_between(&binding.rows, &rows);
                if edits.is_empty() {
                    return;
                }
                binding.rows = rows.into();
                self.stats.rows_out += edits.len() as u64;
                Event::Diff(Diff { commit, edits: edits.into() })
            }
            Err(error) if binding.failure.as_ref() == Some(&error) => return,
            Err(error) => {
                binding.failure = Some(error.clone());
                Event::Error { commit, error: Arc::new(error), closed: false }
            }
        };
        for subscriber in &binding.subscribers {
            events.entry(*subscriber).or_default().push(event.clone());
        }
    }

    /// Everything is evaluated anew: names may stand for other things, and rows may have changed without a report.
    fn rebind(
        &mut self,
        session: &mut Session<'_>,
        commit: CommitId,
        events: &mut BTreeMap<SubscriptionId, Vec<Event>>,
    ) {
        self.forms.clear();
        for id in self.registry.binding_ids() {
            let Some(binding) = self.registry.binding(id) else { continue };
            let (sql, subscribers) = (Arc::clone(&binding.form.sql), binding.subscribers.clone());
            match self.form(session, &sql) {
                Ok(form) => {
                    let reshaped = form.columns.len() != binding_width(self.registry.binding(id));
                    if let Some(binding) = self.registry.binding_mut(id) {
                        binding.form = form;
                    }
                    self.reshape(session, commit, id, &subscribers, reshaped, events);
                }
                Err(error) => {
                    let error = Arc::new(error);
                    for subscriber in self.registry.unbind(id) {
                        let event = Event::Error { commit, error: Arc::clone(&error), closed: true };
                        events.entry(subscriber).or_default().push(event);
                    }
                }
            }
        }
    }

    /// Gives subscribers whose columns have other names now a new result, and the others the difference.
    fn reshape(
        &mut self,
        session: &mut Session<'_>,
        commit: CommitId,
        id: BindingId,
        subscribers: &[SubscriptionId],
        reshaped: bool,
        events: &mut BTreeMap<SubscriptionId, Vec<Event>>,
    ) {
        self.rerun(session, commit, id, events);
        for subscriber in subscribers {
            let Some(sql) = self.subscribers.get(subscriber).map(|held| Arc::clone(&held.form.sql)) else { continue };
            let Ok(form) = self.form(session, &sql) else { continue };
            let columns = Arc::clone(&form.columns);
            let Some(held) = self.subscribers.get_mut(subscriber) else { continue };
            let renamed = held.form.columns != columns;
            held.form = form;
            let failing = self.registry.binding(id).is_none_or(|binding| binding.failure.is_some());
            if (renamed || reshaped) && !failing {
                let rows = self.registry.binding(id).map(|binding| Arc::clone(&binding.rows)).unwrap_or_default();
                events.insert(*subscriber, vec![Event::Columns(Snapshot { commit, columns, rows })]);
            }
        }
    }

    /// Paranoid mode: every result beside what SQLite returns.
    fn compare(&mut self, session: &Session<'_>, commit: CommitId, events: &mut BTreeMap<SubscriptionId, Vec<Event>>) {
        for id in self.registry.binding_ids() {
            let Some(binding) = self.registry.binding(id) else { continue };
            let Ok(expected) = session.select(&binding.form.sql, &binding.slots) else { continue };
            if binding.failure.is_some()
                || binding.form.dependencies.nondeterministic.is_empty() && same_bag(&expected, &binding.rows)
            {
                continue;
            }
            if !binding.form.dependencies.nondeterministic.is_empty() {
                continue;
            }
            let divergence = Divergence {
                commit,
                sql: Arc::clone(&binding.form.sql),
                expected: expected.into(),
                actual: Arc::clone(&binding.rows),
            };
            self.stats.divergences += 1;
            for subscriber in &binding.subscribers {
                events.entry(*subscriber).or_default().push(Event::Divergence(divergence.clone()));
            }
        }
    }

    /// Mail goes out at once; callbacks wait until the engine's lock is free, for they may call the engine.
    fn post(&mut self, events: BTreeMap<SubscriptionId, Vec<Event>>) {
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
                    self.forget(&[id]);
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

/// The number of columns of the rows that a binding holds.
fn binding_width(binding: Option<&Binding>) -> usize {
    binding.map_or(0, |binding| binding.form.columns.len())
}

fn same_bag(a: &[Row], b: &[Row]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut counts: HashMap<&Row, i64> = HashMap::with_capacity(a.len());
    a.iter().for_each(|row| *counts.entry(row).or_default() += 1);
    b.iter().for_each(|row| *counts.entry(row).or_default() -= 1);
    counts.values().all(|count| *count == 0)
}
