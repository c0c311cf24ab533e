//! Where the copies of each row are in a list.

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::types::Row;

/// The copies of each row that have not been taken, as a chain from the first to the last: a vector for each row would be an
/// allocation for each.
pub(super) struct Copies<'r> {
    firsts: FxHashMap<&'r Row, usize>,
    /// For each place, that of the next copy of its row.
    nexts: Vec<Option<usize>>,
}

impl<'r> Copies<'r> {
    pub(super) fn of(rows: &'r [Row]) -> Self {
        let mut firsts = FxHashMap::with_capacity_and_hasher(rows.len(), FxBuildHasher);
        let mut nexts = vec![None; rows.len()];
        for (place, row) in rows.iter().enumerate().rev() {
            nexts[place] = firsts.insert(row, place);
        }
        Self { firsts, nexts }
    }

    /// The place of a row's first copy that has not been taken.
    pub(super) fn take(&mut self, row: &Row) -> Option<usize> {
        let first = self.firsts.get_mut(row)?;
        let place = *first;
        match self.nexts[place] {
            Some(next) => *first = next,
            None => {
                self.firsts.remove(row);
            }
        }
        Some(place)
    }
}
