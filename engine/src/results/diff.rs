//! The edits that turn one list of rows into another.
//!
//! Rows are matched by identity, the k-th copy of a row with the k-th copy of it. Of the matched rows, those of a longest
//! increasing subsequence stay where they are, the others move: no smaller set of moves exists. Unmatched rows of the same
//! gap between two that stay become replacements, the rest removals and insertions. What both lists begin and end with is
//! never looked at twice, so the usual case, a few rows of many, is one pass of comparisons.

use super::copies::Copies;
use super::rising;
use crate::types::{Edit, Row};

/// Past this number of moves, applying them one by one costs a subscriber more than replacing rows: then every place that
/// differs is replaced instead.
const MOST_MOVES: usize = 10_000;

/// Whether the order of a result's rows means anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The query has an ORDER BY of its own.
    Declared,
    /// SQLite gave the rows in the order in which it found them: rows that only changed places did not change.
    Incidental,
}

/// The edits that turn `old` into `new`. With an incidental order they may give another arrangement of the new rows: then that
/// too. No edits exactly when nothing changed.
pub(crate) fn edits_between(old: &[Row], new: &[Row], order: Order) -> (Vec<Edit>, Option<Vec<Row>>) {
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let suffix = old[prefix..].iter().rev().zip(new[prefix..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (gone, come) = (&old[prefix..old.len() - suffix], &new[prefix..new.len() - suffix]);
    if gone.is_empty() {
        return (insertions(prefix, come), None);
    }
    if come.is_empty() {
        return ((prefix..prefix + gone.len()).rev().map(|index| Edit::Remove { index }).collect(), None);
    }
    let alignment = Alignment::new(gone, come);
    if alignment.moved.is_empty() {
        return (alignment.edits(prefix, come), None);
    }
    if order == Order::Incidental {
        let (edits, arranged) = rearranged(prefix, gone, come);
        let rows = [&old[..prefix], &arranged, &old[old.len() - suffix..]].concat();
        return (edits, Some(rows));
    }
    if alignment.moved.len() > MOST_MOVES {
        return (replacements(prefix, gone, come), None);
    }
    (alignment.edits(prefix, come), None)
}

/// Rows that live on stay where they are, those that come take the places of those that go, the rest stands at the end.
fn rearranged(offset: usize, old: &[Row], new: &[Row]) -> (Vec<Edit>, Vec<Row>) {
    let mut lives_on = vec![false; old.len()];
    let mut coming = Vec::new();
    for (origin, row) in match_by_identity(old, new).into_iter().zip(new) {
        match origin {
            Origin::Old { index, .. } => lives_on[index] = true,
            Origin::Nowhere => coming.push(row.clone()),
        }
    }
    let mut coming = coming.into_iter();
    let mut rows = Vec::with_capacity(new.len());
    let (mut changed, mut removed) = (Vec::new(), Vec::new());
    for (index, row) in old.iter().enumerate() {
        if lives_on[index] {
            rows.push(row.clone());
        } else if let Some(row) = coming.next() {
            changed.push(Edit::Replace { index: offset + rows.len(), row: row.clone() });
            rows.push(row);
        } else {
            removed.push(Edit::Remove { index: offset + index });
        }
    }
    for row in coming {
        changed.push(Edit::Insert { index: offset + rows.len(), row: row.clone() });
        rows.push(row);
    }
    // From the end, so that no index shifts; then replacements and insertions at their final places.
    removed.reverse();
    removed.extend(changed);
    (removed, rows)
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

/// Which rows of the new list are which of the old.
struct Alignment {
    origins: Vec<Origin>,
    /// Places of the old list that nothing came from, ascending.
    removed: Vec<usize>,
    /// Places of the new list whose row has to move, ascending.
    moved: Vec<usize>,
    /// The length of the old list.
    old_len: usize,
}

impl Alignment {
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
        Self { origins, removed, moved, old_len: old.len() }
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

    /// While rows move one by one, the list is made of those in order already (they stay, or moved before) and of those
    /// that wait at their old places. A row in order stands behind the last row that stays before it, its anchor, and
    /// before everything that waits behind that anchor. So three counts give every index: those waiting by old place, those
    /// in order by new place, and those in order by their anchors.
    fn push_moves(&self, offset: usize, edits: &mut Vec<Edit>) {
        if self.moved.is_empty() {
            return;
        }
        let places = self.origins.len();
        let (mut waiting, mut in_order) = (Counts::new(self.old_len), Counts::new(places));
        // Anchors are old places plus one; nothing before a row is anchor 0.
        let mut anchored = Counts::new(self.old_len + 1);
        let mut anchors = vec![0; places];
        let mut moved = vec![false; places];
        self.moved.iter().for_each(|&place| moved[place] = true);
        let mut anchor = 0;
        for place in 0..places {
            let Origin::Old { index, .. } = self.origins[place] else { continue };
            if moved[place] {
                waiting.add(index, 1);
            } else {
                anchor = index + 1;
                in_order.add(place, 1);
                anchored.add(anchor, 1);
            }
            anchors[place] = anchor;
        }
        for &place in &self.moved {
            let Origin::Old { index, .. } = self.origins[place] else { continue };
            let anchor = anchors[place];
            waiting.add(index, -1);
            let from = waiting.before(index) + anchored.before(index + 1);
            let to = waiting.before(anchor.saturating_sub(1)) + in_order.before(place);
            in_order.add(place, 1);
            anchored.add(anchor, 1);
            if from != to {
                edits.push(Edit::Move { from: offset + from, to: offset + to });
            }
        }
    }
}

/// How many of a set of places lie before one (a Fenwick tree; both operations O(log n)).
struct Counts {
    tree: Vec<isize>,
}

impl Counts {
    fn new(places: usize) -> Self {
        Self { tree: vec![0; places + 1] }
    }

    fn add(&mut self, place: usize, count: isize) {
        let mut node = place + 1;
        while let Some(sum) = self.tree.get_mut(node) {
            *sum += count;
            node += node & node.wrapping_neg();
        }
    }

    fn before(&self, place: usize) -> usize {
        let (mut node, mut sum) = (place, 0);
        while node > 0 {
            sum += self.tree[node];
            node &= node - 1;
        }
        sum.unsigned_abs()
    }
}

fn match_by_identity(old: &[Row], new: &[Row]) -> Vec<Origin> {
    let mut copies = Copies::of(old);
    let origin = |row| match copies.take(row) {
        Some(index) => Origin::Old { index, replaced: false },
        None => Origin::Nowhere,
    };
    new.iter().map(origin).collect()
}

/// Marks the places of a longest run of matched rows whose order did not change.
fn longest_increasing(origins: &[Origin]) -> Vec<bool> {
    rising::longest(origins.len(), |place| match origins[place] {
        Origin::Old { index, .. } => Some(index),
        Origin::Nowhere => None,
    })
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
