//! LIMIT and OFFSET over a maintained list: the part that is shown, and a few rows past it for those that will go.
//!
//! A list without its end holds a prefix of the whole order: all rows that sort before its last one, and of those that
//! sort like it the ones it happens to have. So a change past the last row does not matter, a row that goes and sorts
//! like the last one may be one that was not held, and a list that became too short is filled again by SQLite.

use super::diff::{Order, edits_between};
use super::listing::{Listing, Missing};
use crate::plan::Bounds;
use crate::types::{Edit, Row, Signed};

/// Rows that are held past the shown ones, at least.
const LEAST_SPARE: usize = 8;

/// A result as it is shown.
#[derive(Debug)]
pub(crate) struct View {
    listing: Listing,
    order: Order,
    bounds: Option<Bounds>,
    /// The list has no end: there are rows past its last one.
    is_cut: bool,
    /// Whether the list may be cut: its rows can be asked of SQLite again.
    may_cut: bool,
}

/// What became of a change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// The shown rows change so.
    Edits(Vec<Edit>),
    /// Rows are missing that the list does not have: it has to be filled again. These are the rows that were shown.
    Refill(Vec<Row>),
}

/// How many rows a window holds, if it has an end.
pub(crate) fn capacity(bounds: Bounds) -> Option<usize> {
    let limit = bounds.limit?;
    Some(bounds.offset.saturating_add(limit).saturating_add((limit / 4).max(LEAST_SPARE)))
}

impl View {
    /// A whole result.
    pub(crate) fn whole(listing: Listing, order: Order) -> Self {
        Self { listing, order, bounds: None, is_cut: false, may_cut: false }
    }

    /// A part of a result of which all rows are held.
    pub(crate) fn part(listing: Listing, order: Order, bounds: Bounds) -> Self {
        Self { listing, order, bounds: Some(bounds), is_cut: false, may_cut: false }
    }

    /// A part of a result of which the first rows are held, as many as [`capacity`] says if there are so many.
    pub(crate) fn prefix(listing: Listing, order: Order, bounds: Bounds) -> Self {
        let is_cut = capacity(bounds).is_some_and(|capacity| listing.len() >= capacity);
        Self { listing, order, bounds: Some(bounds), is_cut, may_cut: true }
    }

    /// Whether the order of the rows means anything. Where rows are left out at the start, it is by their places that the
    /// others are shown.
    fn order(&self) -> Order {
        match self.bounds {
            Some(bounds) if bounds.offset > 0 => Order::Declared,
            _ => self.order,
        }
    }

    /// The shown rows.
    pub(crate) fn rows(&self) -> Vec<Row> {
        match self.bounds {
            None => self.listing.rows(0, usize::MAX),
            Some(bounds) => self.listing.rows(bounds.offset, bounds.limit.unwrap_or(usize::MAX)),
        }
    }

    /// Brings the list up to date.
    ///
    /// # Errors
    /// [`Missing`] when the list is not what was maintained. Then it is as it was.
    pub(crate) fn apply(&mut self, changes: &[Signed]) -> Result<Applied, Missing> {
        let Some(bounds) = self.bounds else { return self.listing.apply(changes).map(Applied::Edits) };
        let before = self.rows();
        if self.is_cut {
            let concerned = self.concerned(changes);
            self.listing.apply(&concerned)?;
        } else {
            self.listing.apply(changes)?;
        }
        if let Some(capacity) = capacity(bounds).filter(|_| self.may_cut) {
            if self.listing.len() > capacity {
                self.listing.truncate(capacity);
                self.is_cut = true;
            }
            if self.is_cut && self.listing.len() < bounds.offset.saturating_add(bounds.limit.unwrap_or(0)) {
                return Ok(Applied::Refill(before));
            }
        }
        Ok(Applied::Edits(self.edits_since(&before)))
    }

    /// What the shown rows have become since they were these. Rows whose order nothing decides stand as they did.
    pub(crate) fn edits_since(&mut self, before: &[Row]) -> Vec<Edit> {
        let (edits, rows) = edits_between(before, self.rows(), self.order());
        if self.order() == Order::Incidental && rows != self.rows() {
            self.listing.prefer(&rows);
        }
        edits
    }

    /// The changes that concern the rows which are held.
    fn concerned(&mut self, changes: &[Signed]) -> Vec<Signed> {
        let last = self.listing.last_key().map(Box::from);
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

    /// Has rows whose order nothing decides stand as they did when these were shown.
    pub(crate) fn prefer(&mut self, shown: &[Row]) {
        if self.order() == Order::Declared {
            self.listing.prefer(shown);
        }
    }

    /// Bytes that are held, without what the allocator adds.
    pub(crate) fn state_bytes(&self) -> usize {
        self.listing.state_bytes()
    }
}
