//! The net effect of several diffs, without the rows that they start from.
//!
//! The list is described by pieces: runs of rows of the first list, which is not known, and rows that came later. Each edit
//! changes the pieces as it would change the list. What came and went leaves no trace, so the size is bounded by the rows that
//! differ in the end, however many diffs there were.

use super::rising;
use crate::types::{Diff, Edit, Row};

/// The net effect of diffs that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NetDiff {
    /// The last piece is the rest of the first list, which may be empty.
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Rows of the first list: where they stood, and how many.
    Kept { from: usize, rows: usize },
    /// A row that came later.
    New(Row),
}

/// A place in the list that is arrived at.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Kept {
        from: usize,
        rows: usize,
    },
    /// In the place of a row of the first list.
    Replaced {
        from: usize,
        row: Row,
    },
    New(Row),
}

impl Default for NetDiff {
    fn default() -> Self {
        Self { pieces: vec![Piece::Kept { from: 0, rows: usize::MAX }] }
    }
}

impl Piece {
    /// Where it stood in the first list, and how many rows it is.
    fn origin(&self) -> Option<(usize, usize)> {
        match self {
            Self::Kept { from, rows } => Some((*from, *rows)),
            Self::New(_) => None,
        }
    }

    fn rows(&self) -> usize {
        self.origin().map_or(1, |(_, rows)| rows)
    }
}

impl Target {
    /// Where it stood in the first list, and how many rows it is.
    fn origin(&self) -> Option<(usize, usize)> {
        match self {
            Self::Kept { from, rows } => Some((*from, *rows)),
            Self::Replaced { from, .. } => Some((*from, 1)),
            Self::New(_) => None,
        }
    }

    fn rows(&self) -> usize {
        self.origin().map_or(1, |(_, rows)| rows)
    }
}

impl NetDiff {
    /// Adds a diff that follows.
    pub(crate) fn add(&mut self, diff: &Diff) {
        for edit in diff.edits.iter() {
            match edit {
                Edit::Insert { index, row } => self.insert(*index, Piece::New(row.clone())),
                Edit::Remove { index } => drop(self.remove(*index)),
                Edit::Replace { index, row } => {
                    self.remove(*index);
                    self.insert(*index, Piece::New(row.clone()));
                }
                Edit::Move { from, to } => {
                    if let Some(piece) = self.remove(*from) {
                        self.insert(*to, piece);
                    }
                }
            }
        }
    }

    /// The bytes of the rows that are held.
    pub(crate) fn bytes(&self) -> usize {
        let row_bytes = |piece: &Piece| match piece {
            Piece::Kept { .. } => 0,
            Piece::New(row) => row.as_bytes().len(),
        };
        self.pieces.len() * size_of::<Piece>() + self.pieces.iter().map(row_bytes).sum::<usize>()
    }

    /// The edits from the first list to the last one.
    pub(crate) fn edits(&self) -> Vec<Edit> {
        let targets = self.targets();
        let mut edits = removals(&targets);
        move_rows(&targets, &mut edits);
        let mut index = 0;
        for target in &targets {
            match target {
                Target::Kept { .. } => {}
                Target::Replaced { row, .. } => edits.push(Edit::Replace { index, row: row.clone() }),
                Target::New(row) => edits.push(Edit::Insert { index, row: row.clone() }),
            }
            index = index.saturating_add(target.rows());
        }
        edits
    }

    /// Splits so that a piece begins at this index of the list; the place of that piece.
    fn split(&mut self, index: usize) -> usize {
        let mut left = index;
        for place in 0..self.pieces.len() {
            if left == 0 {
                return place;
            }
            let length = self.pieces[place].rows();
            if let Piece::Kept { from, rows } = &mut self.pieces[place]
                && left < length
            {
                let rest =
                    Piece::Kept { from: *from + left, rows: if length == usize::MAX { length } else { length - left } };
                *rows = left;
                self.pieces.insert(place + 1, rest);
                return place + 1;
            }
            left -= length;
        }
        self.pieces.len()
    }

    fn insert(&mut self, index: usize, piece: Piece) {
        let place = self.split(index);
        self.pieces.insert(place, piece);
        self.join(place + 1);
        self.join(place);
    }

    fn remove(&mut self, index: usize) -> Option<Piece> {
        let place = self.split(index);
        let piece = match self.pieces.get_mut(place)? {
            Piece::Kept { from, rows } if *rows > 1 => {
                let first = Piece::Kept { from: *from, rows: 1 };
                *from += 1;
                *rows -= usize::from(*rows != usize::MAX);
                first
            }
            _ => self.pieces.remove(place),
        };
        self.join(place);
        Some(piece)
    }

    /// Makes one piece of this and the one before it, if they stood together in the first list.
    fn join(&mut self, place: usize) {
        if place == 0 || place >= self.pieces.len() {
            return;
        }
        if let (Piece::Kept { from, rows }, Piece::Kept { from: next, rows: more }) =
            (&self.pieces[place - 1], &self.pieces[place])
            && *from + *rows == *next
        {
            let joined = Piece::Kept { from: *from, rows: rows.saturating_add(*more) };
            self.pieces[place - 1] = joined;
            self.pieces.remove(place);
        }
    }

    /// The pieces, new rows paired with rows that are gone from the same place.
    fn targets(&self) -> Vec<Target> {
        let stay = rising::longest(self.pieces.len(), |place| self.pieces[place].origin().map(|(from, _)| from));
        let mut gone = missing(self.pieces.iter().filter_map(Piece::origin)).into_iter().peekable();
        let mut targets = Vec::with_capacity(self.pieces.len());
        for (place, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Kept { from, rows } => {
                    if stay[place] {
                        // What is gone from before here is not paired with what comes behind it.
                        while gone.next_if(|gone| gone < from).is_some() {}
                    }
                    targets.push(Target::Kept { from: *from, rows: *rows });
                }
                Piece::New(row) => {
                    let next = (place..self.pieces.len()).find(|next| stay[*next]);
                    let end = next.and_then(|next| self.pieces[next].origin()).map(|(from, _)| from);
                    targets.push(match gone.next_if(|gone| end.is_none_or(|end| *gone < end)) {
                        Some(from) => Target::Replaced { from, row: row.clone() },
                        None => Target::New(row.clone()),
                    });
                }
            }
        }
        targets
    }
}

/// The rows of the first list that are in none of these runs, in order.
fn missing(runs: impl Iterator<Item = (usize, usize)>) -> Vec<usize> {
    let mut runs: Vec<(usize, usize)> = runs.collect();
    runs.sort_unstable();
    let mut next = 0;
    let mut missing = Vec::new();
    for (from, rows) in runs {
        missing.extend(next..from);
        next = from.saturating_add(rows);
    }
    missing
}

/// Takes out the rows that are gone for good, from the last one.
fn removals(targets: &[Target]) -> Vec<Edit> {
    let gone = missing(targets.iter().filter_map(Target::origin));
    gone.into_iter().rev().map(|index| Edit::Remove { index }).collect()
}

/// Brings the rows that remain into their order.
fn move_rows(targets: &[Target], edits: &mut Vec<Edit>) {
    let old: Vec<(usize, usize)> = targets.iter().filter_map(Target::origin).collect();
    let stay = rising::longest(old.len(), |run| Some(old[run].0));
    if stay.iter().all(|stays| *stays) {
        return;
    }
    // The runs as they stand now; each is named by its place in `old`.
    let mut now: Vec<usize> = (0..old.len()).collect();
    now.sort_unstable_by_key(|run| old[*run].0);
    let start_of = |now: &[usize], place: usize| now[..place].iter().map(|run| old[*run].1).sum::<usize>();
    for run in (0..old.len()).filter(|run| !stay[*run]) {
        let Some(place) = now.iter().position(|other| *other == run) else { continue };
        let from = start_of(&now, place);
        now.remove(place);
        let behind = run.checked_sub(1).and_then(|before| now.iter().position(|other| *other == before));
        let place = behind.map_or(0, |place| place + 1);
        let to = start_of(&now, place);
        now.insert(place, run);
        for row in 0..old[run].1 {
            // Rows that move forwards leave a gap that the next one is in; those that move back stand behind each other.
            edits.push(match to >= from {
                true => Edit::Move { from, to: to + old[run].1 - 1 },
                false => Edit::Move { from: from + row, to: to + row },
            });
        }
    }
}

#[cfg(test)]
#[path = "net_tests.rs"]
mod tests;
