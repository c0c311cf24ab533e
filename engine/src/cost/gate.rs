//! The cost gate: whether maintaining a result is likely to cost less than evaluating it again.
//!
//! Work beside SQLite is counted in the instructions that take as long. The gate knows, for each plan, what a changed row has
//! cost so far, as a moving average; the caller says what the binding's last evaluation cost.

use rustc_hash::FxHashMap;

use crate::types::{CommitId, PlanId};

/// How much of the average a commit replaces.
const WEIGHT_OF_NEW: f64 = 0.25;

/// The work for a binding beside its plan's statements: to hand it over, and to find its rows in delta tables.
const WORK_PER_BINDING: u64 = 60;

/// The same for each changed row: to show it in a delta table and to find its place in the list.
const WORK_PER_CHANGED_ROW: u64 = 30;

/// The work for each row of a result that is evaluated again: to hold it and to compare it with the last result.
const WORK_PER_RESULT_ROW: u64 = 6;

/// What a refusal leaves of the average, so that a plan is tried again after a while.
const FADING: f64 = 0.9;

/// What it takes to evaluate a binding again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rerun {
    /// SQLite's instructions.
    pub(crate) instructions: u64,
    /// The rows of the result.
    pub(crate) rows: usize,
}

/// What capture counts for a changed row: about twice what keeping it and maintaining by it takes, for a transaction that has
/// changed a thousand rows of a table mostly changes many more.
const WORK_PER_KEPT_ROW: u64 = 60;

/// The fewest changed rows of a table that capture keeps, however little evaluating again costs.
const FEWEST_KEPT_ROWS: u64 = 1024;

impl Rerun {
    fn cost(self) -> u64 {
        self.instructions + WORK_PER_RESULT_ROW * self.rows as u64
    }

    /// What all of it costs, with the work beside SQLite.
    pub(crate) fn whole_cost(self) -> u64 {
        WORK_PER_BINDING + self.cost()
    }
}

/// What the plans in use have cost so far.
#[derive(Debug)]
pub(crate) struct CostGate {
    is_open: bool,
    plans: FxHashMap<PlanId, PlanCost>,
}

#[derive(Debug)]
struct PlanCost {
    /// The work for a binding beside the plan's statements.
    per_binding: u64,
    /// What a changed row costs, once one has been maintained.
    per_row: Option<f64>,
    /// The last commit whose changes were refused.
    refused: Option<CommitId>,
}

impl CostGate {
    /// A gate that refuses what costs too much; or one that is open for everything, in tests.
    pub(crate) fn new(is_enabled: bool) -> Self {
        Self { is_open: !is_enabled, plans: FxHashMap::default() }
    }

    /// Adds a plan, unless it is known: `beside` is its work for a binding beside its statements.
    pub(crate) fn add(&mut self, plan: PlanId, beside: u64) {
        let new = || PlanCost { per_binding: WORK_PER_BINDING + beside, per_row: None, refused: None };
        self.plans.entry(plan).or_insert_with(new);
    }

    /// Forgets a plan.
    pub(crate) fn remove(&mut self, plan: PlanId) {
        self.plans.remove(&plan);
    }

    /// What a changed row costs by now, if one has been maintained yet.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate, which is not negative")]
    pub(crate) fn row_cost(&self, plan: PlanId) -> Option<u64> {
        self.plans.get(&plan)?.per_row.map(|row| row.round() as u64)
    }

    /// How many changed rows of a table capture keeps if evaluating again all that reads it costs so much. What is kept in vain costs
    /// less than that, so a commit never costs twice what evaluating again alone does.
    pub(crate) fn rows_worth_keeping(&self, rerun_cost: u64) -> usize {
        match self.is_open {
            true => usize::MAX,
            false => usize::try_from((rerun_cost / WORK_PER_KEPT_ROW).max(FEWEST_KEPT_ROWS)).unwrap_or(usize::MAX),
        }
    }

    /// Whether maintaining so many changed rows of a commit is likely to cost less than a re-run.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn admits(&mut self, plan: PlanId, commit: CommitId, changed_rows: usize, rerun: Rerun) -> bool {
        if self.is_open {
            return true;
        }
        let Some(cost) = self.plans.get_mut(&plan) else { return true };
        let Some(per_row) = cost.per_row.as_mut() else { return true };
        let admits = is_cheaper(cost.per_binding, *per_row * changed_rows as f64, changed_rows, rerun);
        // Once a commit: it may concern many of the plan's bindings.
        if !admits && cost.refused != Some(commit) {
            cost.refused = Some(commit);
            *per_row *= FADING;
        }
        admits
    }

    /// Whether maintaining so many changed rows has cost less than a re-run would have.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn was_worth(&self, plan: PlanId, instructions: u64, changed_rows: usize, rerun: Rerun) -> bool {
        let per_binding = self.plans.get(&plan).map_or(WORK_PER_BINDING, |cost| cost.per_binding);
        self.is_open || is_cheaper(per_binding, instructions as f64, changed_rows, rerun)
    }

    /// Records what maintaining so many changed rows has cost.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn record(&mut self, plan: PlanId, changed_rows: usize, instructions: u64) {
        let Some(cost) = self.plans.get_mut(&plan) else { return };
        if changed_rows == 0 {
            return;
        }
        let now = instructions as f64 / changed_rows as f64;
        cost.per_row = Some(cost.per_row.map_or(now, |row| row + (now - row) * WEIGHT_OF_NEW));
    }
}

/// Whether statements of this much work, with the work beside them, cost no more than a re-run.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn is_cheaper(per_binding: u64, statements: f64, changed_rows: usize, rerun: Rerun) -> bool {
    let beside = per_binding + WORK_PER_CHANGED_ROW * changed_rows as u64;
    statements + beside as f64 <= rerun.cost() as f64
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
