//! A maintained result as the list that its subscribers have: rows in their order, found by what they sort by, with the
//! edits that each change comes to.
//!
//! With an ORDER BY, rows stand by their sort keys and, where those are equal, as they came. Without one they stand as they
//! came, and a row that comes with one that goes takes its place. The list is cut into chunks, so that a change costs the
//! square root of its length and not the length.

use std::collections::HashMap;
use std::sync::Arc;

use super::diff::{Order, edits_between};
use crate::types::{Edit, Row, Signed, SortTerm, sort_key};

/// Rows that a chunk may have before it is cut in two.
const LARGEST_CHUNK: usize = 256;

/// Past this length, rows of a list without order are found by a hash table.
const LONGEST_UNINDEXED: usize = 64;

/// Up to this length, a list with an order is compared as a whole when several of its rows change.
const LONGEST_COMPARED: usize = 4096;

/// What ORDER BY sorts by: columns of the maintained rows, of which those past the result's are not shown.
#[derive(Clone, Debug)]
pub(crate) struct Sorting {
    pub(crate) width: usize,
    pub(crate) terms: Arc<[(usize, SortTerm)]>,
}

#[derive(Debug)]
struct Entry {
    key: Box<[u8]>,
    arrival: u64,
    row: Row,
}

/// The rows in their order.
#[derive(Debug)]
pub(crate) struct Listing {
    sorting: Sorting,
    chunks: Vec<Vec<Entry>>,
    length: usize,
    next_arrival: u64,
    /// Without order and past [`LONGEST_UNINDEXED`]: when the copies of each row came.
    arrivals: Option<HashMap<Row, Vec<u64>>>,
}

/// A row that should go was not there: what is held is not what was maintained.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Missing;

impl Sorting {
    /// The shown row of a maintained one, and its sort key.
    fn split(&self, row: &Row) -> (Row, Box<[u8]>) {
        let (shown, _) = row.split(self.width);
        if self.terms.is_empty() {
            return (shown, Box::default());
        }
        let values: Vec<_> = row.values().collect();
        let terms: Vec<SortTerm> = self.terms.iter().map(|(_, term)| *term).collect();
        let sorted = self.terms.iter().filter_map(|(column, _)| values.get(*column).copied());
        let key = sort_key(&terms, sorted);
        (shown, key)
    }
}

impl Listing {
    /// A list of these rows, in their order among equals.
    pub(crate) fn new(sorting: Sorting, rows: impl IntoIterator<Item = Signed>) -> Self {
        let mut entries = Vec::new();
        for (row, weight) in rows {
            let (row, key) = sorting.split(&row);
            for _ in 0..weight {
                entries.push(Entry { key: key.clone(), arrival: entries.len() as u64, row: row.clone() });
            }
        }
        if !entries.is_sorted_by(|a, b| a.key <= b.key) {
            entries.sort_by(|a, b| a.key.cmp(&b.key));
        }
        Self::of(sorting, entries)
    }

    /// A list of entries in their order.
    fn of(sorting: Sorting, mut entries: Vec<Entry>) -> Self {
        let length = entries.len();
        let next_arrival = length as u64;
        entries.iter_mut().zip(0..).for_each(|(entry, arrival)| entry.arrival = arrival);
        let mut chunks: Vec<Vec<Entry>> = Vec::new();
        if length <= LARGEST_CHUNK {
            entries.shrink_to_fit();
            chunks.push(entries);
        } else {
            let mut entries = entries.into_iter().peekable();
            while entries.peek().is_some() {
                chunks.push(entries.by_ref().take(LARGEST_CHUNK / 2).collect());
            }
        }
        Self { sorting, chunks, length, next_arrival, arrivals: None }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// The rows from `start` on, `count` at most.
    pub(crate) fn rows(&self, start: usize, count: usize) -> Vec<Row> {
        let mut rows = Vec::with_capacity(count.min(self.length.saturating_sub(start)));
        let mut skipped = 0;
        for chunk in &self.chunks {
            if skipped + chunk.len() > start && rows.len() < count {
                let from = start.saturating_sub(skipped);
                rows.extend(chunk[from..].iter().take(count - rows.len()).map(|entry| entry.row.clone()));
            }
            skipped += chunk.len();
        }
        rows
    }

    /// The sort key of the last row.
    pub(crate) fn last_key(&self) -> Option<&[u8]> {
        self.chunks.iter().rev().find_map(|chunk| chunk.last()).map(|entry| &*entry.key)
    }

    /// The sort key of a maintained row.
    pub(crate) fn key_of(&self, row: &Row) -> Box<[u8]> {
        self.sorting.split(row).1
    }

    /// Drops what is past so many rows.
    pub(crate) fn truncate(&mut self, length: usize) {
        while self.length > length {
            let Some(last) = self.chunks.last_mut() else { return };
            let excess = (self.length - length).min(last.len());
            for entry in last.drain(last.len() - excess..) {
                if let Some(arrivals) = &mut self.arrivals {
                    forget(arrivals, &entry);
                }
            }
            self.length -= excess;
            if last.is_empty() && self.chunks.len() > 1 {
                self.chunks.pop();
            }
        }
    }

    /// How many copies of a row are there.
    pub(crate) fn copies(&mut self, row: &Row) -> usize {
        let (row, key) = self.sorting.split(row);
        if self.sorting.terms.is_empty() && self.length > LONGEST_UNINDEXED {
            return self.arrivals().get(&row).map_or(0, Vec::len);
        }
        let (chunk, offset) = self.place_of(&key, 0);
        let chunks = self.chunks.get(chunk..).unwrap_or_default();
        let entries = chunks.iter().flatten().skip(offset).take_while(|entry| entry.key == key);
        entries.filter(|entry| entry.row == row).count()
    }

    /// When the copies of each row came.
    fn arrivals(&mut self) -> &mut HashMap<Row, Vec<u64>> {
        let entries = self.chunks.iter().flatten();
        self.arrivals.get_or_insert_with(|| {
            let mut arrivals: HashMap<Row, Vec<u64>> = HashMap::new();
            entries.for_each(|entry| arrivals.entry(entry.row.clone()).or_default().push(entry.arrival));
            arrivals
        })
    }

    /// Takes rows out and puts rows in: the edits, each for the list as it stands when it is reached.
    ///
    /// # Errors
    /// [`Missing`] when a row to be taken out is not there. Then the list is as it was.
    pub(crate) fn apply(&mut self, changes: &[Signed]) -> Result<Vec<Edit>, Missing> {
        let mut going: Vec<(Row, Box<[u8]>)> = Vec::new();
        let mut coming: Vec<(Row, Box<[u8]>)> = Vec::new();
        for (row, weight) in changes {
            if *weight < 0 && self.copies(row) < usize::try_from(weight.unsigned_abs()).unwrap_or(usize::MAX) {
                return Err(Missing);
            }
            let (row, key) = self.sorting.split(row);
            let side = if *weight < 0 { &mut going } else { &mut coming };
            for _ in 0..weight.unsigned_abs() {
                side.push((row.clone(), key.clone()));
            }
        }
        if !self.sorting.terms.is_empty() && going.len() + coming.len() > 2 && self.length <= LONGEST_COMPARED {
            // Several rows that move one after the other may come to stand where they stood.
            let before = self.rows(0, usize::MAX);
            self.put_in(going, &coming)?;
            return Ok(edits_between(&before, self.rows(0, usize::MAX), Order::Declared).0);
        }
        self.put_in(going, &coming)
    }

    fn put_in(&mut self, going: Vec<(Row, Box<[u8]>)>, coming: &[(Row, Box<[u8]>)]) -> Result<Vec<Edit>, Missing> {
        let mut edits = Vec::with_capacity(going.len().max(coming.len()));
        let mut successors = Successors::new(coming, self.sorting.terms.is_empty());
        for (row, key) in going {
            let (chunk, offset) = self.find(&row, &key).ok_or(Missing)?;
            let index = self.index_of(chunk, offset);
            match successors.of(&row, &key) {
                Some(successor) => self.succeed(chunk, offset, index, &coming[successor], &mut edits),
                None => {
                    self.take(chunk, offset);
                    match successors.next().filter(|next| self.index_for(&coming[*next].1) == index) {
                        Some(next) => {
                            successors.take(next);
                            self.arrive_at(&coming[next]);
                            edits.push(Edit::Replace { index, row: coming[next].0.clone() });
                        }
                        None => edits.push(Edit::Remove { index }),
                    }
                }
            }
        }
        for coming in successors.rest(coming) {
            let index = self.arrive_at(coming);
            edits.push(Edit::Insert { index, row: coming.0.clone() });
        }
        Ok(edits)
    }

    /// Puts a row in the stead of the one that stands there.
    fn succeed(
        &mut self,
        chunk: usize,
        offset: usize,
        index: usize,
        (row, key): &(Row, Box<[u8]>),
        edits: &mut Vec<Edit>,
    ) {
        if self.chunks[chunk][offset].key == *key {
            let old = std::mem::replace(&mut self.chunks[chunk][offset].row, row.clone());
            let arrival = self.chunks[chunk][offset].arrival;
            if let Some(arrivals) = &mut self.arrivals {
                forget(arrivals, &Entry { key: Box::default(), arrival, row: old });
                arrivals.entry(row.clone()).or_default().push(arrival);
            }
            edits.push(Edit::Replace { index, row: row.clone() });
            return;
        }
        let old = self.take(chunk, offset);
        let to = self.arrive_at(&(row.clone(), key.clone()));
        if to != index && !self.is_same_between(index, to, &old.row) {
            edits.push(Edit::Move { from: index, to });
        }
        if old.row != *row {
            edits.push(Edit::Replace { index: to, row: row.clone() });
        }
    }

    /// Whether all rows from one place to another are this row: then nobody sees that one of them has moved.
    fn is_same_between(&self, from: usize, to: usize, row: &Row) -> bool {
        let (start, end) = (from.min(to), from.max(to));
        let neighbour = self.rows(if to > from { start } else { start + 1 }, 1);
        neighbour.first() == Some(row) && self.rows(start, end - start + 1).iter().all(|other| other == row)
    }

    /// Puts a row in after those that sort like it; where it stands.
    fn arrive_at(&mut self, (row, key): &(Row, Box<[u8]>)) -> usize {
        let arrival = self.next_arrival;
        self.next_arrival += 1;
        self.put(Entry { key: key.clone(), arrival, row: row.clone() })
    }

    /// Where a row would stand that came now.
    fn index_for(&self, key: &[u8]) -> usize {
        let (chunk, offset) = self.place_of(key, self.next_arrival);
        self.index_of(chunk, offset)
    }

    /// Where a row stands: its chunk and its place there.
    fn find(&mut self, row: &Row, key: &[u8]) -> Option<(usize, usize)> {
        if self.sorting.terms.is_empty() {
            return self.find_unsorted(row);
        }
        let (mut chunk, mut offset) = self.place_of(key, 0);
        loop {
            let entries = self.chunks.get(chunk)?;
            match entries.get(offset) {
                Some(entry) if *entry.key != *key => return None,
                Some(entry) if entry.row == *row => return Some((chunk, offset)),
                Some(_) => offset += 1,
                None => (chunk, offset) = (chunk + 1, 0),
            }
        }
    }

    fn find_unsorted(&mut self, row: &Row) -> Option<(usize, usize)> {
        if self.length <= LONGEST_UNINDEXED && self.arrivals.is_none() {
            return self.chunks.iter().enumerate().find_map(|(chunk, entries)| {
                entries.iter().position(|entry| entry.row == *row).map(|offset| (chunk, offset))
            });
        }
        let arrival = *self.arrivals().get(row)?.last()?;
        Some(self.place_of(&[], arrival))
    }

    /// The first place that is not before this one.
    fn place_of(&self, key: &[u8], arrival: u64) -> (usize, usize) {
        let is_before = |entry: &Entry| (&*entry.key, entry.arrival) < (key, arrival);
        let chunk = self.chunks.partition_point(|chunk| chunk.last().is_some_and(is_before));
        let chunk = chunk.min(self.chunks.len().saturating_sub(1));
        let offset = self.chunks.get(chunk).map_or(0, |entries| entries.partition_point(is_before));
        (chunk, offset)
    }

    fn index_of(&self, chunk: usize, offset: usize) -> usize {
        self.chunks[..chunk].iter().map(Vec::len).sum::<usize>() + offset
    }

    fn take(&mut self, chunk: usize, offset: usize) -> Entry {
        let entry = self.chunks[chunk].remove(offset);
        self.length -= 1;
        if self.chunks[chunk].is_empty() && self.chunks.len() > 1 {
            self.chunks.remove(chunk);
        }
        if let Some(arrivals) = &mut self.arrivals {
            forget(arrivals, &entry);
        }
        entry
    }

    fn put(&mut self, entry: Entry) -> usize {
        if let Some(arrivals) = &mut self.arrivals {
            arrivals.entry(entry.row.clone()).or_default().push(entry.arrival);
        }
        if self.chunks.is_empty() {
            self.chunks.push(Vec::new());
        }
        let (chunk, offset) = self.place_of(&entry.key, entry.arrival);
        let index = self.index_of(chunk, offset);
        let entries = &mut self.chunks[chunk];
        entries.insert(offset, entry);
        self.length += 1;
        if entries.len() > LARGEST_CHUNK {
            let second = entries.split_off(entries.len() / 2);
            self.chunks.insert(chunk + 1, second);
        }
        index
    }

    /// Has rows that sort alike stand as they did in an older list, those that it did not have behind them.
    pub(crate) fn prefer(&mut self, older: &[Row]) {
        let mut places: HashMap<&Row, Vec<usize>> = HashMap::with_capacity(older.len());
        for (place, row) in older.iter().enumerate().rev() {
            places.entry(row).or_default().push(place);
        }
        let mut place_of = |row: &Row| places.get_mut(row).and_then(Vec::pop).unwrap_or(usize::MAX);
        let entries = self.chunks.drain(..).flatten();
        let mut placed: Vec<(usize, Entry)> = entries.map(|entry| (place_of(&entry.row), entry)).collect();
        placed.sort_by(|(place, a), (other, b)| (&a.key, place, a.arrival).cmp(&(&b.key, other, b.arrival)));
        *self = Self::of(self.sorting.clone(), placed.into_iter().map(|(_, entry)| entry).collect());
    }

    /// Bytes that are held, without what the allocator adds.
    pub(crate) fn state_bytes(&self) -> usize {
        let entry = |entry: &Entry| size_of::<Entry>() + entry.key.len() + entry.row.as_bytes().len();
        self.chunks.iter().flatten().map(entry).sum()
    }
}

fn forget(arrivals: &mut HashMap<Row, Vec<u64>>, entry: &Entry) {
    if let Some(copies) = arrivals.get_mut(&entry.row) {
        copies.retain(|arrival| *arrival != entry.arrival);
        if copies.is_empty() {
            arrivals.remove(&entry.row);
        }
    }
}

/// Which row that comes takes the stead of one that goes: the same row, that only moves; else one that sorts alike and so
/// takes its place; else one with the same first value, by which most results name their rows.
struct Successors<'c> {
    same: HashMap<&'c Row, Vec<usize>>,
    by_key: HashMap<&'c [u8], Vec<usize>>,
    by_first: HashMap<Box<[u8]>, Vec<usize>>,
    used: Vec<bool>,
    /// All before this place are used.
    unused_from: usize,
}

impl<'c> Successors<'c> {
    fn new(coming: &'c [(Row, Box<[u8]>)], is_unsorted: bool) -> Self {
        let mut successors = Self {
            same: HashMap::new(),
            by_key: HashMap::new(),
            by_first: HashMap::new(),
            used: vec![false; coming.len()],
            unused_from: 0,
        };
        // From the end, so that the first is popped first.
        for (at, (row, key)) in coming.iter().enumerate().rev() {
            successors.by_first.entry(first(row)).or_default().push(at);
            successors.by_key.entry(key).or_default().push(at);
            if !is_unsorted {
                successors.same.entry(row).or_default().push(at);
            }
        }
        successors
    }

    fn of(&mut self, row: &Row, key: &[u8]) -> Option<usize> {
        if self.used.is_empty() {
            return None;
        }
        let used = &mut self.used;
        let mut free = |places: Option<&mut Vec<usize>>| {
            let places = places?;
            loop {
                let place = places.pop()?;
                if !std::mem::replace(&mut used[place], true) {
                    return Some(place);
                }
            }
        };
        free(self.same.get_mut(row))
            .or_else(|| free(self.by_first.get_mut(&first(row))))
            .or_else(|| free(self.by_key.get_mut(key)))
    }

    /// The first that has taken no stead yet.
    fn next(&mut self) -> Option<usize> {
        while *self.used.get(self.unused_from)? {
            self.unused_from += 1;
        }
        Some(self.unused_from)
    }

    fn take(&mut self, place: usize) {
        self.used[place] = true;
    }

    /// What came without taking a stead.
    fn rest(self, coming: &'c [(Row, Box<[u8]>)]) -> impl Iterator<Item = &'c (Row, Box<[u8]>)> {
        coming.iter().zip(self.used).filter(|(_, used)| !used).map(|(row, _)| row)
    }
}

fn first(row: &Row) -> Box<[u8]> {
    let (first, _) = row.split(1);
    first.as_bytes().into()
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
