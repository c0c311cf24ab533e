//! CTEs: bound at each place that reads them, in the scopes around that place, as SQLite does.

use std::rc::Rc;

use sqlite3_parser::ast::{CommonTableExpr, Materialized};

use super::tree::{Input, Output, Query, RecursionId, Recursive};
use super::typing::common_affinity;
use super::value_type::ValueType;
use super::{Around, Binder, Expansion, Mark, NodeAddress, Shared, WithScope, as_columns};
use crate::sql::syntax::name::plain;

/// How often the types of a recursive CTE's columns are assumed and looked at again.
const MOST_ROUNDS: usize = 4;

/// A CTE as an item of FROM reads it.
pub(super) struct Read<'t> {
    pub(super) input: Input<'t>,
    pub(super) columns: Vec<Output>,
    /// There may be columns that are not listed.
    pub(super) is_opaque: bool,
}

impl<'t> Binder<'_, 't> {
    /// Binds the CTE that an unqualified table name stands for, if it is one.
    pub(super) fn cte(&mut self, name: &str, around: Around<'_, 't>) -> Option<Read<'t>> {
        let (scope, cte) = find(name, around.with)?;
        let address = NodeAddress::of(cte);
        if let Some(expansion) = self.expanding.iter_mut().find(|expansion| expansion.cte == address) {
            expansion.is_recursive = true;
            let (columns, is_opaque) = (expansion.columns.clone(), expansion.columns.is_none());
            return Some(Read { input: Input::Step(expansion.id), columns: columns.unwrap_or_default(), is_opaque });
        }
        let is_alone = around.scope.is_none();
        let known = self.shared.iter().find(|(shared, _)| is_alone && *shared == address);
        let Shared { input, columns } = match known {
            Some((_, shared)) => shared.clone(),
            None => {
                let bound = self.cte_body(cte, Around { with: Some(scope), ..around.deeper() });
                if is_alone {
                    self.shared.push((address, bound.clone()));
                }
                bound
            }
        };
        Some(Read { input, columns, is_opaque: false })
    }

    fn cte_body(&mut self, cte: &'t CommonTableExpr<'t>, around: Around<'_, 't>) -> Shared<'t> {
        let names: Vec<_> =
            cte.columns.into_iter().flatten().map(|column| plain(column.col_name.0).into_owned()).collect();
        let listed = names.iter().map(|name| Output {
            name: Some(name.clone()),
            is_hidden: false,
            value_type: ValueType::UNKNOWN,
            is_cast: false,
        });
        let mark = self.mark();
        let id = RecursionId(self.recursions);
        self.recursions += 1;
        let columns = (!names.is_empty()).then(|| listed.collect());
        let (query, is_recursive) = self.expand(cte, id, columns, around);
        if is_recursive {
            return self.recursive(cte, id, &query, &names, &mark, around);
        }
        let columns = named(as_columns(&query.outputs), &names);
        let is_materialized = cte.materialized == Materialized::Yes;
        Shared { input: Input::Query { query: Rc::new(query), is_materialized }, columns }
    }

    /// Binds the body, in which the CTE itself has these columns if they are known; whether it names itself.
    fn expand(
        &mut self,
        cte: &'t CommonTableExpr<'t>,
        id: RecursionId,
        columns: Option<Vec<Output>>,
        around: Around<'_, 't>,
    ) -> (Query<'t>, bool) {
        let (address, first) = (NodeAddress::of(cte), NodeAddress::of(&cte.select.body.select));
        self.expanding.push(Expansion { cte: address, first, id, columns, is_recursive: false });
        let query = self.query(cte.select, around);
        let is_recursive = self.expanding.pop().is_some_and(|expansion| expansion.is_recursive);
        (query, is_recursive)
    }

    /// A recursive CTE has the columns of its first SELECT. What types they have depends on what the steps give, which
    /// depends on that: they are assumed until the assumption holds.
    fn recursive(
        &mut self,
        cte: &'t CommonTableExpr<'t>,
        id: RecursionId,
        query: &Query<'t>,
        names: &[String],
        mark: &Mark,
        around: Around<'_, 't>,
    ) -> Shared<'t> {
        let first = query.arms.first().map_or(&[][..], |arm| arm.outputs());
        let mut columns = named(as_columns(first), names);
        let (mut bound, mut is_settled) = (None, false);
        for _ in 0..MOST_ROUNDS {
            self.take_back(mark);
            let (query, _) = self.expand(cte, id, Some(columns.clone()), around);
            let given: Vec<Output> =
                columns.iter().enumerate().map(|(at, column)| of_all_arms(column, at, &query)).collect();
            is_settled = columns.iter().map(|column| column.value_type).eq(given.iter().map(|given| given.value_type));
            bound = Some(query);
            if is_settled || self.failure.is_some() {
                break;
            }
            columns = given;
        }
        if !is_settled {
            columns.iter_mut().for_each(|column| column.value_type = ValueType::UNKNOWN);
        }
        let Some(query) = bound else { return Shared { input: Input::Step(id), columns } };
        let recursive = Recursive {
            id,
            name: plain(cte.tbl_name.0).into_owned(),
            has_with: cte.select.with.is_some(),
            query,
            columns: is_settled.then(|| columns.clone()),
        };
        Shared { input: Input::Recursive(Rc::new(recursive)), columns }
    }
}

/// The column of this number with the types that all SELECTs of the CTE give it.
fn of_all_arms(column: &Output, at: usize, query: &Query<'_>) -> Output {
    let parts = || query.arms.iter().filter_map(|arm| arm.outputs().get(at));
    let class = parts().map(|part| part.value_type.class).reduce(|one, other| one.or(other));
    let value_type = ValueType {
        affinity: common_affinity(parts()),
        class: class.unwrap_or(column.value_type.class),
        ..column.value_type
    };
    Output { value_type: value_type.as_column(), ..column.clone() }
}

/// Columns by the names that the CTE lists.
fn named(mut columns: Vec<Output>, names: &[String]) -> Vec<Output> {
    for (column, name) in columns.iter_mut().zip(names) {
        column.name = Some(name.clone());
    }
    columns
}

type Found<'a, 't> = (&'a WithScope<'a, 't>, &'t CommonTableExpr<'t>);

fn find<'a, 't>(name: &str, with: Option<&'a WithScope<'a, 't>>) -> Option<Found<'a, 't>> {
    let is_called = |cte: &&CommonTableExpr<'_>| plain(cte.tbl_name.0).eq_ignore_ascii_case(name);
    let mut scopes = std::iter::successors(with, |scope| scope.parent);
    scopes.find_map(|scope| Some((scope, scope.with.ctes.iter().find(is_called)?)))
}
