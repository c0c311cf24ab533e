//! Rows whose order nothing decides: they keep the places that subscribers know.

use rustc_hash::FxHashMap;

use super::super::copies::Copies;
use super::{Chunk, Listing};
use crate::types::{Row, RowRef};

impl Listing {
    /// Arranges rows that sort alike as these shown rows are, with those that are not among them behind. Whether there are
    /// such rows.
    pub(crate) fn prefer(&mut self, shown: &[Row]) -> bool {
        if !self.has_equals() {
            return false;
        }
        let mut places = Copies::of(shown);
        let mut place_of = |row: &Row| places.take(row).unwrap_or(usize::MAX);
        let rows = self.chunks.iter().flat_map(Chunk::rows);
        let mut placed: Vec<(Vec<u8>, usize, Row)> =
            rows.map(|row| (self.sorting.key(row), place_of(&self.sorting.shown(row)), row.to_row())).collect();
        placed.sort_by(|(key, place, _), (other, others, _)| (key, place).cmp(&(other, others)));
        let rows: Vec<Row> = placed.into_iter().map(|(_, _, row)| row).collect();
        *self = Self::of_rows(self.sorting.clone(), &rows);
        true
    }

    /// Whether two rows sort alike.
    fn has_equals(&self) -> bool {
        let mut rows = self.held();
        let Some(mut last) = rows.next() else { return false };
        rows.any(|row| self.sorting.is_alike(std::mem::replace(&mut last, row), row))
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
