//! The router: the routing indexes of all tables, and the bindings that every commit may affect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::change_values::ChangeValues;
use super::index::TableIndex;
use super::interest::Interest;
use super::path_lookup::LookUp;
use super::readers::{CostChange, ReadCounts};
use crate::plan::{BulkWrite, TableScope};
use crate::types::{BindingId, ChangeBatch, TableChanges};

/// The changes of a commit that can affect one binding: by table, their places among its changes.
pub(crate) type Routed = Vec<(Arc<str>, Vec<usize>)>;

/// The bindings that a commit can affect, the oldest first, each with the changes that can.
pub(crate) type Affected = BTreeMap<BindingId, Routed>;

/// Finds the bindings that a change can affect.
#[derive(Debug, Default)]
pub(crate) struct Router {
    tables: FxHashMap<Arc<str>, TableIndex>,
    always_affected: BTreeSet<BindingId>,
    reads: ReadCounts,
}

impl Router {
    /// Adds a binding with what it depends on, and what evaluating it again costs.
    pub(crate) fn add(&mut self, id: BindingId, interest: &Interest<'_>, rerun_cost: u64) {
        if interest.dependencies.every_commit.is_some() {
            self.always_affected.insert(id);
        }
        self.count(interest, CostChange { before: None, now: Some(rerun_cost) });
        for (at, source) in interest.dependencies.sources.iter().enumerate() {
            self.tables.entry(Arc::clone(&source.table)).or_default().add((id, at), source, interest);
        }
    }

    /// Removes a binding, which must depend on what it did when it was added, at the last cost that was told.
    pub(crate) fn remove(&mut self, id: BindingId, interest: &Interest<'_>, rerun_cost: u64) {
        self.always_affected.remove(&id);
        self.count(interest, CostChange { before: Some(rerun_cost), now: None });
        for (at, source) in interest.dependencies.sources.iter().enumerate() {
            if let Some(index) = self.tables.get_mut(&source.table) {
                index.remove((id, at), source, interest);
                if index.is_empty() {
                    self.tables.remove(&source.table);
                }
            }
        }
    }

    /// Takes note that evaluating a binding again costs something else.
    pub(crate) fn set_rerun_cost(&mut self, interest: &Interest<'_>, before: u64, now: u64) {
        self.count(interest, CostChange { before: Some(before), now: Some(now) });
    }

    fn count(&mut self, interest: &Interest<'_>, cost: CostChange) {
        for source in &interest.dependencies.sources {
            self.reads.count(source, interest.any_row_matters, cost);
        }
    }

    /// What bindings read of each table, see [`ReadCounts`].
    pub(crate) fn take_changed_reads(&mut self, rows: &dyn Fn(u64) -> usize) -> Vec<(Arc<str>, Option<TableScope>)> {
        self.reads.take_changed(rows)
    }

    /// Whether bindings read anything else than when that was last asked.
    pub(crate) fn has_changed_reads(&self) -> bool {
        self.reads.has_changed()
    }

    /// The bindings that a change batch can affect, and those that bulk writes can. `interest` says what a binding depends on.
    pub(crate) fn route<'b>(
        &self,
        batch: &ChangeBatch,
        bulk: &[BulkWrite],
        interest: impl Fn(BindingId) -> Option<Interest<'b>>,
        look_up: LookUp<'_>,
    ) -> Affected {
        let mut affected = Affected::new();
        self.always_affected.iter().for_each(|id| drop(affected.insert(*id, Routed::new())));
        for (table, changes) in &batch.tables {
            if let Some(index) = self.tables.get(table) {
                route_table(index, table, changes, &interest, look_up, &mut affected);
            }
        }
        for index in bulk.iter().filter_map(|write| self.tables.get(&write.table)) {
            index.find_all(&mut |(id, _)| {
                if interest(id).is_some_and(|interest| interest.is_touched_in_bulk(bulk)) {
                    affected.entry(id).or_default();
                }
            });
        }
        affected
    }
}

/// Adds the bindings that the changes of one table can affect.
fn route_table<'b>(
    index: &TableIndex,
    table: &Arc<str>,
    changes: &TableChanges,
    interest: impl Fn(BindingId) -> Option<Interest<'b>>,
    look_up: LookUp<'_>,
    affected: &mut Affected,
) {
    let mut by_path = index.find_by_paths(&changes.rows, look_up).into_iter().peekable();
    let mut values = ChangeValues::none();
    for (at, change) in changes.rows.iter().enumerate() {
        values.read(change);
        // The index may find too much: each finding is checked exactly.
        let mut check = |(id, source)| {
            let Some(interest) = interest(id) else { return };
            let source = interest.dependencies.sources.get(source);
            if source.is_some_and(|source| interest.is_touched(source, &values)) {
                push(affected.entry(id).or_default(), table, at);
            }
        };
        index.find(&values, &mut check);
        while let Some((_, entry)) = by_path.next_if(|(row, _)| *row <= at) {
            check(entry);
        }
    }
}

/// Adds the place of a change, once.
fn push(routed: &mut Routed, table: &Arc<str>, at: usize) {
    match routed.last_mut() {
        Some((last, rows)) if last == table => {
            if rows.last() != Some(&at) {
                rows.push(at);
            }
        }
        _ => routed.push((Arc::clone(table), vec![at])),
    }
}
