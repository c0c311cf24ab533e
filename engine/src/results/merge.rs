//! A change of a large part of a sorted list: all sort keys are made once, and the added rows are merged with those that stay.

use super::replacements::Replacements;
use super::sorting::{Keyed, Missing};
use crate::types::RowRef;

/// What happens to a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Keep,
    Remove,
    /// An added row, by its place among those, sorts like it and takes its place.
    ReplaceBy(usize),
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

/// The rows of a sorted list without the removed and with the added ones. An added row takes the place of a removed one that
/// sorts like it, or stands behind all rows that do.
///
/// # Errors
/// [`Missing`] when a row to be removed is not there.
pub(super) fn merged<'r>(
    rows: &[RowRef<'r>],
    push_key: impl Fn(&mut Vec<u8>, RowRef<'_>),
    width: usize,
    removed: &[Keyed],
    added: &'r [Keyed],
) -> Result<Vec<RowRef<'r>>, Missing> {
    let mut keys = Keys { bytes: Vec::with_capacity(rows.len() * 24), ends: Vec::with_capacity(rows.len()) };
    for row in rows {
        push_key(&mut keys.bytes, *row);
        keys.ends.push(keys.bytes.len());
    }
    let mut actions = vec![Action::Keep; rows.len()];
    let mut replacements = Replacements::new(added, width, false);
    let mut inserted: Vec<&Keyed> = Vec::with_capacity(added.len());
    for (row, key) in removed {
        let start = keys.place_of(key);
        let alike = (start..rows.len()).take_while(|place| *keys.at(*place) == **key);
        let is_it = |place: &usize| actions[*place] == Action::Keep && rows[*place] == row.as_ref();
        let place = alike.into_iter().find(is_it).ok_or(Missing)?;
        actions[place] = match replacements.of(row, key) {
            Some(replacement) if added[replacement].1 == *key => Action::ReplaceBy(replacement),
            replacement => {
                inserted.extend(replacement.and_then(|replacement| added.get(replacement)));
                Action::Remove
            }
        };
    }
    inserted.extend(replacements.rest(added));
    // Those that sort alike stay in the order in which they came.
    inserted.sort_by(|(_, key), (_, other)| key.cmp(other));
    let mut inserted = inserted.into_iter().peekable();
    let mut merged = Vec::with_capacity(rows.len() + added.len());
    for (place, row) in rows.iter().enumerate() {
        while let Some((row, _)) = inserted.next_if(|(_, key)| **key < *keys.at(place)) {
            merged.push(row.as_ref());
        }
        match actions[place] {
            Action::Keep => merged.push(*row),
            Action::Remove => {}
            Action::ReplaceBy(replacement) => merged.push(added[replacement].0.as_ref()),
        }
    }
    merged.extend(inserted.map(|(row, _)| row.as_ref()));
    Ok(merged)
}
