//! Brings bindings up to date: by their plans from what a commit changed, or by evaluating them anew.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::state::{Events, Live};
use crate::api::options::Strategy;
use crate::cost::{Counts, Plans};
use crate::dataflow::{ImagesByTable, Job};
use crate::error::Error;
use crate::plan::{Bounds, Plan, RowImages, SortedBy};
use crate::prepare::{Planned, PreparedQuery};
use crate::results::{Applied, Held, Listing, Maintained, Sorting, edits_between, filling};
use crate::routing::Routed;
use crate::storage::{Sealed, Session};
use crate::types::{BindingId, Change, ChangeBatch, Edit, PlanId, Row, RowRef, WeightedRow};

/// Maintaining may always cost so many of SQLite's instructions, be an evaluation ever so cheap.
const LEAST_ALLOWANCE: u64 = 5_000;

/// What maintaining may cost where no gate compares it with an evaluation.
const UNGATED: u64 = 5_000_000;

/// What the first rows of a plan may cost though it is not known what the query itself does: about a second at most.
const FREE_HYDRATION: u64 = 20_000_000;

/// How many times as much as the query itself they may cost: it is spent once, and maintaining is what it is for. But where
/// the query stops at its LIMIT, a plan that has to see all rows may not end in anybody's time.
const DEARER_HYDRATION: u64 = 8;

/// Where maintaining costs more than this part of what the plan's first rows did, it is worth knowing what the query does.
const DOUBTFUL: u64 = 8;

/// How many rows OFFSET may leave out for each one that is shown, and how many more: they are held as well.
const MOST_LEFT_OUT: (usize, usize) = (8, 1000);

/// What an evaluation gives: what is held, and the shown rows where they are at hand.
type Hydrated = (Held, Option<Arc<[Row]>>);

impl Live {
    /// Brings the affected bindings up to date with a commit, those of one plan together.
    pub(crate) fn bring_up_to_date(
        &mut self,
        session: &Session<'_>,
        sealed: &Sealed,
        affected: BTreeMap<BindingId, Routed>,
        events: &mut Events,
    ) {
        let mut jobs: BTreeMap<PlanId, Vec<Job>> = BTreeMap::new();
        let mut images = Shared::default();
        let mut completing: BTreeMap<PlanId, u64> = BTreeMap::new();
        for (id, routed) in affected {
            let Some(binding) = self.registry.binding(id) else { continue };
            match (binding.plan, &binding.query.planned, &binding.held) {
                (Some(plan), Ok(planned), Held::Maintained(result)) if binding.failure.is_none() => {
                    let before = session.work();
                    let virtual_columns = &planned.virtual_columns;
                    let is_computed = routed.iter().any(|(table, _)| virtual_columns.contains(table));
                    let changes = routed.iter().map(|(_, rows)| rows.len()).sum();
                    let (work, held) = (binding.evaluation(), binding.held.len());
                    let gate = |plans: &mut Plans, changed| {
                        !self.options.cost_gate || plans.is_worth(plan, sealed.commit, changed, work, held)
                    };
                    if is_computed && !gate(&mut self.plans, changes) {
                        self.stats.refused += 1;
                        self.set_back(id);
                        self.rerun(session, sealed.commit, id, events);
                        continue;
                    }
                    let allowance = self.allowance(binding.evaluation());
                    let touched = images.of(session, &sealed.batch, &routed, virtual_columns, allowance);
                    let completed = session.work() - before;
                    let Ok(mut touched) = touched else {
                        self.stats.given_up += 1;
                        self.plans.note(plan, changes, completed);
                        self.rerun(session, sealed.commit, id, events);
                        continue;
                    };
                    *completing.entry(plan).or_default() += completed;
                    if let Some(sorted_by) = &planned.plan.sorted_by
                        && let Some(end) = result.end()
                    {
                        within(&mut touched, sorted_by, &end);
                    }
                    if touched.is_empty() && !routed.is_empty() {
                        self.stats.beyond += 1;
                        self.count(id, |counts| counts.beyond += 1);
                        continue;
                    }
                    let rows = touched.iter().map(|(_, images)| images.len()).sum();
                    if !gate(&mut self.plans, rows) {
                        self.stats.refused += 1;
                        self.count(id, |counts| counts.refused += 1);
                        self.set_back(id);
                        self.rerun(session, sealed.commit, id, events);
                        continue;
                    }
                    jobs.entry(plan).or_default().push(Job {
                        binding: id,
                        parameters: binding.parameters(),
                        images: touched,
                        derived: Vec::new(),
                        allowance,
                    });
                }
                _ => self.rerun(session, sealed.commit, id, events),
            }
        }
        for (plan, jobs) in jobs {
            let before = session.work();
            let registry = &self.registry;
            let holding = |id: BindingId, visit: &mut dyn FnMut(RowRef<'_>)| {
                if let Some(Held::Maintained(window)) = registry.binding(id).map(|binding| &binding.held) {
                    window.held().for_each(visit);
                }
            };
            let changes = self.dataflows.maintain(plan, &jobs, session, &holding);
            session.allow(u64::MAX);
            let rows = jobs.iter().flat_map(|job| &job.images).map(|(_, images)| images.len()).sum();
            let completed = completing.get(&plan).copied().unwrap_or_default();
            let work = session.work() - before + completed;
            self.plans.note(plan, rows, work);
            let share = work / jobs.len().max(1) as u64;
            for (job, changes) in jobs.iter().zip(changes) {
                self.stats.maintained += 1;
                self.measure_after(plan, job, share);
                self.count(job.binding, |counts| {
                    counts.maintained += 1;
                    counts.worked(sealed.commit, share);
                });
                match changes.map(|changes| self.apply(job.binding, &changes)) {
                    Ok(Some(Applied::Edits(edits))) => {
                        self.judge(session, job, share);
                        self.tell(sealed.commit, job.binding, Ok(edits), events);
                    }
                    Ok(Some(Applied::Refill(before))) => {
                        self.rerun_since(session, sealed.commit, job.binding, &before, events);
                    }
                    Ok(None) => self.rerun(session, sealed.commit, job.binding, events),
                    Err(_) => {
                        self.stats.given_up += 1;
                        self.count(job.binding, |counts| counts.given_up += 1);
                        self.set_back(job.binding);
                        self.rerun(session, sealed.commit, job.binding, events);
                    }
                }
            }
        }
        session.show_nothing();
    }

    /// Notes something of the template of a binding.
    pub(crate) fn count(&mut self, id: BindingId, note: impl FnOnce(&mut Counts)) {
        if let Some(counts) = self.registry.counts_mut(id) {
            note(counts);
        }
    }

    /// A binding's plan was not worth it, or would not have been: it may have to rest. A result that is cheaper to evaluate is
    /// then held as its rows alone.
    fn set_back(&mut self, id: BindingId) {
        if self.options.cost_gate
            && let Some(binding) = self.registry.binding_mut(id)
        {
            binding.backoff.failed();
        }
    }

    /// Whether a plan was worth what it cost.
    fn judge(&mut self, session: &Session<'_>, job: &Job, work: u64) {
        if !self.options.cost_gate {
            return;
        }
        let Some(binding) = self.registry.binding_mut(job.binding) else { return };
        if binding.work_itself.is_none() && work > LEAST_ALLOWANCE && work > binding.work / DOUBTFUL {
            // What the plan's first rows cost says little about the query.
            let start = session.work();
            session.allow(binding.work);
            let _ = session.rows(&binding.query.sql, &binding.slots);
            session.allow(u64::MAX);
            binding.work_itself = Some(session.work() - start);
        }
        let rows = job.images.iter().map(|(_, images)| images.len()).sum();
        let is_worth = binding
            .plan
            .is_none_or(|plan| self.plans.was_worth(plan, work, rows, binding.evaluation(), binding.held.len()));
        if is_worth {
            binding.backoff.succeeded();
        } else {
            self.set_back(job.binding);
        }
    }

    /// What maintaining a result may cost that has cost this much to evaluate.
    pub(crate) fn allowance(&self, evaluation: u64) -> u64 {
        match self.options.cost_gate {
            true => evaluation.saturating_mul(2).max(LEAST_ALLOWANCE),
            false => UNGATED,
        }
    }

    /// Puts changes into a binding's list; nothing if they are not of it.
    fn apply(&mut self, id: BindingId, changes: &[WeightedRow]) -> Option<Applied> {
        let binding = self.registry.binding_mut(id)?;
        let Held::Maintained(result) = &mut binding.held else { return None };
        let applied = result.apply(changes);
        binding.has_run_short |= matches!(applied, Ok(Applied::Refill(_)));
        match &applied {
            Ok(Applied::Edits(_)) => {}
            Ok(Applied::Refill(_)) => {
                self.stats.refills += 1;
                self.count(id, |counts| counts.refills += 1);
            }
            Err(_) => self.stats.repairs += 1,
        }
        applied.ok()
    }

    /// Evaluates a binding: its rows, and what its plan keeps. Gives the shown rows where they are at hand.
    pub(crate) fn evaluate(&mut self, session: &Session<'_>, id: BindingId) -> Result<Option<Arc<[Row]>>, Error> {
        let ((held, shown), work) = self.hydrate(session, id)?;
        if let Some(binding) = self.registry.binding_mut(id) {
            binding.held = held;
            binding.work = work;
        }
        Ok(shown)
    }

    /// Holds these rows and nothing else: the next time the binding is evaluated anew and compared with them.
    pub(crate) fn hold(&mut self, id: BindingId, rows: Arc<[Row]>) {
        if let Some(binding) = self.registry.binding_mut(id) {
            binding.held = Held::Rows(rows);
        }
    }

    /// By the binding's plan; where there is none, or a statement of it fails or costs too much, by the query itself: it may
    /// look at fewer rows, as one with LIMIT does. Gives what the evaluation cost as well.
    fn hydrate(&mut self, session: &Session<'_>, id: BindingId) -> Result<(Hydrated, u64), Error> {
        let Some(binding) = self.registry.binding(id) else { return Ok(((Held::Rows(Arc::default()), None), 0)) };
        let query = Arc::clone(&binding.query);
        let start = session.work();
        if let Ok(planned) = &query.planned
            && self.options.strategy != Strategy::Requery
        {
            let may_try = self.budget.has_room_for(id)
                && self.registry.binding_mut(id).is_none_or(|binding| binding.backoff.may_try());
            let free = if self.options.cost_gate { FREE_HYDRATION } else { UNGATED };
            let tried = match may_try {
                true => self.hydrate_by_plan(session, id, &query, planned, free),
                false => Ok(None),
            };
            let (has_failed, is_dear) = (tried.is_err(), tried.is_err() && session.work() - start > free);
            if let Ok(Some(held)) = tried {
                return Ok((held, session.work() - start));
            }
            self.unplan(id);
            let found = if is_dear { Some(self.run_itself(session, id, &query)?) } else { None };
            if let Some((_, work)) = &found {
                let allowance = work.saturating_mul(DEARER_HYDRATION);
                if allowance > free
                    && let Ok(Some(held)) = self.hydrate_by_plan(session, id, &query, planned, allowance)
                {
                    return Ok((held, *work));
                }
                self.unplan(id);
            }
            if let Some(binding) = self.registry.binding_mut(id).filter(|_| has_failed) {
                binding.backoff.failed();
            }
            if let Some(found) = found {
                return Ok(found);
            }
        }
        self.run_itself(session, id, &query)
    }

    /// Evaluates a binding by the query itself.
    fn run_itself(
        &mut self,
        session: &Session<'_>,
        id: BindingId,
        query: &PreparedQuery,
    ) -> Result<(Hydrated, u64), Error> {
        let slots = self.registry.binding(id).map(|binding| binding.slots.clone()).unwrap_or_default();
        let start = session.work();
        let rows: Arc<[Row]> = session.select(&query.sql, &slots)?.into();
        let work = session.work() - start;
        if let Some(binding) = self.registry.binding_mut(id) {
            binding.work_itself = Some(work);
        }
        Ok(((Held::Rows(Arc::clone(&rows)), Some(rows)), work))
    }

    /// Nothing if only SQLite can tell how many rows are shown, or most of what would be held is not. An error where it costs
    /// more than `allowance`.
    fn hydrate_by_plan(
        &mut self,
        session: &Session<'_>,
        id: BindingId,
        query: &PreparedQuery,
        planned: &Planned,
        allowance: u64,
    ) -> Result<Option<Hydrated>, Error> {
        let Some(binding) = self.registry.binding(id) else { return Ok(None) };
        let (parameters, has_run_short) = (binding.parameters(), binding.has_run_short);
        let plan = &planned.plan;
        let bounds = match &plan.window {
            None => None,
            Some(window) => match window.bounds(&parameters) {
                Some(bounds) if is_near(bounds) => Some(bounds),
                _ => return Ok(None),
            },
        };
        let plan_id = self.plan(id, plan);
        let sorting = Sorting { width: plan.width, terms: Arc::clone(&plan.order) };
        if plan.is_stateless {
            // Written as a literal: SQLite compiles a statement anew whose LIMIT is another value than before.
            let asked = bounds.and_then(|bounds| filling(bounds, has_run_short));
            let rows = match asked.and_then(|asked| i64::try_from(asked).ok()) {
                Some(most) => session.rows(&format!("{} LIMIT {most}", plan.hydrate), &parameters)?,
                None => session.rows(&plan.hydrate, &parameters)?,
            };
            let (listing, rows) = Listing::new(sorting, rows.into_iter().map(|row| (row, 1)), true);
            let shown = shown(plan, bounds, rows);
            let result = match bounds {
                None => Maintained::whole(listing, query.order),
                Some(bounds) => Maintained::prefix(listing, query.order, bounds, asked),
            };
            return Ok(Some((Held::Maintained(Box::new(result)), shown)));
        }
        self.dataflows.forget(plan_id, id);
        let job = Job { binding: id, parameters, images: Vec::new(), derived: Vec::new(), allowance };
        session.allow(allowance);
        let rows = self.dataflows.hydrate(plan_id, &job, session);
        session.allow(u64::MAX);
        if !plan.derived.is_empty() {
            session.show_nothing();
        }
        let rows = rows?;
        self.measure(plan_id, id);
        let (listing, rows) = Listing::new(sorting, rows, false);
        let shown = shown(plan, bounds, rows);
        let result = match bounds {
            None => Maintained::whole(listing, query.order),
            Some(bounds) => Maintained::part(listing, query.order, bounds),
        };
        Ok(Some((Held::Maintained(Box::new(result)), shown)))
    }

    /// What the rows of a binding that was evaluated anew have become since these. Without an order, rows that stay keep
    /// their places.
    pub(crate) fn edits_since(&mut self, id: BindingId, before: &[Row]) -> Vec<Edit> {
        let Some(binding) = self.registry.binding_mut(id) else { return Vec::new() };
        match &mut binding.held {
            Held::Rows(rows) => {
                let (edits, rows_now) = edits_between(before, rows.to_vec(), binding.query.order);
                *rows = rows_now.into();
                edits
            }
            Held::Maintained(result) => {
                result.prefer(before);
                result.edits_since(before)
            }
        }
    }

    /// The plan of a binding, installed if it is the first one of it.
    fn plan(&mut self, id: BindingId, plan: &Plan) -> PlanId {
        if let Some(plan) = self.registry.binding(id).and_then(|binding| binding.plan) {
            return plan;
        }
        let plan_id = self.plans.enter(&plan.identity, plan.work_of_following());
        self.dataflows.install(plan_id, plan);
        self.registry.set_plan(id, Some(plan_id));
        plan_id
    }

    /// Gives a binding's plan up, with what is kept for it; the last binding takes the dataflow with it.
    pub(crate) fn unplan(&mut self, id: BindingId) {
        let Some(plan_id) = self.registry.binding(id).and_then(|binding| binding.plan) else { return };
        self.registry.set_plan(id, None);
        self.dataflows.forget(plan_id, id);
        self.budget.forget(id);
        if self.plans.leave(plan_id) {
            self.dataflows.uninstall(plan_id);
        }
    }

    /// Keeps the rows of a binding and nothing else.
    pub(crate) fn hold_rows(&mut self, id: BindingId) {
        self.unplan(id);
        if let Some(rows) = self.registry.binding(id).map(|binding| binding.held.rows()) {
            self.hold(id, rows);
        }
    }

    /// Measures what a plan remembers of a binding.
    fn measure(&mut self, plan: PlanId, id: BindingId) {
        if self.budget.is_limited() {
            self.budget.measured(id, self.dataflows.binding_bytes(plan, id));
        }
    }

    /// The same once a binding's plan has worked, if it may have grown much.
    fn measure_after(&mut self, plan: PlanId, job: &Job, work: u64) {
        let binding = self.registry.binding(job.binding);
        let Some(Ok(planned)) = binding.map(|binding| &binding.query.planned) else { return };
        if !self.budget.is_limited() || planned.plan.is_stateless {
            return;
        }
        let images = job.images.iter().flat_map(|(_, images)| images.old.iter().chain(images.new.iter()));
        let row_bytes = images.map(|(_, row)| row.as_bytes().len()).sum();
        if self.budget.worked(job.binding, work, row_bytes) {
            self.measure(plan, job.binding);
        }
    }

    /// Drops what plans remember of the coldest bindings, until there is not too much of it. A commit or a subscribe is
    /// done with.
    pub(crate) fn keep_to_budget(&mut self) {
        while let Some((id, bytes)) = self.budget.coldest() {
            self.hold_rows(id);
            self.budget.took(id, bytes);
        }
        self.budget.pass();
    }
}

/// What is shown of a plan's rows in their order, if all of their columns are.
fn shown(plan: &Plan, bounds: Option<Bounds>, rows: Vec<Row>) -> Option<Arc<[Row]>> {
    let has_hidden = plan.is_remembered_by_window() || plan.order.iter().any(|(column, _)| *column >= plan.width);
    let Bounds { offset, limit } = bounds.unwrap_or(Bounds { offset: 0, limit: None });
    (!has_hidden).then(|| rows.into_iter().skip(offset).take(limit.unwrap_or(usize::MAX)).collect())
}

fn is_near(bounds: Bounds) -> bool {
    let (each, more) = MOST_LEFT_OUT;
    bounds.limit.is_none_or(|limit| bounds.offset <= limit.saturating_mul(each).saturating_add(more))
}

/// Leaves out the rows that stand past the end of what a window holds.
fn within(touched: &mut ImagesByTable, sorted_by: &SortedBy, end: &[u8]) {
    let is_within = |(_, row): &&(i64, Row)| *sorted_by.key(row) <= *end;
    for (table, images) in touched.iter_mut() {
        if *table == sorted_by.table {
            let kept = |rows: &Arc<[(i64, Row)]>| match rows.iter().all(|row| is_within(&row)) {
                true => Arc::clone(rows),
                false => rows.iter().filter(is_within).cloned().collect(),
            };
            *images = RowImages { old: kept(&images.old), new: kept(&images.new) };
        }
    }
    touched.retain(|(_, images)| images.len() > 0);
}

/// What bindings share of a commit's images.
#[derive(Default)]
pub(crate) struct Shared {
    /// Of all of a table's rows, for bindings that have to do with all of them.
    images: BTreeMap<Arc<str>, RowImages>,
    /// Rows with the values of their virtual columns, by their places in the batch.
    completed: BTreeMap<Arc<str>, BTreeMap<usize, Change>>,
}

impl Shared {
    /// The rows that a binding has to do with; an error if their virtual columns have no values, or to compute them costs
    /// more than it may.
    pub(crate) fn of(
        &mut self,
        session: &Session<'_>,
        batch: &ChangeBatch,
        routed: &[(Arc<str>, Vec<usize>)],
        virtual_columns: &BTreeSet<Arc<str>>,
        allowance: u64,
    ) -> Result<ImagesByTable, Error> {
        let mut touched = ImagesByTable::with_capacity(routed.len());
        let start = session.work();
        for (table, rows) in routed {
            let Some(changes) = batch.tables.get(table) else { continue };
            let images = if virtual_columns.contains(table) {
                let completed = self.completed.entry(Arc::clone(table)).or_default();
                for (row, change) in rows.iter().filter_map(|row| Some((*row, changes.rows.get(*row)?))) {
                    if let Entry::Vacant(place) = completed.entry(row) {
                        place.insert(session.with_virtual_columns(table, change)?);
                    }
                    if session.work() - start > allowance {
                        return Err(Error::NotIncremental("virtual columns cost more than evaluating anew".into()));
                    }
                }
                RowImages::of(rows.iter().filter_map(|row| completed.get(row)))
            } else if rows.len() == changes.rows.len() {
                let all = || RowImages::of(changes.rows.iter());
                self.images.entry(Arc::clone(table)).or_insert_with(all).clone()
            } else {
                RowImages::of(rows.iter().filter_map(|row| changes.rows.get(*row)))
            };
            touched.push((Arc::clone(table), images));
        }
        Ok(touched)
    }
}
