//! Routing keys: what a table reference of a binding's query is found by from a changed row.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::interest::Interest;
use super::ranges::{Axis, Interval, Rank};
use crate::plan::{Columns, JoinPath, PathLookup, Predicate, Relation, Source};
use crate::types::{Bucket, Collation, SortedMap, ValueRef};

/// What a table reference is found by. The first that applies of: values, a join path, a range, any change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RoutingKey {
    /// A column's values have to be in one of these buckets.
    Values { column: usize, buckets: Vec<Bucket> },
    /// The values at the end of a join path have to be in one of these buckets; `columns` are read of the changed table.
    Path { path: Arc<JoinPath>, columns: Columns, buckets: Vec<Bucket> },
    /// A column's values have to be in this interval.
    Range { axis: Axis, interval: Interval },
    /// Any change of these columns may matter.
    AnyChange { columns: Columns },
    /// No row can match: nothing equals NULL, and nothing is between crossed bounds.
    Never,
}

impl RoutingKey {
    /// The key of a table reference for the values of somebody's parameters.
    pub(crate) fn of(source: &Source, interest: &Interest<'_>) -> Self {
        if interest.any_row_matters {
            return Self::AnyChange { columns: Columns::All };
        }
        let values = fewest_values(source, interest);
        let range = narrowest_range(source, interest);
        let is_never = values.as_ref().is_some_and(|(_, buckets)| buckets.is_empty())
            || range.as_ref().is_some_and(|(_, interval)| interval.is_empty());
        if is_never {
            return Self::Never;
        }
        if let Some((column, buckets)) = values {
            return Self::Values { column, buckets };
        }
        match (served_path(source, interest), range) {
            (Some((_, buckets)), _) if buckets.is_empty() => Self::Never,
            (Some((path, buckets)), _) => Self::Path { path, columns: source.columns.clone(), buckets },
            (None, Some((axis, interval))) => Self::Range { axis, interval },
            (None, None) => Self::AnyChange { columns: source.columns.clone() },
        }
    }
}

/// The column that is compared with the fewest constants, if all of them have buckets.
fn fewest_values(source: &Source, interest: &Interest<'_>) -> Option<(usize, Vec<Bucket>)> {
    let mut best: Option<(usize, Vec<Bucket>)> = None;
    for predicate in &source.predicates {
        let Some(buckets) = buckets(predicate, interest) else { continue };
        if best.as_ref().is_none_or(|(_, best)| buckets.len() < best.len()) {
            best = Some((predicate.column, buckets));
        }
    }
    best
}

/// The first join path that SQLite looks up by indexes, with the buckets of the constants at its end.
fn served_path(source: &Source, interest: &Interest<'_>) -> Option<(Arc<JoinPath>, Vec<Bucket>)> {
    let mut served = source.path_lookups.iter().filter(|lookup| lookup.is_served);
    served.find_map(|PathLookup { path, predicate, .. }| Some((Arc::clone(path), buckets(predicate, interest)?)))
}

/// The buckets of a predicate's constants, if all of them have one.
fn buckets(predicate: &Predicate, interest: &Interest<'_>) -> Option<Vec<Bucket>> {
    if predicate.relation.is_range() {
        return None;
    }
    // Texts that another collating sequence calls equal need have nothing in common.
    Collation::named(&predicate.collation)?;
    let mut known = FxHashSet::default();
    let mut buckets = Vec::with_capacity(predicate.any_of.len());
    for operand in &predicate.any_of {
        match (interest.value(operand)?, predicate.relation) {
            // Nothing equals NULL.
            (ValueRef::Null, Relation::Equal) => {}
            (value, _) => {
                let bucket = Bucket::of(value)?;
                if known.insert(bucket.clone()) {
                    buckets.push(bucket);
                }
            }
        }
    }
    Some(buckets)
}

/// The interval in which a column's values have to be: of several columns an empty one, else one that is bounded on both
/// sides.
fn narrowest_range(source: &Source, interest: &Interest<'_>) -> Option<(Axis, Interval)> {
    let mut intervals: SortedMap<Axis, Interval> = SortedMap::new();
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
