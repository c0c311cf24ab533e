//! The ledger: what each write of a source came to, stored in the transaction of the write itself. A write that is asked for again, because
//! the answer was lost, is answered from it and not done again.
//!
//! Invariant: a row of the ledger is there if and only if the transaction it tells of was committed, because both are one commit. The
//! newest row of a source stays when its answers are forgotten, so that the ledger knows up to where its writes were done.
//!
//! Capture leaves the table out: a record is no change of the application's data, and takes no commit number.

use std::cell::Cell;
use std::time::Duration;

use super::limits::ResultLimit;
use super::{Session, lock};
use crate::error::Error;
use crate::types::{CommitId, Row, Value, ValueRef};

/// The engine's table in the application's database.
pub(super) const TABLE: &str = "tidewater_ledger";

const CREATE: &str = "CREATE TABLE IF NOT EXISTS main.tidewater_ledger(source TEXT NOT NULL, seq INTEGER NOT NULL, \
    at INTEGER NOT NULL, answer BLOB NOT NULL, PRIMARY KEY(source, seq)) WITHOUT ROWID";
const LAST: &str = "SELECT max(seq) FROM main.tidewater_ledger WHERE source = ?1";
const ANSWER: &str = "SELECT answer FROM main.tidewater_ledger WHERE source = ?1 AND seq = ?2";
const RECORD: &str = "INSERT OR REPLACE INTO main.tidewater_ledger VALUES (?1, ?2, unixepoch(), ?3)";
/// The newest row has to stay.
const FORGET: &str = "DELETE FROM main.tidewater_ledger WHERE source = ?1 AND seq <= ?2 AND seq < ?3";
const FORGET_IDLE: &str = "DELETE FROM main.tidewater_ledger WHERE source IN \
    (SELECT source FROM main.tidewater_ledger GROUP BY source HAVING max(at) < unixepoch() - ?1)";

/// Names a write, so that it is done once however often it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteId<'a> {
    /// Who writes. No two sources may have the same name: draw it at random.
    pub source: &'a str,
    /// Counts the writes of the source up, in the order in which it asks for them. Numbers may be left out; they are below 2^63.
    pub seq: u64,
    /// The source knows what came of its writes up to this one, and asks for none of them again: their answers are forgotten.
    /// Deleting the oldest rows touches other pages than adding the newest: a source that says 0 most of the time writes less.
    pub acknowledged: u64,
}

/// What the ledger knows of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Nothing: it was not done, nor was a later one of its source.
    New,
    /// It was done, with this answer.
    Done(Vec<u8>),
    /// A later one was done. It was not recorded itself, or its answer is forgotten.
    Passed,
}

impl Session<'_> {
    /// What the ledger knows of a write.
    pub(crate) fn recorded(&self, write: &WriteId<'_>) -> Result<Record, Error> {
        if self.last_recorded(write.source)?.is_none_or(|last| last < write.seq) {
            return Ok(Record::New);
        }
        let answer = self.ledger(ANSWER, &[write.source.into(), integer(write.seq)])?;
        Ok(match answer.first().and_then(|row| row.get(0)) {
            Some(ValueRef::Blob(answer)) => Record::Done(answer.to_vec()),
            _ => Record::Passed,
        })
    }

    /// The newest write of a source that was done.
    pub(crate) fn last_recorded(&self, source: &str) -> Result<Option<u64>, Error> {
        let last = match self.ledger(LAST, &[source.into()]) {
            Ok(last) => last,
            Err(error) if !self.has_ledger()? => {
                drop(error);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        Ok(match last.first().and_then(|row| row.get(0)) {
            Some(ValueRef::Integer(last)) => u64::try_from(last).ok(),
            _ => None,
        })
    }

    /// Stores what a write of the open transaction comes to.
    pub(crate) fn record(&mut self, write: &WriteId<'_>, answer: &[u8]) -> Result<(), Error> {
        let WriteId { source, seq, acknowledged } = *write;
        let values = [source.into(), integer(seq), Value::Blob(answer.into())];
        if let Err(error) = self.ledger(RECORD, &values) {
            if self.has_ledger()? {
                return Err(error);
            }
            self.create_ledger()?;
            self.ledger(RECORD, &values)?;
        }
        if acknowledged > 0 {
            self.ledger(FORGET, &[source.into(), integer(acknowledged), integer(seq)])?;
        }
        Ok(())
    }

    /// Creates the table, if it is not there.
    pub(crate) fn create_ledger(&mut self) -> Result<(), Error> {
        if self.has_ledger()? {
            return Ok(());
        }
        self.ledger(CREATE, &[])?;
        lock(&self.state.recorder).schema_changed();
        self.state.catalog_is_stale = true;
        Ok(())
    }

    /// Forgets the sources that have written nothing for so long.
    pub(crate) fn forget_idle_sources(&mut self, idle: Duration) -> Result<(), Error> {
        self.ledger(FORGET_IDLE, &[integer(idle.as_secs())]).map(drop)
    }

    /// The number that the open transaction will have as a commit, if it has changed anything so far; else that of the last commit.
    pub(crate) fn commit_to_be(&mut self) -> Result<CommitId, Error> {
        if !lock(&self.state.recorder).has_effects() {
            return Ok(self.commit());
        }
        self.renew_number()?;
        Ok(self.commit().next())
    }

    fn has_ledger(&self) -> Result<bool, Error> {
        let exists = self.ledger("SELECT 1 FROM main.sqlite_schema WHERE name = 'tidewater_ledger'", &[])?;
        Ok(!exists.is_empty())
    }

    fn ledger(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        // What the ledger takes is no cost of a query, nor a result that has a limit.
        self.state.statements.rows(self.connection, sql, values, &Cell::default(), ResultLimit::none())
    }
}

/// Numbers are below 2^63, see [`WriteId::seq`].
fn integer(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
