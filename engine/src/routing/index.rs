//! The routing index: from a changed row to the bindings that it can affect, without looking at the others.
//!
//! Each table reference of a table in a binding's query ([`Source`]) stands in the index of that table once. Where a predicate
//! says which values of a column matter, it stands under each constant's bucket; a changed row is looked up by the buckets
//! of its old and its new value. Where joins lead to such a predicate of another table reference ([`JoinPath`]), it stands under the
//! constants there, and SQLite is asked once for all of a commit's rows where they lead. Where predicates bound a column, it
//! stands under the interval. Otherwise it stands among what every change of the table runs through that changes one of its
//! columns. What is found is checked exactly: the index may find too much, never too little.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::interest::{Interest, reads_a_changed_column};
use super::ranges::{Axis, Interval, Intervals, Rank};
use crate::plan::{Columns, JoinPath, PathLookup, Predicate, Relation, Source};
use crate::types::{BindingId, Bucket, Change, Collation, Value, ValueRef};

/// One table reference of the table: the binding, and the place of the source among its dependencies.
type Place = (BindingId, usize);

/// Of so few table references each is looked at, rather than SQLite asked whom a row leads to.
const FEW: usize = 4;

/// To so many values changed rows are followed.
const MOST_LED: usize = 1 << 17;

/// Looks up a join path from a table's changed rows: the values at its end, with the places of the rows; nothing if there are
/// as many as is said, or SQLite fails.
pub(crate) type LookUp<'f> = &'f mut dyn FnMut(&JoinPath, usize) -> Option<Vec<(usize, Value)>>;

/// Table references by the constants that they stand under.
type Constants = FxHashMap<Bucket, Vec<Place>>;

/// What is subscribed of one table.
#[derive(Debug, Default)]
pub(crate) struct TableIndex {
    /// By column, by constant.
    columns: BTreeMap<usize, Constants>,
    /// By trail, and what is read of the table it starts from.
    paths: BTreeMap<(Arc<JoinPath>, Columns), Constants>,
    /// By column, by interval.
    ranges: BTreeMap<Axis, Intervals<Place>>,
    /// What any change may matter to, by the columns that it reads.
    others: BTreeMap<Columns, BTreeSet<Place>>,
}

/// Where a source stands in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Under constants of this column.
    Under(usize),
    /// Under constants that a trail leads to.
    Over(Arc<JoinPath>),
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
    Over((Arc<JoinPath>, Columns), Vec<Bucket>),
    Within(Axis, Interval),
    Among(Columns),
    Nowhere,
}

impl TableIndex {
    pub(crate) fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.paths.is_empty() && self.ranges.is_empty() && self.others.is_empty()
    }

    pub(crate) fn add(&mut self, place: Place, interest: &Interest<'_>) {
        match spot(place, interest) {
            Spot::Under(column, buckets) => add(self.columns.entry(column).or_default(), buckets, place),
            Spot::Over(path, buckets) => add(self.paths.entry(path).or_default(), buckets, place),
            Spot::Within(axis, interval) => self.ranges.entry(axis).or_default().add(interval, place),
            Spot::Among(columns) => {
                self.others.entry(columns).or_default().insert(place);
            }
            Spot::Nowhere => {}
        }
    }

    pub(crate) fn remove(&mut self, place: Place, interest: &Interest<'_>) {
        match spot(place, interest) {
            Spot::Under(column, buckets) => {
                let Some(constants) = self.columns.get_mut(&column) else { return };
                if remove(constants, &buckets, place) {
                    self.columns.remove(&column);
                }
            }
            Spot::Over(path, buckets) => {
                let Some(constants) = self.paths.get_mut(&path) else { return };
                if remove(constants, &buckets, place) {
                    self.paths.remove(&path);
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

    /// The places that changes may matter to by where they lead, each with the place of its change, in the order of those.
    pub(crate) fn meet(&self, changes: &[Change], look_up: LookUp<'_>) -> Vec<(usize, Place)> {
        let mut met = Vec::new();
        for ((path, columns), constants) in &self.paths {
            let read = changes.iter().enumerate().filter(|(_, change)| is_read(columns, change)).map(|(at, _)| at);
            let read: Vec<usize> = read.collect();
            let places: usize = constants.len();
            if read.is_empty() {
                continue;
            }
            // What leads to all places anyway need not be followed to its end. One text serves for about as many.
            let most = places.saturating_mul(read.len()).min(MOST_LED).next_power_of_two();
            let is_worth = places >= FEW && changes.len() <= places;
            let led = if is_worth { look_up(path, most) } else { None };
            let mut meet = |at: usize, places: &Vec<Place>| met.extend(places.iter().map(|place| (at, *place)));
            match led {
                None => read.iter().for_each(|at| constants.values().for_each(|places| meet(*at, places))),
                Some(values) => {
                    for (at, value) in values {
                        match Bucket::of(value.as_ref()) {
                            Some(bucket) => constants.get(&bucket).into_iter().for_each(|places| meet(at, places)),
                            None => constants.values().for_each(|places| meet(at, places)),
                        }
                    }
                }
            }
        }
        met.sort_unstable();
        met.dedup();
        met
    }

    /// The places that a change may matter to; some may be found twice.
    pub(crate) fn find(&self, change: &Change, found: &mut impl FnMut(Place)) {
        let others = self.others.iter().filter(|(columns, _)| is_read(columns, change));
        others.flat_map(|(_, places)| places).copied().for_each(&mut *found);
        for (column, constants) in &self.columns {
            let mut last = None;
            for value in values(change, *column) {
                match value.map(Bucket::of) {
                    Some(Some(bucket)) => {
                        if last.as_ref() != Some(&bucket)
                            && let Some(places) = constants.get(&bucket)
                        {
                            places.iter().copied().for_each(&mut *found);
                        }
                        last = Some(bucket);
                    }
                    // A value of no certain bucket, or of a column that is not there.
                    _ => constants.values().flatten().copied().for_each(&mut *found),
                }
            }
        }
        for (axis, intervals) in &self.ranges {
            for value in values(change, axis.column) {
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

fn add(constants: &mut Constants, buckets: Vec<Bucket>, place: Place) {
    for bucket in buckets {
        // Mostly there is one, and a vector that grows makes room for four.
        constants.entry(bucket).or_insert_with(|| Vec::with_capacity(1)).push(place);
    }
}

/// Whether nothing is left.
fn remove(constants: &mut Constants, buckets: &[Bucket], place: Place) -> bool {
    for bucket in buckets {
        if let Some(places) = constants.get_mut(bucket) {
            places.retain(|other| *other != place);
            if places.is_empty() {
                constants.remove(bucket);
            }
        }
    }
    constants.is_empty()
}

/// A column's value in the row before and after, once where it is the same: most updates leave what rows are found by.
fn values(change: &Change, column: usize) -> impl Iterator<Item = Option<ValueRef<'_>>> {
    let [old, new] = [&change.old, &change.new].map(|row| row.as_ref().map(|row| row.get(column)));
    [old, new.filter(|new| old.as_ref() != Some(new))].into_iter().flatten()
}

/// Where a source stands for somebody's parameters; a trail that no index serves is not followed.
pub(crate) fn standing(source: &Source, interest: &Interest<'_>) -> Standing {
    match of_source(source, interest) {
        Spot::Under(column, _) => Standing::Under(column),
        Spot::Over((path, _), _) => Standing::Over(path),
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
        (None, interval) => match (over(source, interest), interval) {
            (Some((_, buckets)), _) if buckets.is_empty() => Spot::Nowhere,
            (Some((path, buckets)), _) => Spot::Over((path, source.columns.clone()), buckets),
            (None, Some((axis, interval))) => Spot::Within(axis, interval),
            (None, None) => Spot::Among(source.columns.clone()),
        },
    }
}

/// The first trail that SQLite can look up, with the buckets that it leads to.
fn over(source: &Source, interest: &Interest<'_>) -> Option<(Arc<JoinPath>, Vec<Bucket>)> {
    let mut served = source.path_lookups.iter().filter(|lookup| lookup.is_served);
    served.find_map(|PathLookup { path, predicate, .. }| Some((Arc::clone(path), buckets(predicate, interest)?)))
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
