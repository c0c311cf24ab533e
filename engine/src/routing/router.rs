//! The router: the routing indexes of all tables, and the bindings that every commit may affect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::change_values::ChangeValues;
use super::index::TableIndex;
use super::interest::Interest;
use super::path_lookup::LookUp;
use super::readers::ReadCounts;
use crate::plan::Columns;
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
    /// Adds a binding with what it depends on.
    pub(crate) fn add(&mut self, id: BindingId, interest: &Interest<'_>) {
        if interest.dependencies.every_commit.is_some() {
            self.always_affected.insert(id);
        }
        for (at, source) in interest.dependencies.sources.iter().enumerate() {
            self.reads.add(source, interest.any_row_matters);
            self.tables.entry(Arc::clone(&source.table)).or_default().add((id, at), source, interest);
        }
    }

    /// Removes a binding, which must depend on what it did when it was added.
    pub(crate) fn remove(&mut self, id: BindingId, interest: &Interest<'_>) {
        self.always_affected.remove(&id);
        for (at, source) in interest.dependencies.sources.iter().enumerate() {
            self.reads.remove(source, interest.any_row_matters);
            if let Some(index) = self.tables.get_mut(&source.table) {
                index.remove((id, at), source, interest);
                if index.is_empty() {
                    self.tables.remove(&source.table);
                }
            }
        }
    }

    /// What bindings read of each table, see [`ReadCounts`].
    pub(crate) fn take_changed_reads(&mut self) -> Vec<(Arc<str>, Option<Columns>)> {
        self.reads.take_changed()
    }

    /// Whether bindings read anything else than when that was last asked.
    pub(crate) fn has_changed_reads(&self) -> bool {
        self.reads.has_changed()
    }

    /// The bindings that a change batch can affect. `interest` says what a binding depends on.
    pub(crate) fn route<'b>(
        &self,
        batch: &ChangeBatch,
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
