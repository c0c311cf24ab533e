//! A query: its SELECTs, and what compounds, ORDER BY and LIMIT make of their columns.

use sqlite3_parser::ast::{self, CompoundOperator, Expr, OneSelect, SortedColumn};

use super::scope::Scope;
use super::tree::{Arm, Direction, Limit, OrderBy, OrderTerm, Output, Query, Size};
use super::typing::common_affinity;
use super::{Around, Binder, NodeAddress, WithScope, ordinal};
use crate::sql::syntax::name::{Path, bare, plain};

impl<'t> Binder<'_, 't> {
    pub(super) fn query(&mut self, query: &'t ast::Select<'t>, around: Around<'_, 't>) -> Query<'t> {
        self.selects += 1;
        if !self.has_room(around.depth) {
            return empty();
        }
        let with = query.with.as_ref().map(|with| WithScope { with, parent: around.with });
        let inside = Around { with: with.as_ref().or(around.with), ..around.deeper() };
        let terms = query.order_by.unwrap_or_default();
        let limit = query.limit.map(|limit| Box::new(self.limit(limit, inside)));
        let Some(compounds) = &query.body.compounds else {
            let (arm, order) = self.arm(&query.body.select, terms, inside);
            self.first_columns(&query.body.select, arm.outputs());
            let outputs = arm.outputs().to_vec();
            return sized(Query { arms: vec![arm], order, limit, outputs, ..empty() });
        };
        let (first, _) = self.arm(&query.body.select, &[], inside);
        self.first_columns(&query.body.select, first.outputs());
        let (mut arms, mut operators) = (vec![first], Vec::new());
        for compound in compounds {
            self.selects += 1;
            arms.push(self.arm(&compound.select, &[], inside).0);
            operators.push(compound.operator);
        }
        let is_set = operators.iter().any(|operator| *operator != CompoundOperator::UnionAll);
        let is_sorted_outside = is_set && terms.iter().any(|term| matches!(term.expr, Expr::Collate(..)));
        let outputs = common_outputs(&arms, is_sorted_outside);
        let order = terms.iter().map(|term| compound_term(term, &outputs)).collect();
        sized(Query { arms, operators, order, limit, outputs, is_sorted_outside, size: Size::default() })
    }

    fn limit(&mut self, limit: &'t ast::Limit<'t>, around: Around<'_, 't>) -> Limit<'t> {
        let scope = Scope::empty(around.scope);
        let offset = limit.offset.as_ref().map(|offset| self.expression(offset, &scope, around));
        Limit { limit: self.expression(&limit.expr, &scope, around), offset }
    }

    /// One SELECT or VALUES, with the ORDER BY that it has if it is the only one.
    fn arm(
        &mut self,
        arm: &'t OneSelect<'t>,
        terms: &'t [SortedColumn<'t>],
        around: Around<'_, 't>,
    ) -> (Arm<'t>, Vec<OrderTerm<'t>>) {
        match arm {
            OneSelect::Select { .. } => {
                let (select, order) = self.select(arm, terms, around);
                (Arm::Select(Box::new(select)), order)
            }
            OneSelect::Values(rows) => {
                let values = self.values(rows, around);
                let order = terms.iter().map(|term| compound_term(term, values.outputs())).collect();
                (values, order)
            }
        }
    }

    fn values(
        &mut self,
        rows: impl IntoIterator<Item = &'t (impl std::ops::Deref<Target = [Expr<'t>]> + 't)>,
        around: Around<'_, 't>,
    ) -> Arm<'t> {
        let scope = Scope::empty(around.scope);
        let mut outputs: Vec<Output> = Vec::new();
        let mut bound = Vec::new();
        for row in rows {
            let values: Vec<_> = row.iter().map(|value| self.expression(value, &scope, around)).collect();
            for (at, value) in values.iter().enumerate() {
                let output = Output::of_expression(Some(format!("column{}", at + 1)), value);
                match outputs.get_mut(at) {
                    Some(column) => column.or_row(&output),
                    None => outputs.push(output),
                }
            }
            bound.push(values);
        }
        Arm::Values { rows: bound, outputs }
    }

    /// The columns of a CTE's first SELECT are the CTE's, from then on also for the recursion.
    fn first_columns(&mut self, first: &OneSelect<'t>, outputs: &[Output]) {
        let expansion = self.expanding.last_mut().filter(|expansion| expansion.first == NodeAddress::of(first));
        if let Some(expansion) = expansion {
            expansion.columns.get_or_insert_with(|| super::as_columns(outputs));
        }
    }
}

impl Output {
    /// A column of VALUES that has the values of another row as well.
    fn or_row(&mut self, other: &Self) {
        let affinity = common_affinity([&*self, other].into_iter());
        let (own, other) = (&mut self.value_type, &other.value_type);
        own.affinity = affinity;
        own.class = own.class.or(other.class);
        own.storage = own.storage.or(other.storage);
        if own.collation != other.collation {
            // Whether SQLite takes them for one SELECT or for several depends on what is around them.
            own.collation = None;
        }
    }
}

/// The columns of a compound SELECT.
fn common_outputs(arms: &[Arm<'_>], is_sorted_outside: bool) -> Vec<Output> {
    let Some((first, others)) = arms.split_first() else { return Vec::new() };
    let mut outputs = first.outputs().to_vec();
    for other in others {
        for (column, other) in outputs.iter_mut().zip(other.outputs()) {
            let (own, other) = (&mut column.value_type, &other.value_type);
            own.class = own.class.or(other.class);
            if own.collation != other.collation {
                // SQLite takes the first one's, but not in every place.
                own.collation = None;
            }
        }
    }
    for (at, column) in outputs.iter_mut().enumerate() {
        column.value_type.affinity = common_affinity(arms.iter().filter_map(|arm| arm.outputs().get(at)));
        if is_sorted_outside {
            // The columns are those of a subquery, which has them from its first SELECT.
            column.value_type.collation = first.outputs()[at].value_type.collation;
            column.value_type.is_collated = true;
        }
    }
    outputs
}

/// A term of ORDER BY over a compound SELECT or VALUES: a column of the result by its number or name.
fn compound_term<'t>(term: &'t SortedColumn<'t>, outputs: &[Output]) -> OrderTerm<'t> {
    let (inner, collation) = uncollated(&term.expr);
    let by_name = Path::of(bare(inner)).filter(Path::is_bare);
    let column = match (ordinal(inner), by_name) {
        (Some(column), _) => Some(column),
        (None, Some(path)) => outputs.iter().position(|output| output.is_named(&path.column)),
        (None, None) => None,
    };
    let column = column.filter(|column| *column < outputs.len());
    OrderTerm { by: column.map_or(OrderBy::Unknown, OrderBy::Column), collation, direction: Direction::of(term) }
}

/// A term of ORDER BY without the COLLATE around it, and the sequence that this names.
pub(super) fn uncollated<'e, 't>(term: &'e Expr<'t>) -> (&'e Expr<'t>, Option<String>) {
    match term {
        Expr::Collate(inner, name) => (inner, Some(plain(name).into_owned())),
        other => (other, None),
    }
}

fn empty<'t>() -> Query<'t> {
    Query {
        arms: Vec::new(),
        operators: Vec::new(),
        order: Vec::new(),
        limit: None,
        outputs: Vec::new(),
        is_sorted_outside: false,
        size: Size::default(),
    }
}

/// A query that knows its size.
fn sized<'t>(query: Query<'t>) -> Query<'t> {
    let of_arms = query.arms.iter().map(Arm::size).fold(Size::default(), Size::and);
    let terms = query.order.iter().filter_map(|term| match &term.by {
        OrderBy::Expression(expression) => Some(expression.size),
        OrderBy::Column(_) | OrderBy::Unknown => None,
    });
    let limits = query.limit.iter().flat_map(|limit| limit.expressions()).map(|expression| expression.size);
    let all = terms.chain(limits).fold(of_arms, Size::and).deeper();
    Query { size: Size { selects: all.selects.saturating_add(query.arms.len()), ..all }, ..query }
}
