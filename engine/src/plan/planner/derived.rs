//! Plans of derived tables in FROM that are not linear: see [`crate::plan::Derived`].

use std::sync::Arc;

use super::{Planner, linear};
use crate::plan::reason::reached;
use crate::plan::{
    Arm, CollatedPart, Column, Derived, DerivedColumn, Expression, Input, Limit, Node, Query, Reason, Select,
    SetOperator, TableRef, derived_id,
};
use crate::types::Affinity;

/// How many derived tables a plan may have.
const MOST_DERIVED: usize = 16;

impl Planner {
    /// Plans every derived table of a query that is not linear, the innermost first, and replaces it by a table of the plan.
    pub(super) fn plan_derived(&mut self, query: &mut Query) -> Result<(), Reason> {
        for arm in &mut query.arms {
            if let Arm::Select(select) = arm {
                self.plan_derived_of(select)?;
            }
        }
        Ok(())
    }

    pub(super) fn plan_derived_of(&mut self, select: &mut Select) -> Result<(), Reason> {
        for item in &mut select.items {
            match &mut item.input {
                Input::Query(query) => {
                    self.plan_derived(query)?;
                    // A query that names items around it has other rows for each row there.
                    if query.is_closed() && linear::of_input(&item.input).is_some() {
                        item.input = self.derived_input(&item.input, &item.columns)?;
                    }
                }
                Input::Recursion(recursion) => {
                    let node = self.fixpoint(recursion)?;
                    item.input = self.hold(node, &item.columns, None)?;
                }
                Input::Table { .. } | Input::Function(..) => {}
            }
        }
        for expression in select.all_expressions_mut() {
            expression.change_subqueries(|query| self.plan_derived(query))?;
        }
        Ok(())
    }

    pub(super) fn derived_input(&mut self, input: &Input, columns: &[Column]) -> Result<Input, Reason> {
        let Input::Query(query) = input else { return Ok(input.clone()) };
        let was_in_from = std::mem::replace(&mut self.in_from, true);
        let held = self.held_query(query, columns);
        self.in_from = was_in_from;
        held
    }

    fn held_query(&mut self, query: &Query, columns: &[Column]) -> Result<Input, Reason> {
        if !matches!(query.limit, Limit::None) {
            return self.limited(query, columns);
        }
        if self.order_dependent.rows && !query.order.is_empty() {
            return Err(reached(Reason::OrderInFrom));
        }
        let node = self.query(query)?;
        self.hold(node, columns, key(query))
    }

    /// The rows of a node as a table of the plan. If `key` is given, no two rows have the same values in its columns; an
    /// empty key means that there is one row.
    pub(super) fn hold(&mut self, node: Node, columns: &[Column], key: Option<Vec<usize>>) -> Result<Input, Reason> {
        if self.derived.len() >= MOST_DERIVED {
            return Err(reached(Reason::TooManyDerivedTables { most: MOST_DERIVED }));
        }
        let columns_of = columns.iter().map(|column| {
            let affinity = column.affinity.ok_or_else(|| reached(Reason::UnknownAffinity))?;
            let collation = column.collation.ok_or_else(|| reached(Reason::Collation(CollatedPart::Derived)))?;
            Ok(DerivedColumn { affinity, collation })
        });
        let kinds = columns_of.collect::<Result<Vec<_>, Reason>>()?;
        let table = derived_id(self.derived.len(), &kinds);
        let kinds: Arc<[DerivedColumn]> = kinds.into();
        let table_ref = self.table_refs.len();
        self.table_refs.push(TableRef::of_derived(table.clone(), Arc::clone(&kinds)));
        let is_real = |kind: &DerivedColumn| kind.affinity == Some(Affinity::Real);
        let reals = (0..kinds.len()).filter(|at| is_real(&kinds[*at])).collect();
        self.derived.push(Derived { table, node, is_held: true, reals });
        // Numbers that differ may be equal as REAL.
        let is_key = |key: &Vec<usize>| key.iter().all(|at| columns[*at].affinity != Some(Some(Affinity::Real)));
        let identity = match key.filter(is_key) {
            Some(key) => {
                self.keyed.insert(table_ref);
                key.into_iter().map(|at| columns[at].clone()).collect()
            }
            None => Vec::new(),
        };
        // Equal rows are one part together.
        let identity = if identity.is_empty() { columns.to_vec() } else { identity };
        Ok(Input::Table { table_ref, identity: Some(identity) })
    }

    /// The plan of a query without its ORDER BY.
    pub(super) fn query(&mut self, query: &Query) -> Result<Node, Reason> {
        match &query.arms[..] {
            [Arm::Select(select)] => self.select(select, &[]),
            [Arm::Values(_)] => self.constant(query),
            _ => self.compound(query),
        }
    }
}

/// Columns in which no two rows of a query are equal, if that is plain.
pub(super) fn key(query: &Query) -> Option<Vec<usize>> {
    let all = || match query.arms.first() {
        Some(Arm::Select(select)) => Some((0..select.columns.len()).collect()),
        Some(Arm::Values(_)) | None => None,
    };
    match (&query.arms[..], query.operators.last()) {
        ([Arm::Select(select)], _) if select.is_aggregated => {
            let place = |group: &Expression| select.columns.iter().position(|column| column.text == group.text);
            select.groups.iter().map(place).collect()
        }
        ([Arm::Select(select)], _) if select.distinct => all(),
        (_, Some(SetOperator::Union | SetOperator::Intersect | SetOperator::Except)) if query.is_uniform => all(),
        _ => None,
    }
}
