//! UNION ALL: each way to a row counts, so what goes and what comes is followed with its weight.

use super::{Fixpoint, MOST_STEPS, State, Term};
use crate::dataflow::Job;
use crate::dataflow::operators::{Tools, consolidated};
use crate::error::GiveUp;
use crate::plan::TableVersion;
use crate::types::{WeightedRow, lock_bag as lock};

impl Fixpoint {
    /// What a commit changes, first what goes by the rows that went and then what comes by those that came.
    pub(super) fn follow_bag(
        &mut self,
        job: &Job,
        base: &[WeightedRow],
        state: &State,
        tools: &Tools<'_>,
    ) -> Result<Vec<WeightedRow>, GiveUp> {
        let mut all = Vec::new();
        for (sign, edge) in [(-1, TableVersion::Old), (1, TableVersion::New)] {
            let is_going = sign < 0;
            let mut front: Vec<WeightedRow> = base.iter().filter(|(_, weight)| weight * sign > 0).cloned().collect();
            front.iter_mut().for_each(|(_, weight)| *weight *= sign);
            for step in 0..self.plan.steps.len() {
                let edges = edges(&self.changed(step, job)?, edge);
                front.extend(self.made(false, step, &edges, TableVersion::Post, job, tools)?);
            }
            let mut front = consolidated(front);
            let mut half = front.clone();
            self.each_step(job, tools, |this, steps| {
                if front.is_empty() {
                    return Ok(false);
                }
                this.show_front(&front, tools);
                let mut next = Vec::new();
                for step in 0..this.plan.steps.len() {
                    let left = if is_going { kept(&this.changed(step, job)?) } else { vec![(Vec::new(), 1)] };
                    next.extend(this.made(false, step, &left, TableVersion::New, job, tools)?);
                }
                front = consolidated(next);
                half.extend(front.iter().cloned());
                Ok(steps < MOST_STEPS)
            })?;
            let mut bag = lock(&state.rows);
            for (row, weight) in half {
                bag.add(&row, weight * sign);
                all.push((row, weight * sign));
            }
        }
        Ok(consolidated(all))
    }
}

/// The rows that the commit left: those that are there, less those that are new.
fn kept(changed: &[usize]) -> Vec<Term> {
    let mut terms: Vec<Term> = vec![(Vec::new(), 1)];
    for &table_ref in changed {
        let without = |(versions, weight): &Term| {
            let versions = versions.iter().copied().chain([(table_ref, TableVersion::New)]).collect();
            (versions, -weight)
        };
        let more: Vec<Term> = terms.iter().map(without).collect();
        terms.extend(more);
    }
    terms
}

/// What goes with the rows that the commit took from the tables, or comes with those that it brought: in every nonempty set
/// of them these rows, elsewhere those that the commit left.
fn edges(changed: &[usize], version: TableVersion) -> Vec<Term> {
    let mut terms: Vec<(Term, bool)> = vec![((Vec::new(), 1), false)];
    for &table_ref in changed {
        let mut next = Vec::new();
        for ((versions, weight), has_edge) in terms {
            let with = |version| versions.iter().copied().chain([(table_ref, version)]).collect::<Vec<_>>();
            next.push(((with(version), weight), true));
            next.push(((with(TableVersion::New), -weight), has_edge));
            next.push(((versions, weight), has_edge));
        }
        terms = next;
    }
    terms.into_iter().filter(|(_, has_edge)| *has_edge).map(|(term, _)| term).collect()
}
