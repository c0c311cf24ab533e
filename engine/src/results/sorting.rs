//! How the rows of a list are sorted: by the keys of what ORDER BY sorts by.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::types::{Row, RowRef, SortTerm, ValueRef, push_sort_key};

/// What ORDER BY sorts by: columns of the maintained rows; those past the result's columns are not shown.
#[derive(Clone, Debug)]
pub(crate) struct Sorting {
    pub(crate) width: usize,
    pub(crate) terms: Arc<[(usize, SortTerm)]>,
}

/// What the key of a number takes; those of texts grow.
const TERM_BYTES: usize = 12;

/// A maintained row with its sort key.
pub(super) type Keyed = (Row, Vec<u8>);

/// A row to be removed is not there: what is held is not what was maintained.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Missing;

impl Sorting {
    pub(super) fn is_none(&self) -> bool {
        self.terms.is_empty()
    }

    /// What of a maintained row is shown.
    pub(super) fn shown(&self, row: RowRef<'_>) -> Row {
        row.split(self.width).0.to_row()
    }

    pub(super) fn key(&self, row: RowRef<'_>) -> Vec<u8> {
        let mut key = Vec::with_capacity(self.terms.len() * TERM_BYTES);
        self.push_key(&mut key, row);
        key
    }

    /// Compares a row's key with another one; it is made only as far as that takes.
    pub(super) fn compare(&self, row: RowRef<'_>, key: &[u8], scratch: &mut Vec<u8>) -> Ordering {
        let mut rest = key;
        for (column, term) in self.terms.iter() {
            let Some(value) = row.values().nth(*column) else { continue };
            scratch.clear();
            push_sort_key(scratch, *term, value);
            let (beside, after) = rest.split_at(scratch.len().min(rest.len()));
            match scratch.as_slice().cmp(beside) {
                Ordering::Equal => rest = after,
                differs => return differs,
            }
        }
        if rest.is_empty() { Ordering::Equal } else { Ordering::Less }
    }

    /// Whether two rows sort alike. Mostly a column of whole numbers tells them apart, often the last one.
    pub(super) fn is_alike(&self, a: RowRef<'_>, b: RowRef<'_>) -> bool {
        let differs = |(column, _): &(usize, SortTerm)| {
            let values = (a.values().nth(*column), b.values().nth(*column));
            matches!(values, (Some(ValueRef::Integer(a)), Some(ValueRef::Integer(b))) if a != b)
        };
        !self.terms.iter().rev().any(differs) && self.key(a) == self.key(b)
    }

    pub(super) fn push_key(&self, key: &mut Vec<u8>, row: RowRef<'_>) {
        for (column, term) in self.terms.iter() {
            if let Some(value) = row.values().nth(*column) {
                push_sort_key(key, *term, value);
            }
        }
    }
}
