//! Edits of rows as a type, and how they are performed.

use crate::types::{Edit, Row};

/// One step from the rows before to those now, as [`Edit`], with the rows as a type. Indices count from 0 in the list as it stands
/// when the step is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowEdit<T> {
    /// A row comes to stand at `index`.
    Insert {
        /// Where it will stand.
        index: usize,
        /// The new row.
        row: T,
    },
    /// The row at `index` goes.
    Remove {
        /// Where it stood.
        index: usize,
        /// The row.
        row: T,
    },
    /// The row at `index` becomes another.
    Replace {
        /// Where both stand.
        index: usize,
        /// The row before.
        old: T,
        /// The row now.
        row: T,
    },
    /// The row at `from` is taken out, then put in so that it stands at `to`.
    Move {
        /// Where it stood.
        from: usize,
        /// Where it will stand, counted after it was taken out.
        to: usize,
    },
}

/// The row that an edit brings.
pub(super) fn new_row(edit: &Edit) -> Option<&Row> {
    match edit {
        Edit::Insert { row, .. } | Edit::Replace { row, .. } => Some(row),
        Edit::Remove { .. } | Edit::Move { .. } => None,
    }
}

/// Performs an edit on a list, with the next of the rows that edits bring; and what is told of it, with the next of the copies.
pub(super) fn perform_one<T>(
    rows: &mut Vec<T>,
    edit: &Edit,
    new: &mut impl Iterator<Item = T>,
    copies: &mut impl Iterator<Item = T>,
) -> Option<RowEdit<T>> {
    match *edit {
        Edit::Insert { index, .. } => {
            rows.insert(index, new.next()?);
            Some(RowEdit::Insert { index, row: copies.next()? })
        }
        Edit::Remove { index } => Some(RowEdit::Remove { index, row: rows.remove(index) }),
        Edit::Replace { index, .. } => {
            let old = std::mem::replace(&mut rows[index], new.next()?);
            Some(RowEdit::Replace { index, old, row: copies.next()? })
        }
        Edit::Move { from, to } => {
            let row = rows.remove(from);
            rows.insert(to, row);
            Some(RowEdit::Move { from, to })
        }
    }
}

/// The steps from one list to another of which nothing is known: place by place.
pub(super) fn exchange<T>(old: Vec<T>, new: Vec<T>, told: &mut Vec<RowEdit<T>>) {
    let common = old.len().min(new.len());
    let (mut old, mut new) = (old.into_iter(), new.into_iter());
    let pairs = old.by_ref().take(common).zip(new.by_ref().take(common)).enumerate();
    told.extend(pairs.map(|(index, (old, row))| RowEdit::Replace { index, old, row }));
    told.extend(old.map(|row| RowEdit::Remove { index: common, row }));
    told.extend(new.enumerate().map(|(place, row)| RowEdit::Insert { index: common + place, row }));
}
