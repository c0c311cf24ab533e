//! Recursive CTEs: the SELECTs before the first that names the CTE are where it begins, the others are its steps.

use std::sync::Arc;

use sqlite3_parser::ast::CompoundOperator;

use super::{Around, Lowered, Lowering, compound, query_columns};
use crate::plan::{
    Arm, DerivedColumn, Query, Reason, Recursion, RecursionLimit, Select, SetOperator, TableRef, derived_id,
};
use crate::sql::bind::tree::{Output, Recursive};
use crate::types::Affinity;

impl Lowering {
    /// The CTE as a recursion, whose columns are those of where it begins.
    pub(super) fn recursion<'t>(&mut self, recursive: &Recursive<'t>, around: Around<'_, 't>) -> Lowered<Recursion> {
        let refuse = |limit| Err(Reason::Recursion { cte: recursive.name.clone(), limit });
        let query = &recursive.query;
        let Some((first, others)) = query.arms.split_first().filter(|(_, others)| !others.is_empty()) else {
            return refuse(RecursionLimit::OneSelect);
        };
        if !query.order.is_empty() || query.limit.is_some() || recursive.has_with {
            return refuse(RecursionLimit::OrderLimitOrWith);
        }
        let is_set = match query.operators.first() {
            Some(CompoundOperator::Union) => true,
            Some(CompoundOperator::UnionAll) => false,
            _ => return refuse(RecursionLimit::ExceptOrIntersect),
        };
        if query.operators.iter().any(|operator| is_set != (*operator == CompoundOperator::Union)) {
            return refuse(RecursionLimit::MixedOperators);
        }
        let Some(outputs) = &recursive.columns else { return refuse(RecursionLimit::UnknownAffinity) };
        let kind = |output: &Output| {
            let (affinity, collation) = output.value_type.affinity.zip(output.value_type.collation)?;
            Some(DerivedColumn { affinity, collation })
        };
        let Some(kinds) = outputs.iter().map(kind).collect::<Option<Arc<[_]>>>() else {
            return refuse(RecursionLimit::UnknownAffinity);
        };
        let (first, _) = self.arm(first, outputs.len(), &[], around)?;
        let own = self.table_refs.len();
        // Numbers that no derived table of the plan has.
        let table = derived_id(1000 + own, &kinds);
        self.table_refs.push(TableRef::of_derived(Arc::clone(&table), Arc::clone(&kinds)));
        let (mut steps, mut base): (Vec<Select>, _) = (Vec::new(), vec![first]);
        for arm in others {
            self.steps.push((recursive.id, own));
            let lowered = self.arm(arm, outputs.len(), &[], around);
            self.steps.pop();
            let (arm, _) = lowered?;
            let named = Query::of(arm.clone()).text().table_refs().into_iter().filter(|at| *at == own).count();
            match (arm, named) {
                (arm, 0) if steps.is_empty() => base.push(arm),
                (Arm::Select(select), 1) => steps.push(*select),
                _ => return refuse(RecursionLimit::NamedTwice),
            }
        }
        for (at, output) in outputs.iter().enumerate() {
            if is_set && compound::sorting(query.arms.iter(), at) != output.value_type.collation {
                return refuse(RecursionLimit::MixedColumns);
            }
            let is_real = |output: &Output| output.value_type.affinity == Some(Some(Affinity::Real));
            let mut parts = query.arms.iter().filter_map(|arm| arm.outputs().get(at));
            if is_real(output) && !parts.all(is_real) {
                return refuse(RecursionLimit::MixedReal);
            }
        }
        let operators = vec![if is_set { SetOperator::Union } else { SetOperator::UnionAll }; base.len() - 1];
        let base = Query { arms: base, operators, ..Query::of(Arm::Values(Vec::new())) };
        Ok(Recursion { base, steps, is_set, own, columns: query_columns(outputs), kinds })
    }
}
