//! What a node at work has done so far, and what it remembers: some additions for each commit, put together when asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Job, Kind, Rendered};
use crate::dataflow::tally::Sums;
use crate::error::Error;
use crate::plan::{Figures, LiveStep, Node, Text};
use crate::types::Signed;

/// What a node has done, with those below it.
#[derive(Default)]
pub(super) struct Done {
    /// The base tables that it reads itself.
    tables: Box<[Arc<str>]>,
    commits: u64,
    rows_in: u64,
    rows_out: u64,
    work: u64,
}

impl Done {
    pub(super) fn by(node: &Node) -> Self {
        let (occurrences, own): (_, BTreeSet<usize>) = match node {
            Node::Delta(delta) => (&delta.occurrences, delta.texts.iter().flat_map(Text::occurrences).collect()),
            Node::Recompute(recompute) => {
                (&recompute.occurrences, recompute.probes.iter().flat_map(|probe| &probe.path).copied().collect())
            }
            Node::Fixpoint(fixpoint) => {
                (&fixpoint.occurrences, fixpoint.steps.iter().flat_map(Text::occurrences).collect())
            }
            Node::Accumulate(_) | Node::Combine(_) => return Self::default(),
        };
        let own = own.iter().filter_map(|at| occurrences.get(*at)).filter(|occurrence| occurrence.derived.is_none());
        let tables: BTreeSet<&Arc<str>> = own.map(|occurrence| &occurrence.table).collect();
        Self { tables: tables.into_iter().cloned().collect(), ..Self::default() }
    }

    /// Notes what a commit came to.
    pub(super) fn note(&mut self, jobs: &[Job], results: &[Result<Vec<Signed>, Error>], work: u64) {
        let out: usize = results.iter().flatten().map(Vec::len).sum();
        if work == 0 && out == 0 {
            return;
        }
        let touched = jobs.iter().flat_map(|job| &job.touched).filter(|(table, _)| self.tables.contains(table));
        self.commits += 1;
        self.rows_in += touched.map(|(_, images)| images.len() as u64).sum::<u64>();
        self.rows_out += out as u64;
        self.work += work;
    }
}

impl Rendered {
    /// What this node and those below it have done, each for itself.
    pub(in crate::dataflow) fn figures(&self, sums: &Sums) -> Figures {
        let (below, (state_rows, state_bytes)): (Vec<&Self>, (usize, usize)) = match &self.kind {
            Kind::Delta(_) => (Vec::new(), (0, 0)),
            Kind::Recompute(node) => (Vec::new(), node.held()),
            Kind::Accumulate(node) => (vec![node.input()], node.held(sums)),
            Kind::Combine(node) => (node.parts().iter().collect(), node.held(sums)),
            Kind::Fixpoint(node) => (vec![node.base()], node.held()),
        };
        let Done { commits, rows_in, rows_out, work, .. } = self.done;
        let instructions = work - below.iter().map(|input| input.done.work).sum::<u64>().min(work);
        Figures {
            own: LiveStep {
                state_rows: state_rows as u64,
                state_bytes: state_bytes as u64,
                commits,
                rows_in,
                rows_out,
                instructions,
            },
            inputs: below.iter().map(|input| input.figures(sums)).collect(),
        }
    }
}
