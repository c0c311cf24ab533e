//! The values of a changed row, read once for everything that looks at them.

use crate::plan::Columns;
use crate::types::{Change, Row, ValueRef};

/// Columns that there is room for from the beginning.
const COLUMNS: usize = 16;

/// The values of a changed row before and after. It is read into again for each row, and so keeps its memory.
pub(super) struct ChangeValues<'b> {
    old: Image<'b>,
    new: Image<'b>,
    /// The columns of an updated row that changed.
    changed: Vec<usize>,
}

struct Image<'b> {
    exists: bool,
    values: Vec<ValueRef<'b>>,
}

impl<'b> Image<'b> {
    fn none() -> Self {
        Self { exists: false, values: Vec::with_capacity(COLUMNS) }
    }

    fn read(&mut self, row: Option<&'b Row>) {
        self.exists = row.is_some();
        self.values.clear();
        self.values.extend(row.into_iter().flat_map(Row::values));
    }
}

impl<'b> ChangeValues<'b> {
    /// Those of no row yet.
    pub(super) fn none() -> Self {
        Self { old: Image::none(), new: Image::none(), changed: Vec::new() }
    }

    #[cfg(test)]
    pub(super) fn of(change: &'b Change) -> Self {
        let mut values = Self::none();
        values.read(change);
        values
    }

    /// Takes the values of another row.
    pub(super) fn read(&mut self, change: &'b Change) {
        self.old.read(change.old.as_ref());
        self.new.read(change.new.as_ref());
        self.changed.clear();
        let pairs = self.old.values.iter().zip(&self.new.values).enumerate();
        self.changed.extend(pairs.filter(|(_, (old, new))| old != new).map(|(column, _)| column));
    }

    /// Whether the row comes or goes, or one of the columns changed.
    pub(super) fn changes_any(&self, columns: &Columns) -> bool {
        match columns {
            Columns::All => true,
            Columns::Some(_) if !self.is_update() => true,
            Columns::Some(columns) => self.changed.iter().any(|column| columns.contains(column)),
        }
    }

    /// The values before and after, as far as the row was there.
    pub(super) fn images(&self) -> impl Iterator<Item = &[ValueRef<'b>]> {
        [&self.old, &self.new].into_iter().filter(|image| image.exists).map(|image| image.values.as_slice())
    }

    /// A column's value before and after, once where it is the same: most updates leave what rows are found by. Nothing stands for
    /// the value of a column that is not there.
    pub(super) fn of_column(&self, column: usize) -> impl Iterator<Item = Option<ValueRef<'b>>> {
        let is_once = self.is_update() && !self.changed.contains(&column);
        self.images().take(if is_once { 1 } else { 2 }).map(move |values| values.get(column).copied())
    }

    fn is_update(&self) -> bool {
        self.old.exists && self.new.exists
    }
}
