//! What a query depends on. Every SELECT of the text is read in its scope, those inside views, CTEs and subqueries
//! included; what cannot be told is taken to read more rather than less.

use std::sync::Arc;

use sqlparser::ast::{Cte, Expr, LimitClause, OrderByExpr, OrderByKind, Query, SetExpr, SetQuantifier, With};

use super::Unparsed;
use super::scope::{Output, Scope, Shape};
use super::{parse, plan_dependence};
use crate::plan::{Columns, Dependencies, Source};
use crate::types::{Catalog, ColumnKind, Table};

/// How many SELECTs are read, those of views and CTEs at each of their occurrences.
const MOST_SELECTS: usize = 1000;

/// How deep views, CTEs and subqueries may be in one another.
const DEEPEST: usize = 48;

/// Derives the dependencies of the SELECT `sql`.
pub(crate) fn dependencies(sql: &str, catalog: &Catalog) -> Result<Dependencies, Unparsed> {
    let query = parse::query(sql)?;
    let mut analysis = Analysis {
        catalog,
        found: Dependencies::default(),
        expanding: Vec::new(),
        read_ctes: Vec::new(),
        selects: 0,
        failure: None,
    };
    analysis.query(&query, &Surroundings::default(), Use::Rows);
    match analysis.failure {
        Some(reason) => Err(Unparsed { reason }),
        None => Ok(merged(analysis.found)),
    }
}

/// Joins occurrences that only differ in their columns.
fn merged(mut found: Dependencies) -> Dependencies {
    let mut sources: Vec<Source> = Vec::with_capacity(found.sources.len());
    for source in found.sources {
        match sources.iter_mut().find(|other| other.table == source.table && other.predicates == source.predicates) {
            Some(other) => other.columns.extend(&source.columns),
            None => sources.push(source),
        }
    }
    found.sources = sources;
    found
}

/// What becomes of the rows of a SELECT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Use {
    /// All of them matter.
    #[default]
    Rows,
    /// EXISTS: only whether there is one.
    Existence,
    /// A scalar subquery: only the first.
    First,
}

/// What is around a query: the CTEs and columns it can name, and the one database it is bound to inside a view.
#[derive(Clone, Copy, Default)]
pub(super) struct Surroundings<'a> {
    pub(super) with: Option<&'a WithScope<'a>>,
    pub(super) scope: Option<&'a Scope<'a>>,
    pub(super) database: Option<&'a str>,
    pub(super) depth: usize,
}

/// The CTEs of one WITH, and those around it.
pub(super) struct WithScope<'a> {
    with: &'a With,
    parent: Option<&'a WithScope<'a>>,
}

/// A CTE whose body is being read; a reference to it from there is the recursion.
struct Expansion {
    /// The CTE, by its place in memory.
    cte: *const Cte,
    /// The first SELECT of its body, by its place in memory: it decides what columns there are.
    first: *const SetExpr,
    columns: Option<Vec<Output>>,
}

/// The reading of one text.
pub(super) struct Analysis<'c> {
    pub(super) catalog: &'c Catalog,
    pub(super) found: Dependencies,
    expanding: Vec<Expansion>,
    /// The columns of CTEs that were read where no SELECT around them could change what their names mean.
    pub(super) read_ctes: Vec<(*const Cte, Vec<Output>)>,
    selects: usize,
    failure: Option<String>,
}

impl Analysis<'_> {
    /// Gives up: SQLite has to tell what is read.
    pub(super) fn fail(&mut self, reason: String) {
        self.failure.get_or_insert(reason);
    }

    /// A new occurrence of a table that nothing has been read of yet.
    pub(super) fn source(&mut self, table: &Table) -> usize {
        let columns = Columns::Some(std::collections::BTreeSet::new());
        self.found.sources.push(Source { table: Arc::clone(&table.id), columns, predicates: Vec::new() });
        self.found.sources.len() - 1
    }

    /// Notes that an occurrence reads a column; no hook shows the value of a virtual one, so it may be any change's.
    pub(super) fn read(&mut self, source: usize, table: &Table, column: usize) {
        let is_virtual = table.columns.get(column).is_none_or(|column| column.kind == ColumnKind::GeneratedVirtual);
        match &mut self.found.sources[source].columns {
            Columns::All => {}
            columns if is_virtual => *columns = Columns::All,
            Columns::Some(columns) => {
                columns.insert(column);
            }
        }
    }

    pub(super) fn every_commit(&mut self, reason: String) {
        self.found.every_commit.get_or_insert(reason);
    }

    pub(super) fn plan_dependent(&mut self, reason: &str) {
        self.found.plan_dependent.get_or_insert_with(|| reason.to_owned());
    }

    /// Reads a query and tells the columns of its result.
    pub(super) fn query(&mut self, query: &Query, around: &Surroundings<'_>, used: Use) -> Vec<Output> {
        self.selects += 1;
        if self.selects > MOST_SELECTS || around.depth > DEEPEST {
            self.fail("too many SELECTs in one another".to_owned());
            return Vec::new();
        }
        let with = query.with.as_ref().map(|with| WithScope { with, parent: around.with });
        let inside = Surroundings { with: with.as_ref().or(around.with), depth: around.depth + 1, ..*around };
        let order = match query.order_by.as_ref().map(|order| &order.kind) {
            Some(OrderByKind::Expressions(terms)) => terms.as_slice(),
            _ => &[],
        };
        let limit = Limit::of(query, used);
        if let Some(clause) = &query.limit_clause {
            let nothing = Scope { items: &[], results: &[], parent: around.scope };
            for expression in limit_expressions(clause) {
                self.expression(expression, &nothing, &inside);
            }
        }
        match &*query.body {
            SetExpr::Select(select) => {
                let outputs = self.select(select, order, limit, &inside);
                self.first_columns(&query.body, &outputs);
                outputs
            }
            body => {
                let outputs = self.compound(body, &inside);
                if limit != Limit::None && !plan_dependence::orders_all(order, &outputs) {
                    self.plan_dependent("LIMIT over rows that ORDER BY may leave tied");
                }
                outputs
            }
        }
    }

    /// Reads SELECTs joined by UNION and the like, of which the tree is as deep to the left as they are many.
    fn compound(&mut self, body: &SetExpr, around: &Surroundings<'_>) -> Vec<Output> {
        let mut arms = Vec::new();
        let mut first = body;
        let mut is_set = false;
        while let SetExpr::SetOperation { left, right, set_quantifier, .. } = first {
            is_set |= *set_quantifier != SetQuantifier::All;
            arms.push(&**right);
            first = left;
        }
        let mut outputs = self.arm(first, around);
        self.first_columns(first, &outputs);
        for arm in arms.into_iter().rev() {
            let others = self.arm(arm, around);
            for (output, other) in outputs.iter_mut().zip(&others) {
                output.shape = output.shape.or(other.shape);
            }
        }
        if is_set && outputs.iter().any(|output| output.shape == Shape::Loose) {
            self.plan_dependent("which of several equal values a compound SELECT shows");
        }
        outputs
    }

    fn arm(&mut self, arm: &SetExpr, around: &Surroundings<'_>) -> Vec<Output> {
        match arm {
            SetExpr::Select(select) => self.select(select, &[], Limit::None, around),
            SetExpr::Query(query) => self.query(query, around, Use::Rows),
            SetExpr::SetOperation { .. } => self.compound(arm, &Surroundings { depth: around.depth + 1, ..*around }),
            SetExpr::Values(values) => {
                let scope = Scope { items: &[], results: &[], parent: around.scope };
                let mut shapes: Vec<Shape> = Vec::new();
                for row in &values.rows {
                    for (at, expression) in row.content.iter().enumerate() {
                        self.expression(expression, &scope, around);
                        let shape = plan_dependence::shape(expression, &scope);
                        match shapes.get_mut(at) {
                            Some(known) => *known = known.or(shape),
                            None => shapes.push(shape),
                        }
                    }
                }
                let named = |(at, shape)| Output { name: Some(format!("column{}", at + 1)), is_hidden: false, shape };
                shapes.into_iter().enumerate().map(named).collect()
            }
            _ => {
                self.fail("not a SELECT".to_owned());
                Vec::new()
            }
        }
    }

    /// The columns of a CTE's first SELECT are the CTE's, from then on also for the recursion.
    fn first_columns(&mut self, body: &SetExpr, outputs: &[Output]) {
        let expansion = self.expanding.last_mut().filter(|expansion| std::ptr::eq(expansion.first, body));
        if let Some(expansion) = expansion {
            let loose = outputs.iter().map(|output| Output { shape: Shape::Loose, ..output.clone() });
            expansion.columns.get_or_insert_with(|| loose.collect());
        }
    }

    /// Reads the CTE that an unqualified table name stands for, if it is one: its columns, and whether there may be more.
    pub(super) fn cte(&mut self, name: &str, around: &Surroundings<'_>) -> Option<(Vec<Output>, bool)> {
        let mut with = around.with;
        let (scope, cte) = loop {
            let scope = with?;
            let found = scope.with.cte_tables.iter().find(|cte| cte.alias.name.value.eq_ignore_ascii_case(name));
            match found {
                Some(cte) => break (scope, cte),
                None => with = scope.parent,
            }
        };
        if let Some(expansion) = self.expanding.iter().find(|expansion| std::ptr::eq(expansion.cte, cte)) {
            return Some((expansion.columns.clone().unwrap_or_default(), expansion.columns.is_none()));
        }
        let is_alone = around.scope.is_none();
        if let Some((_, columns)) = self.read_ctes.iter().find(|(read, _)| is_alone && std::ptr::eq(*read, cte)) {
            return Some((columns.clone(), false));
        }
        let names: Vec<_> = cte.alias.columns.iter().map(|column| column.name.value.clone()).collect();
        let listed =
            names.iter().map(|name| Output { name: Some(name.clone()), is_hidden: false, shape: Shape::Loose });
        let mut first = &*cte.query.body;
        while let SetExpr::SetOperation { left, .. } = first {
            first = left;
        }
        let columns = (!names.is_empty()).then(|| listed.collect());
        self.expanding.push(Expansion { cte, first, columns });
        let inside = Surroundings { with: Some(scope), ..*around };
        let mut outputs = self.query(&cte.query, &inside, Use::Rows);
        self.expanding.pop();
        for (output, name) in outputs.iter_mut().zip(names) {
            output.name = Some(name);
        }
        if is_alone {
            self.read_ctes.push((cte, outputs.clone()));
        }
        Some((outputs, false))
    }
}

/// Whether a query's LIMIT or OFFSET chooses among its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// No.
    None,
    /// By LIMIT or OFFSET.
    Clause,
    /// By being used as a value, of which only the first row is taken.
    First,
}

impl Limit {
    fn of(query: &Query, used: Use) -> Self {
        let has_offset = match &query.limit_clause {
            Some(LimitClause::LimitOffset { offset, .. }) => offset.is_some(),
            Some(LimitClause::OffsetCommaLimit { .. }) => true,
            None => false,
        };
        match (used, &query.limit_clause) {
            // That there is a row does not depend on which one comes first.
            (Use::Existence, _) if !has_offset => Self::None,
            (_, Some(_)) => Self::Clause,
            (Use::First, None) => Self::First,
            _ => Self::None,
        }
    }
}

fn limit_expressions(clause: &LimitClause) -> Vec<&Expr> {
    match clause {
        LimitClause::LimitOffset { limit, offset, .. } => {
            limit.iter().chain(offset.iter().map(|offset| &offset.value)).collect()
        }
        LimitClause::OffsetCommaLimit { offset, limit } => vec![offset, limit],
    }
}

/// The terms of ORDER BY that a SELECT has.
pub(super) type Order<'a> = &'a [OrderByExpr];

#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod watch_tests;
