//! Plans of `fixpoint`: a recursive CTE whose steps are linear.

use std::sync::Arc;

use super::{Planner, Reason, linear};
use crate::plan::{
    Column, Expression, Fixpoint, Input, Item, Join, Node, Occurrence, Recursion, Select, Text, select_text,
};

impl Planner {
    pub(super) fn fixpoint(&mut self, recursion: &Recursion) -> Result<Node, Reason> {
        let mut recursion = recursion.clone();
        self.settle(&mut recursion.base)?;
        for step in &mut recursion.steps {
            self.settle_select(step)?;
        }
        let columns = recursion.columns.iter().map(|column| column.collation.ok_or("an unknown collating sequence"));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let base = self.query(&recursion.base)?;
        let table = Arc::clone(&self.occurrences[recursion.own].table);
        let again = self.occurrences.len();
        self.occurrences.push(Occurrence::of_derived(table, Arc::clone(&recursion.kinds)));
        let (mut steps, mut sought) = (Vec::new(), Vec::new());
        for step in &recursion.steps {
            if step.distinct
                || step.is_aggregated
                || step.expressions().any(|expression| !expression.windows.is_empty())
            {
                return Err("a recursive step that groups".to_owned());
            }
            if let Some(why) = linear::why_not(step, step.expressions()) {
                return Err(format!("{why} in a recursive step"));
            }
            for summand in linear::summands(step)? {
                let columns: Vec<&Text> = summand.columns.iter().map(|column| &column.text).collect();
                steps.push(select_text(&summand, &columns));
                sought.push(select_text(&self.seeking(&summand, again, &recursion.columns), &columns));
            }
        }
        let all = self.whole(&recursion);
        Ok(Node::Fixpoint(Fixpoint {
            occurrences: self.occurrences(),
            own: recursion.own,
            again,
            base: Box::new(base),
            steps,
            sought,
            is_set: recursion.is_set,
            columns,
            all,
        }))
    }

    /// A step for the rows of another table alone.
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
        let input = Input::Table { occurrence: again, identity: None };
        seeking.items.push(Item { id, join: Join::Inner, input, on: Vec::new(), columns: columns.to_vec() });
        seeking
    }

    /// All rows, as SQLite finds them.
    fn whole(&mut self, recursion: &Recursion) -> Arc<str> {
        let id = self.item();
        let names: Vec<Text> = recursion.columns.iter().map(|column| Text::name(id, &column.name)).collect();
        let input = Input::Recursion(Box::new(recursion.clone()));
        let items = vec![Item { id, join: Join::Inner, input, on: Vec::new(), columns: recursion.columns.clone() }];
        let whole = Select {
            distinct: false,
            columns: Vec::new(),
            items,
            filters: Vec::new(),
            groups: Vec::new(),
            having: None,
            is_aggregated: false,
        };
        self.render(&select_text(&whole, &names.iter().collect::<Vec<_>>()))
    }
}
