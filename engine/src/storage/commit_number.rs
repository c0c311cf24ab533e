//! The number of the last commit, stored in the database in the transaction of the commit itself.
//!
//! It is written through an incremental blob handle, which is a write without a statement: `changes()`, `total_changes()`
//! and `last_insert_rowid()` keep the values that the application's statements gave them. A database in memory has no other
//! reader and gets no table.
//!
//! The number has a page of its own, which each commit would write besides its rows. Where nobody else can read the file, numbers
//! are therefore reserved [`RESERVED`] at a time, as a sequence caches its values: the stored number is the last one that is
//! reserved, and closing stores the last one that was used. Invariant: the stored number is never below that of a commit. After a
//! crash the numbers go on behind what was reserved: they rise, and leave some out.

use rusqlite::{Connection, MAIN_DB, OptionalExtension};

use super::convert;
use crate::error::Error;
use crate::types::CommitId;

/// The engine's table in the application's database.
pub(super) const TABLE: &str = "tidewater_commit";

/// How many numbers are reserved at a time.
const RESERVED: u64 = 256;

#[derive(Debug)]
pub(super) struct CommitNumber {
    last: CommitId,
    stored: Option<Stored>,
}

#[derive(Debug)]
struct Stored {
    rowid: Option<i64>,
    /// Up to this, numbers can be used without storing them.
    reserved: CommitId,
    /// The same, once the open transaction is committed.
    reserving: Option<CommitId>,
}

impl CommitNumber {
    pub(super) fn in_memory() -> Self {
        Self { last: CommitId(0), stored: None }
    }

    pub(super) fn in_database(connection: &Connection) -> Result<Self, Error> {
        if is_somebody_elses(connection).map_err(convert::error)? {
            return Err(Error::CannotOpen(
                format!("it has a `{TABLE}` of its own, the name of Tidewater's table").into(),
            ));
        }
        let mut number =
            Self { last: CommitId(0), stored: Some(Stored { rowid: None, reserved: CommitId(0), reserving: None }) };
        number.reload(connection)?;
        // A read-only database can still be read, and can have temporary tables and attached files.
        if connection.is_readonly(MAIN_DB).map_err(convert::error)? {
            number.stored = None;
        }
        Ok(number)
    }

    pub(super) fn last(&self) -> CommitId {
        self.last
    }

    /// Takes a larger number that another connection has stored.
    pub(super) fn reload(&mut self, connection: &Connection) -> Result<(), Error> {
        let Some(stored) = &mut self.stored else { return Ok(()) };
        // Reads the schema table: SQLite's copy of the schema in memory may be older than another connection's commit.
        let exists = definition(connection).map_err(convert::error)?.is_some();
        let found = match exists {
            true => connection
                .query_row("SELECT rowid, number FROM main.tidewater_commit", [], |row| {
                    Ok((row.get(0)?, row.get_ref(1)?.as_blob().ok().and_then(|bytes| bytes.try_into().ok())))
                })
                .optional()
                .map_err(convert::error)?,
            false => None,
        };
        stored.rowid = found.map(|(rowid, _)| rowid);
        stored.reserved = CommitId(0);
        if let Some((_, Some(bytes))) = found {
            self.last = self.last.max(CommitId(u64::from_le_bytes(bytes)));
        }
        Ok(())
    }

    /// Stores the number that the open transaction will have when it commits, or one above it if numbers can be reserved. Returns
    /// whether that created the table.
    pub(super) fn store_next(&mut self, connection: &Connection, can_reserve: bool) -> Result<bool, Error> {
        let Some(stored) = &mut self.stored else { return Ok(false) };
        let next = self.last.next();
        stored.reserving = None;
        if can_reserve && next <= stored.reserved {
            return Ok(false);
        }
        let number = if can_reserve { CommitId(next.0 + RESERVED - 1) } else { next };
        let written = stored.rowid.filter(|rowid| write(connection, *rowid, number).is_ok());
        if written.is_none() {
            // There is no row yet, the application deleted or replaced it, or a rollback undid its creation.
            if is_somebody_elses(connection).map_err(convert::error)? {
                let message = format!("the name {TABLE} is taken by Tidewater");
                return Err(Error::Sqlite {
                    extended_code: rusqlite::ffi::SQLITE_ERROR,
                    message: message.into(),
                    offset: None,
                });
            }
            let rowid = create(connection).map_err(convert::error)?;
            write(connection, rowid, number).map_err(convert::error)?;
            stored.rowid = Some(rowid);
        }
        stored.reserving = Some(number);
        Ok(written.is_none())
    }

    /// Whether the next commit stores no number.
    pub(super) fn is_next_reserved(&self) -> bool {
        self.stored.as_ref().is_none_or(|stored| self.last.next() <= stored.reserved)
    }

    /// The stored number may be gone: the next commit stores one.
    pub(super) fn reserve_again(&mut self) {
        if let Some(stored) = &mut self.stored {
            stored.reserved = CommitId(0);
        }
    }

    /// Advances to the next number, after a commit.
    pub(super) fn take(&mut self) -> CommitId {
        self.last = self.last.next();
        if let Some(stored) = &mut self.stored
            && let Some(reserved) = stored.reserving.take()
        {
            stored.reserved = reserved;
        }
        self.last
    }

    /// Stores the last number that was used in place of those that are reserved, when the database is closed.
    pub(super) fn give_back(&self, connection: &Connection) {
        if let Some(Stored { rowid: Some(rowid), reserved, .. }) = &self.stored
            && self.last < *reserved
        {
            // Where that fails, the next numbers leave some out.
            let _ = write(connection, *rowid, self.last);
        }
    }

    /// Advances for a commit of another connection. The number reaches the database with this engine's next commit.
    pub(super) fn take_without_storing(&mut self) -> CommitId {
        self.last = self.last.next();
        self.last
    }
}

fn write(connection: &Connection, rowid: i64, number: CommitId) -> rusqlite::Result<()> {
    let mut blob = connection.blob_open(MAIN_DB, TABLE, "number", rowid, false)?;
    blob.write_at(&number.0.to_le_bytes(), 0)?;
    blob.close()
}

/// Creates the table. `CREATE TABLE .. AS SELECT` adds the row without counting as a change.
fn create(connection: &Connection) -> rusqlite::Result<i64> {
    for sql in [
        "DROP TABLE IF EXISTS main.tidewater_commit",
        "CREATE TABLE main.tidewater_commit AS SELECT zeroblob(8) AS number",
    ] {
        connection.prepare(sql)?.raw_execute()?;
    }
    connection.query_row("SELECT rowid FROM main.tidewater_commit", [], |row| row.get(0))
}

/// Whether the name belongs to a table, and the statement that created it.
fn definition(connection: &Connection) -> rusqlite::Result<Option<(bool, String)>> {
    connection
        .query_row(
            "SELECT type = 'table', sql FROM main.sqlite_schema WHERE name = ?1 COLLATE NOCASE",
            [TABLE],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
}

/// Whether the name belongs to something that Tidewater did not create.
fn is_somebody_elses(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(definition(connection)?.is_some_and(|(is_table, sql)| !is_table || !sql.contains("(number)")))
}
