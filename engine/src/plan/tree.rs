//! A plan as a tree to be shown: each part with its strategy.

use serde::Serialize;

use super::{Combine, Measure, Node, Occurrence, Plan, SetOperator};

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
}

impl Plan {
    /// The plan as a tree.
    #[must_use]
    pub fn steps(&self) -> Step {
        let root = self.step(&self.root);
        match &self.window {
            None => root,
            Some(window) => Step {
                strategy: "window",
                detail: format!("LIMIT {} OFFSET {}", window.limit, window.offset),
                tables: Vec::new(),
                inputs: vec![root],
            },
        }
    }
}

impl Plan {
    /// A part with the derived tables that it reads.
    fn step(&self, node: &Node) -> Step {
        let mut step = node.step();
        self.put_derived(&mut step);
        step
    }

    fn put_derived(&self, step: &mut Step) {
        step.inputs.iter_mut().for_each(|input| self.put_derived(input));
        for table in std::mem::take(&mut step.tables) {
            match self.derived.iter().find(|derived| *derived.table == *table) {
                Some(derived) => step.inputs.push(self.step(&derived.node)),
                None => step.tables.push(table),
            }
        }
    }
}

impl Node {
    fn step(&self) -> Step {
        match self {
            Self::Delta(delta) => {
                let mut own: Vec<usize> = delta.texts.iter().flat_map(super::Text::occurrences).collect();
                own.dedup();
                let detail = match (delta.texts.len(), own.len()) {
                    (_, 0) => "constant rows".to_owned(),
                    (1, 1) => "rows of one table".to_owned(),
                    (1, tables) => format!("inner join of {tables}"),
                    (parts, _) => format!("sum of {parts} parts"),
                };
                Step { strategy: "delta", detail, tables: names(&delta.occurrences, &own), inputs: Vec::new() }
            }
            Self::Recompute(recompute) => {
                let mut own: Vec<usize> =
                    recompute.probes.iter().flat_map(|probe| probe.path.iter().copied()).collect();
                own.sort_unstable();
                own.dedup();
                Step {
                    strategy: "key recompute",
                    detail: recompute.what.to_owned(),
                    tables: names(&recompute.occurrences, &own),
                    inputs: Vec::new(),
                }
            }
            Self::Accumulate(accumulate) => {
                let measures: Vec<&str> = accumulate.measures.iter().map(|measure| measure.name()).collect();
                Step {
                    strategy: "accumulate",
                    detail: match accumulate.groups.len() {
                        0 => measures.join(", "),
                        groups => format!("{} by {groups}", measures.join(", ")),
                    },
                    tables: Vec::new(),
                    inputs: vec![Self::Delta(accumulate.input.clone()).step()],
                }
            }
            Self::Fixpoint(fixpoint) => {
                let mut own: Vec<usize> = fixpoint.steps.iter().flat_map(super::Text::occurrences).collect();
                own.retain(|occurrence| *occurrence != fixpoint.own);
                own.sort_unstable();
                own.dedup();
                Step {
                    strategy: "fixpoint",
                    detail: if fixpoint.is_set { "UNION" } else { "UNION ALL" }.to_owned(),
                    tables: names(&fixpoint.occurrences, &own),
                    inputs: vec![fixpoint.base.step()],
                }
            }
            Self::Combine(combine) => Step {
                strategy: if combine.is_sum() { "delta" } else { "accumulate" },
                detail: combine.words(),
                tables: Vec::new(),
                inputs: combine.parts.iter().map(Self::step).collect(),
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

fn names(occurrences: &[Occurrence], own: &[usize]) -> Vec<String> {
    own.iter().filter_map(|at| occurrences.get(*at)).map(|occurrence| occurrence.table.to_string()).collect()
}
