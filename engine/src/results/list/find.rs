//! Where rows stand in a list: by binary search of their sort keys, or by when they came.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::{Chunk, LONGEST_UNINDEXED, Listing};
use crate::types::{Row, RowRef};

impl Listing {
    /// The index where a row with this key would be inserted.
    pub(super) fn index_for(&self, key: &[u8]) -> usize {
        let (chunk, offset) = self.place_after(key);
        self.index_of(chunk, offset)
    }

    /// The place of a row: its chunk and its offset there.
    pub(super) fn find(&mut self, row: &Row, key: &[u8]) -> Option<(usize, usize)> {
        if self.sorting.is_none() {
            return self.find_unsorted(row);
        }
        let (mut chunk, mut offset) = self.place_of(key);
        loop {
            let rows = self.chunks.get(chunk)?;
            if offset >= rows.len() {
                (chunk, offset) = (chunk + 1, 0);
                continue;
            }
            let other = rows.row(offset);
            if other == row.as_ref() {
                return Some((chunk, offset));
            }
            if *self.sorting.key(other) != *key {
                return None;
            }
            offset += 1;
        }
    }

    pub(super) fn find_unsorted(&mut self, row: &Row) -> Option<(usize, usize)> {
        if self.length <= LONGEST_UNINDEXED && self.arrivals.is_none() {
            return self.chunks.iter().enumerate().find_map(|(chunk, rows)| {
                rows.rows().position(|other| other == row.as_ref()).map(|offset| (chunk, offset))
            });
        }
        let arrival = *self.arrivals().get(row)?.last()?;
        let is_before = |chunk: &Chunk, offset: usize| chunk.arrival(offset) < arrival;
        let chunk = self.chunks.partition_point(|chunk| is_before(chunk, chunk.len() - 1));
        let rows = self.chunks.get(chunk)?;
        Some((chunk, partition_point(rows.len(), |offset| is_before(rows, offset))))
    }

    /// When the copies of each row arrived.
    pub(super) fn arrivals(&mut self) -> &mut FxHashMap<Row, Vec<u64>> {
        let chunks = &self.chunks;
        self.arrivals.get_or_insert_with(|| {
            let mut arrivals: FxHashMap<Row, Vec<u64>> = FxHashMap::default();
            for chunk in chunks {
                for (at, row) in chunk.rows().enumerate() {
                    arrivals.entry(row.to_row()).or_default().push(chunk.arrival(at));
                }
            }
            Box::new(arrivals)
        })
    }

    /// The first place whose row does not sort before this key.
    pub(super) fn place_of(&self, key: &[u8]) -> (usize, usize) {
        self.place(|row, scratch| self.compare(row, key, scratch).is_lt())
    }

    /// The place behind all rows that do not sort after this key; the end, where nothing sorts.
    pub(super) fn place_after(&self, key: &[u8]) -> (usize, usize) {
        if self.sorting.is_none() {
            let last = self.chunks.len().saturating_sub(1);
            return (last, self.chunks.last().map_or(0, Chunk::len));
        }
        self.place(|row, scratch| self.compare(row, key, scratch).is_le())
    }

    pub(super) fn compare(&self, row: RowRef<'_>, key: &[u8], scratch: &mut Vec<u8>) -> Ordering {
        self.sorting.compare(row, key, scratch)
    }

    pub(super) fn place(&self, is_before: impl Fn(RowRef<'_>, &mut Vec<u8>) -> bool) -> (usize, usize) {
        let mut scratch = Vec::with_capacity(64);
        let chunks = &self.chunks;
        let chunk = partition_point(chunks.len(), |chunk| {
            let last = chunks[chunk].rows().next_back();
            last.is_some_and(|row| is_before(row, &mut scratch))
        });
        let chunk = chunk.min(chunks.len().saturating_sub(1));
        let Some(rows) = chunks.get(chunk) else { return (0, 0) };
        (chunk, partition_point(rows.len(), |offset| is_before(rows.row(offset), &mut scratch)))
    }

    /// Visits the rows from a place on, until no more are wanted.
    pub(super) fn each_from(&self, chunk: usize, offset: usize, mut wants_more: impl FnMut(RowRef<'_>) -> bool) {
        let chunks = self.chunks.get(chunk..).unwrap_or_default().iter();
        chunks.flat_map(Chunk::rows).skip(offset).all(&mut wants_more);
    }

    pub(super) fn index_of(&self, chunk: usize, offset: usize) -> usize {
        self.chunks[..chunk].iter().map(Chunk::len).sum::<usize>() + offset
    }
}

/// The first of so many places for which a condition that holds at the start no longer does.
fn partition_point(places: usize, mut holds: impl FnMut(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, places);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
