//! Rows whose order nothing decides: they keep the places that subscribers know.

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::{Chunk, Listing};
use crate::types::{Row, RowRef};

impl Listing {
    /// Arranges rows that sort alike as these shown rows are, with those that are not among them behind.
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
        let mut placed: Vec<(Vec<u8>, usize, Row)> =
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

    /// Arranges the rows from `start` on as in `rows`, which are the same in another order that nothing decides against.
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
}
