//! What a query depends on. Every SELECT of the text is read in its scope, those inside views, CTEs and subqueries
//! included; what cannot be told is taken to read more rather than less.

use std::sync::Arc;

use sqlite3_parser::Bump;
use sqlite3_parser::ast::{self, CommonTableExpr, CompoundOperator, OneSelect, Select, SortedColumn, With};

use super::Unparsed;
use super::clauses::Clauses;
use super::name::plain;
use super::parse::Parameters;
use super::scope::{Output, Scope, Shape};
use super::{parse, plan_dependence};
use crate::plan::{BARE_COLUMN, Columns, Dependencies, Operand, Slot, Source};
use crate::types::{Catalog, ColumnKind, Table};

/// How many SELECTs are read, those of views and CTEs at each of their table references.
const MOST_SELECTS: usize = 1000;

/// How deep views, CTEs, subqueries and parentheses in FROM may be in one another.
pub(super) const DEEPEST: usize = 100;

pub(super) const TOO_DEEP: &str = "too many SELECTs in one another";

/// Derives the dependencies of the SELECT `sql`.
pub(crate) fn dependencies(sql: &str, catalog: &Catalog) -> Result<Dependencies, Unparsed> {
    let arena = Bump::new();
    let tree = parse::query(sql, &arena)?;
    let mut analysis = Analysis {
        catalog,
        arena: &arena,
        found: Dependencies::default(),
        expanding: Vec::new(),
        read_ctes: Vec::new(),
        selects: 0,
        failure: None,
    };
    analysis.query(tree.select, &Surroundings::default(), Use::Rows);
    match analysis.failure {
        Some(reason) => Err(Unparsed { reason }),
        None => Ok(merged(named(analysis.found, &tree.parameters))),
    }
}

/// Calls the parameters that have names by them.
fn named(mut found: Dependencies, parameters: &Parameters<'_>) -> Dependencies {
    let predicates = found.sources.iter_mut().flat_map(|source| {
        source.predicates.iter_mut().chain(source.path_lookups.iter_mut().map(|lookup| &mut lookup.predicate))
    });
    for operand in predicates.flat_map(|predicate| &mut predicate.any_of) {
        if let Operand::Parameter(slot) = operand
            && let Slot::Position(number) = *slot
            && let Some(name) = parameters.name(number)
        {
            *slot = Slot::Name(name.to_owned());
        }
    }
    found
}

/// Joins table references that only differ in their columns.
fn merged(mut found: Dependencies) -> Dependencies {
    let mut sources: Vec<Source> = Vec::with_capacity(found.sources.len());
    for source in found.sources {
        let is_alike = |other: &&mut Source| {
            other.table == source.table
                && other.predicates == source.predicates
                && other.path_lookups == source.path_lookups
        };
        match sources.iter_mut().find(is_alike) {
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

impl Surroundings<'_> {
    /// The same, one level further in.
    pub(super) fn deeper(&self) -> Self {
        Self { depth: self.depth + 1, ..*self }
    }
}

/// The CTEs of one WITH, and those around it.
pub(super) struct WithScope<'a> {
    with: &'a With<'a>,
    parent: Option<&'a WithScope<'a>>,
}

/// A piece of a tree by where it stands in memory, which is where it stays while the texts are read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place(*const ());

impl Place {
    fn of<T>(piece: &T) -> Self {
        Self(std::ptr::from_ref(piece).cast())
    }
}

/// A CTE whose body is being read; a reference to it from there is the recursion.
struct Expansion {
    cte: Place,
    /// The first SELECT of its body: it decides what columns there are.
    first: Place,
    columns: Option<Vec<Output>>,
}

/// The reading of one text.
pub(super) struct Analysis<'c> {
    pub(super) catalog: &'c Catalog,
    /// Where the trees are, those of views too.
    pub(super) arena: &'c Bump,
    pub(super) found: Dependencies,
    expanding: Vec<Expansion>,
    /// The columns of CTEs that were read where no SELECT around them could change what their names mean.
    read_ctes: Vec<(Place, Vec<Output>)>,
    selects: usize,
    failure: Option<String>,
}

impl Analysis<'_> {
    /// Gives up: SQLite has to tell what is read.
    pub(super) fn fail(&mut self, reason: String) {
        self.failure.get_or_insert(reason);
    }

    /// A new table reference of a table that nothing has been read of yet.
    pub(super) fn source(&mut self, table: &Table) -> usize {
        let columns = Columns::Some(std::collections::BTreeSet::new());
        self.found.sources.push(Source {
            table: Arc::clone(&table.id),
            columns,
            predicates: Vec::new(),
            path_lookups: Vec::new(),
        });
        self.found.sources.len() - 1
    }

    /// Notes that a table reference reads a column; no hook shows the value of a virtual one, so it may be any change's.
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
        if self.found.plan_dependent.is_none() || reason == BARE_COLUMN {
            self.found.plan_dependent = Some(reason.to_owned());
        }
    }

    /// Reads a query and tells the columns of its result.
    pub(super) fn query(&mut self, query: &Select<'_>, around: &Surroundings<'_>, used: Use) -> Vec<Output> {
        self.selects += 1;
        if self.selects > MOST_SELECTS || around.depth > DEEPEST {
            self.fail(TOO_DEEP.to_owned());
            return Vec::new();
        }
        let with = query.with.as_ref().map(|with| WithScope { with, parent: around.with });
        let inside = Surroundings { with: with.as_ref().or(around.with), ..around.deeper() };
        let order = query.order_by.unwrap_or_default();
        let limit = Limit::of(query.limit, used);
        if let Some(clause) = query.limit {
            let nothing = Scope { items: &[], results: &[], parent: around.scope };
            for expression in std::iter::once(&clause.expr).chain(&clause.offset) {
                self.expression(expression, &nothing, &inside);
            }
        }
        let first = &query.body.select;
        let Some(compounds) = &query.body.compounds else {
            let outputs = self.arm(first, order, limit, &inside);
            self.first_columns(first, &outputs);
            return outputs;
        };
        let mut outputs = self.arm(first, &[], Limit::None, &inside);
        self.first_columns(first, &outputs);
        for compound in compounds {
            let others = self.arm(&compound.select, &[], Limit::None, &inside);
            for (output, other) in outputs.iter_mut().zip(&others) {
                output.shape = output.shape.or(other.shape);
            }
        }
        let is_set = compounds.iter().any(|compound| compound.operator != CompoundOperator::UnionAll);
        if is_set && outputs.iter().any(|output| output.shape == Shape::Loose) {
            self.plan_dependent("which of several equal values a compound SELECT shows");
        }
        if limit != Limit::None && !plan_dependence::orders_all(order, &outputs) {
            self.plan_dependent("LIMIT over rows that ORDER BY may leave tied");
        }
        outputs
    }

    /// Reads one of the SELECTs that UNION and the like join, or the only one.
    fn arm(&mut self, arm: &OneSelect<'_>, order: Order<'_>, limit: Limit, around: &Surroundings<'_>) -> Vec<Output> {
        match (arm, Clauses::of(arm)) {
            (_, Some(clauses)) => self.select(clauses, order, limit, around),
            (OneSelect::Values(rows), None) => {
                let outputs = self.values(rows, around);
                if limit != Limit::None && rows.len() > 1 && !plan_dependence::orders_all(order, &outputs) {
                    self.plan_dependent("LIMIT over rows that ORDER BY may leave tied");
                }
                outputs
            }
            (OneSelect::Select { .. }, None) => Vec::new(),
        }
    }

    fn values<'t>(
        &mut self,
        rows: impl IntoIterator<Item = impl IntoIterator<Item = &'t ast::Expr<'t>>>,
        around: &Surroundings<'_>,
    ) -> Vec<Output> {
        let scope = Scope { items: &[], results: &[], parent: around.scope };
        let mut shapes: Vec<Shape> = Vec::new();
        for row in rows {
            for (at, expression) in row.into_iter().enumerate() {
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

    /// The columns of a CTE's first SELECT are the CTE's, from then on also for the recursion.
    fn first_columns(&mut self, first: &OneSelect<'_>, outputs: &[Output]) {
        let expansion = self.expanding.last_mut().filter(|expansion| expansion.first == Place::of(first));
        if let Some(expansion) = expansion {
            let loose = outputs.iter().map(|output| Output { shape: Shape::Loose, ..output.clone() });
            expansion.columns.get_or_insert_with(|| loose.collect());
        }
    }

    /// Reads the CTE that an unqualified table name stands for, if it is one: its columns, and whether there may be more.
    pub(super) fn cte(&mut self, name: &str, around: &Surroundings<'_>) -> Option<(Vec<Output>, bool)> {
        let is_called = |cte: &&CommonTableExpr<'_>| plain(cte.tbl_name.0).eq_ignore_ascii_case(name);
        let mut scopes = std::iter::successors(around.with, |scope| scope.parent);
        let (scope, cte) = scopes.find_map(|scope| Some((scope, scope.with.ctes.iter().find(is_called)?)))?;
        let place = Place::of(cte);
        if let Some(expansion) = self.expanding.iter().find(|expansion| expansion.cte == place) {
            return Some((expansion.columns.clone().unwrap_or_default(), expansion.columns.is_none()));
        }
        let is_alone = around.scope.is_none();
        if let Some((_, columns)) = self.read_ctes.iter().find(|(read, _)| is_alone && *read == place) {
            return Some((columns.clone(), false));
        }
        let names: Vec<_> =
            cte.columns.into_iter().flatten().map(|column| plain(column.col_name.0).into_owned()).collect();
        let listed =
            names.iter().map(|name| Output { name: Some(name.clone()), is_hidden: false, shape: Shape::Loose });
        let columns = (!names.is_empty()).then(|| listed.collect());
        self.expanding.push(Expansion { cte: place, first: Place::of(&cte.select.body.select), columns });
        let inside = Surroundings { with: Some(scope), ..*around };
        let mut outputs = self.query(cte.select, &inside, Use::Rows);
        self.expanding.pop();
        for (output, name) in outputs.iter_mut().zip(names) {
            output.name = Some(name);
        }
        if is_alone {
            self.read_ctes.push((place, outputs.clone()));
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
    fn of(limit: Option<&ast::Limit<'_>>, used: Use) -> Self {
        match (used, limit) {
            // That there is a row does not depend on which one comes first.
            (Use::Existence, limit) if limit.is_none_or(|limit| limit.offset.is_none()) => Self::None,
            (_, Some(_)) => Self::Clause,
            (Use::First, None) => Self::First,
            _ => Self::None,
        }
    }
}

/// The terms of ORDER BY that a SELECT has.
pub(super) type Order<'a> = &'a [SortedColumn<'a>];

#[cfg(test)]
pub(super) mod corpus_tests;
#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod watch_tests;
