//! What a node at work has done so far, and what it remembers: some additions for each commit, put together when asked for.

use std::sync::Arc;

use super::{Job, Kind, Operator};
use crate::dataflow::sums::Totals;
use crate::error::GiveUp;
use crate::plan::{LiveStep, Node, NodeMetrics, SqlText};
use crate::types::{SortedSet, WeightedRow};

/// What a node has done, with those below it.
#[derive(Default)]
pub(super) struct Done {
    /// The base tables that it reads itself.
    tables: Box<[Arc<str>]>,
    commits: u64,
    rows_in: u64,
    rows_out: u64,
    instructions: u64,
}

impl Done {
    pub(super) fn by(node: &Node) -> Self {
        let (table_refs, own): (_, SortedSet<usize>) = match node {
            Node::Delta(delta) => (&delta.table_refs, delta.texts.iter().flat_map(SqlText::table_refs).collect()),
            Node::Recompute(recompute) => (
                &recompute.table_refs,
                recompute.affected_keys.iter().flat_map(|affected| &affected.path).copied().collect(),
            ),
            Node::Fixpoint(fixpoint) => {
                (&fixpoint.table_refs, fixpoint.steps.iter().flat_map(SqlText::table_refs).collect())
            }
            Node::Accumulate(_) | Node::Combine(_) => return Self::default(),
        };
        let own = own.iter().filter_map(|at| table_refs.get(*at)).filter(|table_ref| table_ref.derived.is_none());
        let tables: SortedSet<&Arc<str>> = own.map(|table_ref| &table_ref.table).collect();
        Self { tables: tables.into_iter().cloned().collect(), ..Self::default() }
    }

    /// Notes what a commit came to.
    pub(super) fn note(&mut self, jobs: &[Job], results: &[Result<Vec<WeightedRow>, GiveUp>], instructions: u64) {
        let out: usize = results.iter().flatten().map(Vec::len).sum();
        if instructions == 0 && out == 0 {
            return;
        }
        let touched = jobs.iter().flat_map(|job| &job.images).filter(|(table, _)| self.tables.contains(table));
        self.commits += 1;
        self.rows_in += touched.map(|(_, images)| images.len() as u64).sum::<u64>();
        self.rows_out += out as u64;
        self.instructions += instructions;
    }
}

impl Operator {
    /// What this node and those below it have done, each for itself.
    pub(in crate::dataflow) fn metrics(&self, totals: &Totals) -> NodeMetrics {
        let (below, (state_rows, state_bytes)): (Vec<&Self>, (usize, usize)) = match &self.kind {
            Kind::Delta(_) => (Vec::new(), (0, 0)),
            Kind::Recompute(node) => (Vec::new(), node.held()),
            Kind::Accumulate(node) => (vec![node.input()], node.held(totals)),
            Kind::Combine(node) => (node.parts().iter().collect(), node.held(totals)),
            Kind::Fixpoint(node) => (vec![node.base()], node.held()),
        };
        let Done { commits, rows_in, rows_out, instructions, .. } = self.done;
        let instructions =
            instructions - below.iter().map(|input| input.done.instructions).sum::<u64>().min(instructions);
        NodeMetrics {
            own: LiveStep {
                state_rows: state_rows as u64,
                state_bytes: state_bytes as u64,
                commits,
                rows_in,
                rows_out,
                instructions,
            },
            inputs: below.iter().map(|input| input.metrics(totals)).collect(),
        }
    }
}
