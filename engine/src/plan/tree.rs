//! A plan as a tree of steps, as `explain` shows it.

use std::fmt;

use serde::Serialize;

use super::{Node, Plan, TableRef};
use crate::types::SortedSet;

/// A part of a plan, for people and programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// The strategy's name.
    pub strategy: &'static str,
    /// What the strategy does here.
    pub detail: String,
    /// The base tables whose changes the part reads.
    pub tables: Vec<String>,
    /// The parts that it reads.
    pub inputs: Vec<Self>,
    /// What the part holds and has done so far, if the plan is in use.
    pub live: Option<LiveStep>,
}

/// The part, and its inputs indented below it.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

impl Step {
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        write!(f, "{:indent$}{}: {}", "", self.strategy, self.detail, indent = depth * 2)?;
        if !self.tables.is_empty() {
            write!(f, " ({})", self.tables.join(", "))?;
        }
        if let Some(live) = &self.live {
            write!(f, "{live}")?;
        }
        writeln!(f)?;
        self.inputs.iter().try_for_each(|input| input.write(f, depth + 1))
    }
}

/// What a part of a plan holds, and what it has done for commits since the plan came into use. Its inputs are not included;
/// all bindings are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LiveStep {
    /// Rows of state: rows by key, groups, counted values, rows of a derived table.
    pub state_rows: u64,
    /// Bytes of state, without the allocator's overhead.
    pub state_bytes: u64,
    /// Commits that gave the part something to do.
    pub commits: u64,
    /// Changed rows that it read, from tables and from its inputs. An update is an old row and a new one.
    pub rows_in: u64,
    /// Rows that it added or removed; equal rows count once.
    pub rows_out: u64,
    /// SQLite's instructions that its own statements took.
    pub instructions: u64,
}

/// The state and the commits, where there are any.
impl fmt::Display for LiveStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state_rows, state_bytes, commits, rows_in, rows_out, instructions } = self;
        if *state_bytes > 0 {
            write!(f, "; remembers {state_rows} rows, {state_bytes} bytes")?;
        }
        if let Some(each) = instructions.checked_div(*commits) {
            write!(f, "; {commits} commits: {rows_in} rows in, {rows_out} out, {each} instructions a commit")?;
        }
        Ok(())
    }
}

/// The metrics of a node, and of its inputs in their order.
#[derive(Clone, Debug, Default)]
pub struct NodeMetrics {
    /// The metrics of the node itself, without the rows that its inputs gave it.
    pub own: LiveStep,
    /// The metrics of its inputs.
    pub inputs: Vec<NodeMetrics>,
}

/// The metrics of all nodes of a plan.
#[derive(Clone, Debug, Default)]
pub struct PlanMetrics {
    /// Those of the root.
    pub root: NodeMetrics,
    /// Those of the derived tables.
    pub derived: Vec<NodeMetrics>,
}

impl Plan {
    /// The plan as a tree, with its metrics if it is in use.
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
    /// A part, with the derived tables that it reads as inputs.
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
                let mut own: Vec<usize> = delta.texts.iter().flat_map(super::SqlText::table_refs).collect();
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
                let mut own: SortedSet<usize> = fixpoint.steps.iter().flat_map(super::SqlText::table_refs).collect();
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

fn names(table_refs: &[TableRef], own: &[usize]) -> Vec<String> {
    own.iter().filter_map(|at| table_refs.get(*at)).map(|table_ref| table_ref.table.to_string()).collect()
}
