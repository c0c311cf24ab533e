//! The routing index of one table: from a changed row to the bindings that it can affect, without looking at the others.
//!
//! Each reference to the table in a binding's query ([`Source`]) has one entry, under its [`RoutingKey`]. A changed row is
//! looked up by the buckets of its old and its new values, and by the ranges that they are in; SQLite is asked once for the
//! values at the end of a join path from all of a commit's rows. What is found is checked exactly: the index may find too much,
//! never too little.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::change_values::ChangeValues;
use super::interest::{Interest, reads_a_changed_column};
use super::key::RoutingKey;
use super::path_lookup::LookUp;
use super::ranges::{Axis, Intervals, Rank};
use crate::plan::{Columns, JoinPath, Source};
use crate::types::{BindingId, Bucket, Change, SortedMap, SortedSet};

/// A reference to the table: the binding, and the place of the source among its dependencies.
type Entry = (BindingId, usize);

/// With fewer constants than this, each entry is looked at instead of looking the path up.
const FEWEST_CONSTANTS: usize = 4;

/// The most values that a path lookup may give.
const MOST_FOUND: usize = 1 << 17;

/// Entries by the constants of their keys.
type Constants = FxHashMap<Bucket, Vec<Entry>>;

/// The entries of one table.
#[derive(Debug, Default)]
pub(super) struct TableIndex {
    /// Of [`RoutingKey::Values`], by column and constant.
    values: SortedMap<usize, Constants>,
    /// Of [`RoutingKey::Path`], by path, the columns that are read, and constant.
    paths: SortedMap<(Arc<JoinPath>, Columns), Constants>,
    /// Of [`RoutingKey::Range`], by column and interval.
    ranges: SortedMap<Axis, Intervals<Entry>>,
    /// Of [`RoutingKey::AnyChange`], by the columns that are read. A new entry sorts behind all others.
    any_change: SortedMap<Columns, SortedSet<Entry>>,
}

impl TableIndex {
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty() && self.paths.is_empty() && self.ranges.is_empty() && self.any_change.is_empty()
    }

    pub(super) fn add(&mut self, entry: Entry, source: &Source, interest: &Interest<'_>) {
        match RoutingKey::of(source, interest) {
            RoutingKey::Values { column, buckets } => add(self.values.or_default(column), buckets, entry),
            RoutingKey::Path { path, columns, buckets } => {
                add(self.paths.or_default((path, columns)), buckets, entry);
            }
            RoutingKey::Range { axis, interval } => self.ranges.or_default(axis).add(interval, entry),
            RoutingKey::AnyChange { columns } => {
                self.any_change.or_default(columns).insert(entry);
            }
            RoutingKey::Never => {}
        }
    }

    pub(super) fn remove(&mut self, entry: Entry, source: &Source, interest: &Interest<'_>) {
        match RoutingKey::of(source, interest) {
            RoutingKey::Values { column, buckets } => {
                let Some(constants) = self.values.get_mut(&column) else { return };
                if remove(constants, &buckets, entry) {
                    self.values.remove(&column);
                }
            }
            RoutingKey::Path { path, columns, buckets } => {
                let key = (path, columns);
                let Some(constants) = self.paths.get_mut(&key) else { return };
                if remove(constants, &buckets, entry) {
                    self.paths.remove(&key);
                }
            }
            RoutingKey::Range { axis, interval } => {
                let Some(intervals) = self.ranges.get_mut(&axis) else { return };
                intervals.remove(interval, entry);
                if intervals.is_empty() {
                    self.ranges.remove(&axis);
                }
            }
            RoutingKey::AnyChange { columns } => {
                let Some(entries) = self.any_change.get_mut(&columns) else { return };
                entries.remove(&entry);
                if entries.is_empty() {
                    self.any_change.remove(&columns);
                }
            }
            RoutingKey::Never => {}
        }
    }

    /// The entries that changes may matter to by the ends of join paths, each with the place of its change, in the order of
    /// those.
    pub(super) fn find_by_paths(&self, changes: &[Change], look_up: LookUp<'_>) -> Vec<(usize, Entry)> {
        let mut found = Vec::new();
        for ((path, columns), constants) in &self.paths {
            let is_read = |(_, change): &(usize, &Change)| is_read(columns, change);
            let rows: Vec<usize> = changes.iter().enumerate().filter(is_read).map(|(at, _)| at).collect();
            if rows.is_empty() {
                continue;
            }
            // What leads to all entries need not be looked up to its end. One statement serves for about as many.
            let most = constants.len().saturating_mul(rows.len()).min(MOST_FOUND).next_power_of_two();
            let is_worth = constants.len() >= FEWEST_CONSTANTS && changes.len() <= constants.len();
            let looked_up = if is_worth { look_up(path, most) } else { None };
            let mut push = |at: usize, entries: &Vec<Entry>| found.extend(entries.iter().map(|entry| (at, *entry)));
            let Some(values) = looked_up else {
                rows.iter().for_each(|at| constants.values().for_each(|entries| push(*at, entries)));
                continue;
            };
            for (at, value) in values {
                match Bucket::of(value.as_ref()) {
                    Some(bucket) => constants.get(&bucket).into_iter().for_each(|entries| push(at, entries)),
                    None => constants.values().for_each(|entries| push(at, entries)),
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The entries that any change may matter to; some may be found twice.
    pub(super) fn find_all(&self, found: &mut dyn FnMut(Entry)) {
        for constants in self.values.values().chain(self.paths.values()) {
            constants.values().flatten().for_each(|entry| found(*entry));
        }
        self.ranges.values().for_each(|intervals| intervals.find(Rank::Anywhere, found));
        self.any_change.values().flatten().for_each(|entry| found(*entry));
    }

    /// The entries that a change may matter to by itself; some may be found twice.
    pub(super) fn find(&self, change: &ChangeValues<'_>, found: &mut dyn FnMut(Entry)) {
        let any_change = self.any_change.iter().filter(|(columns, _)| change.changes_any(columns));
        any_change.flat_map(|(_, entries)| entries).for_each(|entry| found(*entry));
        for (column, constants) in &self.values {
            let mut last = None;
            for value in change.of_column(*column) {
                match value.map(Bucket::of) {
                    Some(Some(bucket)) => {
                        if last.as_ref() != Some(&bucket)
                            && let Some(entries) = constants.get(&bucket)
                        {
                            entries.iter().for_each(|entry| found(*entry));
                        }
                        last = Some(bucket);
                    }
                    // A value of no certain bucket, or of a column that is not there.
                    _ => constants.values().flatten().for_each(|entry| found(*entry)),
                }
            }
        }
        for (axis, intervals) in &self.ranges {
            for value in change.of_column(axis.column) {
                intervals.find(value.map_or(Rank::Anywhere, |value| axis.rank(value)), found);
            }
        }
    }
}

/// Whether a change is one of these columns, or of the whole row.
fn is_read(columns: &Columns, change: &Change) -> bool {
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => reads_a_changed_column(columns, old, new),
        _ => true,
    }
}

fn add(constants: &mut Constants, buckets: Vec<Bucket>, entry: Entry) {
    for bucket in buckets {
        // Mostly there is one, and a vector that grows makes room for four.
        constants.entry(bucket).or_insert_with(|| Vec::with_capacity(1)).push(entry);
    }
}

/// Whether nothing is left.
fn remove(constants: &mut Constants, buckets: &[Bucket], entry: Entry) -> bool {
    for bucket in buckets {
        if let Some(entries) = constants.get_mut(bucket) {
            entries.retain(|other| *other != entry);
            if entries.is_empty() {
                constants.remove(bucket);
            }
        }
    }
    constants.is_empty()
}
