//! A binding: the values for a template's slots, and the result they give.

use std::sync::Arc;

use crate::api::event::Event;
use crate::cost::{Backoff, Rerun};
use crate::error::Error;
use crate::prepare::PreparedQuery;
use crate::results::HeldResult;
use crate::routing::Interest;
use crate::types::{CommitId, Diff, Edit, PlanId, SubscriptionId, TemplateId, Value};

/// The values for a template's slots and the result they give.
pub(crate) struct Binding {
    pub(super) template: TemplateId,
    /// The query, in the words of one of its subscribers.
    pub(crate) query: Arc<PreparedQuery>,
    /// The values of the parameters.
    pub(crate) slots: Vec<Value>,
    /// The last result that there was.
    pub(crate) held: HeldResult,
    /// The plan that maintains it; without one it is re-run.
    pub(super) plan: Option<PlanId>,
    /// When the plan is tried again, if it was not worth its cost.
    pub(super) backoff: Backoff,
    /// Its plan failed at the last evaluation, which the query itself then gave.
    pub(super) plan_failed: bool,
    /// It is a window that had to be filled again.
    pub(super) has_run_short: bool,
    /// The instructions of the last evaluation.
    pub(super) hydration_work: u64,
    /// The instructions of the query itself when it was last run, if it ever was: a plan's first rows may take more.
    pub(super) query_work: Option<u64>,
    /// What evaluating it again costs, as routing knows it.
    pub(super) routed_cost: u64,
    /// Why SQLite could give no result since the last one, if so.
    pub(super) failure: Option<Error>,
    /// Who is told, in the order of subscribing.
    pub(super) subscribers: Vec<SubscriptionId>,
}

impl Binding {
    pub(super) fn new(template: TemplateId, query: Arc<PreparedQuery>, slots: Vec<Value>) -> Self {
        Self {
            template,
            query,
            slots,
            held: HeldResult::Rows(Arc::default()),
            plan: None,
            backoff: Backoff::default(),
            plan_failed: false,
            has_run_short: false,
            hydration_work: 0,
            query_work: None,
            routed_cost: 0,
            failure: None,
            // Mostly there is one, and a vector that grows makes room for four.
            subscribers: Vec::with_capacity(1),
        }
    }

    /// What it takes to evaluate it again, as far as is known.
    pub(super) fn rerun(&self) -> Rerun {
        let instructions =
            self.query_work.map_or(self.hydration_work, |instructions| instructions.min(self.hydration_work));
        Rerun { instructions, rows: self.held.len() }
    }

    /// The values of all parameters of its plan: the query's own, then the literals that became parameters.
    pub(super) fn parameters(&self) -> Vec<Value> {
        let literals = self.query.planned.as_ref().map(|planned| planned.literals.as_slice()).unwrap_or_default();
        self.slots.iter().chain(literals).cloned().collect()
    }

    /// What its result depends on.
    pub(super) fn interest(&self) -> Interest<'_> {
        let dependencies = &self.query.dependencies;
        let any_row_matters = dependencies.order_dependence.is_some() && self.plan.is_none();
        Interest { dependencies, slots: &self.slots, slot_names: &self.query.slots, any_row_matters }
    }

    /// Whether another connection, or an interruption, kept it from being read at the last commit that concerned it.
    pub(super) fn is_blocked(&self) -> bool {
        self.failure.as_ref().is_some_and(|error| matches!(error.code(), "busy" | "interrupted"))
    }

    /// Notes what a commit did to the result; what subscribers are told of it, if anything. A query that recovers is told even
    /// without edits, a failure only once.
    pub(super) fn settle(&mut self, commit: CommitId, outcome: Result<Vec<Edit>, Error>) -> Option<Event> {
        match outcome {
            Ok(edits) => {
                let recovers = self.failure.take().is_some();
                let is_told = recovers || !edits.is_empty();
                is_told.then(|| {
                    let diff = Diff { commit, edits: edits.into(), causes: Arc::default() };
                    if recovers { Event::Recovered(diff) } else { Event::Diff(diff) }
                })
            }
            Err(error) if self.failure.as_ref() == Some(&error) => None,
            Err(error) => {
                self.failure = Some(error.clone());
                Some(Event::Error { commit, error: Arc::new(error), closed: false })
            }
        }
    }
}
