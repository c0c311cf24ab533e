//! The plans in use, and the cost gate: whether maintaining a result costs less than evaluating it anew.
//!
//! Costs are SQLite's instructions, counted as statements run, so they are the same on every machine and need no clock. What
//! is done beside SQLite is counted in the instructions that take as long. Of a plan is known what a changed row has cost so
//! far, as a moving average; of a binding what its last evaluation cost.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::types::{CommitId, PlanId};

/// How much of the average a commit replaces.
const WEIGHT_OF_NEW: f64 = 0.25;

/// What it takes to maintain a binding beside what its plan's statements do: to hand it over, and to find its rows in delta tables.
const WORK_OF_A_BINDING: u64 = 60;

/// And for each changed row, to show it by a delta table and to find its place in the list.
const WORK_OF_A_CHANGED_ROW: u64 = 30;

/// What each row of a result takes that is evaluated anew, to hold it and to compare it with what was there.
const WORK_OF_A_RESULT_ROW: u64 = 6;

/// What a refusal takes from the average, so that a plan is tried again after a while.
const FADING: f64 = 0.9;

/// The plans in use.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    ids: FxHashMap<Arc<str>, PlanId>,
    used: FxHashMap<PlanId, Used>,
    last: u64,
}

#[derive(Debug)]
struct Used {
    identity: Arc<str>,
    bindings: usize,
    /// What it takes to maintain a binding beside what its plan's statements do.
    beside: u64,
    /// What a changed row costs, if one has been maintained yet.
    row: Option<f64>,
    /// The last commit whose changes it was refused.
    refused: Option<CommitId>,
}

impl Plans {
    /// Another binding of a plan, which takes so much to follow its fixpoints.
    pub(crate) fn enter(&mut self, identity: &Arc<str>, following: u64) -> PlanId {
        let id = match self.ids.get(identity) {
            Some(id) => *id,
            None => {
                self.last += 1;
                self.ids.insert(Arc::clone(identity), PlanId(self.last));
                PlanId(self.last)
            }
        };
        let beside = WORK_OF_A_BINDING + following;
        let new = || Used { identity: Arc::clone(identity), bindings: 0, beside, row: None, refused: None };
        self.used.entry(id).or_insert_with(new).bindings += 1;
        id
    }

    /// A binding is gone; whether it was the last one of its plan.
    pub(crate) fn leave(&mut self, id: PlanId) -> bool {
        let Some(used) = self.used.get_mut(&id) else { return false };
        used.bindings -= 1;
        if used.bindings > 0 {
            return false;
        }
        self.ids.remove(&used.identity);
        self.used.remove(&id);
        true
    }

    /// The plan of this identity, if a binding has it.
    pub(crate) fn find(&self, identity: &str) -> Option<PlanId> {
        self.ids.get(identity).copied()
    }

    /// What a changed row costs by now, if one has been maintained yet.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate, which is not negative")]
    pub(crate) fn row_cost(&self, id: PlanId) -> Option<u64> {
        self.used.get(&id)?.row.map(|row| row.round() as u64)
    }

    /// Whether maintaining so many changed rows is likely to cost less than an evaluation that has cost this much and given
    /// so many rows.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn is_worth(
        &mut self,
        id: PlanId,
        commit: CommitId,
        rows: usize,
        evaluation: u64,
        result: usize,
    ) -> bool {
        let Some(used) = self.used.get_mut(&id) else { return true };
        let Some(row) = used.row.as_mut() else { return true };
        let is_worth = is_cheaper(used.beside, *row * rows as f64, rows, evaluation, result);
        // Once a commit: it may concern many of the plan's bindings.
        if !is_worth && used.refused != Some(commit) {
            used.refused = Some(commit);
            *row *= FADING;
        }
        is_worth
    }

    /// Whether maintaining has cost less than an evaluation would have.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn was_worth(&self, id: PlanId, work: u64, rows: usize, evaluation: u64, result: usize) -> bool {
        let beside = self.used.get(&id).map_or(WORK_OF_A_BINDING, |used| used.beside);
        is_cheaper(beside, work as f64, rows, evaluation, result)
    }

    /// Notes what maintaining so many changed rows has cost.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn note(&mut self, id: PlanId, rows: usize, work: u64) {
        let Some(used) = self.used.get_mut(&id) else { return };
        if rows == 0 {
            return;
        }
        let now = work as f64 / rows as f64;
        used.row = Some(used.row.map_or(now, |row| row + (now - row) * WEIGHT_OF_NEW));
    }
}

/// Whether statements that cost this much, and what is done beside them for a binding and so many changed rows, are less than an evaluation
/// and what is done with its rows.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn is_cheaper(beside: u64, work: f64, rows: usize, evaluation: u64, result: usize) -> bool {
    let beside = beside + WORK_OF_A_CHANGED_ROW * rows as u64;
    let again = evaluation + WORK_OF_A_RESULT_ROW * result as u64;
    work + beside as f64 <= again as f64
}
