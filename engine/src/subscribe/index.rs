//! The routing index: from a changed row to the bindings that it can affect, without looking at the others.
//!
//! Each occurrence of a table in a binding's query ([`Source`]) stands in the index of that table once. Where a predicate
//! says which values of a column matter, it stands under each constant's bucket; a changed row is looked up by the buckets
//! of its old and its new value. Where predicates bound a column, it stands under the interval. Otherwise it stands among
//! what every change of the table runs through that changes one of its columns. What is found is checked exactly: the
//! index may find too much, never too little.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::ranges::{Axis, Interval, Intervals, Rank};
use super::routing::{Interest, reads_a_changed_column};
use crate::plan::{Columns, Predicate, Relation, Source};
use crate::types::{BindingId, Bucket, Change, Collation, ValueRef};

/// One occurrence of the table: the binding, and the place of the source among its dependencies.
type Place = (BindingId, usize);

/// What is subscribed of one table.
#[derive(Debug, Default)]
pub(super) struct TableIndex {
    /// By column, by constant.
    columns: BTreeMap<usize, FxHashMap<Bucket, Vec<Place>>>,
    /// By column, by interval.
    ranges: BTreeMap<Axis, Intervals<Place>>,
    /// What any change may matter to, by the columns that it reads.
    others: BTreeMap<Columns, BTreeSet<Place>>,
}

/// Where a source stands in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Under constants of this column.
    Under(usize),
    /// Under an interval of this column.
    Within(usize),
    /// Among what every change of the table runs through.
    Among,
    /// Under no constant: no row can match.
    Nowhere,
}

/// The same with what it stands under.
enum Spot {
    Under(usize, Vec<Bucket>),
    Within(Axis, Interval),
    Among(Columns),
    Nowhere,
}

impl TableIndex {
    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.ranges.is_empty() && self.others.is_empty()
    }

    pub(super) fn add(&mut self, place: Place, interest: &Interest<'_>) {
        match spot(place, interest) {
            Spot::Under(column, buckets) => {
                let column = self.columns.entry(column).or_default();
                for bucket in buckets {
                    // Mostly there is one, and a vector that grows makes room for four.
                    column.entry(bucket).or_insert_with(|| Vec::with_capacity(1)).push(place);
                }
            }
            Spot::Within(axis, interval) => self.ranges.entry(axis).or_default().add(interval, place),
            Spot::Among(columns) => {
                self.others.entry(columns).or_default().insert(place);
            }
            Spot::Nowhere => {}
        }
    }

    pub(super) fn remove(&mut self, place: Place, interest: &Interest<'_>) {
        match spot(place, interest) {
            Spot::Under(column, buckets) => {
                let Some(constants) = self.columns.get_mut(&column) else { return };
                for bucket in buckets {
                    if let Some(places) = constants.get_mut(&bucket) {
                        places.retain(|other| *other != place);
                        if places.is_empty() {
                            constants.remove(&bucket);
                        }
                    }
                }
                if constants.is_empty() {
                    self.columns.remove(&column);
                }
            }
            Spot::Within(axis, interval) => {
                let Some(intervals) = self.ranges.get_mut(&axis) else { return };
                intervals.remove(interval, place);
                if intervals.is_empty() {
                    self.ranges.remove(&axis);
                }
            }
            Spot::Among(columns) => {
                let Some(places) = self.others.get_mut(&columns) else { return };
                places.remove(&place);
                if places.is_empty() {
                    self.others.remove(&columns);
                }
            }
            Spot::Nowhere => {}
        }
    }

    /// The places that a change may matter to; some may be found twice.
    pub(super) fn find(&self, change: &Change, mut found: impl FnMut(Place)) {
        let is_read = |columns: &Columns| match (&change.old, &change.new) {
            (Some(old), Some(new)) => reads_a_changed_column(columns, old, new),
            _ => true,
        };
        let others = self.others.iter().filter(|(columns, _)| is_read(columns));
        others.flat_map(|(_, places)| places).copied().for_each(&mut found);
        for (column, constants) in &self.columns {
            let mut last = None;
            for value in values(change, *column) {
                match value.map(Bucket::of) {
                    Some(Some(bucket)) => {
                        if last.as_ref() != Some(&bucket)
                            && let Some(places) = constants.get(&bucket)
                        {
                            places.iter().copied().for_each(&mut found);
                        }
                        last = Some(bucket);
                    }
                    // A value of no certain bucket, or of a column that is not there.
                    _ => constants.values().flatten().copied().for_each(&mut found),
                }
            }
        }
        for (axis, intervals) in &self.ranges {
            for value in values(change, axis.column) {
                intervals.find(value.map_or(Rank::Anywhere, |value| axis.rank(value)), &mut found);
            }
        }
    }
}

/// A column's value in the row before and after, once where it is the same: most updates leave what rows are found by.
fn values(change: &Change, column: usize) -> impl Iterator<Item = Option<ValueRef<'_>>> {
    let [old, new] = [&change.old, &change.new].map(|row| row.as_ref().map(|row| row.get(column)));
    [old, new.filter(|new| old.as_ref() != Some(new))].into_iter().flatten()
}

/// Where a source stands for somebody's parameters.
pub(crate) fn standing(source: &Source, interest: &Interest<'_>) -> Standing {
    match of_source(source, interest) {
        Spot::Under(column, _) => Standing::Under(column),
        Spot::Within(axis, _) => Standing::Within(axis.column),
        Spot::Among(_) => Standing::Among,
        Spot::Nowhere => Standing::Nowhere,
    }
}

fn spot((_, source): Place, interest: &Interest<'_>) -> Spot {
    interest.dependencies.sources.get(source).map_or(Spot::Nowhere, |source| of_source(source, interest))
}

fn of_source(source: &Source, interest: &Interest<'_>) -> Spot {
    if interest.any_row_matters {
        return Spot::Among(Columns::All);
    }
    let mut best: Option<(usize, Vec<Bucket>)> = None;
    for predicate in &source.predicates {
        let Some(buckets) = buckets(predicate, interest) else { continue };
        if best.as_ref().is_none_or(|(_, best)| buckets.len() < best.len()) {
            best = Some((predicate.column, buckets));
        }
    }
    let interval = interval(source, interest);
    match (best, interval) {
        (Some((_, buckets)), _) if buckets.is_empty() => Spot::Nowhere,
        (_, Some((_, interval))) if interval.is_empty() => Spot::Nowhere,
        (Some((column, buckets)), _) => Spot::Under(column, buckets),
        (None, Some((axis, interval))) => Spot::Within(axis, interval),
        (None, None) => Spot::Among(source.columns.clone()),
    }
}

/// The buckets of a predicate's constants, if all of them have one.
fn buckets(predicate: &Predicate, interest: &Interest<'_>) -> Option<Vec<Bucket>> {
    if predicate.relation.is_range() {
        return None;
    }
    // Texts that another sequence calls equal need have nothing in common.
    Collation::named(&predicate.collation)?;
    let mut buckets = Vec::with_capacity(predicate.any_of.len());
    for operand in &predicate.any_of {
        match (interest.value(operand)?, predicate.relation) {
            // Nothing equals NULL.
            (ValueRef::Null, Relation::Equal) => {}
            (value, _) => buckets.push(Bucket::of(value)?),
        }
    }
    buckets.sort();
    buckets.dedup();
    Some(buckets)
}

/// The interval in which a column's values have to be: of several columns one that is bounded on both sides, or in which
/// there is none.
fn interval(source: &Source, interest: &Interest<'_>) -> Option<(Axis, Interval)> {
    let mut intervals: BTreeMap<Axis, Interval> = BTreeMap::new();
    for predicate in source.predicates.iter().filter(|predicate| predicate.relation.is_range()) {
        let (Some(axis), [operand]) = (Axis::of(predicate), predicate.any_of.as_slice()) else { continue };
        let Some(constant) = interest.value(operand) else { continue };
        let bound = match axis.rank_of_constant(constant) {
            Rank::Nowhere => return Some((axis, Interval::nothing())),
            Rank::Anywhere => continue,
            Rank::At(key) => Interval::of(predicate.relation, key),
        };
        let known = intervals.remove(&axis).unwrap_or_default();
        intervals.insert(axis, known.and(bound));
    }
    let cost = |(_, interval): &(Axis, Interval)| (!interval.is_empty(), !interval.is_bounded());
    intervals.into_iter().min_by_key(cost)
}
