//! Hydration: evaluates a binding by its plan, or by the query itself.

use std::sync::Arc;

use super::bindings::{Bindings, Told};
use crate::cost::{Outcome, is_window_near};
use crate::dataflow::Job;
use crate::error::{Error, GiveUp};
use crate::plan::{Bounds, Plan};
use crate::prepare::{Planned, PreparedQuery};
use crate::results::{HeldResult, Listing, Maintained, Sorting, edits_between, filling};
use crate::storage::Session;
use crate::types::{BindingId, CommitId, Edit, PlanId, Row, Value, WeightedRow};

/// What an evaluation gives: what is held, and the shown rows where they are at hand.
struct Hydrated {
    held: HeldResult,
    shown: Option<Arc<[Row]>>,
}

/// The same with the instructions that evaluating took.
struct Evaluated {
    hydrated: Hydrated,
    instructions: u64,
}

impl Bindings {
    /// Evaluates a binding: its rows, and what its plan keeps. Gives the shown rows where they are at hand.
    pub(super) fn evaluate(&mut self, session: &Session<'_>, id: BindingId) -> Result<Option<Arc<[Row]>>, Error> {
        let Some(binding) = self.registry.binding(id) else { return Ok(None) };
        let query = Arc::clone(&binding.query);
        let planned = match &query.planned {
            Ok(planned) if self.uses_plans => self.evaluate_by_plan(session, id, &query, planned)?,
            _ => None,
        };
        let Evaluated { hydrated, instructions } = match planned {
            Some(evaluated) => evaluated,
            None => self.run_query(session, id, &query)?,
        };
        if let Some(binding) = self.registry.binding_mut(id) {
            binding.held = hydrated.held;
            binding.hydration_work = instructions;
        }
        self.registry.note_cost(id);
        Ok(hydrated.shown)
    }

    /// Evaluates a binding again and notes the difference.
    pub(super) fn rerun(&mut self, session: &Session<'_>, commit: CommitId, id: BindingId, told: &mut Told) {
        let Some(binding) = self.registry.binding(id) else { return };
        let before = binding.held.rows();
        self.rerun_since(session, commit, id, &before, told);
    }

    /// The same for a binding whose subscribers have these rows.
    pub(super) fn rerun_since(
        &mut self,
        session: &Session<'_>,
        commit: CommitId,
        id: BindingId,
        before: &[Row],
        told: &mut Told,
    ) {
        let start = session.instructions();
        let evaluated = self.evaluate(session, id);
        self.record(id, Outcome::Rerun { commit, instructions: session.instructions() - start });
        let outcome = evaluated.map(|shown| self.edits_since(id, before, shown));
        if outcome.is_err()
            && let Some(binding) = self.registry.binding_mut(id)
        {
            binding.held = HeldResult::Rows(before.into());
        }
        self.settle(commit, id, outcome, told);
    }

    /// By the binding's plan. Nothing where there is no room for what it remembers, it waits after a failure, or the query itself
    /// may see fewer rows, as one with LIMIT does: then the query is run.
    fn evaluate_by_plan(
        &mut self,
        session: &Session<'_>,
        id: BindingId,
        query: &PreparedQuery,
        planned: &Planned,
    ) -> Result<Option<Evaluated>, Error> {
        if let Some(binding) = self.registry.binding_mut(id) {
            binding.plan_failed = false;
        }
        let start = session.instructions();
        let budget = self.budgets.hydration();
        let tried = match self.may_try_plan(id) {
            true => self.hydrate(session, id, query, planned, budget),
            false => Ok(None),
        };
        let has_failed = match tried {
            Ok(Some(hydrated)) => {
                return Ok(Some(Evaluated { hydrated, instructions: session.instructions() - start }));
            }
            Ok(None) => false,
            Err(_) => true,
        };
        self.leave_plan(id);
        let is_dear = has_failed && session.instructions() - start > budget;
        let run = if is_dear { Some(self.run_query(session, id, query)?) } else { None };
        if let Some(Evaluated { instructions, .. }) = &run {
            if let Some(budget) = self.budgets.second_hydration(*instructions)
                && let Ok(Some(hydrated)) = self.hydrate(session, id, query, planned, budget)
            {
                return Ok(Some(Evaluated { hydrated, instructions: *instructions }));
            }
            self.leave_plan(id);
        }
        if let Some(binding) = self.registry.binding_mut(id).filter(|_| has_failed) {
            binding.backoff.failed();
            binding.plan_failed = true;
        }
        Ok(run)
    }

    fn may_try_plan(&mut self, id: BindingId) -> bool {
        self.plans.memory.has_room_for(id)
            && self.registry.binding_mut(id).is_none_or(|binding| binding.backoff.may_try())
    }

    /// By the query itself.
    fn run_query(&mut self, session: &Session<'_>, id: BindingId, query: &PreparedQuery) -> Result<Evaluated, Error> {
        let slots = self.registry.binding(id).map(|binding| binding.slots.clone()).unwrap_or_default();
        let start = session.instructions();
        let rows: Arc<[Row]> = session.select(&query.sql, &slots)?.into();
        let instructions = session.instructions() - start;
        if let Some(binding) = self.registry.binding_mut(id) {
            binding.query_work = Some(instructions);
        }
        Ok(Evaluated {
            hydrated: Hydrated { held: HeldResult::Rows(Arc::clone(&rows)), shown: Some(rows) },
            instructions,
        })
    }

    /// The first rows of a plan. Nothing if only SQLite can tell how many rows are shown, or most of what would be held is not
    /// shown. An error where it takes more than `budget` instructions.
    fn hydrate(
        &mut self,
        session: &Session<'_>,
        id: BindingId,
        query: &PreparedQuery,
        planned: &Planned,
        budget: u64,
    ) -> Result<Option<Hydrated>, GiveUp> {
        let Some(binding) = self.registry.binding(id) else { return Ok(None) };
        let (parameters, has_run_short) = (binding.parameters(), binding.has_run_short);
        let plan = &planned.plan;
        let bounds = match &plan.window {
            None => None,
            Some(window) => match window.bounds(&parameters) {
                Some(bounds) if is_window_near(bounds.offset, bounds.limit) => Some(bounds),
                _ => return Ok(None),
            },
        };
        let plan_id = self.enter_plan(id, plan);
        let sorting = Sorting { width: plan.width, terms: Arc::clone(&plan.order) };
        // Written as a literal: SQLite compiles a statement again whose LIMIT is another value than before.
        let asked = bounds.filter(|_| plan.is_stateless).and_then(|bounds| filling(bounds, has_run_short));
        let (listing, rows) = match plan.is_stateless {
            true => {
                let rows = first_rows(session, plan, asked, &parameters)?;
                Listing::new(sorting, rows.into_iter().map(|row| (row, 1)), true)
            }
            false => {
                let rows = self.hydrate_dataflow(session, id, plan_id, plan, parameters, budget)?;
                Listing::new(sorting, rows, false)
            }
        };
        let shown = shown(plan, bounds, rows);
        let result = match bounds {
            None => Maintained::whole(listing, query.order),
            Some(bounds) if plan.is_stateless => Maintained::prefix(listing, query.order, bounds, asked),
            Some(bounds) => Maintained::part(listing, query.order, bounds),
        };
        Ok(Some(Hydrated { held: HeldResult::Maintained(Box::new(result)), shown }))
    }

    /// The first rows of a plan that remembers something.
    fn hydrate_dataflow(
        &mut self,
        session: &Session<'_>,
        id: BindingId,
        plan_id: PlanId,
        plan: &Plan,
        parameters: Vec<Value>,
        budget: u64,
    ) -> Result<Vec<WeightedRow>, GiveUp> {
        self.plans.dataflows.forget(plan_id, id);
        let job = Job { binding: id, parameters, images: Vec::new(), derived: Vec::new(), instruction_budget: budget };
        session.set_instruction_budget(budget);
        let rows = self.plans.dataflows.hydrate(plan_id, &job, session);
        session.set_instruction_budget(u64::MAX);
        if !plan.derived.is_empty() {
            session.show_nothing();
        }
        let rows = rows?;
        self.plans.measure(plan_id, id);
        Ok(rows)
    }

    /// The plan of a binding, installed if it is the first one of it.
    fn enter_plan(&mut self, id: BindingId, plan: &Plan) -> PlanId {
        if let Some(plan) = self.registry.binding(id).and_then(|binding| binding.plan) {
            return plan;
        }
        let plan_id = self.plans.enter(plan);
        self.registry.set_plan(id, Some(plan_id));
        plan_id
    }

    /// What the rows of a binding that was evaluated again have become since these. Without an order, rows that stay keep their
    /// places. `shown` are the rows that evaluating has shown, where they are at hand.
    fn edits_since(&mut self, id: BindingId, before: &[Row], shown: Option<Arc<[Row]>>) -> Vec<Edit> {
        let Some(binding) = self.registry.binding_mut(id) else { return Vec::new() };
        match &mut binding.held {
            HeldResult::Rows(rows) => {
                let (edits, arranged) = edits_between(before, rows, binding.query.order);
                if let Some(arranged) = arranged {
                    *rows = arranged.into();
                }
                edits
            }
            HeldResult::Maintained(result) => {
                let has_ties = result.prefer(before);
                let shown = shown.filter(|_| !has_ties);
                let now = shown.unwrap_or_else(|| result.rows().into());
                result.edits_since(before, &now)
            }
        }
    }
}

/// The first rows of a plan that remembers nothing.
fn first_rows(
    session: &Session<'_>,
    plan: &Plan,
    asked: Option<usize>,
    parameters: &[Value],
) -> Result<Vec<Row>, Error> {
    match asked.and_then(|asked| i64::try_from(asked).ok()) {
        Some(most) => session.rows(&format!("{} LIMIT {most}", plan.hydrate), parameters),
        None => session.rows(&plan.hydrate, parameters),
    }
}

/// The shown part of a plan's rows in their order, if all of their columns are shown.
fn shown(plan: &Plan, bounds: Option<Bounds>, rows: Vec<Row>) -> Option<Arc<[Row]>> {
    let has_hidden = plan.is_remembered_by_window() || plan.order.iter().any(|(column, _)| *column >= plan.width);
    let Bounds { offset, limit } = bounds.unwrap_or(Bounds { offset: 0, limit: None });
    (!has_hidden).then(|| rows.into_iter().skip(offset).take(limit.unwrap_or(usize::MAX)).collect())
}
