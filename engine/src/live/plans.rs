//! The plans at work: their dataflows, what they cost, and the memory that they may take.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::api::options::{Options, SumStore};
use crate::cost::{CostGate, MemoryBudget};
use crate::dataflow::Dataflows;
use crate::plan::{Plan, PlanMetrics};
use crate::types::{BindingId, PlanId};

/// How many bindings a plan has.
#[derive(Debug)]
struct InUse {
    identity: Arc<str>,
    bindings: usize,
}

/// The plans of all bindings. Equal plans share a dataflow, whose data their bindings are.
pub(crate) struct Plans {
    ids: FxHashMap<Arc<str>, PlanId>,
    in_use: FxHashMap<PlanId, InUse>,
    last: u64,
    pub(super) dataflows: Dataflows,
    pub(super) gate: CostGate,
    pub(super) memory: MemoryBudget,
}

impl Plans {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            ids: FxHashMap::default(),
            in_use: FxHashMap::default(),
            last: 0,
            dataflows: match options.sums {
                SumStore::HashTable => Dataflows::default(),
                #[cfg(feature = "differential")]
                SumStore::Differential => Dataflows::in_differential(),
            },
            gate: CostGate::new(options.cost_gate),
            memory: MemoryBudget::new(options.memory_budget),
        }
    }

    /// Another binding has this plan; the first one installs its dataflow.
    pub(super) fn enter(&mut self, plan: &Plan) -> PlanId {
        let id = match self.ids.get(&plan.identity) {
            Some(id) => *id,
            None => {
                self.last += 1;
                let id = PlanId(self.last);
                self.ids.insert(Arc::clone(&plan.identity), id);
                self.in_use.insert(id, InUse { identity: Arc::clone(&plan.identity), bindings: 0 });
                self.gate.add(id, plan.instructions_of_following());
                self.dataflows.install(id, plan);
                id
            }
        };
        if let Some(in_use) = self.in_use.get_mut(&id) {
            in_use.bindings += 1;
        }
        id
    }

    /// A binding no longer has this plan; the last one takes the dataflow with it.
    pub(super) fn leave(&mut self, id: PlanId, binding: BindingId) {
        self.dataflows.forget(id, binding);
        self.memory.forget(binding);
        let Some(in_use) = self.in_use.get_mut(&id) else { return };
        in_use.bindings -= 1;
        if in_use.bindings == 0 {
            self.ids.remove(&in_use.identity);
            self.in_use.remove(&id);
            self.gate.remove(id);
            self.dataflows.uninstall(id);
        }
    }

    /// The metrics of the nodes of a plan, if it is at work.
    pub(super) fn metrics(&mut self, plan: &Plan) -> Option<PlanMetrics> {
        self.dataflows.metrics(*self.ids.get(&plan.identity)?)
    }

    /// Measures what a plan remembers of a binding, if there is a limit.
    pub(super) fn measure(&mut self, id: PlanId, binding: BindingId) {
        if self.memory.is_limited() {
            self.memory.measured(binding, self.dataflows.binding_bytes(id, binding));
        }
    }
}
