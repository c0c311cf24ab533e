//! Physical plans: how each part of a query is maintained. One strategy a file; `dataflow::operators` mirrors them.

mod accumulate;
mod combine;
mod delta;
mod derived;
mod display;
mod evaluator;
mod fixpoint;
mod recompute;
mod text;

use std::sync::Arc;

pub use accumulate::{Accumulate, Distinct, EXACT_SUM, Measure, ROUNDS_BY_ORDER, Shown, ZERO_SIGN};
pub use combine::{Combine, SetOperator};
pub use delta::{Delta, MOST_CHANGED};
pub use derived::{Derived, DerivedColumn, derived_id};
pub use evaluator::{Cell, Condition, Evaluator, Test};
pub use fixpoint::Fixpoint;
pub use recompute::{AffectedKeys, Linear, Recompute};
pub use text::{Piece, SqlText, quoted};

use super::TableVersion;
use crate::types::{Row, SortTerm, Value, ValueRef, push_sort_key};

/// How a query's result is maintained.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The derived tables that statements read, with their columns.
    pub declared: Vec<(Arc<str>, Arc<[DerivedColumn]>)>,
    /// The derived tables, each after those that it reads.
    pub derived: Vec<Derived>,
    /// The node that gives the rows of the result.
    pub root: Node,
    /// How many columns the result has. The rows of the root may have more, for ORDER BY.
    pub width: usize,
    /// ORDER BY: columns of the root's rows, and how they sort.
    pub order: Arc<[(usize, SortTerm)]>,
    /// LIMIT and OFFSET.
    pub window: Option<Window>,
    /// The statement that returns the whole result in its order, with all columns of the root's rows.
    pub hydrate: Arc<str>,
    /// Equal for equal plans: a plan follows from its hydrating statement and its window.
    pub identity: Arc<str>,
    /// How many parameters the query has. The parameters of statements that look keys up come after them.
    pub parameters: usize,
    /// Whether the plan has no state beside the result.
    pub is_stateless: bool,
    /// The columns of one table that decide where a row of the result sorts, if there are such. Then a changed row that
    /// sorts behind the end of a window cannot matter.
    pub sorted_by: Option<SortedBy>,
}

/// The columns of a table that a result is sorted by.
#[derive(Clone, Debug)]
pub struct SortedBy {
    /// The table, which the query names once.
    pub table: Arc<str>,
    /// The columns and how they sort.
    pub terms: Vec<(usize, SortTerm)>,
}

impl SortedBy {
    /// The sort key of the result rows that a row of the table contributes.
    #[must_use]
    pub fn key(&self, row: &Row) -> Vec<u8> {
        let mut key = Vec::with_capacity(32);
        for (column, term) in &self.terms {
            push_sort_key(&mut key, *term, row.get(*column).unwrap_or(ValueRef::Null));
        }
        key
    }
}

/// A place in a statement where a base table, or a derived table with a plan of its own, is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRef {
    /// The table's id.
    pub table: Arc<str>,
    /// Its name, as a statement writes it.
    pub name: String,
    /// The columns of a derived table.
    pub derived: Option<Arc<[DerivedColumn]>>,
}

impl TableRef {
    /// A reference to a derived table.
    #[must_use]
    pub fn of_derived(table: Arc<str>, columns: Arc<[DerivedColumn]>) -> Self {
        let name = quoted(&TableVersion::Post.table_name(&table));
        Self { table, name, derived: Some(columns) }
    }

    /// What FROM of a statement has to read a version.
    #[must_use]
    pub fn read(&self, version: TableVersion) -> String {
        let name = match version {
            TableVersion::Post => self.name.clone(),
            _ => quoted(&version.table_name(&self.table)),
        };
        let columns = self.derived.as_deref().unwrap_or_default();
        if columns.iter().all(|column| column.affinity.is_some()) {
            return name;
        }
        // A column of a table always has an affinity. An expression with a plus in front of it has none, like an expression
        // that is a column of a derived table (<https://sqlite.org/datatype3.html#affinity_of_expressions>).
        let column = |(at, column): (usize, &DerivedColumn)| match column.affinity {
            Some(_) => format!("c{at}"),
            None => format!("+c{at} AS c{at}"),
        };
        let columns: Vec<String> = columns.iter().enumerate().map(column).collect();
        format!("(SELECT {} FROM {name})", columns.join(", "))
    }
}

/// A part of a plan, whose rows a strategy maintains.
#[derive(Clone, Debug)]
pub enum Node {
    /// `delta`.
    Delta(Delta),
    /// `key recompute`.
    Recompute(Recompute),
    /// `accumulate`.
    Accumulate(Accumulate),
    /// DISTINCT and compound SELECTs; shown as `accumulate`, or as `delta` for UNION ALL.
    Combine(Combine),
    /// `fixpoint`.
    Fixpoint(Fixpoint),
}

impl Plan {
    /// What the fixpoints of the plan cost beside their statements, for a commit and a binding, in SQLite's instructions
    /// that take as long. The recursive queries of `benches/` measure 170 to 240 natively; a browser measures more, because
    /// SQLite is slowed down less there than the rest. The gate uses one figure for both, so that it decides alike.
    #[must_use]
    pub fn instructions_of_following(&self) -> u64 {
        const ONE: u64 = 350;
        let nodes = self.derived.iter().map(|derived| &derived.node).chain([&self.root]);
        ONE * nodes.filter(|node| matches!(node, Node::Fixpoint(_))).count() as u64
    }

    /// Whether the window holds the rows that the root would otherwise hold.
    #[must_use]
    pub fn is_remembered_by_window(&self) -> bool {
        matches!(&self.root, Node::Recompute(recompute) if !recompute.remembers)
    }

    /// The statements that the plan is certain to run; of those over changed rows, one for each table.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        let mut statements = vec![self.hydrate.to_string()];
        self.derived.iter().for_each(|derived| derived.node.statements(&mut statements));
        self.root.statements(&mut statements);
        statements
    }

    /// Those of them that bring results up to date as a rule: they read changed rows, or the rows of keys that changed.
    #[must_use]
    pub fn maintenance_statements(&self) -> Vec<String> {
        let mut seldom = vec![&*self.hydrate];
        self.derived.iter().for_each(|derived| derived.node.seldom(&mut seldom));
        self.root.seldom(&mut seldom);
        let key = format!("?{}", self.parameters + 1);
        let mut statements = self.statements();
        statements
            .retain(|sql| !seldom.contains(&sql.as_str()) && (sql.contains("\"tidewater ") || sql.contains(&key)));
        statements
    }
}

impl Node {
    /// Whether a statement reads rows of a table reference that a commit did not change.
    #[must_use]
    pub fn reads_whole(&self, table_ref: usize) -> bool {
        match self {
            Self::Delta(delta) => delta.texts.iter().any(|text| {
                let table_refs = text.table_refs();
                table_refs.len() > 1 && table_refs.contains(&table_ref)
            }),
            Self::Recompute(recompute) => {
                recompute.affected_keys.iter().any(|affected| affected.path.contains(&table_ref))
            }
            Self::Accumulate(accumulate) => {
                accumulate.input.texts.iter().any(|text| text.table_refs().contains(&table_ref))
            }
            Self::Combine(combine) => combine.parts.iter().any(|part| part.reads_whole(table_ref)),
            Self::Fixpoint(fixpoint) => {
                fixpoint.base.reads_whole(table_ref)
                    || fixpoint.steps.iter().any(|step| step.table_refs().contains(&table_ref))
            }
        }
    }

    fn statements(&self, statements: &mut Vec<String>) {
        match self {
            Self::Delta(delta) => {
                for text in &delta.texts {
                    let one = |table_ref| text.render(&delta.table_refs, &[(table_ref, TableVersion::Old)]);
                    statements.extend(text.table_refs().into_iter().map(one));
                }
            }
            Self::Recompute(recompute) => recompute.statements(statements),
            Self::Accumulate(accumulate) => {
                Self::Delta(accumulate.input.clone()).statements(statements);
                statements.extend(accumulate.distinct.iter().map(|distinct| distinct.all.to_string()));
                statements.extend([&accumulate.all, &accumulate.one, &accumulate.rows].map(ToString::to_string));
            }
            Self::Combine(combine) => combine.parts.iter().for_each(|part| part.statements(statements)),
            Self::Fixpoint(fixpoint) => fixpoint.statements(statements),
        }
    }
}

impl Node {
    /// Adds the statements that run only where sums are not enough.
    fn seldom<'p>(&'p self, seldom: &mut Vec<&'p str>) {
        match self {
            Self::Accumulate(accumulate) => {
                let is_extreme = |measure: &Measure| matches!(measure, Measure::Minimum(_) | Measure::Maximum(_));
                if !accumulate.measures.iter().any(is_extreme) {
                    seldom.extend([&*accumulate.one, &*accumulate.rows]);
                }
            }
            Self::Combine(combine) => combine.parts.iter().for_each(|part| part.seldom(seldom)),
            Self::Fixpoint(fixpoint) => {
                seldom.push(&fixpoint.all);
                fixpoint.base.seldom(seldom);
            }
            Self::Delta(_) | Self::Recompute(_) => {}
        }
    }
}

impl Fixpoint {
    fn statements(&self, statements: &mut Vec<String>) {
        statements.push(self.all.to_string());
        self.base.statements(statements);
        for step in &self.steps {
            statements.push(step.render(&self.table_refs, &[(self.own, TableVersion::New)]));
            let tables = step.table_refs().into_iter().filter(|table_ref| *table_ref != self.own);
            statements.extend(tables.map(|table_ref| step.render(&self.table_refs, &[(table_ref, TableVersion::New)])));
        }
        let sought =
            self.sought.iter().map(|sought| sought.render(&self.table_refs, &[(self.again, TableVersion::New)]));
        statements.extend(sought);
    }
}

impl Recompute {
    fn statements(&self, statements: &mut Vec<String>) {
        statements.extend([&self.all, &self.rows].map(ToString::to_string));
        if let Some(Linear { text, table_refs }) = &self.linear {
            let one = |table_ref: &usize| text.render(&self.table_refs, &[(*table_ref, TableVersion::New)]);
            statements.extend(table_refs.iter().map(one));
        }
        for affected in &self.affected_keys {
            let one =
                |table_ref: &usize| affected.text.render(&self.table_refs, &[(*table_ref, TableVersion::Changed)]);
            statements.extend(affected.path.iter().map(one));
        }
    }
}

/// LIMIT and OFFSET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The most rows that are shown; a negative number means no limit.
    pub limit: Number,
    /// How many rows are skipped at the start; a negative number means 0.
    pub offset: Number,
}

/// A number that the binding determines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// A literal.
    Literal(i64),
    /// The parameter of this number, counted from 1.
    Parameter(usize),
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Literal(number) => number.fmt(f),
            Self::Parameter(number) => write!(f, "?{number}"),
        }
    }
}

impl Number {
    /// The number; nothing if SQLite would convert or refuse the value.
    #[must_use]
    pub fn value(&self, parameters: &[Value]) -> Option<i64> {
        match self {
            Self::Literal(number) => Some(*number),
            Self::Parameter(number) => match parameters.get(number.checked_sub(1)?)? {
                Value::Integer(number) => Some(*number),
                _ => None,
            },
        }
    }
}

/// The part of an ordered result that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many rows are skipped at the start.
    pub offset: usize,
    /// How many rows are shown after them, if there is an end.
    pub limit: Option<usize>,
}

impl Window {
    /// The bounds for a binding's parameters; nothing if only SQLite can tell.
    #[must_use]
    pub fn bounds(&self, parameters: &[Value]) -> Option<Bounds> {
        let limit = usize::try_from(self.limit.value(parameters)?).ok();
        let offset = usize::try_from(self.offset.value(parameters)?).unwrap_or(0);
        Some(Bounds { offset, limit })
    }
}
