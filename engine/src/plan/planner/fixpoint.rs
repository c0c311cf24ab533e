//! Plans of `fixpoint`: a recursive CTE whose steps are linear.

use std::sync::Arc;

use super::{Planner, linear};
use crate::plan::reason::{excluded, reached};
use crate::plan::{
    Arm, CollatedPart, Column, Expression, Fixpoint, Input, Item, Node, NonlinearPlace, PlannerFeature, Reason,
    Recursion, Select, SqlText, TableRef, select_text,
};
use crate::types::{SortedMap, SortedSet};

impl Planner {
    pub(super) fn fixpoint(&mut self, recursion: &Recursion) -> Result<Node, Reason> {
        self.disabled.allows(PlannerFeature::Fixpoint)?;
        let mut recursion = recursion.clone();
        self.plan_derived(&mut recursion.base)?;
        for step in &mut recursion.steps {
            self.plan_derived_of(step)?;
        }
        // A recursion with others is not lowered.
        let columns = recursion
            .columns
            .iter()
            .map(|column| column.collation.ok_or_else(|| excluded(Reason::Collation(CollatedPart::Recursion))));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let base = self.query(&recursion.base)?;
        let table = Arc::clone(&self.table_refs[recursion.own].table);
        let again = self.table_refs.len();
        self.table_refs.push(TableRef::of_derived(table, Arc::clone(&recursion.kinds)));
        let (mut steps, mut sought) = (Vec::new(), Vec::new());
        for step in &recursion.steps {
            if step.distinct
                || step.is_aggregated
                || step.expressions().any(|expression| !expression.windows.is_empty())
            {
                return Err(reached(Reason::GroupingStep));
            }
            if let Some(part) = linear::why_not(step, step.expressions()) {
                return Err(reached(part.at(NonlinearPlace::Step)));
            }
            for summand in linear::summands(step)? {
                let columns: Vec<&SqlText> = summand.columns.iter().map(|column| &column.text).collect();
                steps.push(select_text(&summand, &columns));
                sought.push(select_text(&self.seeking(&summand, again, &recursion.columns), &columns));
            }
        }
        let all = self.whole(&recursion);
        let mut reads = SortedMap::new();
        for (step, text) in recursion.steps.iter().zip(recursion.steps.iter().map(whole_text)) {
            self.reads_of(step, &text, &mut reads);
        }
        let reads =
            reads.into_iter().filter_map(|(table, columns)| Some((table, columns?.into_iter().collect()))).collect();
        Ok(Node::Fixpoint(Fixpoint {
            table_refs: self.table_refs(),
            own: recursion.own,
            again,
            base: Box::new(base),
            steps,
            sought,
            reads,
            is_set: recursion.is_set,
            columns,
            all,
        }))
    }

    /// Adds the columns of base tables that a SELECT reads; nothing for a table whose rowid it reads as well.
    fn reads_of(&self, select: &Select, text: &SqlText, reads: &mut SortedMap<Arc<str>, Option<SortedSet<usize>>>) {
        for item in &select.items {
            match &item.input {
                Input::Table { table_ref, .. } if self.table_refs[*table_ref].derived.is_none() => {
                    let table = Arc::clone(&self.table_refs[*table_ref].table);
                    let read = reads.or_insert_with(table, || Some(SortedSet::new()));
                    for (_, name) in text.names().iter().filter(|(named, _)| *named == item.id) {
                        let place = item.columns.iter().position(|column| column.name == *name);
                        *read = read.take().zip(place).map(|(mut columns, place)| {
                            columns.insert(place);
                            columns
                        });
                    }
                }
                Input::Query(query) => {
                    for arm in &query.arms {
                        if let Arm::Select(inner) = arm {
                            self.reads_of(inner, text, reads);
                        }
                    }
                }
                Input::Table { .. } | Input::Function(..) | Input::Recursion(_) => {}
            }
        }
    }

    /// A step that makes only rows of another table reference.
    fn seeking(&mut self, step: &Select, again: usize, columns: &[Column]) -> Select {
        let id = self.item();
        let mut seeking = step.clone();
        for (column, made) in columns.iter().zip(&step.columns) {
            let mut filter = Expression::default();
            filter.text.push("(");
            filter.text.append(&made.text);
            filter.text.push(") IS ");
            filter.text.push_name(id, &column.name);
            seeking.filters.push(filter);
        }
        let input = Input::Table { table_ref: again, identity: None };
        seeking.items.push(Item::new(id, input, columns.to_vec()));
        seeking
    }

    /// The statement that returns all rows.
    fn whole(&mut self, recursion: &Recursion) -> Arc<str> {
        let id = self.item();
        let names: Vec<SqlText> = recursion.columns.iter().map(|column| SqlText::name(id, &column.name)).collect();
        let input = Input::Recursion(Box::new(recursion.clone()));
        let items = vec![Item::new(id, input, recursion.columns.clone())];
        let whole = Select { items, ..Select::default() };
        self.render_all(&select_text(&whole, &names.iter().collect::<Vec<_>>()))
    }
}

/// A step as SQL, with everything that it names.
fn whole_text(step: &Select) -> SqlText {
    select_text(step, &step.columns.iter().map(|column| &column.text).collect::<Vec<_>>())
}
