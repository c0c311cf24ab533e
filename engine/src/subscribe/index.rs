//! The routing index: from a changed row to the bindings that it can affect, without looking at the others.
//!
//! Each occurrence of a table in a binding's query ([`Source`]) stands in the index of that table once. Where a predicate
//! compares a column with known constants, it stands under each constant's bucket; a changed row is looked up by the
//! buckets of its old and its new value. Otherwise it stands in the list that every change of the table runs through. What
//! is found is checked exactly: buckets may hold too much, never too little.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::routing::Interest;
use crate::plan::{Predicate, Relation, Source};
use crate::types::{BindingId, Bucket, Change, Collation, ValueRef};

/// One occurrence of the table: the binding, and the place of the source among its dependencies.
type Place = (BindingId, usize);

/// What is subscribed of one table.
#[derive(Debug, Default)]
pub(super) struct TableIndex {
    /// By column, by constant.
    columns: BTreeMap<usize, FxHashMap<Bucket, Vec<Place>>>,
    /// What any change may matter to.
    others: BTreeSet<Place>,
}

/// Where a source stands in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Under constants of this column.
    Under(usize),
    /// Among what every change of the table runs through.
    Among,
    /// Under no constant: no row can match.
    Nowhere,
}

impl TableIndex {
    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.others.is_empty()
    }

    pub(super) fn add(&mut self, place: Place, interest: &Interest<'_>) {
        let (standing, buckets) = stand(place, interest);
        match standing {
            Standing::Under(column) => {
                let column = self.columns.entry(column).or_default();
                for bucket in buckets {
                    // Mostly there is one, and a vector that grows makes room for four.
                    column.entry(bucket).or_insert_with(|| Vec::with_capacity(1)).push(place);
                }
            }
            Standing::Among => {
                self.others.insert(place);
            }
            Standing::Nowhere => {}
        }
    }

    pub(super) fn remove(&mut self, place: Place, interest: &Interest<'_>) {
        self.others.remove(&place);
        let (Standing::Under(column), buckets) = stand(place, interest) else { return };
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

    /// The places that a change may matter to; some may be found twice.
    pub(super) fn find(&self, change: &Change, mut found: impl FnMut(Place)) {
        self.others.iter().copied().for_each(&mut found);
        for (column, constants) in &self.columns {
            let [old, new] = [&change.old, &change.new].map(|row| row.as_ref().map(|row| row.get(*column)));
            let mut last = None;
            // Most updates leave what rows are found by.
            for value in [old, new.filter(|new| old.as_ref() != Some(new))].into_iter().flatten() {
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
    }
}

/// Where a source stands for somebody's parameters.
pub(crate) fn standing(source: &Source, interest: &Interest<'_>) -> Standing {
    of_source(source, interest).0
}

fn stand((_, source): Place, interest: &Interest<'_>) -> (Standing, Vec<Bucket>) {
    match interest.dependencies.sources.get(source) {
        Some(source) => of_source(source, interest),
        None => (Standing::Nowhere, Vec::new()),
    }
}

fn of_source(source: &Source, interest: &Interest<'_>) -> (Standing, Vec<Bucket>) {
    if interest.any_row_matters {
        return (Standing::Among, Vec::new());
    }
    let mut best: Option<(usize, Vec<Bucket>)> = None;
    for predicate in &source.predicates {
        let Some(buckets) = buckets(predicate, interest) else { continue };
        if best.as_ref().is_none_or(|(_, best)| buckets.len() < best.len()) {
            best = Some((predicate.column, buckets));
        }
    }
    match best {
        Some((_, buckets)) if buckets.is_empty() => (Standing::Nowhere, buckets),
        Some((column, buckets)) => (Standing::Under(column), buckets),
        None => (Standing::Among, Vec::new()),
    }
}

/// The buckets of a predicate's constants, if all of them have one.
fn buckets(predicate: &Predicate, interest: &Interest<'_>) -> Option<Vec<Bucket>> {
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
