//! Maintains results by their plans: one dataflow a template, whose bindings are data in it.
//!
//! A statement of a plan is run by SQLite over what a commit changed ([`Source`]); what has to be remembered between commits is
//! kept here, by binding. Sums by key (groups, DISTINCT, compound SELECTs) are kept in [`sums`]: in differential-dataflow or in a
//! hash table.
//!
//! Derived tables that have plans of their own come first; what changed in them the others read as they read the changed
//! rows of base tables.

mod confined;
mod operators;
mod sums;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::error::{Error, GiveUp};
use crate::plan::{Plan, PlanMetrics, RowImages};
use crate::types::{BindingId, PlanId, Row, RowRef, SharedBag, Value, WeightedRow};

use confined::Confined;
use operators::{Derived, Operator, Tools};
use sums::{Stores, Sums};

/// What a dataflow asks of the database.
///
/// # Contract
///
/// From the call of [`Dataflows::maintain`] to its return the database stands still as the commit left it.
///
/// A source owes:
///
/// 1. [`rows`](Self::rows) reads the tables as the commit left them; what they were is read by their old and new versions
///    alone. The terms of a join add up by inclusion and exclusion: over any other state, pairs of changed rows would count twice
///    or not at all.
/// 2. The same history gives the same rows in the same order on every platform. The order of deliveries follows from it.
/// 3. What [`show`](Self::show) and [`show_derived`](Self::show_derived) show of a table replaces what was shown of it, and
///    stays. A table without row images has no changed rows.
/// 4. A statement that would take more than [`allow`](Self::allow) allows fails, and [`work`](Self::work) never decreases.
///    Without the first a plan could take longer than the query that it stands for; without the second the budget underflows.
/// 5. No lock of a derived table is held when `rows` returns: the operator that fills the table takes it next.
///
/// Operators owe in turn: everything that a job's statements read is shown before the first of them, because another binding's job
/// may have been the last to show something. A source cannot check that: the statement would read the other binding's rows.
///
/// `tests/memory.rs` is the smallest source; the engine's is a session of SQLite.
pub(crate) trait RowSource {
    /// The rows of a statement for these values of its parameters.
    fn rows(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, Error>;

    /// Has the delta tables of a table show these rows.
    fn show(&self, table: &Arc<str>, images: &RowImages);

    /// Has statements read these rows of a derived table.
    fn show_derived(&self, table: &Arc<str>, rows: &SharedBag);

    /// Statements may cost so many of SQLite's instructions from now on, and fail beyond; `u64::MAX` is no limit.
    fn set_instruction_budget(&self, instructions: u64);

    /// What statements have cost so far, in SQLite's instructions.
    fn instructions(&self) -> u64;
}

/// The rows of a commit that one binding has to do with, by table.
pub(crate) type ImagesByTable = Vec<(Arc<str>, RowImages)>;

/// Visits the rows that a binding's window holds: some plans leave it to that to remember them.
pub(crate) type Holding<'h> = &'h dyn Fn(BindingId, &mut dyn FnMut(RowRef<'_>));

/// A binding to be brought up to date.
///
/// # Contract
///
/// The caller that makes a job guarantees what no operator can check. Paranoid mode and the oracle find it where it is broken:
/// the result is another one than the query's.
///
/// 1. `images` has every changed row that may matter to the binding, of each table that the plan names; more are harmless. Each is
///    the net change of the commit: a row that came and went within it is not there.
/// 2. The binding was hydrated, with the same `parameters`, has followed each commit since that could matter to it, and stands in
///    one job at most of a call. Of a binding that was not hydrated nothing changes.
/// 3. `derived` is empty: the dataflow fills it.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) binding: BindingId,
    pub(crate) parameters: Vec<Value>,
    pub(crate) images: ImagesByTable,
    /// The derived tables that statements read.
    pub(crate) derived: Vec<(Arc<str>, SharedBag)>,
    /// Maintaining the binding may cost so many of SQLite's instructions; beyond them it is given up.
    pub(crate) instruction_budget: u64,
}

/// The dataflows of all templates. By default sums are kept in hash tables.
#[derive(Default)]
pub(crate) struct Dataflows {
    inner: Confined<Inner>,
}

#[derive(Default)]
struct Inner {
    stores: Stores,
    plans: FxHashMap<PlanId, Dataflow>,
}

/// The dataflow of one template.
struct Dataflow {
    derived: Vec<Derived>,
    root: Operator,
    keeps_sums: bool,
    sums: Sums,
}

impl Dataflows {
    /// Dataflows whose sums are kept in differential-dataflow.
    #[cfg(feature = "differential")]
    pub(crate) fn in_differential() -> Self {
        Self { inner: Confined::new(Inner { stores: Stores::in_differential(), ..Inner::default() }) }
    }

    /// Makes a dataflow for a plan, unless it has one.
    pub(crate) fn install(&mut self, plan_id: PlanId, plan: &Plan) {
        let Inner { stores, plans } = self.inner.get_mut();
        plans.entry(plan_id).or_insert_with(|| {
            let root = operators::operator(&plan.root);
            let derived: Vec<Derived> = plan.derived.iter().map(Derived::new).collect();
            let keeps_sums = root.keeps_sums() || derived.iter().any(Derived::keeps_sums);
            let sums = if keeps_sums { stores.make() } else { Sums::default() };
            Dataflow { derived, root, keeps_sums, sums }
        });
    }

    /// Takes a plan's dataflow down with all that it keeps.
    pub(crate) fn uninstall(&mut self, plan_id: PlanId) {
        self.inner.get_mut().plans.remove(&plan_id);
    }

    /// The first rows of a binding, with what has to be remembered of them.
    pub(crate) fn hydrate(
        &mut self,
        plan_id: PlanId,
        job: &Job,
        source: &dyn RowSource,
    ) -> Result<Vec<WeightedRow>, GiveUp> {
        let Some(Dataflow { derived, root, sums, .. }) = self.inner.get_mut().plans.get_mut(&plan_id) else {
            return Ok(Vec::new());
        };
        let tools = &mut Tools { source, sums, holding: &|_, _| {} };
        if derived.is_empty() {
            return root.hydrate(job, tools);
        }
        let mut job = job.clone();
        for derived in derived {
            derived.hydrate(&mut job, tools)?;
        }
        tools.show(&job);
        root.hydrate(&job, tools)
    }

    /// What a commit changes in each of some bindings of a plan, in the order of the jobs.
    ///
    /// A binding that is given up has to be forgotten before it is hydrated again: what its operators remember may have followed
    /// half of the commit.
    pub(crate) fn maintain(
        &mut self,
        plan_id: PlanId,
        jobs: &[Job],
        source: &dyn RowSource,
        holding: Holding<'_>,
    ) -> Vec<Result<Vec<WeightedRow>, GiveUp>> {
        let Some(Dataflow { derived, root, sums, .. }) = self.inner.get_mut().plans.get_mut(&plan_id) else {
            return Vec::new();
        };
        let tools = &mut Tools { source, sums, holding };
        if derived.is_empty() {
            return root.maintain(jobs, tools);
        }
        // What failed so far is left out of what follows.
        let mut results: Vec<Option<Result<Vec<WeightedRow>, GiveUp>>> = jobs.iter().map(|_| None).collect();
        let mut places: Vec<usize> = (0..jobs.len()).collect();
        let mut jobs = jobs.to_vec();
        for derived in derived {
            let changed = derived.maintain(&jobs, tools);
            let all = std::mem::take(&mut places).into_iter().zip(std::mem::take(&mut jobs));
            for ((place, mut job), changed) in all.zip(changed) {
                match changed {
                    Ok(()) => {
                        derived.show_changes(&mut job);
                        places.push(place);
                        jobs.push(job);
                    }
                    Err(error) => results[place] = Some(Err(error)),
                }
            }
        }
        for (place, result) in places.into_iter().zip(root.maintain(&jobs, tools)) {
            results[place] = Some(result);
        }
        results.into_iter().map(|result| result.unwrap_or(Ok(Vec::new()))).collect()
    }

    /// Forgets a binding.
    pub(crate) fn forget(&mut self, plan_id: PlanId, binding: BindingId) {
        let Some(Dataflow { derived, root, sums, .. }) = self.inner.get_mut().plans.get_mut(&plan_id) else { return };
        derived.iter_mut().for_each(|derived| derived.forget(binding));
        root.forget(binding);
        sums.forget(binding);
    }

    /// How many templates keep sums.
    pub(crate) fn count(&self) -> usize {
        self.inner.get().plans.values().filter(|dataflow| dataflow.keeps_sums).count()
    }

    /// Bytes that are remembered, without what the allocator adds.
    pub(crate) fn state_bytes(&self) -> usize {
        self.inner.get().plans.values().map(Dataflow::state_bytes).sum()
    }

    /// The same of one plan, for all of its bindings.
    pub(crate) fn state_bytes_of(&self, plan_id: PlanId) -> usize {
        self.inner.get().plans.get(&plan_id).map_or(0, Dataflow::state_bytes)
    }

    /// What the nodes of a plan remember and have done.
    pub(crate) fn metrics(&mut self, plan_id: PlanId) -> Option<PlanMetrics> {
        let Dataflow { derived, root, sums, .. } = self.inner.get_mut().plans.get_mut(&plan_id)?;
        let totals = sums.totals();
        let derived = derived.iter().map(|derived| derived.metrics(&totals)).collect();
        Some(PlanMetrics { root: root.metrics(&totals), derived })
    }

    /// The same for one binding.
    pub(crate) fn binding_bytes(&self, plan_id: PlanId, binding: BindingId) -> usize {
        self.inner.get().plans.get(&plan_id).map_or(0, |dataflow| dataflow.binding_bytes(binding))
    }
}

impl Dataflow {
    fn binding_bytes(&self, binding: BindingId) -> usize {
        let derived: usize = self.derived.iter().map(|derived| derived.binding_bytes(binding)).sum();
        derived + self.root.binding_bytes(binding) + self.sums.binding_bytes(binding)
    }

    fn state_bytes(&self) -> usize {
        let derived: usize = self.derived.iter().map(Derived::state_bytes).sum();
        derived + self.root.state_bytes() + self.sums.state_bytes()
    }
}
