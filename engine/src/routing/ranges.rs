//! Ranges: the intervals that a column's values have to be in, by an order in which "outside" is certain.
//!
//! Constants are converted to what SQLite compares with the column, and both become keys that sort as SQLite does: numbers
//! exactly, before texts by their collating sequence, before blobs. Where affinity could convert a value in a way that is not
//! known here, it has no key, and nothing is ruled out by it.

use std::collections::BTreeMap;

use crate::plan::{Predicate, Relation};
use crate::types::{Affinity, Collation, SortTerm, ValueRef, push_sort_key};

/// The most digits that a text may have to be read as the integer that it is to SQLite as well.
const MOST_DIGITS: usize = 15;

/// Beyond it, a double need not be the integer that was meant.
const MOST_EXACT: u64 = 1 << f64::MANTISSA_DIGITS;

/// How the ranges of a column are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Axis {
    pub(crate) column: usize,
    affinity: Affinity,
    collation: Collation,
}

/// The place of a value on an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    /// It is NULL, which is in no range.
    Nowhere,
    /// Its place is not known.
    Anywhere,
    /// At this key.
    At(Box<[u8]>),
}

/// A cut between the values of an axis: just below the values of a key, or just above them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cut {
    key: Box<[u8]>,
    is_above: bool,
}

/// The values between two cuts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interval {
    from: Option<Cut>,
    until: Option<Cut>,
}

impl Axis {
    /// The axis of a predicate; nothing where texts compare by an unknown sequence.
    pub(super) fn of(predicate: &Predicate) -> Option<Self> {
        let collation = Collation::named(&predicate.collation)?;
        Some(Self { column: predicate.column, affinity: predicate.affinity, collation })
    }

    /// Whether a column's value may satisfy a comparison with a constant.
    pub(super) fn may_hold(&self, value: ValueRef<'_>, relation: Relation, constant: ValueRef<'_>) -> bool {
        match (self.rank(value), self.rank_of_constant(constant)) {
            (Rank::Nowhere, _) | (_, Rank::Nowhere) => false,
            (Rank::Anywhere, _) | (_, Rank::Anywhere) => true,
            (Rank::At(value), Rank::At(constant)) => Interval::of(relation, constant).contains(&value),
        }
    }

    /// The rank of a value of the column.
    pub(super) fn rank(&self, value: ValueRef<'_>) -> Rank {
        match (self.affinity, value) {
            // Such a column stores no numbers.
            (Affinity::Text, ValueRef::Integer(_) | ValueRef::Real(_)) => Rank::Anywhere,
            _ => self.rank_of_constant(value),
        }
    }

    /// The rank of a constant that is compared with the column.
    pub(super) fn rank_of_constant(&self, value: ValueRef<'_>) -> Rank {
        match (self.affinity, value) {
            (_, ValueRef::Null) => Rank::Nowhere,
            (_, ValueRef::Real(value)) if value.is_nan() => Rank::Anywhere,
            (Affinity::Text, ValueRef::Integer(value)) => self.at(ValueRef::Text(value.to_string().as_bytes())),
            // Only SQLite knows its digits.
            (Affinity::Text, ValueRef::Real(_)) => Rank::Anywhere,
            // An index on the column looks for the nearest double.
            (Affinity::Real, ValueRef::Integer(value)) if value.unsigned_abs() > MOST_EXACT => Rank::Anywhere,
            (Affinity::Integer | Affinity::Real | Affinity::Numeric, ValueRef::Text(text)) => {
                if !text.iter().any(u8::is_ascii_digit) {
                    return self.at(value);
                }
                integer(text).map_or(Rank::Anywhere, |integer| self.at(ValueRef::Integer(integer)))
            }
            _ => self.at(value),
        }
    }

    fn at(&self, value: ValueRef<'_>) -> Rank {
        let mut key = Vec::with_capacity(16);
        push_sort_key(&mut key, SortTerm { collation: self.collation, ..SortTerm::default() }, value);
        Rank::At(key.into_boxed_slice())
    }
}

/// The integer that a text is written as, if it is one without any doubt.
fn integer(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let is_plain = digits.len() <= MOST_DIGITS && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| is_plain)?.parse().ok()
}

impl Interval {
    /// The values that have a relation to that of a key.
    pub(super) fn of(relation: Relation, key: Box<[u8]>) -> Self {
        let cut = |is_above| Some(Cut { key, is_above });
        match relation {
            Relation::Less => Self { from: None, until: cut(false) },
            Relation::AtMost => Self { from: None, until: cut(true) },
            Relation::Greater => Self { from: cut(true), until: None },
            Relation::AtLeast => Self { from: cut(false), until: None },
            Relation::Equal | Relation::Is => Self::default(),
        }
    }

    /// No values at all.
    pub(super) fn nothing() -> Self {
        let cut = || Some(Cut { key: Box::default(), is_above: false });
        Self { from: cut(), until: cut() }
    }

    /// What is in both.
    pub(super) fn and(self, other: Self) -> Self {
        // No cut is before all others.
        Self {
            from: self.from.max(other.from),
            until: match (self.until, other.until) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        }
    }

    /// Whether it ends on both sides.
    pub(super) fn is_bounded(&self) -> bool {
        self.from.is_some() && self.until.is_some()
    }

    /// Whether no value can be in it.
    pub(super) fn is_empty(&self) -> bool {
        matches!((&self.from, &self.until), (Some(from), Some(until)) if from >= until)
    }

    fn contains(&self, key: &[u8]) -> bool {
        let is_from = self.from.as_ref().is_none_or(|cut| (&*cut.key, cut.is_above) <= (key, false));
        is_from && reaches(self.until.as_ref(), key)
    }
}

/// Whether an interval that ends at a cut contains the values of a key.
fn reaches(until: Option<&Cut>, key: &[u8]) -> bool {
    until.is_none_or(|cut| (&*cut.key, cut.is_above) > (key, false))
}

/// Intervals of one axis, each with an entry that its values concern.
#[derive(Debug)]
pub(super) struct Intervals<T> {
    /// Those that begin somewhere, by where they do, with where they end.
    beginning: BTreeMap<Cut, Vec<(Option<Cut>, T)>>,
    /// The others, by where they end.
    ending: BTreeMap<Cut, Vec<T>>,
}

impl<T> Default for Intervals<T> {
    fn default() -> Self {
        Self { beginning: BTreeMap::new(), ending: BTreeMap::new() }
    }
}

impl<T: Copy + PartialEq> Intervals<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.beginning.is_empty() && self.ending.is_empty()
    }

    /// Adds an interval that is bounded on one side at least.
    pub(super) fn add(&mut self, Interval { from, until }: Interval, of: T) {
        match (from, until) {
            (Some(from), until) => self.beginning.entry(from).or_default().push((until, of)),
            (None, Some(until)) => self.ending.entry(until).or_default().push(of),
            (None, None) => {}
        }
    }

    pub(super) fn remove(&mut self, Interval { from, until }: Interval, of: T) {
        match (from, until) {
            (Some(from), _) => remove(&mut self.beginning, &from, |(_, other)| *other == of),
            (None, Some(until)) => remove(&mut self.ending, &until, |other| *other == of),
            (None, None) => {}
        }
    }

    /// The entries that a value of this rank may concern.
    pub(super) fn find(&self, rank: Rank, found: &mut dyn FnMut(T)) {
        match rank {
            Rank::Nowhere => {}
            Rank::Anywhere => {
                self.beginning.values().flatten().for_each(|(_, of)| found(*of));
                self.ending.values().flatten().for_each(|of| found(*of));
            }
            Rank::At(key) => {
                let below = Cut { key, is_above: false };
                for (until, of) in self.beginning.range::<Cut, _>(..=&below).flat_map(|(_, of)| of) {
                    if reaches(until.as_ref(), &below.key) {
                        found(*of);
                    }
                }
                let behind = (std::ops::Bound::Excluded(&below), std::ops::Bound::Unbounded);
                self.ending.range::<Cut, _>(behind).flat_map(|(_, of)| of).for_each(|of| found(*of));
            }
        }
    }
}

fn remove<V>(cuts: &mut BTreeMap<Cut, Vec<V>>, at: &Cut, is_it: impl Fn(&V) -> bool) {
    if let Some(values) = cuts.get_mut(at) {
        values.retain(|value| !is_it(value));
        if values.is_empty() {
            cuts.remove(at);
        }
    }
}

#[cfg(test)]
#[path = "ranges_tests.rs"]
mod tests;
