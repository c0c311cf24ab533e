//! A maintained result as the list that its subscribers have: rows in their order, found by what they sort by, with the
//! edits that each change comes to.
//!
//! With an ORDER BY, rows are sorted by their keys, and equal ones by when they arrived. Without one they stay in the order of
//! their arrival, and a row that is added together with a removed one takes its place. The list is cut into chunks, so that a
//! change costs the square root of its length and not the length. Sort keys are not held: a search makes those that it meets.

mod find;
mod ties;

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::chunk::Chunk;
use super::diff::{Order, edits_between};
use super::merge::merged;
use super::replacements::Replacements;
use super::sorting::{Keyed, Missing, Sorting};
use crate::types::{Edit, Row, RowRef, WeightedRow};

/// Rows that a chunk may have before it is cut in two.
const LARGEST_CHUNK: usize = 256;

/// A list is merged as a whole if it has at most so many rows for each that goes or comes.
const MOST_FOR_EACH: usize = 8;

/// Past this length, rows of a list without order are found by a hash table.
const LONGEST_UNINDEXED: usize = 64;

/// The rows in their order.
#[derive(Debug)]
pub(crate) struct Listing {
    sorting: Sorting,
    chunks: Vec<Chunk>,
    length: usize,
    next_arrival: u64,
    /// Without order and past [`LONGEST_UNINDEXED`]: when the copies of each row came.
    arrivals: Option<Box<FxHashMap<Row, Vec<u64>>>>,
}

impl Listing {
    /// A list of these rows, in their order among equals, and the rows as they stand in it. Those that SQLite has sorted are
    /// in order.
    pub(crate) fn new(
        sorting: Sorting,
        rows: impl IntoIterator<Item = WeightedRow>,
        is_sorted: bool,
    ) -> (Self, Vec<Row>) {
        let copies =
            rows.into_iter().flat_map(|(row, weight)| std::iter::repeat_n(row, usize::try_from(weight).unwrap_or(0)));
        let mut rows: Vec<Row> = copies.collect();
        if !is_sorted && !sorting.is_none() {
            rows.sort_by_cached_key(|row| sorting.key(row.as_ref()));
        }
        (Self::of_rows(sorting, &rows), rows)
    }

    fn of_rows(sorting: Sorting, rows: &[Row]) -> Self {
        let rows: Vec<RowRef<'_>> = rows.iter().map(Row::as_ref).collect();
        Self::of(sorting, &rows)
    }

    /// A list of rows in their order.
    fn of(sorting: Sorting, rows: &[RowRef<'_>]) -> Self {
        let size = if rows.len() <= LARGEST_CHUNK { LARGEST_CHUNK } else { LARGEST_CHUNK / 2 };
        let is_unsorted = sorting.is_none();
        let mut arrival = 0;
        let chunk = |rows: &[RowRef<'_>]| {
            let bytes = rows.iter().map(|row| row.as_bytes().len()).sum();
            let mut chunk = Chunk::with_capacity(rows.len(), bytes, is_unsorted);
            for row in rows {
                chunk.push(*row, is_unsorted.then_some(arrival));
                arrival += 1;
            }
            chunk
        };
        let chunks: Vec<Chunk> = rows.chunks(size).map(chunk).collect();
        Self { sorting, chunks, length: rows.len(), next_arrival: rows.len() as u64, arrivals: None }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// The shown rows from `start` on, `count` at most.
    pub(crate) fn rows(&self, start: usize, count: usize) -> Vec<Row> {
        let mut rows = Vec::with_capacity(count.min(self.length.saturating_sub(start)));
        let mut skipped = 0;
        for chunk in &self.chunks {
            if skipped + chunk.len() > start && rows.len() < count {
                let from = start.saturating_sub(skipped);
                let shown = chunk.rows().skip(from).take(count - rows.len());
                rows.extend(shown.map(|row| self.sorting.shown(row)));
            }
            skipped += chunk.len();
        }
        rows
    }

    /// The rows with all columns that they are maintained with.
    pub(crate) fn held(&self) -> impl Iterator<Item = RowRef<'_>> {
        self.chunks.iter().flat_map(Chunk::rows)
    }

    /// What is shown of a maintained row.
    pub(crate) fn shown(&self, row: &Row) -> Row {
        self.sorting.shown(row.as_ref())
    }

    /// The sort key of the last row.
    pub(crate) fn last_key(&self) -> Option<Vec<u8>> {
        let last = self.chunks.iter().rev().find_map(|chunk| chunk.rows().next_back())?;
        Some(self.sorting.key(last))
    }

    /// The sort key of a maintained row.
    pub(crate) fn key_of(&self, row: &Row) -> Vec<u8> {
        self.sorting.key(row.as_ref())
    }

    /// Drops what is past so many rows.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.arrivals = None;
        while self.length > length {
            let Some(last) = self.chunks.last_mut() else { return };
            let excess = (self.length - length).min(last.len());
            last.truncate(last.len() - excess);
            self.length -= excess;
            if last.is_empty() {
                self.chunks.pop();
            }
        }
    }

    /// How many copies of a maintained row are there.
    pub(crate) fn copies(&mut self, row: &Row) -> usize {
        if self.sorting.is_none() {
            if self.length > LONGEST_UNINDEXED {
                return self.arrivals().get(row).map_or(0, Vec::len);
            }
            return self.chunks.iter().flat_map(Chunk::rows).filter(|other| *other == row.as_ref()).count();
        }
        let key = self.key_of(row);
        let (chunk, offset) = self.place_of(&key);
        let mut copies = 0;
        self.each_from(chunk, offset, |other| {
            copies += usize::from(other == row.as_ref());
            *self.sorting.key(other) == *key
        });
        copies
    }

    /// Removes and adds rows: the edits, each for the list as it is when it is reached.
    ///
    /// # Errors
    /// [`Missing`] when a row to be removed is not there. Then the list is as it was.
    pub(crate) fn apply(&mut self, changes: &[WeightedRow]) -> Result<Vec<Edit>, Missing> {
        if let [(row, weight @ (-1 | 1))] = changes {
            return Ok(vec![self.apply_one(row, *weight)?]);
        }
        let (removed, added) = self.keyed(changes);
        let may_move = removed.len() > 1 && added.len() > 1;
        if may_move && self.is_worth_merging(&removed, &added) {
            let before = self.merge(&removed, &added)?;
            return Ok(self.edits_from(&before));
        }
        self.check(changes, &removed)?;
        if self.sorting.is_none() || removed.len() < 2 || added.len() < 2 {
            return self.put_in(removed, &added);
        }
        // Several rows that move one after the other may end where they were: what lies between all of them is compared, which
        // is never more than a re-run would compare.
        let (start, end) = self.span(&removed, &added);
        let before = self.rows(start, self.length.saturating_sub(start + end));
        self.put_in(removed, &added)?;
        let after = self.rows(start, self.length.saturating_sub(start + end));
        let (mut edits, _) = edits_between(&before, &after, Order::Declared);
        edits.iter_mut().for_each(|edit| edit.shift(start));
        Ok(edits)
    }

    /// One row that comes or goes, which is all that most commits change.
    fn apply_one(&mut self, row: &Row, weight: i64) -> Result<Edit, Missing> {
        let keyed = (row.clone(), self.key_of(row));
        if weight > 0 {
            let (index, row) = self.insert(&keyed);
            return Ok(Edit::Insert { index, row });
        }
        let (chunk, offset) = self.find(&keyed.0, &keyed.1).ok_or(Missing)?;
        let index = self.index_of(chunk, offset);
        self.take(chunk, offset);
        Ok(Edit::Remove { index })
    }

    /// The same where nobody asks for the edits.
    ///
    /// # Errors
    /// As [`Listing::apply`].
    pub(crate) fn follow(&mut self, changes: &[WeightedRow]) -> Result<(), Missing> {
        let (removed, added) = self.keyed(changes);
        if self.is_worth_merging(&removed, &added) {
            return self.merge(&removed, &added).map(drop);
        }
        self.check(changes, &removed)?;
        self.put_in(removed, &added).map(drop)
    }

    /// The removed and the added rows, each copy of them.
    fn keyed(&self, changes: &[WeightedRow]) -> (Vec<Keyed>, Vec<Keyed>) {
        let (mut removed, mut added) = (Vec::new(), Vec::new());
        for (row, weight) in changes {
            let count = usize::try_from(weight.unsigned_abs()).unwrap_or(usize::MAX);
            let side: &mut Vec<Keyed> = if *weight < 0 { &mut removed } else { &mut added };
            side.extend(std::iter::repeat_n((row.clone(), self.key_of(row)), count));
        }
        (removed, added)
    }

    /// Whether so many rows change that merging all rows once costs less than finding each of them.
    fn is_worth_merging(&self, removed: &[Keyed], added: &[Keyed]) -> bool {
        let changes = removed.len() + added.len();
        !self.sorting.is_none() && changes > 2 && changes.saturating_mul(MOST_FOR_EACH) >= self.length
    }

    /// Whether all rows to be removed are there. A single one is found before anything changes.
    fn check(&mut self, changes: &[WeightedRow], removed: &[Keyed]) -> Result<(), Missing> {
        if removed.len() < 2 {
            return Ok(());
        }
        for (row, weight) in changes.iter().filter(|(_, weight)| *weight < 0) {
            if self.copies(row) < usize::try_from(weight.unsigned_abs()).unwrap_or(usize::MAX) {
                return Err(Missing);
            }
        }
        Ok(())
    }

    /// Removes and adds rows by merging all of them; the chunks that there were.
    fn merge(&mut self, removed: &[Keyed], added: &[Keyed]) -> Result<Vec<Chunk>, Missing> {
        let rows: Vec<RowRef<'_>> = self.chunks.iter().flat_map(Chunk::rows).collect();
        let rows = merged(&rows, |key, row| self.sorting.push_key(key, row), self.sorting.width, removed, added)?;
        let listing = Self::of(self.sorting.clone(), &rows);
        Ok(std::mem::replace(self, listing).chunks)
    }

    /// The edits since the rows were those of these chunks.
    fn edits_from(&self, before: &[Chunk]) -> Vec<Edit> {
        let shown = |chunks: &'_ [Chunk]| -> Vec<Row> {
            chunks.iter().flat_map(Chunk::rows).map(|row| self.sorting.shown(row)).collect()
        };
        edits_between(&shown(before), &shown(&self.chunks), Order::Declared).0
    }

    /// How many rows at the start and at the end sort before and after everything that changes.
    fn span(&self, removed: &[Keyed], added: &[Keyed]) -> (usize, usize) {
        let (mut start, mut end) = (self.length, self.length);
        for (_, key) in removed.iter().chain(added) {
            let (chunk, offset) = self.place_of(key);
            start = start.min(self.index_of(chunk, offset));
            end = end.min(self.length - self.index_for(key));
        }
        (start, end)
    }

    fn put_in(&mut self, removed: Vec<Keyed>, added: &[Keyed]) -> Result<Vec<Edit>, Missing> {
        let mut edits = Vec::with_capacity(removed.len().max(added.len()));
        let mut replacements = Replacements::new(added, self.sorting.width, self.sorting.is_none());
        for (row, key) in removed {
            let (chunk, offset) = self.find(&row, &key).ok_or(Missing)?;
            let index = self.index_of(chunk, offset);
            match replacements.of(&row, &key) {
                Some(replacement) => self.replace((chunk, offset), &key, &added[replacement], &mut edits),
                None => {
                    self.take(chunk, offset);
                    match replacements.next().filter(|next| self.index_for(&added[*next].1) == index) {
                        Some(next) => {
                            replacements.take(next);
                            let row = self.insert(&added[next]).1;
                            edits.push(Edit::Replace { index, row });
                        }
                        None => edits.push(Edit::Remove { index }),
                    }
                }
            }
        }
        for added in replacements.rest(added) {
            let (index, row) = self.insert(added);
            edits.push(Edit::Insert { index, row });
        }
        Ok(edits)
    }

    /// Replaces the row at a place, which may move by it.
    fn replace(&mut self, (chunk, offset): (usize, usize), old_key: &[u8], added: &Keyed, edits: &mut Vec<Edit>) {
        let index = self.index_of(chunk, offset);
        let (row, key) = added;
        if old_key == &**key {
            let old = self.chunks[chunk].row(offset).to_row();
            self.chunks[chunk].replace(offset, row);
            let arrival = self.chunks[chunk].arrival(offset);
            if let Some(arrivals) = &mut self.arrivals {
                let mut copies = forget(arrivals, &old, arrival).unwrap_or_default();
                match arrivals.entry(row.clone()) {
                    Entry::Occupied(mut others) => others.get_mut().push(arrival),
                    Entry::Vacant(place) => {
                        copies.push(arrival);
                        place.insert(copies);
                    }
                }
            }
            let shown = row.as_ref().split(self.sorting.width).0;
            if old.as_ref().split(self.sorting.width).0 != shown {
                edits.push(Edit::Replace { index, row: shown.to_row() });
            }
            return;
        }
        let old = self.take(chunk, offset);
        let old = self.sorting.shown(old.as_ref());
        let (to, row) = self.insert(added);
        if to != index && !self.is_same_between(index, to, &old) {
            edits.push(Edit::Move { from: index, to });
        }
        if old != row {
            edits.push(Edit::Replace { index: to, row });
        }
    }

    /// Whether all rows from one place to another are this row: then it cannot be seen that one of them has moved.
    fn is_same_between(&self, from: usize, to: usize, row: &Row) -> bool {
        let (start, end) = (from.min(to), from.max(to));
        let neighbour = self.rows(if to > from { start } else { start + 1 }, 1);
        neighbour.first() == Some(row) && self.rows(start, end - start + 1).iter().all(|other| other == row)
    }

    /// Inserts a row after those that sort like it; its index, and what is shown of it.
    fn insert(&mut self, (row, key): &Keyed) -> (usize, Row) {
        let (chunk, offset) = self.place_after(key);
        let arrival = self.next_arrival;
        self.next_arrival += 1;
        if let Some(arrivals) = &mut self.arrivals {
            arrivals.entry(row.clone()).or_default().push(arrival);
        }
        if self.chunks.is_empty() {
            self.chunks.push(Chunk::default());
        }
        let index = self.index_of(chunk, offset);
        let rows = &mut self.chunks[chunk];
        rows.insert(offset, row, self.sorting.is_none().then_some(arrival));
        self.length += 1;
        if rows.len() > LARGEST_CHUNK {
            let second = rows.split_off(rows.len() / 2);
            self.chunks.insert(chunk + 1, second);
        }
        (index, self.sorting.shown(row.as_ref()))
    }

    fn take(&mut self, chunk: usize, offset: usize) -> Row {
        let arrival = self.chunks[chunk].arrival(offset);
        let row = self.chunks[chunk].remove(offset);
        self.length -= 1;
        if self.chunks[chunk].is_empty() {
            self.chunks.remove(chunk);
        }
        if let Some(arrivals) = &mut self.arrivals {
            forget(arrivals, &row, arrival);
        }
        row
    }

    /// Bytes that are held, without what the allocator adds.
    pub(crate) fn state_bytes(&self) -> usize {
        let indexed = self.arrivals.as_ref().map_or(0, |arrivals| {
            arrivals.keys().map(|row| row.as_bytes().len() + size_of::<(Row, Vec<u64>, u64)>()).sum()
        });
        indexed + self.chunks.iter().map(Chunk::state_bytes).sum::<usize>()
    }
}

/// Forgets a copy of a row; the empty vector, if it was the only one.
fn forget(arrivals: &mut FxHashMap<Row, Vec<u64>>, row: &Row, arrival: u64) -> Option<Vec<u64>> {
    let copies = arrivals.get_mut(row)?;
    // The last one that came is the first to go.
    if let Some(at) = copies.iter().rposition(|other| *other == arrival) {
        copies.remove(at);
    }
    if copies.is_empty() { arrivals.remove(row) } else { None }
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
