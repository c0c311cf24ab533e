//! Looks up join paths: from a commit's changed rows over joins to the values that the routing index has entries for.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::Error;
use crate::plan::{JoinPath, RowImages};
use crate::storage::Session;
use crate::types::{Change, ChangeBatch, RowKey, Value, ValueRef};

/// Looks up the join paths of one commit.
pub(crate) struct PathReader<'s, 'c> {
    session: &'s Session<'c>,
    batch: &'s ChangeBatch,
    shown: BTreeSet<Arc<str>>,
    /// A transaction holds the state that is read.
    pub(crate) holds: bool,
    /// How many statements were run.
    pub(crate) lookups: u64,
}

impl<'s, 'c> PathReader<'s, 'c> {
    pub(crate) fn new(session: &'s Session<'c>, batch: &'s ChangeBatch) -> Self {
        Self { session, batch, shown: BTreeSet::new(), holds: false, lookups: 0 }
    }

    /// The values at the end of a join path from the changed rows, each with the place of its row among the table's changes;
    /// nothing if there are `most` or more, or SQLite fails.
    pub(crate) fn look_up(&mut self, path: &JoinPath, most: usize) -> Option<Vec<(usize, Value)>> {
        if self.shown.is_empty() && !self.session.is_alone() {
            // What is found has to be of the state that is then maintained.
            self.holds = self.session.begin_reads().is_ok();
        }
        self.found(path, most).ok().flatten()
    }

    fn found(&mut self, path: &JoinPath, most: usize) -> Result<Option<Vec<(usize, Value)>>, Error> {
        self.show(&path.table);
        path.steps.iter().for_each(|step| self.show(&step.table));
        // What the commit took away is looked for beside what is there.
        let changed = |step: &usize| self.batch.tables.contains_key(&path.steps[*step].table);
        let changed: Vec<usize> = (0..path.steps.len()).filter(changed).collect();
        let mut found = Vec::new();
        for choice in 0_usize..1 << changed.len() {
            let is_old =
                |step: usize| changed.iter().position(|at| *at == step).is_some_and(|bit| choice >> bit & 1 == 1);
            let rows = self.session.rows(&path.sql(is_old, most), &[])?;
            self.lookups += 1;
            if rows.len() >= most {
                return Ok(None);
            }
            for row in rows {
                let (Some(ValueRef::Integer(place)), Some(value)) = (row.get(0), row.get(1)) else { return Ok(None) };
                found.push((usize::try_from(place).unwrap_or(usize::MAX), value.to_value()));
            }
        }
        Ok(Some(found))
    }

    /// Shows the changes of a table, by their places.
    fn show(&mut self, table: &Arc<str>) {
        if !self.shown.insert(Arc::clone(table)) {
            return;
        }
        let changes = self.batch.tables.get(table).map(|changes| changes.rows.as_slice()).unwrap_or_default();
        let placed = (0..).zip(changes).map(|(place, change)| Change { key: RowKey::RowId(place), ..change.clone() });
        self.session.show(table, &RowImages::of(placed.collect::<Vec<_>>().iter()));
    }

    /// Shows nothing any more.
    pub(crate) fn end(&self) {
        if !self.shown.is_empty() {
            self.session.show_nothing();
        }
    }
}
