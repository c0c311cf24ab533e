//! Recursive CTEs: the SELECTs before the first that names the CTE are where it begins, the others are its steps.

use std::sync::Arc;

use sqlite3_parser::ast::{CommonTableExpr, CompoundOperator};

use super::{Around, Lowered, Lowering, Shown};
use crate::plan::{Arm, Column, DerivedColumn, Occurrence, Query, Recursion, SetOperator, derived_id};
use crate::sql::name::plain;

/// A recursive CTE whose steps are being read.
pub(super) struct Reading<'c> {
    /// Its place in memory.
    pub(super) cte: *const CommonTableExpr<'c>,
    /// What stands for its rows.
    pub(super) own: usize,
    pub(super) shown: Vec<Shown>,
}

impl<'c> Lowering<'c> {
    /// The CTE as a recursion, whose columns are those of where it begins.
    pub(super) fn recursion(
        &mut self,
        cte: &'c CommonTableExpr<'c>,
        around: Around<'_, 'c>,
    ) -> Lowered<(Recursion, Vec<Shown>)> {
        let name = plain(cte.tbl_name.0).into_owned();
        let refuse = |why: &str| Err(format!("{name} is recursive, with {why}"));
        let query = cte.select;
        let Some(compounds) = &query.body.compounds else { return refuse("one SELECT alone") };
        if query.order_by.is_some() || query.limit.is_some() || query.with.is_some() {
            return refuse("ORDER BY, LIMIT or WITH");
        }
        let (first, _, mut shown) = self.arm(&query.body.select, &[], around)?;
        for (column, named) in shown.iter_mut().zip(cte.columns.into_iter().flatten()) {
            column.name = Some(plain(named.col_name.0).into_owned());
        }
        let kinds = shown.iter().map(|column| {
            let (affinity, collation) = column.affinity.zip(column.collation)?;
            Some(DerivedColumn { affinity, collation })
        });
        let Some(kinds) = kinds.collect::<Option<Arc<[_]>>>() else { return refuse("columns of unknown affinity") };
        let own = self.occurrences.len();
        // Numbers that no derived table of the plan has.
        let table = derived_id(1000 + own, &kinds);
        self.occurrences.push(Occurrence::of_derived(Arc::clone(&table), Arc::clone(&kinds)));
        let is_set = match compounds.first().map(|compound| compound.operator) {
            Some(CompoundOperator::Union) => true,
            Some(CompoundOperator::UnionAll) => false,
            _ => return refuse("EXCEPT or INTERSECT"),
        };
        let (mut steps, mut base) = (Vec::new(), vec![first]);
        for compound in compounds {
            if is_set != (compound.operator == CompoundOperator::Union) {
                return refuse("several operators");
            }
            self.readings.push(Reading { cte, own, shown: shown.clone() });
            let lowered = self.arm(&compound.select, &[], around);
            self.readings.pop();
            let (arm, _, others) = lowered?;
            let is_uniform =
                shown.iter().zip(&others).all(|(column, other)| column.affinity == other.affinity && other.affinity.is_some());
            if !is_uniform {
                return refuse("columns of several affinities");
            }
            let text = Query::of(arm.clone()).text();
            let named = text.occurrences().iter().filter(|at| **at == own).count();
            match (arm, named) {
                (arm, 0) if steps.is_empty() => base.push(arm),
                (Arm::Select(select), 1) => steps.push(*select),
                _ => return refuse("a SELECT that names it more than once"),
            }
        }
        let columns: Vec<Column> = shown.iter().enumerate().map(|(at, shown)| shown.column(at)).collect();
        let operators = vec![if is_set { SetOperator::Union } else { SetOperator::UnionAll }; base.len() - 1];
        let base = Query { arms: base, operators, ..Query::of(Arm::Values(Vec::new())) };
        Ok((Recursion { base, steps, is_set, own, columns, kinds }, shown))
    }
}
