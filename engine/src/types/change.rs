//! The change batch: the net row changes of one commit, with old and new images.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Row;

/// What identifies a row of a base table while its values change: the rowid, or the primary key of a table WITHOUT ROWID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RowKey {
    /// SQLite's rowid.
    RowId(i64),
    /// The primary key's values, in the key's order.
    PrimaryKey(Row),
}

/// The net change of one row of one commit. At least one image is there and they differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which row.
    pub key: RowKey,
    /// The row before the commit, if it was there: the table's columns in their order. Virtual generated columns,
    /// which SQLite's hook cannot read, hold NULL.
    pub old: Option<Row>,
    /// The row after the commit, if it is there.
    pub new: Option<Row>,
}

/// A row that comes or goes, as often as its weight says.
pub type WeightedRow = (Row, i64);

/// The changes of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableChanges {
    /// The changed rows, in the order in which the commit first touched them.
    pub rows: Vec<Change>,
}

/// The net row changes of one commit. Tables are named `database.table` in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeBatch {
    /// The changed tables.
    pub tables: BTreeMap<Arc<str>, TableChanges>,
}

impl ChangeBatch {
    /// Whether the commit changed no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// The number of changed rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.values().map(|table| table.rows.len()).sum()
    }
}
