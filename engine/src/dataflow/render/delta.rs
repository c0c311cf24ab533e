//! `delta` at work: runs the terms over the changed rows; remembers nothing.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::evaluator::Evaluator;
use super::{Tools, changed, consolidated, has_empty_face};
use crate::dataflow::Job;
use crate::error::Error;
use crate::plan::{Delta as Plan, Face, MOST_CHANGED};
use crate::types::Signed;

/// A statement of one term: its text, faces and sign.
type Statement = (Arc<str>, Vec<(usize, Face)>, i64);

pub(in crate::dataflow) struct Delta {
    plan: Plan,
    evaluator: Option<Evaluator>,
    /// By text, the occurrences that stand in it.
    own: Vec<Vec<usize>>,
    /// By text and the set of changed occurrences in it.
    statements: FxHashMap<(usize, Vec<usize>), Arc<[Statement]>>,
}

impl Delta {
    pub(super) fn new(plan: &Plan) -> Self {
        let own = plan.texts.iter().map(|text| text.occurrences()).collect();
        let evaluator = plan.evaluator.as_ref().map(Evaluator::new);
        Self { own, plan: plan.clone(), evaluator, statements: FxHashMap::default() }
    }

    /// All rows, each once for every copy of it.
    pub(super) fn hydrate(&self, job: &Job, tools: &Tools<'_>) -> Result<Vec<Signed>, Error> {
        let mut rows = Vec::new();
        for text in &self.plan.texts {
            let all = text.render_all(&self.plan.occurrences);
            rows.extend(tools.source.rows(&all, &job.parameters)?.into_iter().map(|row| (row, 1)));
        }
        Ok(rows)
    }

    pub(super) fn maintain(&mut self, job: &Job, tools: &Tools<'_>) -> Result<Vec<Signed>, Error> {
        if let Some(evaluator) = &mut self.evaluator
            && let Some(rows) = evaluator.maintain(&self.plan.occurrences, job)
        {
            return Ok(consolidated(rows));
        }
        tools.show(job);
        let changed = changed(&self.plan.occurrences, job);
        let start = tools.source.work();
        let mut rows: Vec<Signed> = Vec::new();
        for text in 0..self.plan.texts.len() {
            let own =
                changed.iter().copied().filter(|occurrence| self.own[text].contains(occurrence)).collect::<Vec<_>>();
            if own.len() > MOST_CHANGED {
                return Err(Error::NotIncremental("too many tables changed at once".into()));
            }
            for (sql, faces, weight) in self.statements(text, own).iter() {
                if has_empty_face(&self.plan.occurrences, faces, job) {
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
        let statement = |(faces, weight): (Vec<(usize, Face)>, i64)| {
            (self.plan.texts[text].render(&self.plan.occurrences, &faces).into(), faces, weight)
        };
        let statements: Arc<[Statement]> = Plan::terms(&key.1).into_iter().map(statement).collect();
        self.statements.insert(key, Arc::clone(&statements));
        statements
    }
}
