//! From the bound tree to a logical plan: every expression is written again with the aliases of the plan. What the plan cannot
//! hold is given up with a reason.

mod call;
mod comparison;
mod compound;
mod expression;
mod from;
mod name;
mod nulls;
mod recursion;
mod select;

use std::sync::Arc;

use sqlite3_parser::ast::CompoundOperator;

use super::bind::tree::{self, Bound, OrderTerm, Output, RecursionId};
use super::bind::value_type::ValueType;
use crate::plan::{
    Arm, Column, ItemId, Limit, Logical, Number, Order, OrderBy, Query, Reason, SetOperator, SqlText, TableRef, Window,
};
use crate::plan::{column_name, quoted};
use crate::types::{Collation, SortTerm, SortedSet, Value};

/// How deep queries and expressions of a plan may be nested; plans are walked with a stack of that many calls.
const DEEPEST: usize = 60;

/// How many SELECTs a plan may have, those of views and CTEs at each place that reads them.
const MOST_SELECTS: usize = 64;

/// What cannot be lowered, and why.
type Lowered<T> = Result<T, Reason>;

/// The logical plan of a query that has so many parameters.
pub(super) fn lower(bound: &Bound<'_>, parameters: usize) -> Lowered<Logical> {
    let size = bound.query.size;
    if size.selects > MOST_SELECTS {
        return Err(Reason::TooManySelects);
    }
    if size.depth > DEEPEST {
        return Err(Reason::TooDeep);
    }
    let mut lowering = Lowering {
        table_refs: Vec::new(),
        items: 0,
        steps: Vec::new(),
        parameters,
        literals: Vec::new(),
        virtual_columns: SortedSet::new(),
        makes_json: false,
    };
    let query = lowering.query(&bound.query, Around { level: None, is_outermost: true })?;
    let Lowering { table_refs, literals, virtual_columns, items, makes_json, .. } = lowering;
    let parameters = parameters + literals.len();
    Ok(Logical { query, table_refs, items, virtual_columns, makes_json, parameters, literals })
}

struct Lowering {
    table_refs: Vec<TableRef>,
    /// How many items of FROM there are so far.
    items: usize,
    /// The recursive CTEs whose steps are being lowered, and the table_refs that stand for their rows.
    steps: Vec<(RecursionId, usize)>,
    parameters: usize,
    literals: Vec<Value>,
    /// The tables whose virtual columns are read.
    virtual_columns: SortedSet<Arc<str>>,
    /// Whether a JSON function is called.
    makes_json: bool,
}

/// What is around a query.
#[derive(Clone, Copy)]
struct Around<'a, 't> {
    level: Option<&'a Level<'a, 't>>,
    /// Whether no other query reads its columns.
    is_outermost: bool,
}

impl Around<'_, '_> {
    /// The same, for a query inside.
    fn inside(self) -> Self {
        Self { is_outermost: false, ..self }
    }
}

/// The names of one SELECT, and those around it.
#[derive(Clone, Copy)]
struct Level<'a, 't> {
    items: &'a [tree::Item<'t>],
    /// By the items, as far as they are lowered.
    places: &'a [Place],
    /// What the result columns are, where they can be named.
    results: &'a [crate::plan::Expression],
    is_outermost: bool,
    parent: Option<&'a Level<'a, 't>>,
}

impl<'a, 't> Level<'a, 't> {
    /// A level without names of its own.
    fn empty(around: Around<'a, 't>) -> Self {
        Self { items: &[], places: &[], results: &[], is_outermost: around.is_outermost, parent: around.level }
    }

    fn around(&'a self) -> Around<'a, 't> {
        Around { level: Some(self), is_outermost: false }
    }
}

/// Where the columns of an item of FROM are in the plan: those of a join in parentheses are all of one item there.
#[derive(Clone, Debug)]
struct Place {
    id: ItemId,
    columns: Vec<Column>,
    /// Whether it is in a join in parentheses, whose columns are those of a query.
    is_nested: bool,
}

impl Lowering {
    fn query<'t>(&mut self, query: &tree::Query<'t>, around: Around<'_, 't>) -> Lowered<Query> {
        let Some((first, others)) = query.arms.split_first() else { return Err(Reason::NotSelect) };
        let width = query.outputs.len();
        let is_exact = query.outputs.iter().all(|output| output.value_type.is_exact());
        if others.is_empty() {
            let (arm, order) = self.arm(first, width, &query.order, around)?;
            let limit = self.limit(query.limit.as_deref(), around)?;
            return Ok(Query { order, limit, is_exact, is_uniform: true, ..Query::of(arm) });
        }
        let arms =
            query.arms.iter().map(|arm| Ok(self.arm(arm, width, &[], around)?.0)).collect::<Lowered<Vec<_>>>()?;
        let operators: Vec<_> = query.operators.iter().map(|operator| set_operator(*operator)).collect();
        if query.is_sorted_outside {
            compound::check_sorted_outside(&arms)?;
        }
        let sorting = |at: usize| match query.is_sorted_outside {
            true => query.outputs.get(at).and_then(|output| output.value_type.collation),
            false => compound::sorting(query.arms.iter(), at),
        };
        let order = query.order.iter().map(|term| compound::order(term, sorting)).collect::<Lowered<Vec<_>>>()?;
        let limit = self.limit(query.limit.as_deref(), around)?;
        let is_uniform = compound::is_uniform(&query.arms);
        let lowered = Query { arms, operators, order, limit, is_exact, is_materialized: false, is_uniform };
        match query.is_sorted_outside && query.outputs.iter().any(compound::may_be_real) {
            true => Ok(self.sorted_outside(lowered, &query.outputs)),
            false => Ok(lowered),
        }
    }

    /// One SELECT or VALUES with so many columns, with the ORDER BY that it has if it is the only one.
    fn arm<'t>(
        &mut self,
        arm: &tree::Arm<'t>,
        width: usize,
        order: &[OrderTerm<'t>],
        around: Around<'_, 't>,
    ) -> Lowered<(Arm, Vec<Order>)> {
        let has_width = match arm {
            tree::Arm::Select(select) => select.columns.len() == width,
            tree::Arm::Values { rows, .. } => rows.iter().all(|row| row.len() == width),
        };
        if !has_width {
            // SQLite refuses it.
            return Err(Reason::Internal("SELECTs of a compound with different numbers of columns"));
        }
        match arm {
            tree::Arm::Select(select) => {
                let (select, order) = self.select(select, order, around)?;
                Ok((Arm::Select(Box::new(select)), order))
            }
            tree::Arm::Values { rows, outputs } => {
                let level = Level::empty(around);
                let rows = rows.iter().map(|row| self.expressions(row, &level)).collect::<Lowered<Vec<_>>>()?;
                let own = |at: usize| outputs.get(at).and_then(|output| output.value_type.collation);
                let order = order.iter().map(|term| compound::order(term, own)).collect::<Lowered<Vec<_>>>()?;
                Ok((Arm::Values(rows), order))
            }
        }
    }

    fn limit<'t>(&mut self, limit: Option<&tree::Limit<'t>>, around: Around<'_, 't>) -> Lowered<Limit> {
        let Some(tree::Limit { limit, offset }) = limit else { return Ok(Limit::None) };
        let start = match offset {
            None => Some(Number::Literal(0)),
            Some(offset) => expression::number(offset),
        };
        if let (Some(limit), Some(offset)) = (expression::number(limit), start) {
            return Ok(Limit::Window(Window { limit, offset }));
        }
        let level = Level::empty(around);
        let mut text = SqlText::default();
        text.push(" LIMIT ");
        text.append(&self.expression(limit, &level)?.text);
        if let Some(offset) = offset {
            text.push(" OFFSET ");
            text.append(&self.expression(offset, &level)?.text);
        }
        Ok(Limit::Other(text))
    }
}

fn set_operator(operator: CompoundOperator) -> SetOperator {
    match operator {
        CompoundOperator::UnionAll => SetOperator::UnionAll,
        CompoundOperator::Union => SetOperator::Union,
        CompoundOperator::Intersect => SetOperator::Intersect,
        CompoundOperator::Except => SetOperator::Except,
    }
}

/// A term of ORDER BY that sorts by this.
fn ordered(by: OrderBy, term: &OrderTerm<'_>, own: Option<Collation>) -> Order {
    use sqlite3_parser::ast::NullsOrder;
    let descending = term.direction.is_descending();
    let nulls_last = match term.direction.nulls {
        Some(NullsOrder::First) => false,
        Some(NullsOrder::Last) => true,
        // NULL is the smallest value.
        None => descending,
    };
    let mut suffix = String::new();
    if let Some(name) = &term.collation {
        suffix.push_str(" COLLATE ");
        suffix.push_str(&quoted(name));
    }
    suffix.push_str(&term.direction.text());
    let collation = match &term.collation {
        Some(name) => Collation::named(name),
        None => own,
    };
    let sorting = collation.map(|collation| SortTerm { collation, descending, nulls_last });
    Order { by, term: sorting, suffix }
}

/// The columns of an item that is a query.
fn query_columns(outputs: &[Output]) -> Vec<Column> {
    let column = |(at, output): (usize, &Output)| column(column_name(at).to_string(), &output.value_type);
    outputs.iter().enumerate().map(column).collect()
}

fn column(name: String, value_type: &ValueType) -> Column {
    Column { name, collation: value_type.collation, affinity: value_type.affinity }
}

#[cfg(test)]
mod tests;
