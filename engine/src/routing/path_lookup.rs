//! Path lookups: from a commit's changed rows over joins to the values that the routing index has entries for.

use std::sync::Arc;

use crate::error::Error;
use crate::plan::{JoinPath, RowImages};
use crate::types::{Change, ChangeBatch, Row, RowKey, SortedSet, Value, ValueRef};

/// Looks up a join path from a table's changed rows: the values at its end, each with the place of its changed row; nothing
/// if there are as many as `most`, or SQLite fails.
pub(crate) type LookUp<'l> = &'l mut dyn FnMut(&JoinPath, usize) -> Option<Vec<(usize, Value)>>;

/// What path lookups ask of the database.
pub(crate) trait PathSource {
    /// Holds one state of the database from now on, unless nobody else can change it; whether a transaction does so.
    fn hold_state(&self) -> bool;

    /// Shows these rows in the delta tables of a table.
    fn show(&self, table: &Arc<str>, images: &RowImages);

    /// Empties all delta tables.
    fn show_nothing(&self);

    /// The rows of a statement without parameters.
    fn rows(&self, sql: &str) -> Result<Vec<Row>, Error>;
}

/// Looks up the join paths of one commit.
pub(crate) struct PathReader<'s> {
    source: &'s dyn PathSource,
    batch: &'s ChangeBatch,
    shown: SortedSet<Arc<str>>,
    /// A transaction holds the state that is read.
    pub(crate) holds: bool,
    /// How many statements were run.
    pub(crate) lookups: u64,
}

impl<'s> PathReader<'s> {
    pub(crate) fn new(source: &'s dyn PathSource, batch: &'s ChangeBatch) -> Self {
        Self { source, batch, shown: SortedSet::new(), holds: false, lookups: 0 }
    }

    /// See [`LookUp`].
    pub(crate) fn look_up(&mut self, path: &JoinPath, most: usize) -> Option<Vec<(usize, Value)>> {
        if self.shown.is_empty() {
            // What is found has to be of the state that is then maintained.
            self.holds = self.source.hold_state();
        }
        self.found(path, most).ok().flatten()
    }

    fn found(&mut self, path: &JoinPath, most: usize) -> Result<Option<Vec<(usize, Value)>>, Error> {
        self.show(&path.table);
        path.steps.iter().for_each(|step| self.show(&step.table));
        // Of tables that the commit changed, the removed rows are read beside the present ones.
        let changed = |step: &usize| self.batch.tables.contains_key(&path.steps[*step].table);
        let changed: Vec<usize> = (0..path.steps.len()).filter(changed).collect();
        let mut found = Vec::new();
        for versions in 0_usize..1 << changed.len() {
            let is_old =
                |step: usize| changed.iter().position(|at| *at == step).is_some_and(|bit| versions >> bit & 1 == 1);
            let rows = self.source.rows(&path.sql(is_old, most))?;
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

    /// Shows the changes of a table, with their places for rowids.
    fn show(&mut self, table: &Arc<str>) {
        if !self.shown.insert(Arc::clone(table)) {
            return;
        }
        let changes = self.batch.tables.get(table).map(|changes| changes.rows.as_slice()).unwrap_or_default();
        let placed = (0..).zip(changes).map(|(place, change)| Change { key: RowKey::RowId(place), ..change.clone() });
        self.source.show(table, &RowImages::of(placed.collect::<Vec<_>>().iter()));
    }

    /// Empties the delta tables again.
    pub(crate) fn end(&self) {
        if !self.shown.is_empty() {
            self.source.show_nothing();
        }
    }
}
