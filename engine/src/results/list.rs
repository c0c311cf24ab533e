//! A maintained result as the list that its subscribers have: rows in their order, found by what they sort by, with the
//! edits that each change comes to.
//!
//! With an ORDER BY, rows stand by their sort keys and, where those are equal, as they came. Without one they stand as they
//! came, and a row that comes with one that goes takes its place. The list is cut into chunks, so that a change costs the
//! square root of its length and not the length. Sort keys are not held: a search makes those that it meets.

use std::cmp::Ordering;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::chunk::Chunk;
use super::diff::{Order, edits_between};
use super::merge::merged;
use super::successors::Successors;
use crate::types::{Edit, Row, RowRef, SortTerm, WeightedRow, push_sort_key};

/// Rows that a chunk may have before it is cut in two.
const LARGEST_CHUNK: usize = 256;

/// A list is gone through as a whole if it has at most so many rows for each that goes or comes.
const MOST_FOR_EACH: usize = 8;

/// Past this length, rows of a list without order are found by a hash table.
const LONGEST_UNINDEXED: usize = 64;

/// What ORDER BY sorts by: columns of the maintained rows, of which those past the result's are not shown.
#[derive(Clone, Debug)]
pub(crate) struct Sorting {
    pub(crate) width: usize,
    pub(crate) terms: Arc<[(usize, SortTerm)]>,
}

/// A maintained row with its sort key.
pub(super) type Keyed = (Row, Box<[u8]>);

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

/// A row that should go was not there: what is held is not what was maintained.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Missing;

impl Sorting {
    fn is_none(&self) -> bool {
        self.terms.is_empty()
    }

    /// What of a maintained row is shown.
    fn shown(&self, row: RowRef<'_>) -> Row {
        row.split(self.width).0.to_row()
    }

    fn key(&self, row: RowRef<'_>) -> Box<[u8]> {
        let mut key = Vec::new();
        self.push_key(&mut key, row);
        key.into_boxed_slice()
    }

    /// A row's key beside another one, made as far as it takes to tell.
    fn compare(&self, row: RowRef<'_>, key: &[u8], scratch: &mut Vec<u8>) -> Ordering {
        let mut rest = key;
        for (column, term) in self.terms.iter() {
            let Some(value) = row.values().nth(*column) else { continue };
            scratch.clear();
            push_sort_key(scratch, *term, value);
            let (beside, after) = rest.split_at(scratch.len().min(rest.len()));
            match scratch.as_slice().cmp(beside) {
                Ordering::Equal => rest = after,
                differs => return differs,
            }
        }
        if rest.is_empty() { Ordering::Equal } else { Ordering::Less }
    }

    fn push_key(&self, key: &mut Vec<u8>, row: RowRef<'_>) {
        for (column, term) in self.terms.iter() {
            if let Some(value) = row.values().nth(*column) {
                push_sort_key(key, *term, value);
            }
        }
    }
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
    pub(crate) fn last_key(&self) -> Option<Box<[u8]>> {
        let last = self.chunks.iter().rev().find_map(|chunk| chunk.rows().next_back())?;
        Some(self.sorting.key(last))
    }

    /// The sort key of a maintained row.
    pub(crate) fn key_of(&self, row: &Row) -> Box<[u8]> {
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

    /// Has rows that sort alike stand as these shown rows do, those that are not among them behind.
    pub(crate) fn prefer(&mut self, shown: &[Row]) {
        if !self.has_equals() {
            return;
        }
        let mut places: FxHashMap<&Row, Vec<usize>> = FxHashMap::with_capacity_and_hasher(shown.len(), FxBuildHasher);
        for (place, row) in shown.iter().enumerate().rev() {
            places.entry(row).or_default().push(place);
        }
        let mut place_of = |row: &Row| places.get_mut(row).and_then(Vec::pop).unwrap_or(usize::MAX);
        let rows = self.chunks.iter().flat_map(Chunk::rows);
        let mut placed: Vec<(Box<[u8]>, usize, Row)> =
            rows.map(|row| (self.sorting.key(row), place_of(&self.sorting.shown(row)), row.to_row())).collect();
        placed.sort_by(|(key, place, _), (other, others, _)| (key, place).cmp(&(other, others)));
        let rows: Vec<Row> = placed.into_iter().map(|(_, _, row)| row).collect();
        *self = Self::of_rows(self.sorting.clone(), &rows);
    }

    /// Whether two rows sort alike.
    fn has_equals(&self) -> bool {
        let (mut last, mut key) = (Vec::new(), Vec::new());
        self.chunks.iter().flat_map(Chunk::rows).enumerate().any(|(at, row)| {
            std::mem::swap(&mut last, &mut key);
            key.clear();
            self.sorting.push_key(&mut key, row);
            at > 0 && last == key
        })
    }

    /// Has the rows from `start` on stand as in `rows`, which are the same in an order that nothing decides.
    pub(crate) fn arrange(&mut self, start: usize, rows: &[Row]) {
        let mut all: Vec<Row> = self.held().map(RowRef::to_row).collect();
        let Some(part) = all.get_mut(start..start + rows.len()) else { return };
        let mut places: FxHashMap<Row, Vec<Row>> = FxHashMap::default();
        for row in part.iter().rev() {
            places.entry(self.shown(row)).or_default().push(row.clone());
        }
        for (place, row) in part.iter_mut().zip(rows) {
            let Some(held) = places.get_mut(row).and_then(Vec::pop) else { return };
            *place = held;
        }
        *self = Self::of_rows(self.sorting.clone(), &all);
    }

    /// Takes rows out and puts rows in: the edits, each for the list as it stands when it is reached.
    ///
    /// # Errors
    /// [`Missing`] when a row to be taken out is not there. Then the list is as it was.
    pub(crate) fn apply(&mut self, changes: &[WeightedRow]) -> Result<Vec<Edit>, Missing> {
        let (going, coming) = self.keyed(changes);
        if self.is_much(&going, &coming) {
            let before = self.merge(&going, &coming)?;
            return Ok(self.edits_from(&before));
        }
        self.check(changes, &going)?;
        if self.sorting.is_none() || going.len() < 2 || coming.len() < 2 {
            return self.put_in(going, &coming);
        }
        // Several rows that move one after the other may come to stand where they stood: what lies between all of them is
        // compared, which is never more than an evaluation would have to be.
        let (start, end) = self.span(&going, &coming);
        let before = self.rows(start, self.length.saturating_sub(start + end));
        self.put_in(going, &coming)?;
        let after = self.rows(start, self.length.saturating_sub(start + end));
        let (mut edits, _) = edits_between(&before, after, Order::Declared);
        edits.iter_mut().for_each(|edit| edit.shift(start));
        Ok(edits)
    }

    /// The same where nobody asks for the edits.
    ///
    /// # Errors
    /// As [`Listing::apply`].
    pub(crate) fn follow(&mut self, changes: &[WeightedRow]) -> Result<(), Missing> {
        let (going, coming) = self.keyed(changes);
        if self.is_much(&going, &coming) {
            return self.merge(&going, &coming).map(drop);
        }
        self.check(changes, &going)?;
        self.put_in(going, &coming).map(drop)
    }

    /// The rows that go and those that come, each copy of them.
    fn keyed(&self, changes: &[WeightedRow]) -> (Vec<Keyed>, Vec<Keyed>) {
        let (mut going, mut coming) = (Vec::new(), Vec::new());
        for (row, weight) in changes {
            let count = usize::try_from(weight.unsigned_abs()).unwrap_or(usize::MAX);
            let side: &mut Vec<Keyed> = if *weight < 0 { &mut going } else { &mut coming };
            side.extend(std::iter::repeat_n((row.clone(), self.key_of(row)), count));
        }
        (going, coming)
    }

    /// Whether as many rows go and come that to go through all rows once is less than to look for each of them.
    fn is_much(&self, going: &[Keyed], coming: &[Keyed]) -> bool {
        let is_ordered = !self.sorting.is_none() && going.len() > 1 && coming.len() > 1;
        is_ordered && (going.len() + coming.len()).saturating_mul(MOST_FOR_EACH) >= self.length
    }

    /// Whether all rows are there that should go. One alone is looked for before anything changes.
    fn check(&mut self, changes: &[WeightedRow], going: &[Keyed]) -> Result<(), Missing> {
        if going.len() < 2 {
            return Ok(());
        }
        for (row, weight) in changes.iter().filter(|(_, weight)| *weight < 0) {
            if self.copies(row) < usize::try_from(weight.unsigned_abs()).unwrap_or(usize::MAX) {
                return Err(Missing);
            }
        }
        Ok(())
    }

    /// Takes rows out and puts rows in by going through all of them; the chunks that there were.
    fn merge(&mut self, going: &[Keyed], coming: &[Keyed]) -> Result<Vec<Chunk>, Missing> {
        let rows: Vec<RowRef<'_>> = self.chunks.iter().flat_map(Chunk::rows).collect();
        let rows = merged(&rows, |key, row| self.sorting.push_key(key, row), self.sorting.width, going, coming)?;
        let listing = Self::of(self.sorting.clone(), &rows);
        Ok(std::mem::replace(self, listing).chunks)
    }

    /// What the rows of these chunks have become.
    fn edits_from(&self, before: &[Chunk]) -> Vec<Edit> {
        let shown = |chunks: &'_ [Chunk]| -> Vec<Row> {
            chunks.iter().flat_map(Chunk::rows).map(|row| self.sorting.shown(row)).collect()
        };
        edits_between(&shown(before), shown(&self.chunks), Order::Declared).0
    }

    /// How many rows at the start and at the end sort before and after all that changes.
    fn span(&self, going: &[Keyed], coming: &[Keyed]) -> (usize, usize) {
        let (mut start, mut end) = (self.length, self.length);
        for (_, key) in going.iter().chain(coming) {
            let (chunk, offset) = self.place_of(key);
            start = start.min(self.index_of(chunk, offset));
            end = end.min(self.length - self.index_for(key));
        }
        (start, end)
    }

    fn put_in(&mut self, going: Vec<Keyed>, coming: &[Keyed]) -> Result<Vec<Edit>, Missing> {
        let mut edits = Vec::with_capacity(going.len().max(coming.len()));
        let mut successors = Successors::new(coming, self.sorting.width, self.sorting.is_none());
        for (row, key) in going {
            let (chunk, offset) = self.find(&row, &key).ok_or(Missing)?;
            let index = self.index_of(chunk, offset);
            match successors.of(&row, &key) {
                Some(successor) => self.succeed((chunk, offset), &key, &coming[successor], &mut edits),
                None => {
                    self.take(chunk, offset);
                    match successors.next().filter(|next| self.index_for(&coming[*next].1) == index) {
                        Some(next) => {
                            successors.take(next);
                            let row = self.arrive(&coming[next]).1;
                            edits.push(Edit::Replace { index, row });
                        }
                        None => edits.push(Edit::Remove { index }),
                    }
                }
            }
        }
        for coming in successors.rest(coming) {
            let (index, row) = self.arrive(coming);
            edits.push(Edit::Insert { index, row });
        }
        Ok(edits)
    }

    /// Puts a row in the stead of the one that stands there.
    fn succeed(&mut self, (chunk, offset): (usize, usize), old_key: &[u8], coming: &Keyed, edits: &mut Vec<Edit>) {
        let index = self.index_of(chunk, offset);
        let (row, key) = coming;
        if old_key == &**key {
            let old = self.chunks[chunk].row(offset).to_row();
            self.chunks[chunk].replace(offset, row);
            let arrival = self.chunks[chunk].arrival(offset);
            if let Some(arrivals) = &mut self.arrivals {
                forget(arrivals, &old, arrival);
                arrivals.entry(row.clone()).or_default().push(arrival);
            }
            if self.sorting.shown(old.as_ref()) != self.sorting.shown(row.as_ref()) {
                edits.push(Edit::Replace { index, row: self.sorting.shown(row.as_ref()) });
            }
            return;
        }
        let old = self.take(chunk, offset);
        let old = self.sorting.shown(old.as_ref());
        let (to, row) = self.arrive(coming);
        if to != index && !self.is_same_between(index, to, &old) {
            edits.push(Edit::Move { from: index, to });
        }
        if old != row {
            edits.push(Edit::Replace { index: to, row });
        }
    }

    /// Whether all rows from one place to another are this row: then nobody sees that one of them has moved.
    fn is_same_between(&self, from: usize, to: usize, row: &Row) -> bool {
        let (start, end) = (from.min(to), from.max(to));
        let neighbour = self.rows(if to > from { start } else { start + 1 }, 1);
        neighbour.first() == Some(row) && self.rows(start, end - start + 1).iter().all(|other| other == row)
    }

    /// Puts a row in after those that sort like it; where it stands, and what is shown of it.
    fn arrive(&mut self, (row, key): &Keyed) -> (usize, Row) {
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

    /// Where a row would stand that came now.
    fn index_for(&self, key: &[u8]) -> usize {
        let (chunk, offset) = self.place_after(key);
        self.index_of(chunk, offset)
    }

    /// Where a row stands: its chunk and its place there.
    fn find(&mut self, row: &Row, key: &[u8]) -> Option<(usize, usize)> {
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

    fn find_unsorted(&mut self, row: &Row) -> Option<(usize, usize)> {
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

    /// When the copies of each row came.
    fn arrivals(&mut self) -> &mut FxHashMap<Row, Vec<u64>> {
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
    fn place_of(&self, key: &[u8]) -> (usize, usize) {
        self.place(|row, scratch| self.compare(row, key, scratch).is_lt())
    }

    /// The place behind all rows that do not sort after this key; the end, where nothing sorts.
    fn place_after(&self, key: &[u8]) -> (usize, usize) {
        if self.sorting.is_none() {
            let last = self.chunks.len().saturating_sub(1);
            return (last, self.chunks.last().map_or(0, Chunk::len));
        }
        self.place(|row, scratch| self.compare(row, key, scratch).is_le())
    }

    fn compare(&self, row: RowRef<'_>, key: &[u8], scratch: &mut Vec<u8>) -> Ordering {
        self.sorting.compare(row, key, scratch)
    }

    fn place(&self, is_before: impl Fn(RowRef<'_>, &mut Vec<u8>) -> bool) -> (usize, usize) {
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

    /// Shows the rows from a place on, until one is the last that is wanted.
    fn each_from(&self, chunk: usize, offset: usize, mut wants_more: impl FnMut(RowRef<'_>) -> bool) {
        let chunks = self.chunks.get(chunk..).unwrap_or_default().iter();
        chunks.flat_map(Chunk::rows).skip(offset).all(&mut wants_more);
    }

    fn index_of(&self, chunk: usize, offset: usize) -> usize {
        self.chunks[..chunk].iter().map(Chunk::len).sum::<usize>() + offset
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

/// The first of so many places for which something that holds at the start no longer does.
fn partition_point(places: usize, mut holds: impl FnMut(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, places);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

fn forget(arrivals: &mut FxHashMap<Row, Vec<u64>>, row: &Row, arrival: u64) {
    if let Some(copies) = arrivals.get_mut(row) {
        // The last one that came is the first to go.
        if let Some(at) = copies.iter().rposition(|other| *other == arrival) {
            copies.remove(at);
        }
        if copies.is_empty() {
            arrivals.remove(row);
        }
    }
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
