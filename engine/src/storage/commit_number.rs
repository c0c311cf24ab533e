//! The number of the last commit, kept in the database in the same transaction as the commit itself.
//!
//! It is written through an incremental blob handle: that is a write without a statement, so `changes()`,
//! `total_changes()` and `last_insert_rowid()` stay what the application's own statements made them. A database in memory
//! has nobody to tell its number to, and gets no table.

use rusqlite::{Connection, MAIN_DB, OptionalExtension};

use super::convert;
use crate::error::Error;
use crate::types::CommitId;

/// The engine's table in the application's database.
pub(super) const TABLE: &str = "tidewater_commit";

#[derive(Debug)]
pub(super) struct CommitNumber {
    last: CommitId,
    stored: Option<Stored>,
}

#[derive(Debug)]
struct Stored {
    rowid: Option<i64>,
}

impl CommitNumber {
    pub(super) fn in_memory() -> Self {
        Self { last: CommitId(0), stored: None }
    }

    pub(super) fn in_database(connection: &Connection) -> Result<Self, Error> {
        let mut number = Self { last: CommitId(0), stored: Some(Stored { rowid: None }) };
        number.reload(connection)?;
        Ok(number)
    }

    pub(super) fn last(&self) -> CommitId {
        self.last
    }

    /// Takes over a larger number that another connection has stored.
    pub(super) fn reload(&mut self, connection: &Connection) -> Result<(), Error> {
        let Some(stored) = &mut self.stored else { return Ok(()) };
        let exists = connection.table_exists(Some("main"), TABLE).map_err(convert::error)?;
        let found = match exists {
            true => connection
                .query_row("SELECT rowid, number FROM main.tidewater_commit", [], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
                .map_err(convert::error)?,
            false => None,
        };
        stored.rowid = found.map(|(rowid, _)| rowid);
        if let Some((_, bytes)) = found {
            self.last = self.last.max(CommitId(u64::from_le_bytes(bytes)));
        }
        Ok(())
    }

    /// Stores the number that the open transaction will have once it commits.
    pub(super) fn store_next(&mut self, connection: &Connection) -> Result<(), Error> {
        let Some(stored) = &mut self.stored else { return Ok(()) };
        let next = self.last.next();
        let rowid = match stored.rowid {
            Some(rowid) => rowid,
            None => create(connection)?,
        };
        let mut blob = match connection.blob_open(MAIN_DB, TABLE, "number", rowid, false) {
            Ok(blob) => blob,
            // The transaction that created the table was rolled back.
            Err(_) => {
                let rowid = create(connection)?;
                connection.blob_open(MAIN_DB, TABLE, "number", rowid, false).map_err(convert::error)?
            }
        };
        blob.write_at(&next.0.to_le_bytes(), 0).map_err(convert::error)?;
        blob.close().map_err(convert::error)?;
        stored.rowid = Some(rowid);
        Ok(())
    }

    /// The transaction committed.
    pub(super) fn take(&mut self) -> CommitId {
        self.last = self.last.next();
        self.last
    }

    /// A commit that another connection made: the number reaches the database with our next own commit.
    pub(super) fn take_without_storing(&mut self) -> CommitId {
        self.take()
    }
}

/// `CREATE TABLE .. AS SELECT` fills the row without counting as a change of the application's.
fn create(connection: &Connection) -> Result<i64, Error> {
    connection
        .prepare("CREATE TABLE IF NOT EXISTS main.tidewater_commit AS SELECT zeroblob(8) AS number")
        .and_then(|mut statement| statement.raw_execute())
        .and_then(|_| connection.query_row("SELECT rowid FROM main.tidewater_commit", [], |row| row.get(0)))
        .map_err(convert::error)
}
