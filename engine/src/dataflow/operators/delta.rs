//! `delta` at work: runs the terms over the changed rows; remembers nothing.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::evaluator::Evaluator;
use super::{Tools, changed, consolidated, has_empty_version};
use crate::dataflow::Job;
use crate::error::GiveUp;
use crate::plan::{Delta as Plan, MOST_CHANGED, TableVersion};
use crate::types::WeightedRow;

/// A statement of one term: its text, table versions and sign.
type Statement = (Arc<str>, Vec<(usize, TableVersion)>, i64);

pub(in crate::dataflow) struct Delta {
    plan: Plan,
    evaluator: Option<Evaluator>,
    /// By text, the table references that stand in it.
    own: Vec<Vec<usize>>,
    /// By text and the set of changed table references in it.
    statements: FxHashMap<(usize, Vec<usize>), Arc<[Statement]>>,
}

impl Delta {
    pub(super) fn new(plan: &Plan) -> Self {
        let own = plan.texts.iter().map(|text| text.table_refs()).collect();
        let evaluator = plan.evaluator.as_ref().map(Evaluator::new);
        Self { own, plan: plan.clone(), evaluator, statements: FxHashMap::default() }
    }

    /// All rows, each once for every copy of it.
    pub(super) fn hydrate(&self, job: &Job, tools: &Tools<'_>) -> Result<Vec<WeightedRow>, GiveUp> {
        let mut rows = Vec::new();
        for text in &self.plan.texts {
            let all = text.render_all(&self.plan.table_refs);
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
        let changed = changed(&self.plan.table_refs, job);
        let start = tools.source.instructions();
        let mut rows: Vec<WeightedRow> = Vec::new();
        for text in 0..self.plan.texts.len() {
            let own =
                changed.iter().copied().filter(|table_ref| self.own[text].contains(table_ref)).collect::<Vec<_>>();
            if own.len() > MOST_CHANGED {
                return Err(GiveUp::TooManyTables);
            }
            for (sql, versions, weight) in self.statements(text, own).iter() {
                if has_empty_version(&self.plan.table_refs, versions, job) {
                    continue;
                }
                rows.extend(tools.source.rows(sql, &job.parameters)?.into_iter().map(|row| (row, *weight)));
                tools.check(job, start)?;
            }
        }
        Ok(consolidated(rows))
    }

    fn statements(&mut self, text: usize, changed: Vec<usize>) -> Arc<[Statement]> {
        let key = (text, changed);
        if let Some(statements) = self.statements.get(&key) {
            return Arc::clone(statements);
        }
        let statement = |(versions, weight): (Vec<(usize, TableVersion)>, i64)| {
            (self.plan.texts[text].render(&self.plan.table_refs, &versions).into(), versions, weight)
        };
        let statements: Arc<[Statement]> = Plan::terms(&key.1).into_iter().map(statement).collect();
        self.statements.insert(key, Arc::clone(&statements));
        statements
    }
}
