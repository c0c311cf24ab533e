//! Writes that are done once, however often they are asked for.

use super::engine::Engine;
use super::executed::Executed;
use crate::error::Error;
use crate::storage::{Record, WriteId};
use crate::types::{CommitId, Params};

impl Engine {
    /// Runs statements as [`Engine::exec`] does, in one transaction, unless they were run before under the same [`WriteId`]: then this
    /// gives what came of them. For callers that ask again because an answer was lost, such as a server whose client has lost its connection.
    ///
    /// A write that fails is not recorded: it has changed nothing, and may be asked for again.
    ///
    /// ```
    /// use tidewater::{Engine, Location, Options, WriteId};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// engine.exec("CREATE TABLE t(x)", ())?;
    /// let write = WriteId { source: "5f0c", seq: 1, acknowledged: 0 };
    /// let done = engine.exec_once(&write, "INSERT INTO t VALUES (7)", ())?;
    /// assert_eq!(engine.exec_once(&write, "INSERT INTO t VALUES (7)", ())?, done);
    /// assert_eq!(engine.query("SELECT * FROM t", ())?.rows.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Engine::exec`]; [`Error::MustStandAlone`] also for a single statement that no transaction contains;
    /// [`Error::AnswerForgotten`] if a later write of the source was done and this one is not in the ledger.
    pub fn exec_once(&self, write: &WriteId<'_>, sql: &str, params: impl Into<Params>) -> Result<Executed, Error> {
        match self.recorded(write)? {
            Record::New => {}
            Record::Done(answer) => return read(&answer).ok_or(Error::AnswerForgotten(write.seq)),
            Record::Passed => return Err(Error::AnswerForgotten(write.seq)),
        }
        let params = params.into();
        let (executed, _) = self.transaction(|transaction| {
            let changes = transaction.exec(sql, params)?;
            let last_insert_rowid = transaction.last_insert_rowid();
            let executed = Executed { commit: transaction.commit_to_be()?, changes, last_insert_rowid };
            transaction.record(write, &written(executed))?;
            Ok(executed)
        })?;
        Ok(executed)
    }

    /// What the ledger knows of a write. [`Transaction::record`](crate::Transaction::record) makes it known.
    ///
    /// # Errors
    /// What SQLite says of reading it.
    pub fn recorded(&self, write: &WriteId<'_>) -> Result<Record, Error> {
        self.call(|core| core.recorded(write))
    }

    /// The newest write of a source that is in the ledger; 0 if there is none.
    ///
    /// # Errors
    /// As [`Engine::recorded`].
    pub fn last_recorded(&self, source: &str) -> Result<u64, Error> {
        self.call(|core| core.last_recorded(source))
    }
}

/// Commit, changes and rowid, eight bytes each.
fn written(Executed { commit, changes, last_insert_rowid }: Executed) -> [u8; 24] {
    let mut bytes = [0; 24];
    let numbers = [commit.0.to_le_bytes(), changes.to_le_bytes(), last_insert_rowid.to_le_bytes()];
    bytes.copy_from_slice(numbers.as_flattened());
    bytes
}

fn read(bytes: &[u8]) -> Option<Executed> {
    let ([commit, changes, last_insert_rowid], []) = bytes.as_chunks::<8>() else { return None };
    Some(Executed {
        commit: CommitId(u64::from_le_bytes(*commit)),
        changes: u64::from_le_bytes(*changes),
        last_insert_rowid: i64::from_le_bytes(*last_insert_rowid),
    })
}
