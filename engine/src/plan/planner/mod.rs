//! The planner: it chooses the strategy for each part of a query, or says why there is none.

mod accumulate;
mod affected_keys;
mod bare;
mod check;
mod compound;
mod derived;
mod evaluator;
mod failing;
mod fixpoint;
mod key;
mod limited;
mod linear;
mod padded;
mod projected;
mod query;
mod recompute;
mod select;
mod values;

use std::sync::Arc;

use failing::fails_between_tables;

use super::{
    Derived, DisabledFeatures, Input, Join, Logical, Node, OrderDependent, Plan, Reason, Select, SqlText, TableRef,
};
use crate::types::SortedSet;

/// Plans a query without the disabled features; `order_dependent` tells what of its result depends on row order.
///
/// # Errors
/// Why no strategy maintains the query.
pub fn plan(logical: &Logical, order_dependent: OrderDependent, disabled: DisabledFeatures) -> Result<Plan, Reason> {
    Planner::of_query(logical, order_dependent, disabled).map_err(|why| match disabled.is_nothing() {
        true => why,
        false => Reason::WithDisabled { why: Box::new(why), disabled },
    })
}

/// A plan in the making.
struct Planner {
    /// References to base tables, then to derived tables.
    table_refs: Vec<TableRef>,
    /// How many parameters the query has.
    parameters: usize,
    derived: Vec<Derived>,
    /// References to derived tables that have at most one row of each identity.
    keyed: SortedSet<usize>,
    states: u32,
    items: usize,
    order_dependent: OrderDependent,
    /// Whether a query in FROM is being planned.
    in_from: bool,
    disabled: DisabledFeatures,
}

impl Planner {
    fn new(logical: &Logical, items: usize, order_dependent: OrderDependent, disabled: DisabledFeatures) -> Self {
        Self {
            table_refs: logical.table_refs.clone(),
            parameters: logical.parameters,
            derived: Vec::new(),
            keyed: SortedSet::new(),
            states: 0,
            items,
            order_dependent,
            in_from: false,
            disabled,
        }
    }

    fn state(&mut self) -> u32 {
        self.states += 1;
        self.states
    }

    /// A new item of FROM.
    fn item(&mut self) -> usize {
        self.items += 1;
        self.items - 1
    }

    /// The SQL of a statement for all rows.
    fn render_all(&self, text: &SqlText) -> Arc<str> {
        text.render_all(&self.table_refs).into()
    }

    /// The SQL of a statement over the tables as they are.
    fn render(&self, text: &SqlText) -> Arc<str> {
        text.render(&self.table_refs, &[]).into()
    }

    fn table_refs(&self) -> Vec<TableRef> {
        self.table_refs.clone()
    }

    /// Plans something; if that fails, the derived tables that it made are removed again.
    fn attempt<T>(&mut self, plan: impl FnOnce(&mut Self) -> Result<T, Reason>) -> Result<T, Reason> {
        let before = self.mark();
        let planned = plan(self);
        if planned.is_err() {
            self.back_to(before);
        }
        planned
    }

    /// How many table references and derived tables there are.
    fn mark(&self) -> (usize, usize) {
        (self.table_refs.len(), self.derived.len())
    }

    fn back_to(&mut self, (table_refs, derived): (usize, usize)) {
        self.table_refs.truncate(table_refs);
        self.derived.truncate(derived);
        self.keyed.retain(|table_ref| *table_ref < table_refs);
    }

    /// Whether a table reference is to a derived table that has state.
    fn is_of_state(&self, table_ref: usize) -> bool {
        let table = &self.table_refs[table_ref].table;
        self.derived.iter().any(|derived| derived.table == *table && !is_stateless(&derived.node))
    }
}

/// Whether a node has no state between commits.
fn is_stateless(node: &Node) -> bool {
    match node {
        Node::Delta(_) => true,
        Node::Combine(combine) => combine.is_sum() && combine.parts.iter().all(is_stateless),
        Node::Recompute(recompute) => !recompute.remembers,
        Node::Accumulate(_) | Node::Fixpoint(_) => false,
    }
}

/// The table references in an item of FROM.
fn table_refs_of(input: &Input) -> Vec<usize> {
    match input {
        Input::Table { table_ref, .. } => vec![*table_ref],
        Input::Query(query) => query.text().table_refs(),
        Input::Recursion(_) => Vec::new(),
        Input::Function(..) => Vec::new(),
    }
}

/// Whether a join can fill an item with NULLs.
fn is_nullable(select: &Select, at: usize) -> bool {
    let own = matches!(select.items[at].join, Join::Left | Join::Full) && at > 0;
    let by_others = select.items[at + 1..].iter().any(|item| matches!(item.join, Join::Right | Join::Full));
    own || by_others
}
