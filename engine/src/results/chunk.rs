//! Rows packed one after another: what a result costs is little more than the bytes of its rows.

use crate::types::{Row, RowRef};

/// How many bytes more than are needed are asked for when a chunk grows: doubling would waste half of a small result.
const GROWTH: usize = 128;

/// Some of a list's rows, in their order.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    bytes: Vec<u8>,
    /// Where each row ends.
    ends: Vec<u32>,
    /// When each row came, in a list that has no other order.
    arrivals: Vec<u64>,
}

impl Chunk {
    /// With room for so many rows of so many bytes in all.
    pub(super) fn with_capacity(rows: usize, bytes: usize, is_unsorted: bool) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(rows),
            arrivals: Vec::with_capacity(if is_unsorted { rows } else { 0 }),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.ends[before] as usize)
    }

    pub(super) fn row(&self, at: usize) -> RowRef<'_> {
        RowRef::new(&self.bytes[self.start(at)..self.ends[at] as usize])
    }

    pub(super) fn rows(&self) -> impl DoubleEndedIterator<Item = RowRef<'_>> {
        (0..self.len()).map(|at| self.row(at))
    }

    pub(super) fn arrival(&self, at: usize) -> u64 {
        self.arrivals.get(at).copied().unwrap_or(0)
    }

    /// Puts a row in; `arrival` in a list without another order.
    pub(super) fn insert(&mut self, at: usize, row: &Row, arrival: Option<u64>) {
        let start = self.start(at);
        self.splice(start, start, row.as_bytes());
        let end = start + row.as_bytes().len();
        self.ends.reserve_exact(1);
        // A chunk of 2^32 bytes would be one of rows that SQLite does not allow.
        self.ends.insert(at, u32::try_from(end).unwrap_or(u32::MAX));
        self.shift(at + 1, row.as_bytes().len(), 0);
        if let Some(arrival) = arrival {
            self.arrivals.insert(at, arrival);
        }
    }

    pub(super) fn remove(&mut self, at: usize) -> Row {
        let row = self.row(at).to_row();
        let start = self.start(at);
        self.splice(start, start + row.as_bytes().len(), &[]);
        self.ends.remove(at);
        self.shift(at, 0, row.as_bytes().len());
        if !self.arrivals.is_empty() {
            self.arrivals.remove(at);
        }
        row
    }

    /// Puts a row in the place of another one.
    pub(super) fn replace(&mut self, at: usize, row: &Row) {
        let (start, end) = (self.start(at), self.ends[at] as usize);
        self.splice(start, end, row.as_bytes());
        self.shift(at, row.as_bytes().len(), end - start);
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.bytes.truncate(self.start(length));
        self.ends.truncate(length);
        self.arrivals.truncate(length);
    }

    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let start = self.start(at);
        let bytes = self.bytes.split_off(start);
        // Of the same chunk, so it fits.
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let ends = self.ends.split_off(at).into_iter().map(|end| end - start).collect();
        let arrivals = if self.arrivals.is_empty() { Vec::new() } else { self.arrivals.split_off(at) };
        Self { bytes, ends, arrivals }
    }

    pub(super) fn push(&mut self, row: RowRef<'_>, arrival: Option<u64>) {
        self.bytes.extend_from_slice(row.as_bytes());
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        self.arrivals.extend(arrival);
    }

    fn splice(&mut self, start: usize, end: usize, with: &[u8]) {
        if self.bytes.capacity() < self.bytes.len() + with.len() {
            self.bytes.reserve_exact(with.len() + GROWTH);
        }
        self.bytes.splice(start..end, with.iter().copied());
    }

    fn shift(&mut self, from: usize, more: usize, less: usize) {
        let (more, less) = (u32::try_from(more).unwrap_or(u32::MAX), u32::try_from(less).unwrap_or(u32::MAX));
        self.ends[from..].iter_mut().for_each(|end| *end = end.wrapping_add(more).wrapping_sub(less));
    }

    /// Bytes that are held.
    pub(super) fn state_bytes(&self) -> usize {
        size_of::<Self>() + self.bytes.capacity() + self.ends.capacity() * 4 + self.arrivals.capacity() * 8
    }
}
