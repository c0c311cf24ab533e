//! Maintenance: brings the affected bindings up to date with a commit, by their plans or by evaluating them again.

use rustc_hash::FxHashMap;

use super::bindings::{Bindings, Told};
use super::images::{CommitImages, leave_out_behind};
use crate::cost::{Outcome, should_measure_query};
use crate::dataflow::Job;
use crate::error::GiveUp;
use crate::results::{Applied, HeldResult};
use crate::routing::{Affected, Routed};
use crate::storage::{SealedCommit, Session};
use crate::types::{BindingId, CommitId, PlanId, RowRef, SortedMap, WeightedRow};

/// What becomes of an affected binding.
enum Admission {
    /// Its plan maintains it.
    Maintain(PlanId, Job),
    /// It has no plan, or fails: it is evaluated again.
    Rerun,
    /// It reads a table of which more rows changed than were worth keeping: it is evaluated again.
    Bulk,
    /// The cost gate refused it: it is evaluated again, and its plan may wait.
    Refused,
    /// Its virtual columns took too much: it is evaluated again.
    GivenUp,
    /// All changed rows sort behind the end of its window.
    Beyond,
}

/// The work of one commit.
struct CommitWork<'b> {
    images: CommitImages<'b>,
    jobs: SortedMap<PlanId, Vec<Job>>,
    /// The instructions that computing virtual columns has taken so far, by the plan that reads them.
    completing: FxHashMap<PlanId, u64>,
}

impl Bindings {
    /// Brings the affected bindings up to date with a commit, those of one plan together.
    pub(super) fn maintain(&mut self, session: &Session<'_>, sealed: &SealedCommit, affected: &Affected) -> Told {
        let mut told = Told::new();
        let images = CommitImages::new(&sealed.batch);
        let mut instructions = CommitWork { images, jobs: SortedMap::new(), completing: FxHashMap::default() };
        for (id, routed) in affected {
            let admission = self.admit(session, sealed, *id, routed, &mut instructions);
            self.act(session, sealed.commit, *id, admission, &mut instructions, &mut told);
        }
        for (plan, jobs) in instructions.jobs {
            let completed = instructions.completing.get(&plan).copied().unwrap_or_default();
            self.run_plan(session, sealed.commit, plan, &jobs, completed, &mut told);
        }
        session.show_nothing();
        told
    }

    /// Decides how an affected binding is brought up to date.
    fn admit(
        &mut self,
        session: &Session<'_>,
        sealed: &SealedCommit,
        id: BindingId,
        routed: &Routed,
        instructions: &mut CommitWork<'_>,
    ) -> Admission {
        let commit = sealed.commit;
        let Self { registry, plans, budgets, .. } = self;
        let Some(binding) = registry.binding(id).filter(|binding| binding.failure.is_none()) else {
            return Admission::Rerun;
        };
        let (Some(plan), Ok(planned), HeldResult::Maintained(result)) =
            (binding.plan, &binding.query.planned, &binding.held)
        else {
            return Admission::Rerun;
        };
        if binding.interest().is_touched_in_bulk(&sealed.bulk) {
            return Admission::Bulk;
        }
        let rerun = binding.rerun();
        let changed_rows = routed.iter().map(|(_, rows)| rows.len()).sum();
        // Computing virtual columns costs something by itself, so the gate is asked before.
        let is_computed = routed.iter().any(|(table, _)| planned.virtual_columns.contains(table));
        if is_computed && !plans.gate.admits(plan, commit, changed_rows, rerun) {
            return Admission::Refused;
        }
        let budget = budgets.maintenance(rerun.instructions);
        let start = session.instructions();
        let images = instructions.images.of(session, routed, &planned.virtual_columns, budget);
        let completed = session.instructions() - start;
        let Ok(mut images) = images else {
            plans.gate.record(plan, changed_rows, completed);
            return Admission::GivenUp;
        };
        if completed > 0 {
            *instructions.completing.entry(plan).or_default() += completed;
        }
        if let Some(sorted_by) = &planned.plan.sorted_by
            && let Some(end) = result.end()
        {
            leave_out_behind(&mut images, sorted_by, &end);
        }
        if images.is_empty() && !routed.is_empty() {
            return Admission::Beyond;
        }
        let rows = images.iter().map(|(_, images)| images.len()).sum();
        if !plans.gate.admits(plan, commit, rows, rerun) {
            return Admission::Refused;
        }
        let parameters = binding.parameters();
        Admission::Maintain(
            plan,
            Job { binding: id, parameters, images, derived: Vec::new(), instruction_budget: budget },
        )
    }

    fn act(
        &mut self,
        session: &Session<'_>,
        commit: CommitId,
        id: BindingId,
        admission: Admission,
        instructions: &mut CommitWork<'_>,
        told: &mut Told,
    ) {
        match admission {
            Admission::Maintain(plan, job) => return instructions.jobs.or_default(plan).push(job),
            Admission::Beyond => return self.record(id, Outcome::Beyond),
            Admission::Bulk => self.record(id, Outcome::Refused),
            Admission::Refused => {
                self.record(id, Outcome::Refused);
                self.back_off(id);
            }
            Admission::GivenUp => self.record(id, Outcome::GivenUp),
            Admission::Rerun => {}
        }
        self.rerun(session, commit, id, told);
    }

    /// Runs a plan for some of its bindings. `completed` instructions went into their virtual columns before.
    fn run_plan(
        &mut self,
        session: &Session<'_>,
        commit: CommitId,
        plan: PlanId,
        jobs: &[Job],
        completed: u64,
        told: &mut Told,
    ) {
        let start = session.instructions();
        let registry = &self.registry;
        let holding = |id: BindingId, visit: &mut dyn FnMut(RowRef<'_>)| {
            if let Some(HeldResult::Maintained(window)) = registry.binding(id).map(|binding| &binding.held) {
                window.held().for_each(visit);
            }
        };
        let changes = self.plans.dataflows.maintain(plan, jobs, session, &holding);
        session.set_instruction_budget(u64::MAX);
        let rows = jobs.iter().map(changed_rows).sum();
        let instructions = session.instructions() - start + completed;
        self.plans.gate.record(plan, rows, instructions);
        let share = instructions / jobs.len().max(1) as u64;
        for (job, changes) in jobs.iter().zip(changes) {
            self.record(job.binding, Outcome::Maintained { commit, instructions: share });
            self.measure_after(plan, job, share);
            self.finish(session, commit, job, share, changes, told);
        }
    }

    /// Puts what a plan gave into the binding's result, or evaluates the binding again.
    fn finish(
        &mut self,
        session: &Session<'_>,
        commit: CommitId,
        job: &Job,
        instructions: u64,
        changes: Result<Vec<WeightedRow>, GiveUp>,
        told: &mut Told,
    ) {
        let id = job.binding;
        match changes.map(|changes| self.apply(id, &changes)) {
            Ok(Some(Applied::Edits(edits))) => {
                self.judge(session, job, instructions);
                self.settle(commit, id, Ok(edits), told);
            }
            Ok(Some(Applied::Refill(before))) => {
                self.record(id, Outcome::Refilled);
                self.rerun_since(session, commit, id, &before, told);
            }
            Ok(None) => {
                self.record(id, Outcome::Repaired);
                self.rerun(session, commit, id, told);
            }
            Err(_) => {
                self.record(id, Outcome::GivenUp);
                self.back_off(id);
                self.rerun(session, commit, id, told);
            }
        }
    }

    /// Puts changes into a binding's list; nothing if they are not of it.
    fn apply(&mut self, id: BindingId, changes: &[WeightedRow]) -> Option<Applied> {
        let binding = self.registry.binding_mut(id)?;
        let HeldResult::Maintained(result) = &mut binding.held else { return None };
        let applied = result.apply(changes).ok()?;
        binding.has_run_short |= matches!(applied, Applied::Refill(_));
        Some(applied)
    }

    /// A binding's plan was not worth its cost, or would not have been. Without the cost gate it is always used.
    fn back_off(&mut self, id: BindingId) {
        if self.budgets.is_gated()
            && let Some(binding) = self.registry.binding_mut(id)
        {
            binding.backoff.failed();
        }
    }

    /// Whether a plan was worth what it cost.
    fn judge(&mut self, session: &Session<'_>, job: &Job, instructions: u64) {
        if !self.budgets.is_gated() {
            return;
        }
        let Some(binding) = self.registry.binding_mut(job.binding) else { return };
        if binding.query_work.is_none() && should_measure_query(instructions, binding.hydration_work) {
            let start = session.instructions();
            session.set_instruction_budget(binding.hydration_work);
            let _ = session.rows(&binding.query.sql, &binding.slots);
            session.set_instruction_budget(u64::MAX);
            binding.query_work = Some(session.instructions() - start);
        }
        let rerun = binding.rerun();
        let is_worth =
            binding.plan.is_none_or(|plan| self.plans.gate.was_worth(plan, instructions, changed_rows(job), rerun));
        match is_worth {
            true => binding.backoff.succeeded(),
            false => binding.backoff.failed(),
        }
    }

    /// Measures what a plan remembers of a binding that it has worked for, if that may have grown much.
    fn measure_after(&mut self, plan: PlanId, job: &Job, instructions: u64) {
        let binding = self.registry.binding(job.binding);
        let Some(Ok(planned)) = binding.map(|binding| &binding.query.planned) else { return };
        if !self.plans.memory.is_limited() || planned.plan.is_stateless {
            return;
        }
        let images = job.images.iter().flat_map(|(_, images)| images.old.iter().chain(images.new.iter()));
        let row_bytes = images.map(|(_, row)| row.as_bytes().len()).sum();
        if self.plans.memory.worked(job.binding, instructions, row_bytes) {
            self.plans.measure(plan, job.binding);
        }
    }
}

fn changed_rows(job: &Job) -> usize {
    job.images.iter().map(|(_, images)| images.len()).sum()
}
