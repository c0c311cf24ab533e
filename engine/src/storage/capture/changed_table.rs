//! The rows of one table that the open transaction has changed so far.

use std::cmp::Ordering;
use std::sync::Arc;

use rusqlite::Connection;
use rustc_hash::FxHashMap;

use super::hook::RowWrite;
use super::layout::{Layout, TableCapture};
use crate::error::Error;
use crate::plan::{BulkWrite, Columns};
use crate::storage::convert;
use crate::storage::limits::ResultLimit;
use crate::types::{Change, Row, RowBuilder, RowKey, ValueRef};

/// The changed rows of a table, each with two images, unless they are too many to be worth it.
pub(super) struct ChangedTable {
    pub(super) layout: Arc<Layout>,
    capture: Arc<TableCapture>,
    /// The captures of earlier statements that could update other columns.
    earlier: Vec<Arc<TableCapture>>,
    /// The rows in the order in which they were first written.
    rows: Vec<(RowKey, ImagePair)>,
    places: Places,
    /// Rows came or went, or got other keys.
    has_moves: bool,
    /// What is known instead of the rows, once they were too many.
    bulk: Option<BulkWrite>,
}

/// Where each key is among the changed rows.
enum Places {
    /// The keys are rowids, each above the last: what bulk writes mostly lead to. Rows are found by halving.
    Rising,
    Hashed(FxHashMap<RowKey, usize>),
}

/// A row before the transaction and as it was last reported.
struct ImagePair {
    before: Option<Row>,
    after: Option<Row>,
}

/// Packs the rows before and after a write, reusing its memory.
#[derive(Default)]
pub(super) struct RowPacker {
    old: RowBuilder,
    new: RowBuilder,
    /// Where each value of the row before ends.
    ends: Vec<usize>,
}

impl ChangedTable {
    pub(super) fn new(layout: &Arc<Layout>, capture: &Arc<TableCapture>) -> Self {
        Self {
            layout: Arc::clone(layout),
            capture: Arc::clone(capture),
            earlier: Vec::new(),
            rows: Vec::new(),
            places: Places::Rising,
            has_moves: false,
            bulk: None,
        }
    }

    /// Captures in another way from now on.
    pub(super) fn set_capture(&mut self, layout: &Arc<Layout>, capture: Arc<TableCapture>) {
        self.layout = Arc::clone(layout);
        let before = std::mem::replace(&mut self.capture, capture);
        if !before.updates_like(&self.capture) {
            match &mut self.bulk {
                Some(bulk) => bulk.columns.extend(&self.capture.updated_columns(layout)),
                None => self.earlier.push(before),
            }
        }
    }

    /// Takes the bulk write out that the changed rows are, if they are one.
    pub(super) fn take_bulk(&mut self) -> Option<BulkWrite> {
        self.bulk.take()
    }

    /// Gives the rows up where there are more than are worth keeping.
    fn keep_to_limit(&mut self) {
        let is_mixed = self.has_moves || !self.earlier.is_empty();
        let most = if is_mixed { self.capture.most_rows } else { self.capture.most_updates };
        if self.rows.len() <= most {
            return;
        }
        let mut columns = self.capture.updated_columns(&self.layout);
        self.earlier.drain(..).for_each(|capture| columns.extend(&capture.updated_columns(&self.layout)));
        if self.has_moves {
            columns = Columns::All;
        }
        self.bulk = Some(BulkWrite { table: Arc::clone(&self.layout.table), columns, writes: self.rows.len() as u64 });
        (self.rows, self.places) = (Vec::new(), Places::Rising);
    }

    /// Takes in what the hook reports.
    pub(super) fn write(&mut self, write: &RowWrite<'_>, packer: &mut RowPacker) {
        let Self { layout, capture, .. } = self;
        let RowPacker { old, new, ends } = packer;
        match (write.old_rowid, write.new_rowid) {
            (Some(before), Some(after)) if before == after && capture.updates_keep_key => {
                if capture.is_out_of_reach() {
                    return;
                }
                if let Some(bulk) = &mut self.bulk {
                    bulk.writes += 1;
                    return;
                }
                capture.pack_update((old, new), ends, write);
                let is_same = old.as_ref() == new.as_ref();
                if is_same {
                    old.clear();
                    new.clear();
                    return;
                }
                let key = layout.key(before, old);
                self.update(key, old.finish(), new.finish());
            }
            (before, after) => {
                if let Some(bulk) = &mut self.bulk {
                    (bulk.columns, bulk.writes) = (Columns::All, bulk.writes + 1);
                    return;
                }
                self.has_moves = true;
                let before = before.map(|rowid| {
                    capture.pack_old(old, write);
                    (layout.key(rowid, old), old.finish())
                });
                let after = after.map(|rowid| {
                    capture.pack_new(new, write);
                    (layout.key(rowid, new), new.finish())
                });
                if let Some((key, row)) = before {
                    self.take(key, row);
                }
                if let Some((key, row)) = after {
                    self.put(key, row);
                }
            }
        }
    }

    fn take(&mut self, key: RowKey, row: Row) {
        match self.images_of(&key) {
            Some(images) => images.after = None,
            None => self.insert(key, ImagePair { before: Some(row), after: None }),
        }
    }

    fn put(&mut self, key: RowKey, row: Row) {
        match self.images_of(&key) {
            Some(images) => images.after = Some(row),
            None => self.insert(key, ImagePair { before: None, after: Some(row) }),
        }
    }

    fn update(&mut self, key: RowKey, old: Row, new: Row) {
        match self.images_of(&key) {
            Some(images) => images.after = Some(new),
            None => self.insert(key, ImagePair { before: Some(old), after: Some(new) }),
        }
    }

    fn images_of(&mut self, key: &RowKey) -> Option<&mut ImagePair> {
        let place = match &self.places {
            Places::Hashed(places) => *places.get(key)?,
            Places::Rising => {
                if self.is_above_all(key) {
                    return None;
                }
                self.rows.binary_search_by(|(known, _)| compare_rowids(known, key)).ok()?
            }
        };
        self.rows.get_mut(place).map(|(_, images)| images)
    }

    /// Adds a row that is not known yet.
    fn insert(&mut self, key: RowKey, images: ImagePair) {
        if matches!(self.places, Places::Rising) && !self.is_above_all(&key) {
            let places = self.rows.iter().enumerate().map(|(place, (key, _))| (key.clone(), place));
            self.places = Places::Hashed(places.collect());
        }
        if let Places::Hashed(places) = &mut self.places {
            places.insert(key.clone(), self.rows.len());
        }
        self.rows.push((key, images));
        self.keep_to_limit();
    }

    /// Whether a rowid is above that of each row, which must rise.
    fn is_above_all(&self, key: &RowKey) -> bool {
        match (self.rows.last(), key) {
            (Some((last, _)), RowKey::RowId(_)) => compare_rowids(last, key) == Ordering::Less,
            (None, RowKey::RowId(_)) => true,
            (_, RowKey::PrimaryKey(_)) => false,
        }
    }

    /// Reads every last image from the table again. Fails with a reason if the transaction has renamed or dropped the
    /// table.
    pub(super) fn read_again(&mut self, connection: &Connection) -> Result<(), &'static str> {
        if self.bulk.is_some() {
            return Ok(());
        }
        let Some(select) = self.layout.select(&self.capture) else { return Err("a table hides its rowid") };
        self.read_images(&select, connection).map_err(|_| "a changed row cannot be read again")
    }

    fn read_images(&mut self, select: &str, connection: &Connection) -> Result<(), Error> {
        let mut statement = connection.prepare_cached(select).map_err(convert::error)?;
        for (key, images) in &mut self.rows {
            let slots: Vec<_> = match key {
                RowKey::RowId(id) => vec![(*id).into()],
                RowKey::PrimaryKey(row) => row.values().map(ValueRef::to_value).collect(),
            };
            convert::bind_slots(&mut statement, &slots)?;
            let rows = convert::rows(&mut statement, ResultLimit::none())?;
            // The collation may find a key with another spelling, which is a different key of this map.
            let layout = &self.layout;
            images.after = rows.into_iter().find(|row| layout.key_of(row.as_ref()).is_none_or(|found| found == *key));
        }
        Ok(())
    }

    /// Whether any row is other than before the transaction, or may be.
    pub(super) fn differs(&self) -> bool {
        self.bulk.is_some() || self.rows.iter().any(|(_, images)| images.before != images.after)
    }

    pub(super) fn net_changes(self) -> Vec<Change> {
        let change = |(key, ImagePair { before: old, after: new })| (old != new).then_some(Change { key, old, new });
        self.rows.into_iter().filter_map(change).collect()
    }
}

/// The order of two rowids; a table has them or primary keys, never both.
fn compare_rowids(a: &RowKey, b: &RowKey) -> Ordering {
    match (a, b) {
        (RowKey::RowId(a), RowKey::RowId(b)) => a.cmp(b),
        (RowKey::PrimaryKey(_), RowKey::RowId(_)) => Ordering::Greater,
        (_, RowKey::PrimaryKey(_)) => Ordering::Less,
    }
}
