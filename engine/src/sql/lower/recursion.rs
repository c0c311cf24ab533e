//! Recursive CTEs: the SELECTs before the first that names the CTE are where it begins, the others are its steps.

use std::sync::Arc;

use sqlite3_parser::ast::{CommonTableExpr, CompoundOperator};

use super::{Around, Lowered, Lowering, Shown, affinity, compound};
use crate::plan::{Arm, Column, DerivedColumn, Query, Recursion, Select, SetOperator, TableRef, derived_id};
use crate::sql::name::plain;
use crate::types::Affinity;

/// How often the affinities of columns are assumed and looked at again.
const MOST_ROUNDS: usize = 3;

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
        let (first, _, begins) = self.arm(&query.body.select, &[], around)?;
        let mut shown = begins.clone();
        for (column, named) in shown.iter_mut().zip(cte.columns.into_iter().flatten()) {
            column.name = Some(plain(named.col_name.0).into_owned());
        }
        let is_set = match compounds.first().map(|compound| compound.operator) {
            Some(CompoundOperator::Union) => true,
            Some(CompoundOperator::UnionAll) => false,
            _ => return refuse("EXCEPT or INTERSECT"),
        };
        if compounds.iter().any(|compound| is_set != (compound.operator == CompoundOperator::Union)) {
            return refuse("several operators");
        }
        // What affinity a column has depends on what the steps give, which depends on that.
        for _ in 0..MOST_ROUNDS {
            let kinds = shown.iter().map(|column| {
                let (affinity, collation) = column.affinity.zip(column.collation)?;
                Some(DerivedColumn { affinity, collation })
            });
            let Some(kinds) = kinds.collect::<Option<Arc<[_]>>>() else { return refuse("columns of unknown affinity") };
            let own = self.table_refs.len();
            // Numbers that no derived table of the plan has.
            let table = derived_id(1000 + own, &kinds);
            self.table_refs.push(TableRef::of_derived(Arc::clone(&table), Arc::clone(&kinds)));
            let (mut steps, mut base, mut parts) = (Vec::new(), vec![first.clone()], vec![begins.clone()]);
            for compound in compounds {
                self.readings.push(Reading { cte, own, shown: shown.clone() });
                let lowered = self.arm(&compound.select, &[], around);
                self.readings.pop();
                let (arm, _, others) = lowered?;
                parts.push(others);
                let named = Query::of(arm.clone()).text().table_refs().into_iter().filter(|at| *at == own).count();
                match (arm, named) {
                    (arm, 0) if steps.is_empty() => base.push(arm),
                    (Arm::Select(select), 1) => steps.push(*select),
                    _ => return refuse("a SELECT that names it more than once"),
                }
            }
            let affinities: Vec<_> =
                (0..shown.len()).map(|at| affinity::common(parts.iter().filter_map(|part| part.get(at)))).collect();
            if shown.iter().map(|column| column.affinity).eq(affinities.iter().copied()) {
                let mut arms = base.clone();
                arms.extend(steps.iter().map(|step: &Select| Arm::Select(Box::new(step.clone()))));
                for (at, column) in shown.iter().enumerate() {
                    let parts = || parts.iter().filter_map(|part| part.get(at));
                    if is_set && compound::sorting(&arms, parts()) != column.collation {
                        return refuse("columns that compare differently");
                    }
                    let is_real = |affinity: Option<Option<Affinity>>| affinity == Some(Some(Affinity::Real));
                    if is_real(column.affinity) && !parts().all(|part| is_real(part.affinity)) {
                        return refuse("columns that are REAL at times");
                    }
                }
                let columns: Vec<Column> = shown.iter().enumerate().map(|(at, shown)| shown.column(at)).collect();
                let operators = vec![if is_set { SetOperator::Union } else { SetOperator::UnionAll }; base.len() - 1];
                let base = Query { arms: base, operators, ..Query::of(Arm::Values(Vec::new())) };
                return Ok((Recursion { base, steps, is_set, own, columns, kinds }, shown));
            }
            shown.iter_mut().zip(affinities).for_each(|(column, affinity)| column.affinity = affinity);
        }
        refuse("columns of unknown affinity")
    }
}
