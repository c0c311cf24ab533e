//! The plans in use, and the cost gate: whether maintaining a result costs less than evaluating it anew.
//!
//! Costs are SQLite's instructions, counted as statements run, so they are the same on every machine and need no clock.
//! Of a plan is known what a changed row has cost so far, as a moving average; of a binding what its last evaluation cost.

use std::collections::HashMap;
use std::sync::Arc;

use crate::types::PlanId;

/// How much of the average a commit replaces.
const WEIGHT_OF_NEW: f64 = 0.25;

/// What a refusal takes from the average, so that a plan is tried again after a while.
const FADING: f64 = 0.9;

/// The plans in use.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    ids: HashMap<Arc<str>, PlanId>,
    used: HashMap<PlanId, Used>,
    last: u64,
}

#[derive(Debug)]
struct Used {
    identity: Arc<str>,
    bindings: usize,
    /// What a changed row costs, if one has been maintained yet.
    row: Option<f64>,
}

impl Plans {
    /// Another binding of a plan.
    pub(crate) fn enter(&mut self, identity: &Arc<str>) -> PlanId {
        let id = match self.ids.get(identity) {
            Some(id) => *id,
            None => {
                self.last += 1;
                self.ids.insert(Arc::clone(identity), PlanId(self.last));
                PlanId(self.last)
            }
        };
        let new = || Used { identity: Arc::clone(identity), bindings: 0, row: None };
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

    /// What a changed row costs by now, if one has been maintained yet.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate, which is not negative")]
    pub(crate) fn row_cost(&self, id: PlanId) -> Option<u64> {
        self.used.get(&id)?.row.map(|row| row.round() as u64)
    }

    /// Whether maintaining so many changed rows is likely to cost less than an evaluation that has cost this much.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn is_worth(&mut self, id: PlanId, rows: usize, evaluation: u64) -> bool {
        let Some(row) = self.used.get_mut(&id).and_then(|used| used.row.as_mut()) else { return true };
        let is_worth = *row * rows as f64 <= evaluation as f64;
        if !is_worth {
            *row *= FADING;
        }
        is_worth
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
