//! The bindings with what keeps their results: each evaluation, change and failure of a result goes through here.

use super::binding::Binding;
use super::plans::Plans;
use super::registry::{Registry, TemplateSummary};
use crate::api::event::Event;
use crate::api::explain::LiveTemplate;
use crate::api::options::{Options, Strategy};
use crate::cost::{Counters, InstructionBudgets, Metrics, Outcome, TemplateMetrics, is_window_near};
use crate::error::Error;
use crate::explain::Idle;
use crate::plan::PlanMetrics;
use crate::prepare::{Planned, PreparedQuery};
use crate::types::{BindingId, CommitId, Edit, SubscriptionId};

/// What the subscribers of a binding are told of a commit.
pub(super) type Told = Vec<(BindingId, Event)>;

/// All bindings, their plans, and what maintaining them may cost and has cost.
pub(crate) struct Bindings {
    pub(super) registry: Registry,
    pub(super) plans: Plans,
    pub(super) metrics: Metrics,
    pub(super) budgets: InstructionBudgets,
    pub(super) uses_plans: bool,
}

impl Bindings {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            registry: Registry::default(),
            plans: Plans::new(options),
            metrics: Metrics::default(),
            budgets: InstructionBudgets::new(options.cost_gate),
            uses_plans: options.strategy != Strategy::Requery,
        }
    }

    /// Records what happened to a binding.
    pub(super) fn record(&mut self, id: BindingId, outcome: Outcome) {
        if let Some(binding) = self.registry.binding(id) {
            self.metrics.record(binding.template, outcome);
        }
    }

    /// Records a plan that could not give the first rows of a binding.
    pub(super) fn record_failed_plan(&mut self, id: BindingId) {
        if self.registry.binding(id).is_some_and(|binding| binding.plan_failed) {
            self.record(id, Outcome::GivenUp);
        }
    }

    /// Notes what a commit did to a result; what its subscribers are told, if anything.
    pub(super) fn settle(
        &mut self,
        commit: CommitId,
        id: BindingId,
        outcome: Result<Vec<Edit>, Error>,
        told: &mut Told,
    ) {
        let Some(binding) = self.registry.binding_mut(id) else { return };
        let Some(event) = binding.settle(commit, outcome) else { return };
        if let Some(diff) = event.diff() {
            self.record(id, Outcome::Edited { edits: diff.edits.len() });
        }
        told.push((id, event));
    }

    /// Removes a binding and what is kept of it; its subscribers.
    pub(super) fn unbind(&mut self, id: BindingId) -> Vec<SubscriptionId> {
        self.leave_plan(id);
        self.plans.memory.forget(id);
        let unbound = self.registry.unbind(id);
        if let Some(template) = unbound.template {
            self.metrics.forget(template);
        }
        unbound.subscribers
    }

    /// Gives a binding's plan up, with what is kept for it.
    pub(super) fn leave_plan(&mut self, id: BindingId) {
        let Some(plan) = self.registry.binding(id).and_then(|binding| binding.plan) else { return };
        self.registry.set_plan(id, None);
        self.plans.leave(plan, id);
    }

    /// Keeps the rows of a binding and nothing else.
    pub(super) fn keep_rows_only(&mut self, id: BindingId) {
        self.leave_plan(id);
        if let Some(binding) = self.registry.binding_mut(id) {
            binding.held.keep_rows_only();
        }
    }

    /// Drops what plans remember of the coldest bindings until it is within the memory budget. Called at the end of a commit or a
    /// subscribe.
    pub(super) fn keep_to_memory_budget(&mut self) {
        while let Some((id, bytes)) = self.plans.memory.coldest() {
            self.keep_rows_only(id);
            self.plans.memory.took(id, bytes);
        }
        self.plans.memory.pass();
    }

    /// The metrics of the nodes of a query's plan, if it is at work.
    pub(super) fn plan_metrics(&mut self, planned: &Planned) -> Option<PlanMetrics> {
        self.plans.metrics(&planned.plan)
    }

    /// Why the plan of a query is not at work, if it has one: no binding of those that there are is maintained by it, or none
    /// would be.
    pub(super) fn idle(&self, query: &PreparedQuery) -> Option<Idle> {
        let planned = query.planned.as_ref().ok()?;
        if !self.uses_plans {
            return Some(Idle::Strategy);
        }
        let bindings = self.registry.bindings_of(&query.template)?;
        if bindings.iter().any(|(_, binding)| binding.plan.is_some()) {
            return None;
        }
        let is_far = |binding: &Binding| {
            let window = planned.plan.window.as_ref();
            let bounds = window.map(|window| window.bounds(&binding.parameters()));
            bounds.is_some_and(|bounds| bounds.is_none_or(|bounds| !is_window_near(bounds.offset, bounds.limit)))
        };
        bindings.first().map(|(id, binding)| match () {
            () if !self.plans.memory.has_room_for(*id) => Idle::MemoryBudget,
            () if is_far(binding) => Idle::FarWindow,
            () => Idle::BackedOff,
        })
    }

    /// What the template of a query holds and has done, if anybody subscribes to it.
    pub(super) fn live_template(&self, query: &PreparedQuery) -> Option<LiveTemplate> {
        let summary = self.registry.summary(&query.template)?;
        let TemplateSummary { id, bindings, subscriptions, plans, planned, state_rows, state_bytes, rerun_work } =
            summary;
        let TemplateMetrics { counters, commits, instructions, .. } = self.metrics.template(id);
        let Counters { maintained, requeries, refused, given_up, beyond, refills, repairs: _, edits: _ } = counters;
        let remembered: usize = plans.iter().map(|plan| self.plans.dataflows.state_bytes_of(*plan)).sum();
        Some(LiveTemplate {
            bindings,
            subscriptions,
            planned,
            state_rows,
            state_bytes: state_bytes + remembered as u64,
            commits,
            maintained,
            requeries,
            refused,
            given_up,
            beyond,
            refills,
            instructions_per_commit: instructions.checked_div(commits),
            instructions_per_row: plans.iter().filter_map(|plan| self.plans.gate.row_cost(*plan)).max(),
            instructions_per_run: rerun_work.checked_div(bindings),
        })
    }
}
