//! The row images of a commit, shared by the bindings that it affects.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::dataflow::ImagesByTable;
use crate::error::GiveUp;
use crate::plan::{RowImages, SortedBy};
use crate::storage::Session;
use crate::types::{Change, ChangeBatch, Row, SortedMap, SortedSet};

/// The row images of a commit.
pub(super) struct CommitImages<'b> {
    batch: &'b ChangeBatch,
    /// Of all changed rows of a table, for bindings that all of them can affect.
    whole: SortedMap<Arc<str>, RowImages>,
    /// Rows with the values of their virtual columns, by their places in the batch.
    completed: SortedMap<Arc<str>, FxHashMap<usize, Change>>,
}

impl<'b> CommitImages<'b> {
    pub(super) fn new(batch: &'b ChangeBatch) -> Self {
        Self { batch, whole: SortedMap::new(), completed: SortedMap::new() }
    }

    /// The images of the rows that can affect a binding; an error if their virtual columns have no values, or computing them
    /// takes more than `budget` instructions.
    pub(super) fn of(
        &mut self,
        session: &Session<'_>,
        routed: &[(Arc<str>, Vec<usize>)],
        virtual_columns: &SortedSet<Arc<str>>,
        budget: u64,
    ) -> Result<ImagesByTable, GiveUp> {
        let mut touched = ImagesByTable::with_capacity(routed.len());
        let start = session.instructions();
        for (table, rows) in routed {
            let Some(changes) = self.batch.tables.get(table) else { continue };
            let images = if virtual_columns.contains(table) {
                let completed = self.completed.or_default(Arc::clone(table));
                for (row, change) in rows.iter().filter_map(|row| Some((*row, changes.rows.get(*row)?))) {
                    if let Entry::Vacant(place) = completed.entry(row) {
                        place.insert(session.with_virtual_columns(table, change)?);
                    }
                    if session.instructions() - start > budget {
                        return Err(GiveUp::OverBudget);
                    }
                }
                RowImages::of(rows.iter().filter_map(|row| completed.get(row)))
            } else if rows.len() == changes.rows.len() && rows.len() > 1 {
                let all = || RowImages::of(changes.rows.iter());
                self.whole.or_insert_with(Arc::clone(table), all).clone()
            } else {
                RowImages::of(rows.iter().filter_map(|row| changes.rows.get(*row)))
            };
            touched.push((Arc::clone(table), images));
        }
        Ok(touched)
    }
}

/// Leaves out the rows that sort behind the end of what a window holds.
pub(super) fn leave_out_behind(images: &mut ImagesByTable, sorted_by: &SortedBy, end: &[u8]) {
    let is_within = |(_, row): &&(i64, Row)| *sorted_by.key(row) <= *end;
    for (table, images) in images.iter_mut() {
        if *table == sorted_by.table {
            let kept = |rows: &Arc<[(i64, Row)]>| match rows.iter().all(|row| is_within(&row)) {
                true => Arc::clone(rows),
                false => rows.iter().filter(is_within).cloned().collect(),
            };
            *images = RowImages { old: kept(&images.old), new: kept(&images.new) };
        }
    }
    images.retain(|(_, images)| images.len() > 0);
}
