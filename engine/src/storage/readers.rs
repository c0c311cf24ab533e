//! Connections that only read, for queries that neither wait for a writer nor hold one up.
//!
//! In WAL mode each sees the last committed state as of its query (<https://sqlite.org/wal.html#concurrency>). They are used only
//! while the main connection has nothing that they could not see: no temporary tables, no attached files, no settings of its own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::{Connection, Statement};

use super::cancel::{Cancel, CancelSlot};
use super::limits::{ResultLimit, TimeLimit};
use super::script::is_several;
use super::{EachRow, Interrupt, convert, lock, open};
use crate::api::options::{Access, Location, Options};
use crate::error::Error;
use crate::sql::{StatementKind, leading_keyword};
use crate::types::{Params, Rows};

/// How many connections are kept.
const MOST: usize = 4;

/// Words in a query whose answer the main connection alone can give: of what it has written, and how it is set.
const OF_THE_CONNECTION: [&str; 3] = ["changes", "last_insert_rowid", "pragma"];

/// Connections to one file.
pub(crate) struct Readers {
    location: Location,
    options: Options,
    result_limit: ResultLimit,
    timeout: Mutex<Option<Duration>>,
    idle: Mutex<Vec<Reader>>,
    /// What interrupts the queries that are running, by numbers that are given to them.
    running: Mutex<Vec<(u64, Interrupt)>>,
    last: AtomicU64,
}

/// One connection, and what ends the query that it runs.
struct Reader {
    connection: Connection,
    cancel: CancelSlot,
    time: TimeLimit,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Readers").field("location", &self.location).finish_non_exhaustive()
    }
}

impl Readers {
    /// Readers of a file; nothing if others cannot read it.
    pub(crate) fn new(location: &Location, options: &Options) -> Option<Self> {
        let is_file = matches!(location, Location::File(path) if *path != PathBuf::new());
        (is_file && !options.exclusive && options.vfs.is_none()).then(|| Self {
            location: location.clone(),
            options: options.clone().with_access(Access::Read),
            result_limit: ResultLimit::new(options),
            timeout: Mutex::new(options.statement_timeout),
            idle: Mutex::default(),
            running: Mutex::default(),
            last: AtomicU64::new(0),
        })
    }

    /// Runs a query on a connection of its own, unless it is cancelled. Nothing if that cannot be told to be the same: then the main
    /// connection answers, or says what is wrong.
    pub(crate) fn query(&self, sql: &str, params: &Params, cancel: &Cancel) -> Option<Result<Rows, Error>> {
        self.read(sql, params, cancel, |statement| {
            let rows = convert::rows(statement, self.result_limit)?;
            Ok(Rows { rows, columns: convert::columns(statement) })
        })
    }

    /// The same row by row; the names of the columns.
    pub(crate) fn query_each(
        &self,
        sql: &str,
        params: &Params,
        each: EachRow<'_>,
    ) -> Option<Result<Arc<[String]>, Error>> {
        self.read(sql, params, &Cancel::never(), |statement| convert::each_row(statement, each))
    }

    fn read<T>(
        &self,
        sql: &str,
        params: &Params,
        cancel: &Cancel,
        run: impl FnOnce(&mut Statement<'_>) -> Result<T, Error>,
    ) -> Option<Result<T, Error>> {
        if !may_be_read_anywhere(sql) {
            return None;
        }
        let idle = lock(&self.idle).pop();
        let reader = match idle {
            Some(reader) => reader,
            None => Reader::open(&self.location, &self.options).ok()?,
        };
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        lock(&self.running).push((number, reader.connection.get_interrupt_handle()));
        let Reader { connection, cancel: slot, time } = &reader;
        time.set(*lock(&self.timeout));
        let run = |statement: &mut Statement<'_>| time.during(|| run(statement));
        let answer = slot.during(cancel, || read(connection, sql, params, run));
        lock(&self.running).retain(|(running, _)| *running != number);
        let mut idle = lock(&self.idle);
        if idle.len() < MOST {
            idle.push(reader);
        }
        answer
    }
}

impl Readers {
    /// Whether a query may be answered here.
    #[cfg(feature = "tokio")]
    pub(crate) fn may_answer(sql: &str) -> bool {
        may_be_read_anywhere(sql)
    }

    /// Sets how long a query may run from the next one on.
    pub(crate) fn set_timeout(&self, timeout: Option<Duration>) {
        *lock(&self.timeout) = timeout;
    }

    /// Ends the queries that are running.
    pub(crate) fn interrupt(&self) {
        lock(&self.running).iter().for_each(|(_, interrupt)| interrupt.interrupt());
    }
}

impl Reader {
    fn open(location: &Location, options: &Options) -> Result<Self, Error> {
        let mut connection = open::reader(location, options)?;
        let (cancel, time) = (CancelSlot::default(), TimeLimit::new(options));
        cancel.install(&mut connection, time.clone())?;
        Ok(Self { connection, cancel, time })
    }
}

/// Whether a text can only read, and its answer is in the database alone.
fn may_be_read_anywhere(sql: &str) -> bool {
    let is_query = matches!(leading_keyword(sql), Some(StatementKind::Select | StatementKind::With));
    let lower = sql.to_ascii_lowercase();
    is_query && !OF_THE_CONNECTION.iter().any(|word| lower.contains(word)) && !is_several(sql)
}

fn read<T>(
    connection: &Connection,
    sql: &str,
    params: &Params,
    run: impl FnOnce(&mut Statement<'_>) -> Result<T, Error>,
) -> Option<Result<T, Error>> {
    let mut statement = connection.prepare_cached(sql).ok().filter(|statement| statement.readonly())?;
    let values = match convert::slot_values(&convert::signature(&statement).slots, params) {
        Ok(values) => values,
        Err(error) => return Some(Err(error)),
    };
    let bound = convert::bind_slots(&mut statement, &values);
    Some(bound.and_then(|()| run(&mut statement)))
}
