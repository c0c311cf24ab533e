//! Follows trails: from a commit's changed rows over joins to the values that bindings stand under in the routing index.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::Error;
use crate::plan::{RowImages, Trail};
use crate::storage::Session;
use crate::types::{Change, ChangeBatch, RowKey, Value, ValueRef};

/// Follows the trails of one commit.
pub(crate) struct Follower<'s, 'c> {
    session: &'s Session<'c>,
    batch: &'s ChangeBatch,
    shown: BTreeSet<Arc<str>>,
    /// A transaction holds the state that is read.
    pub(crate) holds: bool,
    /// How many statements were run.
    pub(crate) lookups: u64,
}

impl<'s, 'c> Follower<'s, 'c> {
    pub(crate) fn new(session: &'s Session<'c>, batch: &'s ChangeBatch) -> Self {
        Self { session, batch, shown: BTreeSet::new(), holds: false, lookups: 0 }
    }

    /// The values to which changed rows lead, each with the place of its row among the table's changes; nothing if there
    /// are too many, or SQLite does not answer.
    pub(crate) fn follow(&mut self, trail: &Trail, most: usize) -> Option<Vec<(usize, Value)>> {
        if self.shown.is_empty() && !self.session.is_alone() {
            // What is found has to be of the state that is then maintained.
            self.holds = self.session.begin_reads().is_ok();
        }
        self.found(trail, most).ok().flatten()
    }

    fn found(&mut self, trail: &Trail, most: usize) -> Result<Option<Vec<(usize, Value)>>, Error> {
        self.show(&trail.table);
        trail.links.iter().for_each(|link| self.show(&link.table));
        // What the commit took away is looked for beside what is there.
        let changed = |link: &usize| self.batch.tables.contains_key(&trail.links[*link].table);
        let changed: Vec<usize> = (0..trail.links.len()).filter(changed).collect();
        let mut found = Vec::new();
        for choice in 0_usize..1 << changed.len() {
            let is_old =
                |link: usize| changed.iter().position(|at| *at == link).is_some_and(|bit| choice >> bit & 1 == 1);
            let rows = self.session.rows(&trail.sql(is_old, most), &[])?;
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
