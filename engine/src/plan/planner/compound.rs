//! Plans of compound SELECTs and VALUES.

use super::Planner;
use crate::plan::reason::reached;
use crate::plan::{Arm, Combine, Delta, Expression, Limit, Node, PlannerFeature, Query, Reason, SetOperator};
use crate::types::Collation;

impl Planner {
    pub(super) fn compound(&mut self, query: &Query) -> Result<Node, Reason> {
        let is_set = query.operators.iter().any(|operator| *operator != SetOperator::UnionAll);
        self.disabled.allows(PlannerFeature::Combine)?;
        let mut parts = Vec::with_capacity(query.arms.len());
        let loose = match is_set && !query.is_exact {
            false => None,
            true => Some(compared(query).ok_or_else(|| reached(Reason::MixedCompound))?),
        };
        for arm in &query.arms {
            parts.push(match arm {
                Arm::Select(select) => self.select(select, &[])?,
                Arm::Values(_) => {
                    self.constant(&Query { arms: vec![arm.clone()], operators: Vec::new(), ..query.clone() })?
                }
            });
        }
        let state = self.state();
        Ok(Node::Combine(Combine { parts, distinct: false, operators: query.operators.clone(), loose, state }))
    }

    /// The plan of VALUES, which never changes unless it has a subquery.
    pub(super) fn constant(&self, query: &Query) -> Result<Node, Reason> {
        let text = query.text();
        if !text.table_refs().is_empty() {
            return Err(reached(Reason::SubqueryInValues));
        }
        let plain = Query { order: Vec::new(), limit: Limit::None, ..query.clone() };
        Ok(Node::Delta(Delta { table_refs: self.table_refs(), texts: vec![plain.text()], evaluator: None }))
    }
}

/// How a compound SELECT compares its columns, or something coarser: rows that are equal in any of SQLite's comparisons are
/// equal by it.
///
/// SQLite compares a column by the collating sequence of the first SELECT that has one. It compares some of the SELECTs
/// among themselves by that of the first of them (multiSelectByMerge): those to the left of an operator and, if more than
/// three are alike, half of them.
fn compared(query: &Query) -> Option<Vec<Collation>> {
    let rows = query.arms.iter().flat_map(|arm| match arm {
        Arm::Select(select) => vec![&select.columns],
        Arm::Values(rows) => rows.iter().collect(),
    });
    let rows: Vec<&Vec<Expression>> = rows.collect();
    let compared = |column: usize| {
        let mut coarsest = Collation::Binary;
        for row in &rows {
            let value = row.get(column)?;
            coarsest = coarsest.coarser(value.collation?)?;
            if value.is_collated && rows.len() <= 3 {
                break;
            }
        }
        Some(coarsest)
    };
    (0..rows.first()?.len()).map(compared).collect()
}
