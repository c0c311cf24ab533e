//! Which added row replaces which removed one: one that shows the same and only moves; else one with the same first value, by
//! which most results identify their rows; else one that sorts alike and so takes its place.

use rustc_hash::FxHashMap;

use super::sorting::Keyed;
use crate::types::Row;

/// The added rows, and which of them replace a removed one.
pub(super) struct Replacements<'c> {
    added: &'c [Keyed],
    width: usize,
    is_unsorted: bool,
    /// They are made for the first removed row; of a few rows all are looked at.
    tables: Option<Tables<'c>>,
    used: Vec<bool>,
    /// All before this place are used.
    unused_from: usize,
}

/// Up to this number of rows, comparing all of them costs less than hash tables do.
const FEW: usize = 4;

#[derive(Default)]
struct Tables<'c> {
    same: FxHashMap<&'c [u8], Vec<usize>>,
    by_first: FxHashMap<&'c [u8], Vec<usize>>,
    by_key: FxHashMap<&'c [u8], Vec<usize>>,
}

impl<'c> Tables<'c> {
    fn of(added: &'c [Keyed], width: usize, is_unsorted: bool) -> Self {
        let mut tables = Self::default();
        // From the end, so that the first is popped first.
        for (at, (row, key)) in added.iter().enumerate().rev() {
            tables.by_first.entry(first(row)).or_default().push(at);
            tables.by_key.entry(key).or_default().push(at);
            if !is_unsorted {
                tables.same.entry(shown(row, width)).or_default().push(at);
            }
        }
        tables
    }
}

impl<'c> Replacements<'c> {
    pub(super) fn new(added: &'c [Keyed], width: usize, is_unsorted: bool) -> Self {
        Self { added, width, is_unsorted, tables: None, used: vec![false; added.len()], unused_from: 0 }
    }

    /// The replacement of a removed row, by its place among the added ones.
    pub(super) fn of(&mut self, row: &Row, key: &[u8]) -> Option<usize> {
        if self.tables.is_none() && self.added.len() > FEW {
            self.tables = Some(Tables::of(self.added, self.width, self.is_unsorted));
        }
        let used = &mut self.used;
        let (shown_row, first_value) = (shown(row, self.width), first(row));
        let Some(tables) = &mut self.tables else {
            let width = self.width;
            let is_like: [&dyn Fn(&Keyed) -> bool; 3] =
                [&|(row, _)| shown(row, width) == shown_row, &|(row, _)| first(row) == first_value, &|(_, other)| {
                    **other == *key
                }];
            let found = is_like
                .iter()
                .find_map(|is_like| (0..used.len()).find(|&place| !used[place] && is_like(&self.added[place])))?;
            used[found] = true;
            return Some(found);
        };
        let mut free = |places: Option<&mut Vec<usize>>| {
            let places = places?;
            loop {
                let place = places.pop()?;
                if !std::mem::replace(&mut used[place], true) {
                    return Some(place);
                }
            }
        };
        free(tables.same.get_mut(shown_row))
            .or_else(|| free(tables.by_first.get_mut(first_value)))
            .or_else(|| free(tables.by_key.get_mut(key)))
    }

    /// The first added row that replaces none yet.
    pub(super) fn next(&mut self) -> Option<usize> {
        while *self.used.get(self.unused_from)? {
            self.unused_from += 1;
        }
        Some(self.unused_from)
    }

    pub(super) fn take(&mut self, place: usize) {
        self.used[place] = true;
    }

    /// The added rows that replace none.
    pub(super) fn rest(self, added: &'c [Keyed]) -> impl Iterator<Item = &'c Keyed> {
        added.iter().zip(self.used).filter(|(_, used)| !used).map(|(row, _)| row)
    }
}

fn shown(row: &Row, width: usize) -> &[u8] {
    row.as_ref().split(width).0.as_bytes()
}

fn first(row: &Row) -> &[u8] {
    shown(row, 1)
}
