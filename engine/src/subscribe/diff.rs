//! The edits that turn one list of rows into another.
//!
//! Rows are matched by identity, the k-th copy of a row with the k-th copy of it. Of the matched rows, those of a longest
//! increasing subsequence stay where they are, the others move: no smaller set of moves exists. Unmatched rows of the same
//! gap between two that stay become replacements, the rest removals and insertions. What both lists begin and end with is
//! never looked at twice, so the usual case, a few rows of many, is one pass of comparisons.

use std::collections::HashMap;

use crate::types::{Edit, Row};

/// Past this product of moved and matched rows, finding the indices of the moves costs more than the moves are worth to
/// anybody: then every place that differs is replaced instead.
const MOVE_WORK_LIMIT: usize = 4_000_000;

/// The edits that turn `old` into `new`; empty exactly when the lists are equal.
pub(crate) fn edits_between(old: &[Row], new: &[Row]) -> Vec<Edit> {
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[prefix..], &new[prefix..]);
    let suffix = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[..old.len() - suffix], &new[..new.len() - suffix]);
    if old.is_empty() {
        return insertions(prefix, new);
    }
    if new.is_empty() {
        return (prefix..prefix + old.len()).rev().map(|index| Edit::Remove { index }).collect();
    }
    let plan = Plan::new(old, new);
    if plan.moved.len().saturating_mul(plan.kept) > MOVE_WORK_LIMIT {
        return replacements(prefix, old, new);
    }
    plan.edits(prefix, new)
}

fn insertions(offset: usize, new: &[Row]) -> Vec<Edit> {
    new.iter().enumerate().map(|(index, row)| Edit::Insert { index: offset + index, row: row.clone() }).collect()
}

/// Place by place, without regard to where rows went.
fn replacements(offset: usize, old: &[Row], new: &[Row]) -> Vec<Edit> {
    let common = old.len().min(new.len());
    let mut edits: Vec<Edit> = (common..old.len()).rev().map(|index| Edit::Remove { index: offset + index }).collect();
    for (index, row) in new.iter().enumerate() {
        if index >= common {
            edits.push(Edit::Insert { index: offset + index, row: row.clone() });
        } else if old[index] != *row {
            edits.push(Edit::Replace { index: offset + index, row: row.clone() });
        }
    }
    edits
}

/// Where each place of the new list comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The same row, or for a replacement the row it replaces, at this place of the old list.
    Old {
        index: usize,
        replaced: bool,
    },
    Nowhere,
}

struct Plan {
    origins: Vec<Origin>,
    /// Places of the old list that nothing came from, ascending.
    removed: Vec<usize>,
    /// Places of the new list whose row has to move, ascending.
    moved: Vec<usize>,
    /// How many rows of the old list live on.
    kept: usize,
}

impl Plan {
    fn new(old: &[Row], new: &[Row]) -> Self {
        let mut origins = match_by_identity(old, new);
        let stays = longest_increasing(&origins);
        let moved: Vec<usize> =
            (0..new.len()).filter(|&place| origins[place] != Origin::Nowhere && !stays[place]).collect();
        let mut used = vec![false; old.len()];
        for origin in &origins {
            if let Origin::Old { index, .. } = origin {
                used[*index] = true;
            }
        }
        pair_gaps(&mut origins, &stays, &mut used);
        let removed = (0..old.len()).filter(|&index| !used[index]).collect::<Vec<_>>();
        let kept = old.len() - removed.len();
        Self { origins, removed, moved, kept }
    }

    /// First what goes, from the end so that no index shifts; then the moves, each to right behind the row that precedes
    /// it among those already in order; then, from the start, what comes or is replaced, at its final index.
    fn edits(&self, offset: usize, new: &[Row]) -> Vec<Edit> {
        let mut edits: Vec<Edit> =
            self.removed.iter().rev().map(|&index| Edit::Remove { index: offset + index }).collect();
        self.push_moves(offset, &mut edits);
        for (place, origin) in self.origins.iter().enumerate() {
            let (index, row) = (offset + place, &new[place]);
            match origin {
                Origin::Nowhere => edits.push(Edit::Insert { index, row: row.clone() }),
                Origin::Old { replaced: true, .. } => edits.push(Edit::Replace { index, row: row.clone() }),
                Origin::Old { replaced: false, .. } => {}
            }
        }
        edits
    }

    fn push_moves(&self, offset: usize, edits: &mut Vec<Edit>) {
        if self.moved.is_empty() {
            return;
        }
        let mut current: Vec<usize> = Vec::with_capacity(self.kept);
        let mut places: Vec<(usize, usize)> = (self.origins.iter().enumerate())
            .filter_map(|(place, origin)| match origin {
                Origin::Old { index, .. } => Some((*index, place)),
                Origin::Nowhere => None,
            })
            .collect();
        places.sort_unstable();
        current.extend(places.iter().map(|&(_, place)| place));
        let position = |list: &[usize], wanted: usize| list.iter().position(|&place| place == wanted);
        for &place in &self.moved {
            let Some(from) = position(&current, place) else { continue };
            current.remove(from);
            // Every kept row that precedes this one in the new list is in order already: it stays, or moved before.
            let predecessor = (0..place).rev().find(|&before| self.origins[before] != Origin::Nowhere);
            let to = predecessor.and_then(|before| position(&current, before)).map_or(0, |at| at + 1);
            current.insert(to, place);
            if from != to {
                edits.push(Edit::Move { from: offset + from, to: offset + to });
            }
        }
    }
}

fn match_by_identity(old: &[Row], new: &[Row]) -> Vec<Origin> {
    let mut copies: HashMap<&Row, Vec<usize>> = HashMap::with_capacity(old.len());
    for (index, row) in old.iter().enumerate().rev() {
        copies.entry(row).or_default().push(index);
    }
    let origin = |row| match copies.get_mut(row).and_then(Vec::pop) {
        Some(index) => Origin::Old { index, replaced: false },
        None => Origin::Nowhere,
    };
    new.iter().map(origin).collect()
}

/// Marks the places of a longest run of matched rows whose order did not change (patience sorting, O(n log n)).
fn longest_increasing(origins: &[Origin]) -> Vec<bool> {
    let old_index = |place: usize| match origins[place] {
        Origin::Old { index, .. } => index,
        Origin::Nowhere => usize::MAX,
    };
    let mut tails: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; origins.len()];
    for place in 0..origins.len() {
        if origins[place] == Origin::Nowhere {
            continue;
        }
        let length = tails.partition_point(|&tail| old_index(tail) < old_index(place));
        previous[place] = length.checked_sub(1).map(|shorter| tails[shorter]);
        match tails.get_mut(length) {
            Some(tail) => *tail = place,
            None => tails.push(place),
        }
    }
    let mut stays = vec![false; origins.len()];
    let mut next = tails.last().copied();
    while let Some(place) = next {
        stays[place] = true;
        next = previous[place];
    }
    stays
}

/// Within each gap between two rows that stay, the rows that come take the places of the rows that go.
fn pair_gaps(origins: &mut [Origin], stays: &[bool], used: &mut [bool]) {
    let anchors = (0..origins.len()).filter_map(|place| match origins[place] {
        Origin::Old { index, .. } if stays[place] => Some((place, index)),
        _ => None,
    });
    let ends = anchors.chain([(origins.len(), used.len())]).collect::<Vec<_>>();
    let (mut place, mut index) = (0, 0);
    for (next_place, next_index) in ends {
        let free = (index..next_index).filter(|&index| !used[index]).collect::<Vec<_>>();
        let coming = (place..next_place).filter(|&place| origins[place] == Origin::Nowhere).collect::<Vec<_>>();
        for (place, index) in coming.into_iter().zip(free) {
            origins[place] = Origin::Old { index, replaced: true };
            used[index] = true;
        }
        (place, index) = (next_place + 1, next_index + 1);
    }
}
