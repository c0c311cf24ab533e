//! A plan as a tree to be shown: each part with its strategy.

use serde::Serialize;

use crate::types::SortedSet;

use super::{Combine, Measure, Node, Plan, SetOperator, TableRef};

/// A part of a plan, for people and programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The strategy's name.
    pub strategy: &'static str,
    /// What it does here.
    pub detail: String,
    /// The base tables whose changes it looks at.
    pub tables: Vec<String>,
    /// The parts that it is made of.
    pub inputs: Vec<Self>,
    /// What it remembers and has done so far, if the plan is at work.
    pub live: Option<LiveStep>,
}

/// What a part of a plan remembers, and what it has done for commits since the plan is at work; without the parts that it is
/// made of, and for all bindings together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LiveStep {
    /// Rows that it remembers: those of the keys, the groups, what is counted, a derived table's.
    pub state_rows: u64,
    /// Bytes of that, without what the allocator adds.
    pub state_bytes: u64,
    /// Commits that gave it something to do.
    pub commits: u64,
    /// Changed rows that it was given, by tables and by the parts that it is made of. An update is the old row and the new.
    pub rows_in: u64,
    /// Rows that came or went by it; several of the same are one.
    pub rows_out: u64,
    /// SQLite's instructions that its own statements took.
    pub instructions: u64,
}

/// What a node of a plan has come to, and those below it, in their order.
#[derive(Clone, Debug, Default)]
pub struct NodeMetrics {
    /// What the node has come to. Rows that it was given by others are left out.
    pub own: LiveStep,
    /// Those below it.
    pub inputs: Vec<NodeMetrics>,
}

/// What the nodes of a plan have come to.
#[derive(Clone, Debug, Default)]
pub struct PlanMetrics {
    /// The node where the rows come from.
    pub root: NodeMetrics,
    /// Those of the derived tables.
    pub derived: Vec<NodeMetrics>,
}

impl Plan {
    /// The plan as a tree, with what it has come to if it is at work.
    #[must_use]
    pub fn steps(&self, metrics: Option<&PlanMetrics>) -> Step {
        let root = self.step(&self.root, metrics.map(|metrics| &metrics.root), metrics);
        match &self.window {
            None => root,
            Some(window) => Step {
                strategy: "window",
                detail: format!("LIMIT {} OFFSET {}", window.limit, window.offset),
                tables: Vec::new(),
                inputs: vec![root],
                live: None,
            },
        }
    }
}

impl Plan {
    /// A part with the derived tables that it reads.
    fn step(&self, node: &Node, own: Option<&NodeMetrics>, metrics: Option<&PlanMetrics>) -> Step {
        let mut step = node.step(own);
        self.put_derived(&mut step, metrics);
        step
    }

    fn put_derived(&self, step: &mut Step, metrics: Option<&PlanMetrics>) {
        step.inputs.iter_mut().for_each(|input| self.put_derived(input, metrics));
        for table in std::mem::take(&mut step.tables) {
            match self.derived.iter().position(|derived| *derived.table == *table) {
                Some(at) => {
                    let own = metrics.and_then(|metrics| metrics.derived.get(at));
                    step.inputs.push(self.step(&self.derived[at].node, own, metrics));
                }
                None => step.tables.push(table),
            }
        }
        if let Some(live) = &mut step.live {
            live.rows_in += step.inputs.iter().filter_map(|input| input.live).map(|live| live.rows_out).sum::<u64>();
        }
    }
}

impl Node {
    fn step(&self, metrics: Option<&NodeMetrics>) -> Step {
        let live = metrics.map(|metrics| metrics.own);
        let below = |at: usize| metrics.and_then(|metrics| metrics.inputs.get(at));
        match self {
            Self::Delta(delta) => {
                let mut own: Vec<usize> = delta.texts.iter().flat_map(super::Text::table_refs).collect();
                own.dedup();
                let detail = match (delta.texts.len(), own.len()) {
                    (_, 0) => "constant rows".to_owned(),
                    (1, 1) if delta.evaluator.is_some() => "rows of one table, without a statement".to_owned(),
                    (1, 1) => "rows of one table".to_owned(),
                    (1, tables) => format!("inner join of {tables}"),
                    (parts, _) => format!("sum of {parts} parts"),
                };
                Step { strategy: "delta", detail, tables: names(&delta.table_refs, &own), inputs: Vec::new(), live }
            }
            Self::Recompute(recompute) => {
                let own: SortedSet<usize> =
                    recompute.affected_keys.iter().flat_map(|affected| affected.path.iter().copied()).collect();
                let own: Vec<usize> = own.into_iter().collect();
                Step {
                    strategy: "key recompute",
                    detail: match &recompute.check {
                        None if recompute.remembers => recompute.what.to_owned(),
                        None => format!("{}, of those that the window holds", recompute.what),
                        Some(why) => format!("{}; re-run where the order of rows decides: {why}", recompute.what),
                    },
                    tables: names(&recompute.table_refs, &own),
                    inputs: Vec::new(),
                    live,
                }
            }
            Self::Accumulate(accumulate) => {
                let measures: Vec<&str> = accumulate.measures.iter().map(|measure| measure.name()).collect();
                Step {
                    strategy: "accumulate",
                    detail: match accumulate.keys {
                        0 => measures.join(", "),
                        keys => format!("{} by {keys}", measures.join(", ")),
                    },
                    tables: Vec::new(),
                    inputs: vec![Self::Delta(accumulate.input.clone()).step(below(0))],
                    live,
                }
            }
            Self::Fixpoint(fixpoint) => {
                let mut own: SortedSet<usize> = fixpoint.steps.iter().flat_map(super::Text::table_refs).collect();
                own.remove(&fixpoint.own);
                let own: Vec<usize> = own.into_iter().collect();
                Step {
                    strategy: "fixpoint",
                    detail: if fixpoint.is_set { "UNION" } else { "UNION ALL" }.to_owned(),
                    tables: names(&fixpoint.table_refs, &own),
                    inputs: vec![fixpoint.base.step(below(0))],
                    live,
                }
            }
            Self::Combine(combine) => Step {
                strategy: if combine.is_sum() { "delta" } else { "accumulate" },
                detail: combine.words(),
                tables: Vec::new(),
                inputs: combine.parts.iter().enumerate().map(|(at, part)| part.step(below(at))).collect(),
                live,
            },
        }
    }
}

impl Combine {
    fn words(&self) -> String {
        let operators = self.operators.iter().map(|operator| match operator {
            SetOperator::UnionAll => "UNION ALL",
            SetOperator::Union => "UNION",
            SetOperator::Intersect => "INTERSECT",
            SetOperator::Except => "EXCEPT",
        });
        self.distinct.then_some("DISTINCT").into_iter().chain(operators).collect::<Vec<_>>().join(", ")
    }
}

impl Measure {
    fn name(self) -> &'static str {
        match self {
            Self::Rows | Self::Count => "count",
            Self::Distinct(_) => "count(DISTINCT)",
            Self::Sum => "sum",
            Self::Total => "total",
            Self::Average => "avg",
            Self::Minimum(_) => "min",
            Self::Maximum(_) => "max",
        }
    }
}

fn names(table_refs: &[TableRef], own: &[usize]) -> Vec<String> {
    own.iter().filter_map(|at| table_refs.get(*at)).map(|table_ref| table_ref.table.to_string()).collect()
}
