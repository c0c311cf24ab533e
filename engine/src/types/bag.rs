//! Bags: rows with how often each is there, found by what some of their columns hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use super::{Bucket, Row, SortedMap, ValueRef, WeightedRow};

/// A row that is in a bag more often than this is read more often than anybody can wait for.
const MOST_COPIES: i64 = 1 << 20;

/// A row with a number that no other one in the bag has: where SQLite searches twice, for the sides of an OR, it tells by
/// them what it has found already.
type Numbered = (i64, Row);

/// The rows of a derived table: who maintains them and the statements that read them have them in common.
pub(crate) type SharedBag = Arc<Mutex<Bag>>;

/// Nothing panics while it holds the lock; and were it so, a bag is whole after each step.
pub(crate) fn lock_bag(bag: &SharedBag) -> MutexGuard<'_, Bag> {
    bag.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Rows that a statement reads as a table.
#[derive(Debug, Default)]
pub(crate) struct Bag {
    rows: FxHashMap<Row, Copies>,
    /// The rows by their numbers: they are read as they came, so that the same history is read alike everywhere.
    numbered: BTreeMap<i64, Row>,
    /// The number of the next row.
    next: i64,
    /// By columns, those that somebody has looked for.
    indexes: SortedMap<Box<[usize]>, Index>,
}

/// How often a row is there.
#[derive(Clone, Copy, Debug, Default)]
struct Copies {
    count: i64,
    /// The first number of its copies.
    number: i64,
}

/// The rows by the buckets of some columns.
#[derive(Debug, Default)]
struct Index {
    rows: FxHashMap<Box<[Bucket]>, BTreeSet<i64>>,
    /// Rows with a value of no certain bucket, which any search finds.
    others: BTreeSet<i64>,
}

impl Bag {
    /// The rows from left to right, each as often as its weights add up to.
    pub(crate) fn of(rows: &[WeightedRow]) -> Self {
        let mut bag = Self::default();
        rows.iter().for_each(|(row, weight)| bag.add(row, *weight));
        bag
    }

    /// Adds copies of a row, or takes them away.
    pub(crate) fn add(&mut self, row: &Row, weight: i64) {
        let copies = self.rows.get(row).copied().unwrap_or_default();
        match (copies.count, copies.count.saturating_add(weight)) {
            (0, 0) => {}
            (_, 0) => {
                self.rows.remove(row);
                self.numbered.remove(&copies.number);
                self.indexes.iter_mut().for_each(|(columns, index)| index.remove(columns, row, copies.number));
            }
            (0, count) => {
                let number = self.next;
                self.rows.insert(row.clone(), Copies { count, number });
                self.numbered.insert(number, row.clone());
                self.next = self.next.wrapping_add(MOST_COPIES);
                self.indexes.iter_mut().for_each(|(columns, index)| index.add(columns, row, number));
            }
            (_, count) => {
                self.rows.insert(row.clone(), Copies { count, ..copies });
            }
        }
    }

    /// How many different rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// All rows.
    pub(crate) fn rows(&self) -> Vec<Numbered> {
        let mut rows = Vec::with_capacity(self.rows.len());
        self.numbered.values().for_each(|row| self.push(row, &mut rows));
        rows
    }

    /// At least the rows whose `columns` could be equal to these values.
    pub(crate) fn find(&mut self, columns: &[usize], values: &[ValueRef<'_>]) -> Vec<Numbered> {
        let buckets = values.iter().map(|value| Bucket::of(*value)).collect::<Option<Box<[Bucket]>>>();
        let Some(buckets) = buckets.filter(|_| !columns.is_empty()) else { return self.rows() };
        if !self.indexes.contains_key(columns) {
            let mut index = Index::default();
            self.numbered.iter().for_each(|(number, row)| index.add(columns, row, *number));
            self.indexes.insert(columns.into(), index);
        }
        let mut rows = Vec::new();
        if let Some(index) = self.indexes.get(columns) {
            let found = index.rows.get(&buckets).into_iter().flatten().chain(&index.others);
            found.filter_map(|number| self.numbered.get(number)).for_each(|row| self.push(row, &mut rows));
        }
        rows
    }

    fn push(&self, row: &Row, rows: &mut Vec<Numbered>) {
        let Copies { count, number } = self.rows.get(row).copied().unwrap_or_default();
        rows.extend((0..count.clamp(0, MOST_COPIES)).map(|copy| (number.wrapping_add(copy), row.clone())));
    }

    /// Bytes of the rows and of what finds them, without what the allocator adds.
    pub(crate) fn state_bytes(&self) -> usize {
        let of_row = |row: &Row| row.as_bytes().len() + 2 * size_of::<(Row, Copies)>();
        let indexed = self.indexes.values().map(|index| index.others.len() + index.rows.len() * 2).sum::<usize>();
        self.rows.keys().map(of_row).sum::<usize>() + indexed * size_of::<(Bucket, i64)>()
    }
}

impl Index {
    fn buckets(columns: &[usize], row: &Row) -> Option<Box<[Bucket]>> {
        columns.iter().map(|column| Bucket::of(row.get(*column).unwrap_or(ValueRef::Null))).collect()
    }

    fn add(&mut self, columns: &[usize], row: &Row, number: i64) {
        let rows = match Self::buckets(columns, row) {
            Some(buckets) => self.rows.entry(buckets).or_default(),
            None => &mut self.others,
        };
        rows.insert(number);
    }

    fn remove(&mut self, columns: &[usize], row: &Row, number: i64) {
        let Some(buckets) = Self::buckets(columns, row) else {
            self.others.remove(&number);
            return;
        };
        if let Some(rows) = self.rows.get_mut(&buckets) {
            rows.remove(&number);
            if rows.is_empty() {
                self.rows.remove(&buckets);
            }
        }
    }
}

#[cfg(test)]
#[path = "bag_tests.rs"]
mod tests;
