//! `delta` at work: runs the terms over the changed rows; remembers nothing.

use super::evaluator::Evaluator;
use super::terms::Terms;
use super::{Tools, changed, consolidated};
use crate::dataflow::Job;
use crate::error::GiveUp;
use crate::plan::Delta as Plan;
use crate::types::WeightedRow;

pub(in crate::dataflow) struct Delta {
    plan: Plan,
    evaluator: Option<Evaluator>,
    /// Of each text.
    terms: Vec<Terms>,
}

impl Delta {
    pub(super) fn new(plan: &Plan) -> Self {
        let evaluator = plan.evaluator.as_ref().map(Evaluator::new);
        Self { terms: plan.texts.iter().map(Terms::new).collect(), plan: plan.clone(), evaluator }
    }

    /// All rows, each once for every copy of it.
    pub(super) fn hydrate(&self, job: &Job, tools: &Tools<'_>) -> Result<Vec<WeightedRow>, GiveUp> {
        let mut rows = Vec::new();
        for terms in &self.terms {
            let all = terms.whole(&self.plan.table_refs);
            rows.extend(tools.source.rows(&all, &job.parameters)?.into_iter().map(|row| (row, 1)));
        }
        Ok(rows)
    }

    pub(super) fn maintain(&mut self, job: &Job, tools: &Tools<'_>) -> Result<Vec<WeightedRow>, GiveUp> {
        if let Some(evaluator) = &mut self.evaluator
            && let Some(rows) = evaluator.maintain(&self.plan.table_refs, job)
        {
            return Ok(consolidated(rows));
        }
        tools.show(job);
        let table_refs = &self.plan.table_refs;
        let changed = changed(table_refs, job);
        let start = tools.source.instructions();
        let mut rows: Vec<WeightedRow> = Vec::new();
        for terms in &mut self.terms {
            terms.add_changes(table_refs, &changed, job, (tools, start), &mut rows)?;
        }
        Ok(consolidated(rows))
    }
}
