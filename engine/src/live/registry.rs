//! Templates, their bindings and the subscriptions to them.
//!
//! Equal templates with equal values are one binding, evaluated once whatever the number of its subscribers. The last
//! subscriber to leave takes the binding with it, the last binding the template.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::cost::{Backoff, Counts, Standings};
use crate::error::Error;
use crate::prepare::PreparedQuery;
use crate::results::Held;
use crate::routing::{Interest, LookUp, Routed, TableIndex};
use crate::types::{BindingId, ChangeBatch, PlanId, SubscriptionId, TemplateId, Value};

/// A query with its literals and parameters turned into slots.
pub(crate) struct Template {
    text: Arc<str>,
    bindings: FxHashMap<Values, BindingId>,
    counts: Counts,
}

/// The values of the literals and of the parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Values {
    literals: Vec<Value>,
    slots: Vec<Value>,
}

/// The values for a template's slots and the result they give.
pub(crate) struct Binding {
    template: TemplateId,
    /// The query, in the words of one of its subscribers.
    pub(crate) query: Arc<PreparedQuery>,
    /// The values of the parameters.
    pub(crate) slots: Vec<Value>,
    /// The last result that there was.
    pub(crate) held: Held,
    /// What keeps it up to date, if it is not re-run.
    pub(crate) plan: Option<PlanId>,
    /// When the plan is tried again, if it failed.
    pub(crate) backoff: Backoff,
    /// It is a window that had to be filled again.
    pub(crate) has_run_short: bool,
    /// What the last evaluation cost, in SQLite's instructions.
    pub(crate) work: u64,
    /// What the query itself cost when it was last run, if it ever was: a plan's first rows may cost more.
    pub(crate) work_itself: Option<u64>,
    /// Why SQLite could give none since, if so.
    pub(crate) failure: Option<Error>,
    /// Who is told, in the order of subscribing.
    pub(crate) subscribers: Vec<SubscriptionId>,
}

impl Binding {
    /// What it costs to evaluate, as far as is known.
    pub(crate) fn evaluation(&self) -> u64 {
        self.work_itself.map_or(self.work, |itself| itself.min(self.work))
    }

    /// The values of all parameters of its plan: the query's own, then the literals that became parameters.
    pub(crate) fn parameters(&self) -> Vec<Value> {
        let literals = self.query.planned.as_ref().map(|planned| planned.literals.as_slice()).unwrap_or_default();
        self.slots.iter().chain(literals).cloned().collect()
    }

    /// What its result depends on.
    fn interest(&self) -> Interest<'_> {
        let dependencies = &self.query.dependencies;
        let any_row_matters = dependencies.plan_dependent.is_some() && self.plan.is_none();
        Interest { dependencies, slots: &self.slots, slot_names: &self.query.slots, any_row_matters }
    }
}

/// Everything subscribed.
#[derive(Default)]
pub(crate) struct Registry {
    templates: BTreeMap<TemplateId, Template>,
    template_ids: FxHashMap<Arc<str>, TemplateId>,
    /// Boxed, for the nodes of a tree that only grows at its end are half empty.
    bindings: BTreeMap<BindingId, Box<Binding>>,
    subscriptions: BTreeMap<SubscriptionId, BindingId>,
    /// By table, who has to do with a change of it.
    indices: FxHashMap<Arc<str>, TableIndex>,
    /// The bindings that every commit may affect.
    always_affected: BTreeSet<BindingId>,
    last_id: u64,
}

impl Registry {
    /// The binding of these values, if somebody subscribes to it already.
    pub(crate) fn find(&self, query: &PreparedQuery, slots: &[Value]) -> Option<BindingId> {
        let template = self.templates.get(self.template_ids.get(&query.template)?)?;
        let values = Values { literals: query.literals.clone(), slots: slots.to_vec() };
        template.bindings.get(&values).copied()
    }

    /// Adds a binding with its first result.
    pub(crate) fn bind(&mut self, query: Arc<PreparedQuery>, slots: Vec<Value>) -> BindingId {
        let template_id = match self.template_ids.get(&query.template) {
            Some(id) => *id,
            None => {
                let id = TemplateId(self.next_id());
                let text = Arc::clone(&query.template);
                self.template_ids.insert(Arc::clone(&text), id);
                self.templates.insert(id, Template { text, bindings: FxHashMap::default(), counts: Counts::default() });
                id
            }
        };
        let id = BindingId(self.next_id());
        if let Some(template) = self.templates.get_mut(&template_id) {
            template.bindings.insert(Values { literals: query.literals.clone(), slots: slots.clone() }, id);
        }
        let binding = Binding {
            template: template_id,
            query,
            slots,
            held: Held::Rows(Arc::default()),
            plan: None,
            backoff: Backoff::default(),
            has_run_short: false,
            work: 0,
            work_itself: None,
            failure: None,
            // Mostly there is one, and a vector that grows makes room for four.
            subscribers: Vec::with_capacity(1),
        };
        self.bindings.insert(id, Box::new(binding));
        self.index(id);
        id
    }

    /// Adds a subscriber to a binding.
    pub(crate) fn subscribe(&mut self, binding: BindingId) -> SubscriptionId {
        let id = SubscriptionId(self.next_id());
        self.subscriptions.insert(id, binding);
        if let Some(binding) = self.bindings.get_mut(&binding) {
            binding.subscribers.push(id);
        }
        id
    }

    /// The binding that a subscription is to.
    pub(crate) fn binding_of(&self, id: SubscriptionId) -> Option<BindingId> {
        self.subscriptions.get(&id).copied()
    }

    /// Has a subscription be to another binding; the binding that nobody needs any more, if it was the last there.
    pub(crate) fn transfer(&mut self, id: SubscriptionId, to: BindingId) -> Option<BindingId> {
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
    pub(crate) fn unsubscribe(&mut self, id: SubscriptionId) -> Option<BindingId> {
        let binding_id = self.subscriptions.remove(&id)?;
        let binding = self.bindings.get_mut(&binding_id)?;
        binding.subscribers.retain(|subscriber| *subscriber != id);
        binding.subscribers.is_empty().then_some(binding_id)
    }

    /// Removes a binding with all its subscribers, who are named in the answer.
    pub(crate) fn unbind(&mut self, id: BindingId) -> Vec<SubscriptionId> {
        self.unindex(id);
        let Some(binding) = self.bindings.remove(&id) else { return Vec::new() };
        for subscriber in &binding.subscribers {
            self.subscriptions.remove(subscriber);
        }
        if let Some(template) = self.templates.get_mut(&binding.template) {
            template
                .bindings
                .remove(&Values { literals: binding.query.literals.clone(), slots: binding.slots.clone() });
            if template.bindings.is_empty() {
                self.template_ids.remove(&template.text);
                self.templates.remove(&binding.template);
            }
        }
        binding.subscribers
    }

    /// Replaces a binding's query by the same query prepared for another schema.
    pub(crate) fn replace_query(&mut self, id: BindingId, query: Arc<PreparedQuery>) {
        self.unindex(id);
        if let Some(binding) = self.bindings.get_mut(&id) {
            binding.query = query;
            binding.backoff = Backoff::default();
            binding.work_itself = None;
        }
        self.index(id);
    }

    /// Gives a binding a plan, or none. What is re-run may have to do with more changes.
    pub(crate) fn set_plan(&mut self, id: BindingId, plan: Option<PlanId>) {
        let Some(binding) = self.bindings.get(&id) else { return };
        let is_other = binding.plan.is_some() != plan.is_some() && binding.query.dependencies.plan_dependent.is_some();
        if is_other {
            self.unindex(id);
        }
        if let Some(binding) = self.bindings.get_mut(&id) {
            binding.plan = plan;
        }
        if is_other {
            self.index(id);
        }
    }

    fn index(&mut self, id: BindingId) {
        let Some(binding) = self.bindings.get(&id) else { return };
        if binding.query.dependencies.every_commit.is_some() {
            self.always_affected.insert(id);
        }
        let interest = binding.interest();
        for (at, source) in interest.dependencies.sources.iter().enumerate() {
            self.indices.entry(Arc::clone(&source.table)).or_default().add((id, at), &interest);
        }
    }

    fn unindex(&mut self, id: BindingId) {
        let Some(binding) = self.bindings.get(&id) else { return };
        self.always_affected.remove(&id);
        let interest = binding.interest();
        for (at, source) in interest.dependencies.sources.iter().enumerate() {
            if let Some(index) = self.indices.get_mut(&source.table) {
                index.remove((id, at), &interest);
                if index.is_empty() {
                    self.indices.remove(&source.table);
                }
            }
        }
    }

    /// A binding.
    pub(crate) fn binding(&self, id: BindingId) -> Option<&Binding> {
        self.bindings.get(&id).map(|binding| &**binding)
    }

    /// A binding, to be brought up to date.
    pub(crate) fn binding_mut(&mut self, id: BindingId) -> Option<&mut Binding> {
        self.bindings.get_mut(&id).map(|binding| &mut **binding)
    }

    /// All bindings, the oldest first.
    pub(crate) fn binding_ids(&self) -> Vec<BindingId> {
        self.bindings.keys().copied().collect()
    }

    /// The bindings that could not be read at the last commit that concerned them, the oldest first.
    pub(crate) fn blocked(&self) -> Vec<BindingId> {
        let is_blocked = |binding: &Binding| binding.failure.as_ref().is_some_and(|error| error.code() == "busy");
        self.bindings.iter().filter(|(_, binding)| is_blocked(binding)).map(|(id, _)| *id).collect()
    }

    /// The bindings that a change batch can affect, the oldest first, each with the changes that can.
    pub(crate) fn route(&self, batch: &ChangeBatch, look_up: LookUp<'_>) -> BTreeMap<BindingId, Routed> {
        let mut affected: BTreeMap<BindingId, Routed> =
            self.always_affected.iter().map(|id| (*id, Routed::new())).collect();
        for (table, changes) in &batch.tables {
            let Some(index) = self.indices.get(table) else { continue };
            let mut met = index.meet(&changes.rows, look_up).into_iter().peekable();
            for (at, change) in changes.rows.iter().enumerate() {
                let mut note = |(id, source)| {
                    let Some(binding) = self.bindings.get(&id) else { return };
                    let interest = binding.interest();
                    let source = interest.dependencies.sources.get(source);
                    if source.is_some_and(|source| interest.is_touched(source, change)) {
                        let routed = affected.entry(id).or_default();
                        match routed.last_mut() {
                            Some((last, rows)) if last == table => {
                                if rows.last() != Some(&at) {
                                    rows.push(at);
                                }
                            }
                            _ => routed.push((Arc::clone(table), vec![at])),
                        }
                    }
                };
                index.find(change, &mut note);
                while let Some((_, place)) = met.next_if(|(row, _)| *row <= at) {
                    note(place);
                }
            }
        }
        affected
    }

    /// What commits have had done to the template of a binding.
    pub(crate) fn counts_mut(&mut self, id: BindingId) -> Option<&mut Counts> {
        let template = self.bindings.get(&id)?.template;
        self.templates.get_mut(&template).map(|template| &mut template.counts)
    }

    /// How things stand with a template, if it is subscribed to.
    pub(crate) fn standings(&self, template: &str) -> Option<Standings> {
        let template = self.templates.get(self.template_ids.get(template)?)?;
        let mut standings = Standings { counts: template.counts.clone(), ..Standings::default() };
        for binding in template.bindings.values().filter_map(|id| self.bindings.get(id)) {
            standings.bindings += 1;
            standings.subscriptions += binding.subscribers.len() as u64;
            standings.state_rows += binding.held.len() as u64;
            standings.state_bytes += binding.held.state_bytes() as u64;
            standings.evaluations += binding.evaluation();
            if let Some(plan) = binding.plan {
                standings.planned += 1;
                standings.plans.push(plan);
            }
        }
        standings.plans.sort_unstable();
        standings.plans.dedup();
        Some(standings)
    }

    /// How many templates there are.
    pub(crate) fn template_count(&self) -> usize {
        self.templates.len()
    }

    /// How many bindings there are.
    pub(crate) fn binding_count(&self) -> usize {
        self.bindings.len()
    }

    /// How many subscriptions there are.
    pub(crate) fn subscription_count(&self) -> usize {
        self.subscriptions.len()
    }

    /// Bytes of all results held, without what the allocator adds.
    pub(crate) fn state_bytes(&self) -> usize {
        self.bindings.values().map(|binding| binding.held.state_bytes()).sum()
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}
