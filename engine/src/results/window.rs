//! LIMIT and OFFSET over a maintained list: the part that is shown, and perhaps a few rows past it for those that will go.
//!
//! A list that is cut holds a prefix of the whole order: all rows that sort before its last one, and of those that sort like
//! it the ones it happens to have. So a change behind the last row does not matter, a removed row that sorts like the last one
//! may be one that was not held, and a list that became too short is filled again by SQLite.

use super::diff::{Order, edits_between};
use super::list::Listing;
use super::sorting::Missing;
use crate::plan::Bounds;
use crate::types::{Edit, Row, RowRef, WeightedRow};

/// Rows that may be held past the shown ones, at least.
const LEAST_SPARE: usize = 8;

/// A result that is brought up to date by changes, as it is shown.
#[derive(Debug)]
pub(crate) struct Maintained {
    listing: Listing,
    order: Order,
    bounds: Option<Bounds>,
    /// The list is cut: there may be rows behind its last one.
    is_cut: bool,
    /// Whether the list may be cut: its rows can be asked of SQLite again.
    may_cut: bool,
}

/// What a change comes to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// The shown rows change so.
    Edits(Vec<Edit>),
    /// Rows are missing that the list does not have: it has to be filled again. These are the rows that were shown.
    Refill(Vec<Row>),
}

/// How many rows a window holds at most, if it has an end.
fn capacity(bounds: Bounds) -> Option<usize> {
    let limit = bounds.limit?;
    Some(bounds.offset.saturating_add(limit).saturating_add((limit / 8).max(LEAST_SPARE)))
}

/// How many rows a window is filled with, if it has an end. Most windows never lose a row, so only one that has run short
/// before gets spare ones.
pub(crate) fn filling(bounds: Bounds, has_run_short: bool) -> Option<usize> {
    match has_run_short {
        true => capacity(bounds),
        false => Some(bounds.offset.saturating_add(bounds.limit?)),
    }
}

impl Maintained {
    /// A whole result.
    pub(crate) fn whole(listing: Listing, order: Order) -> Self {
        Self { listing, order, bounds: None, is_cut: false, may_cut: false }
    }

    /// A part of a result, with all its rows held.
    pub(crate) fn part(listing: Listing, order: Order, bounds: Bounds) -> Self {
        Self { listing, order, bounds: Some(bounds), is_cut: false, may_cut: false }
    }

    /// A part of a result, with its first rows held: as many as were asked for, if there are so many.
    pub(crate) fn prefix(listing: Listing, order: Order, bounds: Bounds, asked: Option<usize>) -> Self {
        let is_cut = asked.is_some_and(|asked| listing.len() >= asked);
        Self { listing, order, bounds: Some(bounds), is_cut, may_cut: true }
    }

    /// The shown rows.
    pub(crate) fn rows(&self) -> Vec<Row> {
        match self.bounds {
            None => self.listing.rows(0, usize::MAX),
            Some(bounds) => self.listing.rows(bounds.offset, bounds.limit.unwrap_or(usize::MAX)),
        }
    }

    /// The rows that are held, with all columns that they are maintained with.
    pub(crate) fn held(&self) -> impl Iterator<Item = RowRef<'_>> {
        self.listing.held()
    }

    /// The sort key behind which no row matters, if there is one.
    pub(crate) fn end(&self) -> Option<Vec<u8>> {
        if self.is_cut { self.listing.last_key() } else { None }
    }

    /// Brings the list up to date.
    ///
    /// # Errors
    /// [`Missing`] when the list is not what was maintained. Then it is as it was.
    pub(crate) fn apply(&mut self, changes: &[WeightedRow]) -> Result<Applied, Missing> {
        let Some(bounds) = self.bounds else { return self.listing.apply(changes).map(Applied::Edits) };
        let concerned = if self.is_cut { self.concerned(changes) } else { changes.to_vec() };
        // Most commits change one row, whose edit is that of the window as well, but for the window's end: to compare the
        // shown rows before and after instead took half as long again.
        let is_small = concerned.iter().map(|(_, weight)| weight.unsigned_abs()).sum::<u64>() <= 2
            && bounds.offset == 0
            && self.order == Order::Declared;
        let has_all = |listing: &Listing, is_cut: bool| {
            !is_cut || listing.len() >= bounds.offset.saturating_add(bounds.limit.unwrap_or(0))
        };
        if !is_small {
            let before = self.rows();
            self.listing.follow(&concerned)?;
            let is_enough = has_all(&self.listing, self.is_cut);
            return Ok(self.settled(bounds, is_enough, before));
        }
        let length = self.listing.len();
        let edits = self.listing.apply(&concerned)?;
        let is_enough = has_all(&self.listing, self.is_cut);
        let shown = match &edits[..] {
            [] => Vec::new(),
            [edit] if is_enough => {
                let gone = concerned.iter().find(|(_, weight)| *weight < 0).map(|(row, _)| self.listing.shown(row));
                self.clipped(edit, gone, length, bounds.limit.unwrap_or(usize::MAX))
            }
            edits => {
                let removed = concerned.iter().filter(|(_, weight)| *weight < 0);
                let copies = |(row, weight): &WeightedRow| {
                    let count = usize::try_from(weight.unsigned_abs()).unwrap_or(0);
                    std::iter::repeat_n(self.listing.shown(row), count)
                };
                let removed = removed.flat_map(copies).collect();
                let mut before = undone(self.listing.rows(0, usize::MAX), edits, removed);
                before.truncate(bounds.limit.unwrap_or(usize::MAX));
                return Ok(self.settled(bounds, is_enough, before));
            }
        };
        self.trim(bounds);
        Ok(Applied::Edits(shown))
    }

    /// What a change comes to, by the rows that were shown before.
    fn settled(&mut self, bounds: Bounds, is_enough: bool, before: Vec<Row>) -> Applied {
        self.trim(bounds);
        if !is_enough {
            return Applied::Refill(before);
        }
        let now = self.rows();
        Applied::Edits(self.edits_since(&before, &now))
    }

    /// Drops what is past the spare rows.
    fn trim(&mut self, bounds: Bounds) {
        if let Some(capacity) = capacity(bounds).filter(|capacity| self.may_cut && self.listing.len() > *capacity) {
            self.listing.truncate(capacity);
            self.is_cut = true;
        }
    }

    /// One edit of a list that had so many rows, as the edits of its first `limit` rows. `gone` is the row that the edit
    /// takes out or moves.
    fn clipped(&self, edit: &Edit, gone: Option<Row>, length: usize, limit: usize) -> Vec<Edit> {
        let shown = length.min(limit);
        let row_at = |index: usize| self.listing.rows(index, 1).pop();
        // One comes in at the end when one goes before it, one goes out there when one comes in before it.
        let leave = |index: usize| match row_at(limit - 1).filter(|_| length > limit) {
            Some(row) => self.exchange(index, gone.as_ref(), limit - 1, row),
            None => vec![Edit::Remove { index }],
        };
        let enter = |index: usize, row: &Row| match row_at(limit).filter(|_| length >= limit) {
            Some(last) => self.exchange(limit - 1, Some(&last), index, row.clone()),
            None => vec![Edit::Insert { index, row: row.clone() }],
        };
        match edit {
            Edit::Insert { index, row } if *index < limit => enter(*index, row),
            Edit::Remove { index } if *index < shown => leave(*index),
            Edit::Replace { index, .. } if *index < shown => vec![edit.clone()],
            Edit::Move { from, to } => match (*from < shown, *to < shown) {
                (true, true) => vec![edit.clone()],
                (true, false) => leave(*from),
                (false, true) => row_at(*to).map(|row| enter(*to, &row)).unwrap_or_default(),
                (false, false) => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// A row goes from one place and one comes in at another; if they are the same, it moves, or nothing is seen of it.
    fn exchange(&self, from: usize, gone: Option<&Row>, to: usize, row: Row) -> Vec<Edit> {
        if gone != Some(&row) {
            return vec![Edit::Remove { index: from }, Edit::Insert { index: to, row }];
        }
        let (start, end) = (from.min(to), from.max(to));
        match self.listing.rows(start, end - start + 1).iter().all(|other| *other == row) {
            true => Vec::new(),
            false => vec![Edit::Move { from, to }],
        }
    }

    /// What the shown rows have become, which are these `now`, since they were those `before`. Rows whose order nothing decides
    /// stand as they did.
    pub(crate) fn edits_since(&mut self, before: &[Row], now: &[Row]) -> Vec<Edit> {
        let (edits, arranged) = edits_between(before, now, self.order);
        if let Some(rows) = arranged.filter(|rows| rows != now) {
            self.listing.arrange(self.bounds.map_or(0, |bounds| bounds.offset), &rows);
        }
        edits
    }

    /// The changes that concern the rows which are held.
    fn concerned(&mut self, changes: &[WeightedRow]) -> Vec<WeightedRow> {
        let last = self.listing.last_key();
        let mut concerned = Vec::with_capacity(changes.len());
        for (row, weight) in changes {
            let key = self.listing.key_of(row);
            match &last {
                Some(last) if key < *last => concerned.push((row.clone(), *weight)),
                Some(last) if key == *last && *weight < 0 => {
                    let held = i64::try_from(self.listing.copies(row)).unwrap_or(i64::MAX);
                    concerned.push((row.clone(), (*weight).max(-held)));
                }
                _ => {}
            }
        }
        concerned
    }

    /// Has rows whose order nothing decides stand as they did when these were shown. Whether there are such rows.
    pub(crate) fn prefer(&mut self, shown: &[Row]) -> bool {
        self.order == Order::Declared && self.listing.prefer(shown)
    }

    /// How many rows are held.
    pub(crate) fn len(&self) -> usize {
        self.listing.len()
    }

    /// Bytes that are held, without what the allocator adds.
    pub(crate) fn state_bytes(&self) -> usize {
        self.listing.state_bytes()
    }
}

/// A list as it was before these edits, which removed these rows, in their order.
fn undone(mut rows: Vec<Row>, edits: &[Edit], mut removed: Vec<Row>) -> Vec<Row> {
    for edit in edits.iter().rev() {
        match edit {
            Edit::Insert { index, .. } => {
                rows.remove(*index);
            }
            Edit::Remove { index } => rows.insert(*index, removed.pop().unwrap_or_else(none)),
            Edit::Replace { index, .. } => rows[*index] = removed.pop().unwrap_or_else(none),
            Edit::Move { from, to } => {
                let row = rows.remove(*to);
                rows.insert(*from, row);
            }
        }
    }
    rows
}

/// Stands for a row that is not known, which does not happen: every edit that takes a row out is of one that goes.
fn none() -> Row {
    Row::from_iter([])
}
