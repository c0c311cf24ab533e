//! The registry: templates, their bindings, and the subscriptions to them.
//!
//! Equal templates with equal values are one binding, evaluated once whatever the number of its subscribers. The last
//! subscriber to leave takes the binding with it, the last binding the template.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::binding::Binding;
use crate::cost::Backoff;
use crate::plan::{BulkWrite, TableScope};
use crate::prepare::PreparedQuery;
use crate::routing::{Affected, LookUp, Router};
use crate::types::{BindingId, ChangeBatch, PlanId, SortedSet, SubscriptionId, TemplateId, Value};

/// A query with its literals and parameters turned into slots.
struct Template {
    text: Arc<str>,
    bindings: FxHashMap<Values, BindingId>,
}

/// The values of the literals and of the parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Values {
    literals: Vec<Value>,
    slots: Vec<Value>,
}

/// A binding that was removed.
#[derive(Debug, Default)]
pub(crate) struct Unbound {
    /// Who had subscribed to it.
    pub(super) subscribers: Vec<SubscriptionId>,
    /// Its template, if it was the last binding of it.
    pub(super) template: Option<TemplateId>,
}

/// What the bindings of a template hold together.
#[derive(Clone, Debug, Default)]
pub(crate) struct TemplateSummary {
    pub(super) id: TemplateId,
    pub(super) bindings: u64,
    pub(super) subscriptions: u64,
    /// The plans of its bindings, each once; those that are re-run have none.
    pub(super) plans: SortedSet<PlanId>,
    /// How many bindings have one.
    pub(super) planned: u64,
    pub(super) state_rows: u64,
    pub(super) state_bytes: u64,
    /// The instructions that evaluating all bindings again would take.
    pub(super) rerun_work: u64,
}

/// Everything subscribed.
#[derive(Default)]
pub(crate) struct Registry {
    templates: FxHashMap<TemplateId, Template>,
    template_ids: FxHashMap<Arc<str>, TemplateId>,
    /// Boxed, for a hash table is never full.
    bindings: FxHashMap<BindingId, Box<Binding>>,
    subscriptions: FxHashMap<SubscriptionId, BindingId>,
    router: Router,
    last_id: u64,
}

impl Registry {
    /// The binding of these values, if somebody subscribes to it already.
    pub(super) fn find(&self, query: &PreparedQuery, slots: &[Value]) -> Option<BindingId> {
        let template = self.templates.get(self.template_ids.get(&query.template)?)?;
        let values = Values { literals: query.literals.clone(), slots: slots.to_vec() };
        template.bindings.get(&values).copied()
    }

    /// Adds a binding without a result.
    pub(crate) fn bind(&mut self, query: Arc<PreparedQuery>, slots: Vec<Value>) -> BindingId {
        let template_id = match self.template_ids.get(&query.template) {
            Some(id) => *id,
            None => {
                let id = TemplateId(self.next_id());
                let text = Arc::clone(&query.template);
                self.template_ids.insert(Arc::clone(&text), id);
                self.templates.insert(id, Template { text, bindings: FxHashMap::default() });
                id
            }
        };
        let id = BindingId(self.next_id());
        if let Some(template) = self.templates.get_mut(&template_id) {
            template.bindings.insert(Values { literals: query.literals.clone(), slots: slots.clone() }, id);
        }
        let binding = Binding::new(template_id, query, slots);
        self.router.add(id, &binding.interest(), binding.routed_cost);
        self.bindings.insert(id, Box::new(binding));
        id
    }

    /// Adds a subscriber to a binding.
    pub(super) fn subscribe(&mut self, binding: BindingId) -> SubscriptionId {
        let id = SubscriptionId(self.next_id());
        self.subscriptions.insert(id, binding);
        if let Some(binding) = self.bindings.get_mut(&binding) {
            binding.subscribers.push(id);
        }
        id
    }

    /// The binding that a subscription is to.
    pub(super) fn binding_of(&self, id: SubscriptionId) -> Option<BindingId> {
        self.subscriptions.get(&id).copied()
    }

    /// Moves a subscription to another binding; the binding that nobody needs any more, if it was the last there.
    pub(super) fn transfer(&mut self, id: SubscriptionId, to: BindingId) -> Option<BindingId> {
        let from = self.subscriptions.insert(id, to)?;
        if let Some(binding) = self.bindings.get_mut(&to) {
            let place = binding.subscribers.partition_point(|other| *other < id);
            binding.subscribers.insert(place, id);
        }
        let binding = self.bindings.get_mut(&from)?;
        binding.subscribers.retain(|subscriber| *subscriber != id);
        binding.subscribers.is_empty().then_some(from)
    }

    /// Removes a subscriber; the binding that nobody needs any more, if it was the last.
    pub(super) fn unsubscribe(&mut self, id: SubscriptionId) -> Option<BindingId> {
        let binding_id = self.subscriptions.remove(&id)?;
        let binding = self.bindings.get_mut(&binding_id)?;
        binding.subscribers.retain(|subscriber| *subscriber != id);
        binding.subscribers.is_empty().then_some(binding_id)
    }

    /// Removes a binding with all its subscribers.
    pub(crate) fn unbind(&mut self, id: BindingId) -> Unbound {
        let Some(binding) = self.bindings.remove(&id) else { return Unbound::default() };
        self.router.remove(id, &binding.interest(), binding.routed_cost);
        for subscriber in &binding.subscribers {
            self.subscriptions.remove(subscriber);
        }
        let mut unbound = Unbound { subscribers: binding.subscribers, template: None };
        if let Some(template) = self.templates.get_mut(&binding.template) {
            template.bindings.remove(&Values { literals: binding.query.literals.clone(), slots: binding.slots });
            if template.bindings.is_empty() {
                self.template_ids.remove(&template.text);
                self.templates.remove(&binding.template);
                unbound.template = Some(binding.template);
            }
        }
        unbound
    }

    /// Replaces a binding's query by the same query prepared for another schema.
    pub(crate) fn replace_query(&mut self, id: BindingId, query: Arc<PreparedQuery>) {
        let Some(binding) = self.bindings.get_mut(&id) else { return };
        self.router.remove(id, &binding.interest(), binding.routed_cost);
        binding.query = query;
        binding.backoff = Backoff::default();
        binding.query_work = None;
        self.router.add(id, &binding.interest(), binding.routed_cost);
    }

    /// Gives a binding a plan, or none. What is re-run may have to do with more changes.
    pub(super) fn set_plan(&mut self, id: BindingId, plan: Option<PlanId>) {
        let Some(binding) = self.bindings.get_mut(&id) else { return };
        let is_moved =
            binding.plan.is_some() != plan.is_some() && binding.query.dependencies.order_dependence.is_some();
        if is_moved {
            self.router.remove(id, &binding.interest(), binding.routed_cost);
        }
        binding.plan = plan;
        if is_moved {
            self.router.add(id, &binding.interest(), binding.routed_cost);
        }
    }

    /// Lets routing know what evaluating a binding again costs, if that is another order of magnitude than it knows.
    pub(super) fn note_cost(&mut self, id: BindingId) {
        let Some(binding) = self.bindings.get_mut(&id) else { return };
        let cost = binding.rerun().whole_cost();
        if cost.abs_diff(binding.routed_cost) > binding.routed_cost / 2 {
            let before = std::mem::replace(&mut binding.routed_cost, cost);
            self.router.set_rerun_cost(&binding.interest(), before, cost);
        }
    }

    /// A binding.
    pub(crate) fn binding(&self, id: BindingId) -> Option<&Binding> {
        self.bindings.get(&id).map(|binding| &**binding)
    }

    /// A binding, to be changed.
    pub(crate) fn binding_mut(&mut self, id: BindingId) -> Option<&mut Binding> {
        self.bindings.get_mut(&id).map(|binding| &mut **binding)
    }

    /// All bindings, the oldest first.
    pub(crate) fn binding_ids(&self) -> Vec<BindingId> {
        in_order(self.bindings.keys().copied())
    }

    /// The bindings that another connection keeps from being read, the oldest first.
    pub(super) fn blocked(&self) -> Vec<BindingId> {
        in_order(self.bindings.iter().filter(|(_, binding)| binding.is_blocked()).map(|(id, _)| *id))
    }

    /// The bindings that a change batch can affect, each with the changes that can.
    pub(crate) fn route(&self, batch: &ChangeBatch, bulk: &[BulkWrite], look_up: LookUp<'_>) -> Affected {
        self.router.route(batch, bulk, |id| self.bindings.get(&id).map(|binding| binding.interest()), look_up)
    }

    /// The tables of which bindings read other columns than when this was last asked, or at another cost, with what of them is worth
    /// keeping: `rows` says how many changed rows, if evaluating their readers again costs so much.
    pub(crate) fn take_changed_reads(&mut self, rows: &dyn Fn(u64) -> usize) -> Vec<(Arc<str>, Option<TableScope>)> {
        self.router.take_changed_reads(rows)
    }

    /// Whether [`Registry::take_changed_reads`] has anything.
    pub(super) fn has_changed_reads(&self) -> bool {
        self.router.has_changed_reads()
    }

    /// The bindings of a template, if it is subscribed to.
    pub(super) fn bindings_of(&self, template: &str) -> Option<Vec<(BindingId, &Binding)>> {
        let template = self.templates.get(self.template_ids.get(template)?)?;
        let bindings = template.bindings.values().filter_map(|id| Some((*id, &**self.bindings.get(id)?)));
        Some(bindings.collect())
    }

    /// What the bindings of a template hold, if it is subscribed to.
    pub(super) fn summary(&self, template: &str) -> Option<TemplateSummary> {
        let id = *self.template_ids.get(template)?;
        let mut summary = TemplateSummary { id, ..TemplateSummary::default() };
        for (_, binding) in self.bindings_of(template)? {
            summary.bindings += 1;
            summary.subscriptions += binding.subscribers.len() as u64;
            summary.state_rows += binding.held.len() as u64;
            summary.state_bytes += binding.held.state_bytes() as u64;
            summary.rerun_work += binding.rerun().instructions;
            if let Some(plan) = binding.plan {
                summary.planned += 1;
                summary.plans.insert(plan);
            }
        }
        Some(summary)
    }

    /// How many templates there are.
    pub(super) fn template_count(&self) -> usize {
        self.templates.len()
    }

    /// How many bindings there are.
    pub(crate) fn binding_count(&self) -> usize {
        self.bindings.len()
    }

    /// How many subscriptions there are.
    pub(super) fn subscription_count(&self) -> usize {
        self.subscriptions.len()
    }

    /// Bytes of all results held, without what the allocator adds.
    pub(super) fn state_bytes(&self) -> usize {
        self.bindings.values().map(|binding| binding.held.state_bytes()).sum()
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

fn in_order(ids: impl Iterator<Item = BindingId>) -> Vec<BindingId> {
    // Routing has a set of them too: a sort would be more code for a browser.
    let mut sorted = BTreeSet::new();
    sorted.extend(ids);
    sorted.into_iter().collect()
}
