//! A change of a good part of a sorted list: all sort keys are made once, and the rows that come are merged with those that
//! stay.

use super::list::{Keyed, Missing};
use super::successors::Successors;
use crate::types::RowRef;

/// What becomes of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
    /// Another one, by its place among those that come, sorts like it and stands in its stead.
    Becomes(usize),
}

/// Sort keys, one after another.
#[derive(Default)]
struct Keys {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Keys {
    fn at(&self, place: usize) -> &[u8] {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[place]]
    }

    /// The first place whose key is not before this one.
    fn place_of(&self, key: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.at(middle) < key { low = middle + 1 } else { high = middle }
        }
        low
    }
}

/// The rows of a sorted list without those that go and with those that come, which stand in the steads of those that go and
/// sort like them, or behind all that do.
///
/// # Errors
/// [`Missing`] when a row that should go is not there.
pub(super) fn merged<'r>(
    rows: &[RowRef<'r>],
    push_key: impl Fn(&mut Vec<u8>, RowRef<'_>),
    width: usize,
    going: &[Keyed],
    coming: &'r [Keyed],
) -> Result<Vec<RowRef<'r>>, Missing> {
    let mut keys = Keys { bytes: Vec::with_capacity(rows.len() * 24), ends: Vec::with_capacity(rows.len()) };
    for row in rows {
        push_key(&mut keys.bytes, *row);
        keys.ends.push(keys.bytes.len());
    }
    let mut fates = vec![Fate::Stays; rows.len()];
    let mut successors = Successors::new(coming, width, false);
    let mut arriving: Vec<&Keyed> = Vec::with_capacity(coming.len());
    for (row, key) in going {
        let start = keys.place_of(key);
        let alike = (start..rows.len()).take_while(|place| *keys.at(*place) == **key);
        let is_it = |place: &usize| fates[*place] == Fate::Stays && rows[*place] == row.as_ref();
        let place = alike.into_iter().find(is_it).ok_or(Missing)?;
        fates[place] = match successors.of(row, key) {
            Some(successor) if coming[successor].1 == *key => Fate::Becomes(successor),
            successor => {
                arriving.extend(successor.and_then(|successor| coming.get(successor)));
                Fate::Goes
            }
        };
    }
    arriving.extend(successors.rest(coming));
    // Those that sort alike stay in the order in which they came.
    arriving.sort_by(|(_, key), (_, other)| key.cmp(other));
    let mut arriving = arriving.into_iter().peekable();
    let mut merged = Vec::with_capacity(rows.len() + coming.len());
    for (place, row) in rows.iter().enumerate() {
        while let Some((row, _)) = arriving.next_if(|(_, key)| **key < *keys.at(place)) {
            merged.push(row.as_ref());
        }
        match fates[place] {
            Fate::Stays => merged.push(*row),
            Fate::Goes => {}
            Fate::Becomes(successor) => merged.push(coming[successor].0.as_ref()),
        }
    }
    merged.extend(arriving.map(|(row, _)| row.as_ref()));
    Ok(merged)
}
