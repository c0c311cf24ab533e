//! What a query depends on, read from its bound tree: tables and columns, the rows that can matter, functions whose value is
//! in no table, and what its answer leaves to the order of rows.

mod functions;
mod join_paths;
mod keys;
mod order_dependence;
mod predicates;

use std::sync::Arc;

pub(crate) use functions::tells_of_connection;
use sqlite3_parser::ast::CompoundOperator;

use super::bind::tree::{Arm, Bound, Expression, Input, Item, Kind, OrderBy, OrderTerm, Query, Select};
use super::bind::walk;
use super::syntax::parse::Parameters;
use crate::plan::{AlwaysAffected, Dependencies, OrderDependence, Source};
use crate::types::Catalog;

/// The dependencies of a bound query.
pub(super) fn dependencies(bound: &Bound<'_>, catalog: &Catalog) -> Dependencies {
    let sources = bound.references.iter().map(|reference| Source {
        table: Arc::clone(&reference.table.id),
        columns: reference.columns.clone(),
        predicates: Vec::new(),
        path_lookups: Vec::new(),
    });
    let found = Dependencies { sources: sources.collect(), names_index: bound.names_index, ..Dependencies::default() };
    let mut analysis = Analysis { parameters: &bound.parameters, is_utf8: catalog.is_utf8, found, seen: Vec::new() };
    analysis.query(&bound.query, Use::Rows);
    merged(analysis.found)
}

/// Joins sources that only differ in their columns.
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

/// What becomes of the rows of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// All of them matter.
    Rows,
    /// EXISTS: only whether there is one.
    Existence,
    /// A scalar subquery: only the first.
    First,
}

/// Whether a query chooses among its rows, so that their order shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RowChoice {
    /// No.
    All,
    /// By LIMIT or OFFSET.
    Limited,
    /// By being used as a value: only the first row is taken.
    First,
}

impl RowChoice {
    fn of(query: &Query<'_>, used: Use) -> Self {
        let has_offset = query.limit.as_ref().is_some_and(|limit| limit.offset.is_some());
        match (used, &query.limit) {
            // That there is a row does not depend on which one comes first.
            (Use::Existence, _) if !has_offset => Self::All,
            (_, Some(_)) => Self::Limited,
            (Use::First, None) => Self::First,
            _ => Self::All,
        }
    }
}

/// The reading of one bound tree.
struct Analysis<'b, 't> {
    parameters: &'b Parameters<'t>,
    is_utf8: bool,
    /// Its sources are by table reference.
    found: Dependencies,
    /// Queries that several items of FROM share.
    seen: Vec<*const Query<'t>>,
}

impl<'t> Analysis<'_, 't> {
    fn every_commit(&mut self, reason: &AlwaysAffected) {
        self.found.every_commit.get_or_insert_with(|| reason.clone());
    }

    fn order_dependence(&mut self, reason: OrderDependence) {
        if self.found.order_dependence.is_none() || reason == OrderDependence::BareColumn {
            self.found.order_dependence = Some(reason);
        }
    }

    fn query(&mut self, query: &Query<'t>, used: Use) {
        let choice = RowChoice::of(query, used);
        query.limit.iter().flat_map(|limit| limit.expressions()).for_each(|expression| self.expression(expression));
        for term in &query.order {
            if let OrderBy::Expression(expression) = &term.by {
                self.expression(expression);
            }
        }
        let only = query.operators.is_empty();
        for arm in &query.arms {
            match arm {
                Arm::Select(select) if only => self.select(select, &query.order, choice),
                Arm::Select(select) => self.select(select, &[], RowChoice::All),
                Arm::Values { rows, outputs } => {
                    rows.iter().flatten().for_each(|value| self.expression(value));
                    let is_chosen = only && choice != RowChoice::All && rows.len() > 1;
                    if is_chosen && !order_dependence::orders_all(&query.order, outputs, &[]) {
                        self.order_dependence(OrderDependence::TiedLimit);
                    }
                }
            }
        }
        if !only {
            self.compound(query, choice);
        }
    }

    fn compound(&mut self, query: &Query<'t>, choice: RowChoice) {
        let is_set = query.operators.iter().any(|operator| *operator != CompoundOperator::UnionAll);
        if is_set && query.outputs.iter().any(|output| !output.value_type.is_exact()) {
            self.order_dependence(OrderDependence::EqualInCompound);
        }
        if choice != RowChoice::All && !order_dependence::orders_all(&query.order, &query.outputs, &[]) {
            self.order_dependence(OrderDependence::TiedLimit);
        }
    }

    fn select(&mut self, select: &Select<'t>, order: &[OrderTerm<'t>], choice: RowChoice) {
        select.from.items.iter().for_each(|item| self.item(item));
        select.expressions().for_each(|expression| self.expression(expression));
        self.predicates(select);
        self.join_paths(select);
        if let Some(reason) = order_dependence::reason(select, order, choice) {
            self.order_dependence(reason);
        }
    }

    fn item(&mut self, item: &Item<'t>) {
        match &item.input {
            Input::Query { query, .. } => self.shared(query),
            Input::Recursive(recursive) => self.shared(&recursive.query),
            Input::Opaque { every_commit: Some(reason), .. } => self.every_commit(reason),
            Input::Opaque { .. } | Input::Table(_) | Input::Step(_) | Input::Unstored(_) => {}
        }
    }

    /// A query that several items may share is read once.
    fn shared(&mut self, query: &Query<'t>) {
        let place = std::ptr::from_ref(query);
        if !self.seen.contains(&place) {
            self.seen.push(place);
            self.query(query, Use::Rows);
        }
    }

    fn expression(&mut self, expression: &Expression<'t>) {
        let mut pending = vec![expression];
        while let Some(expression) = pending.pop() {
            match &expression.kind {
                Kind::Exists(subquery) => self.query(&subquery.query, Use::Existence),
                Kind::Subquery(subquery) => self.query(&subquery.query, Use::First),
                Kind::InQuery { subquery, .. } => self.query(&subquery.query, Use::Rows),
                Kind::InTable { table, .. } => self.item(&table.item),
                Kind::Literal(literal) => self.clock(literal),
                Kind::Call(call) => self.function(call),
                _ => {}
            }
            pending.extend(walk::operands(&expression.kind).into_iter().rev());
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
