//! Plans of one SELECT: which of the strategies, over its FROM or over a derived table, comes first.

use super::{Planner, accumulate, evaluator, fails_between_tables, linear, padded, projected, recompute};
use crate::plan::reason::{excluded, reached};
use crate::plan::rewrites::fold_all;
use crate::plan::{
    CollatedPart, Combine, Delta, Expression, Input, Item, Node, PlannerFeature, Reason, Select, SqlText, select_text,
};

impl Planner {
    /// Plans a SELECT. Its rows have the expressions of ORDER BY behind its columns.
    pub(super) fn select(&mut self, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
        let before = self.mark();
        let direct = match self.disabled.allows(PlannerFeature::Direct) {
            Ok(()) => self.attempt(|planner| planner.without_distinct(select, by)),
            Err(why) => Err(why),
        };
        let node = match direct {
            // If it made a derived table itself, that table's changes are all it reads.
            Ok(node) if !is_of_all(&node) || self.mark() != before => node,
            direct => match self.over_rows(select, by).or_else(|_| self.over_held(select, by)) {
                Ok(node) if direct.is_err() || !is_of_all(&node) => node,
                _ => {
                    self.back_to(before);
                    match direct {
                        Err(_) if self.disabled.has(PlannerFeature::Direct) => self.without_distinct(select, by)?,
                        direct => direct?,
                    }
                }
            },
        };
        if !select.distinct {
            return Ok(node);
        }
        self.disabled.allows(PlannerFeature::Combine)?;
        let is_exact = select.columns.iter().all(|column| column.is_exact);
        let collations = || select.columns.iter().map(|column| column.collation).collect::<Option<Vec<_>>>();
        let loose = match is_exact {
            true => None,
            false => Some(collations().ok_or_else(|| reached(Reason::Collation(CollatedPart::Distinct)))?),
        };
        let state = self.state();
        Ok(Node::Combine(Combine { parts: vec![node], distinct: true, operators: Vec::new(), loose, state }))
    }

    /// Plans a SELECT that groups or has window functions over a derived table of its rows.
    pub(super) fn over_rows(&mut self, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
        self.disabled.allows(PlannerFeature::OverRows)?;
        let expressions = select.expressions().chain(by.iter().copied());
        let has_windows = expressions.into_iter().any(|expression| !expression.windows.is_empty());
        let is_plain = select.items.len() == 1
            && select.filters.is_empty()
            && matches!(select.items[0].input, Input::Table { .. });
        if is_plain || !(select.is_aggregated || has_windows) {
            return Err(reached(Reason::PlainRows));
        }
        let mut over = select.clone();
        let mut by: Vec<Expression> = by.iter().map(|expression| (*expression).clone()).collect();
        // Lowering lists each column that it names.
        fold_all(&mut over, &mut by, &mut self.items).ok_or_else(|| excluded(Reason::HiddenColumn))?;
        self.attempt(|planner| {
            planner.plan_derived_of(&mut over)?;
            planner.without_distinct(&over, &by.iter().collect::<Vec<_>>())
        })
    }

    /// Plans a SELECT over derived tables that are all held, linear or not, so that their rows can be told apart.
    pub(super) fn over_held(&mut self, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
        self.disabled.allows(PlannerFeature::OverHeld)?;
        let mut over = select.clone();
        self.attempt(|planner| {
            let is_loose = |item: &&mut Item| matches!(&item.input, Input::Query(query) if query.is_closed());
            let mut held = 0;
            for item in over.items.iter_mut().filter(is_loose) {
                item.input = planner.derived_input(&item.input, &item.columns)?;
                held += 1;
            }
            match held {
                0 => Err(reached(Reason::NoDerivedTable)),
                _ => planner.without_distinct(&over, by),
            }
        })
    }

    pub(super) fn without_distinct(&mut self, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
        if fails_between_tables(select) {
            // Whether SQLite visits such rows depends on where it starts.
            return Err(reached(Reason::FailingCondition));
        }
        let mut expressions = select.expressions().chain(by.iter().copied());
        if expressions.any(|expression| !expression.windows.is_empty()) {
            return match select.is_aggregated {
                true => projected::projected(self, select, by).or_else(|_| recompute::partitioned(self, select, by)),
                false => recompute::partitioned(self, select, by),
            };
        }
        if select.is_aggregated {
            return self
                .by_sums(select, by)
                .or_else(|why| self.by_sums_over_both(select, by).ok_or(why))
                .or_else(|_| recompute::grouped(self, select, by));
        }
        let expressions = select.expressions().chain(by.iter().copied());
        match linear::why_not(select, expressions) {
            None if !self.disabled.has(PlannerFeature::Delta) => Ok(Node::Delta(self.delta(select, by)?)),
            _ => recompute::identified(self, select, by),
        }
    }

    fn by_sums(&mut self, select: &Select, by: &[&Expression]) -> Result<Node, Reason> {
        accumulate::accumulated(self, select, by).or_else(|_| projected::projected(self, select, by))
    }

    fn by_sums_over_both(&mut self, select: &Select, by: &[&Expression]) -> Option<Node> {
        self.disabled.allows(PlannerFeature::Padded).ok()?;
        let (over, by) = padded::over_both(self, select, by)?;
        self.by_sums(&over, &by.iter().collect::<Vec<_>>()).ok()
    }

    pub(super) fn delta(&self, select: &Select, by: &[&Expression]) -> Result<Delta, Reason> {
        let columns: Vec<&Expression> = select.columns.iter().chain(by.iter().copied()).collect();
        self.delta_of(select, &columns)
    }

    /// The delta of a linear SELECT with these columns.
    pub(super) fn delta_of(&self, select: &Select, columns: &[&Expression]) -> Result<Delta, Reason> {
        let plain = Select { distinct: false, ..select.clone() };
        let shown: Vec<&SqlText> = columns.iter().map(|column| &column.text).collect();
        let texts = linear::summands(&plain)?.iter().map(|summand| select_text(summand, &shown)).collect();
        let evaluator = match self.disabled.has(PlannerFeature::Evaluator) {
            true => None,
            false => evaluator::evaluator(select, columns),
        };
        Ok(Delta { table_refs: self.table_refs(), texts, evaluator })
    }
}

/// Whether a node recomputes all rows, where any other node does less.
fn is_of_all(node: &Node) -> bool {
    matches!(node, Node::Recompute(recompute) if recompute.key.is_empty())
}
