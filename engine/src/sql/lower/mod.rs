//! From a tree to a logical plan: names are resolved, views and CTEs spread out, and every expression is written anew with
//! the aliases of the plan. What the plan cannot hold is given up with a reason.

mod affinity;
mod call;
mod collation;
mod compound;
mod expression;
mod from;
mod nulls;
mod recursion;
mod select;

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlite3_parser::Bump;
use sqlite3_parser::ast::{self, CommonTableExpr, CompoundOperator, With};

use affinity::Classes;
use recursion::Reading;

use super::name::plain;
use super::scope::{self, Scope, Shape};
use super::{Unparsed, parse};
use crate::plan::{Arm, Column, ItemId, Join, Limit, Logical, Order, OrderBy, Query, SetOperator, TableRef, quoted};
use crate::types::{Affinity, Catalog, Collation, SortTerm, Value};

/// How deep queries and expressions may be in one another; plans are walked with a stack of that many calls.
const DEEPEST: usize = 60;

/// How many SELECTs a plan may have, those of views and CTEs at each of their table references.
const MOST_SELECTS: usize = 64;

/// What cannot be lowered, and why.
pub(super) type Lowered<T> = Result<T, String>;

/// The logical plan of the SELECT `sql`, which has so many parameters.
pub(crate) fn lower(sql: &str, catalog: &Catalog, parameters: usize) -> Result<Logical, String> {
    let arena = Bump::new();
    let tree = parse::query(sql, &arena).map_err(|Unparsed { reason }| reason)?;
    let mut lowering = Lowering {
        catalog,
        arena: &arena,
        table_refs: Vec::new(),
        items: 0,
        selects: 0,
        expanding: Vec::new(),
        readings: Vec::new(),
        parameters,
        literals: Vec::new(),
        virtual_columns: BTreeSet::new(),
    };
    let (query, _) = lowering.query(tree.select, Around { with: None, level: None, database: None, depth: 0 })?;
    let Lowering { table_refs, literals, virtual_columns, items, .. } = lowering;
    Ok(Logical { query, table_refs, items, virtual_columns, parameters: parameters + literals.len(), literals })
}

struct Lowering<'c> {
    catalog: &'c Catalog,
    /// Where the trees are, those of views too.
    arena: &'c Bump,
    table_refs: Vec<TableRef>,
    /// How many items of FROM there are so far.
    items: usize,
    selects: usize,
    /// The CTEs whose bodies are being read, by their places in memory.
    expanding: Vec<*const CommonTableExpr<'c>>,
    /// The recursive CTEs whose steps are being read.
    readings: Vec<Reading<'c>>,
    parameters: usize,
    literals: Vec<Value>,
    /// The tables whose virtual columns are read.
    virtual_columns: BTreeSet<Arc<str>>,
}

/// What is around a query.
#[derive(Clone, Copy)]
struct Around<'a, 'c> {
    with: Option<&'a WithScope<'a, 'c>>,
    level: Option<&'a Level<'a, 'c>>,
    /// Inside a view, its database.
    database: Option<&'a str>,
    depth: usize,
}

/// The CTEs of one WITH, and those around it.
struct WithScope<'a, 'c> {
    with: &'c With<'c>,
    around: Around<'a, 'c>,
}

/// The names of one SELECT, and those around it.
struct Level<'a, 'c> {
    scope: Scope<'a>,
    /// By the items of the scope.
    items: &'a [Place],
    /// What the aliases stand for, where they can be named.
    results: &'a [crate::plan::Expression],
    /// Whether a RIGHT or FULL join is there, which makes a merged column a choice.
    has_right_join: bool,
    windows: &'c [ast::WindowDef<'c>],
    parent: Option<&'a Level<'a, 'c>>,
}

/// Where the columns of an item of FROM are in the plan: those of a join in parentheses are all of one item there.
#[derive(Clone, Debug)]
struct Place {
    id: ItemId,
    join: Join,
    columns: Vec<Column>,
}

/// A column of a query's result, for those who read from it.
#[derive(Clone, Debug)]
struct Shown {
    name: Option<String>,
    /// As [`Column::affinity`].
    affinity: Option<Option<Affinity>>,
    /// Whether it is what CAST gives.
    is_cast: bool,
    collation: Option<Collation>,
    /// As [`crate::plan::Expression::is_collated`].
    is_collated: bool,
    shape: Shape,
    /// What its values can be.
    classes: Classes,
}

impl Around<'_, '_> {
    /// Whether it is a SELECT of the query itself, of which no other one reads columns.
    fn is_outermost(self) -> bool {
        self.level.is_none() && self.depth == 1
    }

    fn deeper(self) -> Lowered<Self> {
        match self.depth < DEEPEST {
            true => Ok(Self { depth: self.depth + 1, ..self }),
            false => Err("expressions too deep in one another".to_owned()),
        }
    }
}

impl<'c> Lowering<'c> {
    /// A query, and its columns.
    fn query(&mut self, query: &'c ast::Select<'c>, around: Around<'_, 'c>) -> Lowered<(Query, Vec<Shown>)> {
        self.selects += 1;
        if around.depth > DEEPEST || self.selects > MOST_SELECTS {
            return Err("too many SELECTs in one another".to_owned());
        }
        let outer = around;
        let with = query.with.as_ref().map(|with| WithScope { with, around: outer });
        let inside = Around { with: with.as_ref().or(around.with), depth: around.depth + 1, ..around };
        let terms = query.order_by.unwrap_or_default();
        let Some(compounds) = &query.body.compounds else {
            let (arm, order, shown) = self.arm(&query.body.select, terms, inside)?;
            let limit = self.limit(query.limit, inside)?;
            let is_exact = is_exact(&shown);
            let arms = vec![arm];
            return Ok((
                Query { arms, operators: Vec::new(), order, limit, is_exact, is_materialized: false, is_uniform: true },
                shown,
            ));
        };
        let (first, _, mut shown) = self.arm(&query.body.select, &[], inside)?;
        let (mut arms, mut operators, mut is_uniform) = (vec![first], Vec::new(), true);
        let mut parts = vec![shown.clone()];
        for compound in compounds {
            self.selects += 1;
            if self.selects > MOST_SELECTS {
                return Err("too many SELECTs in one compound".to_owned());
            }
            let (arm, _, others) = self.arm(&compound.select, &[], inside)?;
            parts.push(others.clone());
            for (column, other) in shown.iter_mut().zip(&others) {
                column.shape = column.shape.or(other.shape);
                is_uniform &= column.affinity.is_some()
                    && column.affinity == other.affinity
                    && column.collation.is_some()
                    && column.collation == other.collation;
                if column.collation != other.collation {
                    // SQLite takes the first one's, but not in every place.
                    column.collation = None;
                }
            }
            arms.push(arm);
            operators.push(match compound.operator {
                CompoundOperator::UnionAll => SetOperator::UnionAll,
                CompoundOperator::Union => SetOperator::Union,
                CompoundOperator::Intersect => SetOperator::Intersect,
                CompoundOperator::Except => SetOperator::Except,
            });
        }
        for (at, column) in shown.iter_mut().enumerate() {
            column.affinity = affinity::common(parts.iter().filter_map(|part| part.get(at)));
        }
        let is_outside = compound::is_sorted_outside(terms, &operators, &arms)?;
        if is_outside {
            // The columns are those of a subquery, which has them from its first SELECT.
            for (column, first) in shown.iter_mut().zip(&parts[0]) {
                (column.collation, column.is_collated) = (first.collation, true);
            }
        }
        let sorting = |at: usize| match is_outside {
            true => shown[at].collation,
            false => compound::sorting(&arms, parts.iter().filter_map(|part| part.get(at))),
        };
        let order = terms.iter().map(|term| compound::order(term, &shown, sorting)).collect::<Lowered<Vec<_>>>()?;
        let limit = self.limit(query.limit, inside)?;
        let is_exact = is_exact(&shown);
        let query = Query { arms, operators, order, limit, is_exact, is_materialized: false, is_uniform };
        let may_be_real = |column: &Shown| matches!(column.affinity, None | Some(Some(Affinity::Real)));
        let query = match is_outside && shown.iter().any(may_be_real) {
            true => self.outside(query, &shown),
            false => query,
        };
        Ok((query, shown))
    }

    /// One SELECT or VALUES, with the ORDER BY that it has if it is the only one.
    fn arm(
        &mut self,
        arm: &'c ast::OneSelect<'c>,
        terms: &'c [ast::SortedColumn<'c>],
        around: Around<'_, 'c>,
    ) -> Lowered<(Arm, Vec<Order>, Vec<Shown>)> {
        let Some(clauses) = super::clauses::Clauses::of(arm) else {
            let ast::OneSelect::Values(rows) = arm else { return Err("not a SELECT".to_owned()) };
            let (rows, shown) = self.values(rows, around)?;
            let own = |at: usize| shown.get(at).and_then(|column: &Shown| column.collation);
            let order = terms.iter().map(|term| compound::order(term, &shown, own)).collect::<Lowered<Vec<_>>>()?;
            return Ok((Arm::Values(rows), order, shown));
        };
        let (select, order, shown) = self.select(clauses, terms, around)?;
        Ok((Arm::Select(Box::new(select)), order, shown))
    }

    fn values(
        &mut self,
        rows: impl IntoIterator<Item = &'c (impl std::ops::Deref<Target = [ast::Expr<'c>]> + 'c)>,
        around: Around<'_, 'c>,
    ) -> Lowered<(Vec<Vec<crate::plan::Expression>>, Vec<Shown>)> {
        let scope = Scope { items: &[], results: &[], parent: around.level.map(|level| &level.scope) };
        let level =
            Level { scope, items: &[], results: &[], has_right_join: false, windows: &[], parent: around.level };
        let mut shown: Vec<Shown> = Vec::new();
        let mut lowered = Vec::new();
        for row in rows {
            let mut values = Vec::with_capacity(row.len());
            for (at, value) in row.iter().enumerate() {
                values.push(self.expression(value, &level, around)?);
                let shape = collation::exact(super::shape::shape(value, &scope), values[at].collation);
                let affinity = affinity::of(value, &level);
                let classes = affinity::classes(value, &level);
                match shown.get_mut(at) {
                    Some(column) => {
                        column.shape = column.shape.or(shape);
                        if column.collation != values[at].collation {
                            // Whether SQLite takes them for one SELECT or for several depends on what is around them.
                            column.collation = None;
                        }
                        let other = Shown { affinity, classes, ..column.clone() };
                        column.affinity = affinity::common([&*column, &other].into_iter());
                        column.classes |= classes;
                    }
                    None => shown.push(Shown {
                        name: Some(format!("column{}", at + 1)),
                        affinity,
                        is_cast: matches!(super::name::bare(value), ast::Expr::Cast { .. }),
                        collation: values[at].collation,
                        is_collated: values[at].is_collated,
                        shape,
                        classes,
                    }),
                }
            }
            lowered.push(values);
        }
        Ok((lowered, shown))
    }

    fn limit(&mut self, limit: Option<&'c ast::Limit<'c>>, around: Around<'_, 'c>) -> Lowered<Limit> {
        let Some(limit) = limit else { return Ok(Limit::None) };
        let number = |expression: Option<&ast::Expr<'_>>| match expression {
            None => Some(crate::plan::Number::Literal(0)),
            Some(expression) => expression::number(expression),
        };
        if let (Some(limit), Some(offset)) = (number(Some(&limit.expr)), number(limit.offset.as_ref())) {
            return Ok(Limit::Window(crate::plan::Window { limit, offset }));
        }
        let scope = Scope { items: &[], results: &[], parent: around.level.map(|level| &level.scope) };
        let level =
            Level { scope, items: &[], results: &[], has_right_join: false, windows: &[], parent: around.level };
        let mut text = crate::plan::Text::default();
        text.push(" LIMIT ");
        text.append(&self.expression(&limit.expr, &level, around)?.text);
        if let Some(offset) = &limit.offset {
            text.push(" OFFSET ");
            text.append(&self.expression(offset, &level, around)?.text);
        }
        Ok(Limit::Other(text))
    }
}

fn is_exact(shown: &[Shown]) -> bool {
    shown.iter().all(|column| column.shape != Shape::Loose)
}

/// A term of ORDER BY.
fn ordered(by: OrderBy, term: &ast::SortedColumn<'_>, collation: Option<Collation>) -> Order {
    let descending = term.order == Some(ast::SortOrder::Desc);
    let nulls_last = match term.nulls {
        Some(ast::NullsOrder::First) => false,
        Some(ast::NullsOrder::Last) => true,
        // NULL is the smallest value.
        None => descending,
    };
    let mut suffix = String::new();
    if let ast::Expr::Collate(_, name) = &term.expr {
        suffix.push_str(" COLLATE ");
        suffix.push_str(&quoted(&plain(name)));
    }
    if descending {
        suffix.push_str(" DESC");
    }
    match term.nulls {
        Some(ast::NullsOrder::First) => suffix.push_str(" NULLS FIRST"),
        Some(ast::NullsOrder::Last) => suffix.push_str(" NULLS LAST"),
        None => {}
    }
    let term = collation.map(|collation| SortTerm { collation, descending, nulls_last });
    Order { by, term, suffix }
}

impl Shown {
    /// As a column of an item of FROM.
    fn output(&self) -> scope::Output {
        scope::Output { name: self.name.clone(), is_hidden: false, shape: self.shape }
    }

    fn column(&self, at: usize) -> Column {
        let name = crate::plan::column_name(at).to_string();
        Column { name, collation: self.collation, affinity: self.affinity }
    }
}

#[cfg(test)]
mod tests;
