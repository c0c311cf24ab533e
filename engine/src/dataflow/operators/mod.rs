//! The operators: each node of a plan becomes one, which runs its statements and remembers what it must. One strategy a file, as in
//! `plan::physical`.
//!
//! # Contract
//!
//! An operator is a function from the changed rows of a commit to the changes of its own result, a Z-set: after each commit,
//! what it gave at first and all the changes since add up to the rows of its part of the query. What each of them owes:
//!
//! 1. One answer for each job, in their order. An answer that is given up leaves the other jobs alone.
//! 2. Each row once, with a weight that is not 0. What reads the answer keeps counts, and would take +1 and -1 of a row for one that
//!    comes and goes.
//! 3. The order of rows follows from the order of what the source gave, from keys that are sorted, or from both: never from a hash
//!    table. The same history gives the same deliveries to the byte, natively and in a browser.
//! 4. Nothing is remembered of a binding after [`Operator::forget`].
//!
//! Operators below are brought up to date first, and with the same jobs. `dataflow/tests` drives each operator over rows in memory.

mod accumulate;
mod combine;
mod delta;
mod derived;
mod evaluator;
mod fixpoint;
mod metrics;
mod recompute;
mod terms;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::error::GiveUp;
use crate::plan::{Node, TableRef, TableVersion};
use crate::types::{BindingId, Row, ValueRef};

use super::sums::Sums;
use super::{Holding, Job, RowSource};
use crate::types::WeightedRow;

use accumulate::Accumulate;
use combine::Combine;
use delta::Delta;
pub(super) use derived::Derived;
use fixpoint::Fixpoint;
use metrics::Done;
use recompute::Recompute;

/// What a node works with.
pub(super) struct Tools<'t> {
    pub(super) source: &'t dyn RowSource,
    pub(super) sums: &'t mut Sums,
    pub(super) holding: Holding<'t>,
}

impl Tools<'_> {
    /// Gives a job up that has cost more than it may since `start`.
    fn check(&self, job: &Job, start: u64) -> Result<(), GiveUp> {
        match self.source.instructions() - start > job.instruction_budget {
            true => Err(GiveUp::OverBudget),
            false => Ok(()),
        }
    }

    /// Has the delta tables show the rows of a job, whose statements may cost what it is allowed.
    pub(super) fn show(&self, job: &Job) {
        self.source.set_instruction_budget(job.instruction_budget);
        for (table, images) in &job.images {
            self.source.show(table, images);
        }
        for (table, rows) in &job.derived {
            self.source.show_derived(table, rows);
        }
    }
}

/// A node at work, and what it has come to so far.
pub(super) struct Operator {
    kind: Kind,
    done: Done,
}

enum Kind {
    Delta(Delta),
    Recompute(Recompute),
    Accumulate(Box<Accumulate>),
    Combine(Combine),
    Fixpoint(Box<Fixpoint>),
}

pub(super) fn operator(node: &Node) -> Operator {
    let kind = match node {
        Node::Delta(plan) => Kind::Delta(Delta::new(plan)),
        Node::Recompute(plan) => Kind::Recompute(Recompute::new(plan)),
        Node::Accumulate(plan) => Kind::Accumulate(Box::new(Accumulate::new(plan))),
        Node::Combine(plan) => Kind::Combine(Combine::new(plan)),
        Node::Fixpoint(plan) => Kind::Fixpoint(Box::new(Fixpoint::new(plan))),
    };
    Operator { kind, done: Done::by(node) }
}

impl Operator {
    /// Whether sums are kept, here or below.
    pub(super) fn keeps_sums(&self) -> bool {
        match &self.kind {
            Kind::Delta(_) | Kind::Recompute(_) => false,
            Kind::Accumulate(_) => true,
            Kind::Combine(combine) => combine.keeps_sums(),
            Kind::Fixpoint(fixpoint) => fixpoint.keeps_sums(),
        }
    }

    /// All rows of a binding.
    pub(super) fn hydrate(&mut self, job: &Job, tools: &mut Tools<'_>) -> Result<Vec<WeightedRow>, GiveUp> {
        match &mut self.kind {
            Kind::Delta(node) => node.hydrate(job, tools),
            Kind::Recompute(node) => node.hydrate(job, tools),
            Kind::Accumulate(node) => node.hydrate(job, tools),
            Kind::Combine(node) => node.hydrate(job, tools),
            Kind::Fixpoint(node) => node.hydrate(job, tools),
        }
    }

    /// What changes in each binding.
    pub(super) fn maintain(&mut self, jobs: &[Job], tools: &mut Tools<'_>) -> Vec<Result<Vec<WeightedRow>, GiveUp>> {
        let start = tools.source.instructions();
        let results = match &mut self.kind {
            Kind::Delta(node) => jobs.iter().map(|job| node.maintain(job, tools)).collect::<Vec<_>>(),
            Kind::Recompute(node) => jobs.iter().map(|job| node.maintain(job, tools)).collect(),
            Kind::Accumulate(node) => node.maintain(jobs, tools),
            Kind::Combine(node) => node.maintain(jobs, tools),
            Kind::Fixpoint(node) => node.maintain(jobs, tools),
        };
        self.done.note(jobs, &results, tools.source.instructions() - start);
        results
    }

    /// Forgets what is remembered of a binding outside of the sums.
    pub(super) fn forget(&mut self, binding: BindingId) {
        match &mut self.kind {
            Kind::Delta(_) => {}
            Kind::Recompute(node) => node.forget(binding),
            Kind::Accumulate(node) => node.forget(binding),
            Kind::Combine(node) => node.forget(binding),
            Kind::Fixpoint(node) => node.forget(binding),
        }
    }

    pub(super) fn state_bytes(&self) -> usize {
        match &self.kind {
            Kind::Delta(_) => 0,
            Kind::Recompute(node) => node.state_bytes(),
            Kind::Accumulate(node) => node.state_bytes(),
            Kind::Combine(node) => node.state_bytes(),
            Kind::Fixpoint(node) => node.state_bytes(),
        }
    }

    /// What is remembered of one binding outside of the sums.
    pub(super) fn binding_bytes(&self, binding: BindingId) -> usize {
        match &self.kind {
            Kind::Delta(_) => 0,
            Kind::Recompute(node) => node.binding_bytes(binding),
            Kind::Accumulate(node) => node.binding_bytes(binding),
            Kind::Combine(node) => node.binding_bytes(binding),
            Kind::Fixpoint(node) => node.binding_bytes(binding),
        }
    }
}

/// The table references whose tables a commit changed, for a binding.
fn changed(table_refs: &[TableRef], job: &Job) -> Vec<usize> {
    let is_changed = |table_ref: &TableRef| job.images.iter().any(|(table, _)| *table == table_ref.table);
    (0..table_refs.len()).filter(|&index| is_changed(&table_refs[index])).collect()
}

/// Whether some delta table has no rows, and so the whole statement.
fn has_empty_version(table_refs: &[TableRef], versions: &[(usize, TableVersion)], job: &Job) -> bool {
    versions.iter().any(|(index, version)| {
        let images = job.images.iter().find(|(table, _)| *table == table_refs[*index].table);
        images.is_none_or(|(_, images)| images.rows(*version) == 0)
    })
}

/// Adds up the weights of equal rows and leaves out what comes to nothing; the order is that of the first of each.
fn consolidated(rows: Vec<WeightedRow>) -> Vec<WeightedRow> {
    match rows.as_slice() {
        [] | [_] => return rows,
        [(one, weight), (other, against)] if weight + against == 0 && one == other => return Vec::new(),
        [(one, _), (other, _)] if one != other => return rows,
        _ => {}
    }
    let mut places: FxHashMap<Row, usize> = FxHashMap::with_capacity_and_hasher(rows.len(), FxBuildHasher);
    let mut sums: Vec<WeightedRow> = Vec::with_capacity(rows.len());
    for (row, weight) in rows {
        match places.get(&row) {
            Some(&place) => sums[place].1 += weight,
            None => {
                places.insert(row.clone(), sums.len());
                sums.push((row, weight));
            }
        }
    }
    sums.retain(|(_, weight)| *weight != 0);
    sums
}

/// Gives up where a row has a number that a column for integers may hold in two equal forms: it takes a float for an integer
/// if it is whole and fits, but for this one, which SQLite leaves as it is (sqlite3VdbeIntegerAffinity).
fn check_forms(row: &Row) -> Result<(), GiveUp> {
    let has_two = |value: ValueRef<'_>| match value {
        ValueRef::Integer(value) => value == i64::MIN,
        ValueRef::Real(value) => value == -9_223_372_036_854_775_808.0,
        ValueRef::Null | ValueRef::Text(_) | ValueRef::Blob(_) => false,
    };
    match row.values().any(has_two) {
        true => Err(GiveUp::LeastInteger),
        false => Ok(()),
    }
}

/// Bytes of a row that is remembered.
fn bytes_of(row: &Row) -> usize {
    row.as_bytes().len() + size_of::<Row>()
}
