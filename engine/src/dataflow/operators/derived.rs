//! Derived tables at work: their rows, and what a commit changed in them as delta tables for those that read them.

use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::{Operator, Tools, consolidated, operator};
use crate::dataflow::Job;
use crate::dataflow::sums::Totals;
use crate::error::GiveUp;
use crate::plan::{Derived as Plan, NodeMetrics, RowImages};
use crate::types::{Bag, BindingId, Row, RowBuilder, SharedBag, ValueRef, WeightedRow, lock_bag as lock};

pub(in crate::dataflow) struct Derived {
    table: Arc<str>,
    is_held: bool,
    reals: Arc<[usize]>,
    node: Operator,
    bags: FxHashMap<BindingId, SharedBag>,
    /// What the commit changed, by binding.
    changes: FxHashMap<BindingId, Vec<WeightedRow>>,
}

impl Derived {
    pub(in crate::dataflow) fn new(plan: &Plan) -> Self {
        Self {
            table: Arc::clone(&plan.table),
            is_held: plan.is_held,
            reals: Arc::clone(&plan.reals),
            node: operator(&plan.node),
            bags: FxHashMap::default(),
            changes: FxHashMap::default(),
        }
    }

    pub(in crate::dataflow) fn keeps_sums(&self) -> bool {
        self.node.keeps_sums()
    }

    /// Fills the table for a binding, whose job reads it from then on.
    pub(in crate::dataflow) fn hydrate(&mut self, job: &mut Job, tools: &mut Tools<'_>) -> Result<(), GiveUp> {
        tools.show(job);
        let rows = as_read(self.node.hydrate(job, tools)?, &self.reals);
        let bag = Arc::new(Mutex::new(Bag::of(&rows)));
        job.derived.push((Arc::clone(&self.table), Arc::clone(&bag)));
        if self.is_held {
            self.bags.insert(job.binding, bag);
        }
        Ok(())
    }

    /// Brings the table up to date for some bindings.
    pub(in crate::dataflow) fn maintain(&mut self, jobs: &[Job], tools: &mut Tools<'_>) -> Vec<Result<(), GiveUp>> {
        let changes = self.node.maintain(jobs, tools);
        let noted = |(job, changes): (&Job, Result<Vec<WeightedRow>, GiveUp>)| {
            let changes = as_read(changes?, &self.reals);
            if let Some(bag) = self.bags.get(&job.binding) {
                let mut bag = lock(bag);
                changes.iter().for_each(|(row, weight)| bag.add(row, *weight));
            }
            self.changes.insert(job.binding, changes);
            Ok(())
        };
        jobs.iter().zip(changes).map(noted).collect()
    }

    /// Has a job read the table, and what changed in it.
    pub(in crate::dataflow) fn show_changes(&mut self, job: &mut Job) {
        if let Some(bag) = self.bags.get(&job.binding) {
            job.derived.push((Arc::clone(&self.table), Arc::clone(bag)));
        }
        let changes = self.changes.remove(&job.binding).unwrap_or_default();
        if changes.is_empty() {
            return;
        }
        let images = |sign: i64| -> Arc<[(i64, Row)]> {
            let copies = |(row, weight): &WeightedRow| (0..weight * sign).map(|_| (0, row.clone())).collect::<Vec<_>>();
            changes.iter().flat_map(copies).collect()
        };
        job.images.push((Arc::clone(&self.table), RowImages { old: images(-1), new: images(1) }));
    }

    pub(in crate::dataflow) fn forget(&mut self, binding: BindingId) {
        self.node.forget(binding);
        self.bags.remove(&binding);
        self.changes.remove(&binding);
    }

    /// What the plan of the table has come to, with the rows that are held for others.
    pub(in crate::dataflow) fn metrics(&self, totals: &Totals) -> NodeMetrics {
        let mut metrics = self.node.metrics(totals);
        for bag in self.bags.values() {
            let bag = lock(bag);
            metrics.own.state_rows += bag.len() as u64;
            metrics.own.state_bytes += bag.state_bytes() as u64;
        }
        metrics
    }

    pub(in crate::dataflow) fn state_bytes(&self) -> usize {
        self.node.state_bytes() + self.bags.values().map(|bag| lock(bag).state_bytes()).sum::<usize>()
    }

    pub(in crate::dataflow) fn binding_bytes(&self, binding: BindingId) -> usize {
        self.node.binding_bytes(binding) + self.bags.get(&binding).map_or(0, |bag| lock(bag).state_bytes())
    }
}

/// Rows as they are read from the table: whole numbers in its REAL columns are REAL (SQLite's OP_RealAffinity).
fn as_read(mut rows: Vec<WeightedRow>, reals: &[usize]) -> Vec<WeightedRow> {
    let is_whole = |row: &Row, at: &usize| matches!(row.get(*at), Some(ValueRef::Integer(_)));
    let mut builder = RowBuilder::default();
    let mut has_changed = false;
    for (row, _) in &mut rows {
        if !reals.iter().any(|at| is_whole(row, at)) {
            continue;
        }
        for (at, value) in row.values().enumerate() {
            builder.push(match value {
                #[expect(clippy::cast_precision_loss, reason = "SQLite reads the nearest REAL")]
                ValueRef::Integer(whole) if reals.contains(&at) => ValueRef::Real(whole as f64),
                other => other,
            });
        }
        *row = builder.finish();
        has_changed = true;
    }
    // Rows that differed may be the same now.
    if has_changed { consolidated(rows) } else { rows }
}
