//! The oracle itself: a second SQLite database, made by the same build, to which the same statements are applied.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Connection, Statement};
use tidewater::{Params, Row, RowBuilder, Rows, Value, ValueRef};

use crate::text::leading_keyword;

/// The number of instructions between two checks of the limit.
const STRIDE: i32 = 1000;

/// The error of a write that was stopped.
pub const TOO_SLOW: &str = "too slow";

/// SQLite's answer to a query.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Its rows.
    Rows(Rows),
    /// It does not compile: a name is unknown, or the text is wrong.
    Unpreparable(String),
    /// It compiles, and fails when it runs.
    Failing(String),
    /// It ran longer than a test may.
    TooSlow,
}

/// Database state outside rows that a commit changes; comparing it shows whether there was a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    changes: u64,
    schema: i64,
}

impl Stamp {
    /// Whether the schema is the same.
    #[must_use]
    pub fn same_schema(self, other: Self) -> bool {
        self.schema == other.schema
    }
}

/// The oracle's database.
pub struct Mirror {
    connection: Connection,
    fuel: Arc<AtomicU32>,
    allowance: u32,
    /// The schema that cached statements were compiled for.
    cached_for: Cell<i64>,
}

impl Mirror {
    /// An empty database. Statements stop after `allowance` thousand instructions.
    ///
    /// # Panics
    /// When SQLite cannot open a database in memory.
    #[must_use]
    pub fn new(allowance: u32) -> Self {
        let mut connection = Connection::open_in_memory().expect("SQLite opens a database in memory");
        connection.set_prepared_statement_cache_capacity(512);
        // The engine's default; this build of SQLite starts with foreign keys on.
        connection.pragma_update(None, "foreign_keys", false).expect("SQLite knows foreign_keys");
        let fuel = Arc::new(AtomicU32::new(allowance));
        let gauge = Arc::clone(&fuel);
        connection
            .progress_handler(
                STRIDE,
                Some(move || {
                    let left = gauge.load(Ordering::Relaxed);
                    gauge.store(left.saturating_sub(1), Ordering::Relaxed);
                    left == 0
                }),
            )
            .expect("the handler belongs to a connection of ours");
        Self { connection, fuel, allowance, cached_for: Cell::new(-1) }
    }

    /// Runs a script with the engine's rules: in one transaction unless it begins its own or one is open; a statement that
    /// cannot run in a transaction runs outside. Returns the count of `sqlite3_changes64`.
    ///
    /// # Errors
    /// SQLite's message.
    pub fn exec(&self, sql: &str, params: &Params) -> Result<u64, String> {
        // A trigger on a large table may take long; the limit still ends a runaway write.
        self.fuel.store(self.allowance.saturating_mul(3), Ordering::Relaxed);
        if !self.wraps(sql)? {
            return self.run(sql, params);
        }
        self.control("BEGIN")?;
        let ran = self.run(sql, params).and_then(|changes| self.control("COMMIT").map(|()| changes));
        if ran.is_err() && !self.connection.is_autocommit() {
            self.control("ROLLBACK")?;
        }
        ran
    }

    /// Asks a query.
    #[must_use]
    pub fn query(&self, sql: &str, params: &Params) -> Answer {
        self.ask(sql, params, false, self.allowance)
    }

    /// Reads a table, however large it has become.
    #[must_use]
    pub fn contents(&self, sql: &str) -> Answer {
        self.ask(sql, &Params::None, false, u32::MAX)
    }

    /// Runs a query that is part of another one and may have fewer parameters.
    #[must_use]
    pub fn query_part(&self, sql: &str, params: &Params) -> Answer {
        self.ask(sql, params, true, self.allowance)
    }

    fn ask(&self, sql: &str, params: &Params, part: bool, fuel: u32) -> Answer {
        // A cached statement keeps the column names of an older schema.
        let schema = self.schema();
        if self.cached_for.replace(schema) != schema {
            self.connection.flush_prepared_statement_cache();
        }
        self.fuel.store(fuel, Ordering::Relaxed);
        match self.connection.prepare_cached(sql) {
            Ok(statement) if !part && surplus(&statement, params) => {
                Answer::Unpreparable("more values than parameters".to_owned())
            }
            Ok(mut statement) => match self.answer(&mut statement, params) {
                // SQLite recompiles a cached statement when it first runs, which may fail.
                Answer::Failing(error) => match self.connection.prepare(sql) {
                    Ok(_) => Answer::Failing(error),
                    Err(error) => Answer::Unpreparable(error.to_string()),
                },
                answer => answer,
            },
            Err(error) => Answer::Unpreparable(error.to_string()),
        }
    }

    /// Runs a query with scans reversed where no ORDER BY determines them.
    #[must_use]
    pub fn query_reversed(&self, sql: &str, params: &Params) -> Answer {
        self.refuel();
        let reverse = |on: bool| self.connection.pragma_update(None, "reverse_unordered_selects", on);
        if let Err(error) = reverse(true) {
            return Answer::Failing(error.to_string());
        }
        let answer = match self.connection.prepare(sql) {
            Ok(mut statement) => self.answer(&mut statement, params),
            Err(error) => Answer::Unpreparable(error.to_string()),
        };
        match reverse(false) {
            Ok(()) => answer,
            Err(error) => Answer::Failing(error.to_string()),
        }
    }

    /// The results of a query with other plans: with all optimizations disabled, or each one. Failures are left out.
    pub fn query_planned_otherwise(&self, sql: &str, params: &Params) -> impl Iterator<Item = Vec<Row>> {
        std::iter::once(!0).chain((0..32).map(|bit| 1 << bit)).filter_map(move |which| {
            self.refuel();
            self.leave_out_optimizations(which);
            let answer = self.connection.prepare(sql).map(|mut statement| self.answer(&mut statement, params));
            self.leave_out_optimizations(0);
            match answer {
                Ok(Answer::Rows(rows)) => Some(rows.rows),
                _ => None,
            }
        })
    }

    fn leave_out_optimizations(&self, which: std::ffi::c_int) {
        // SAFETY: the connection is open, and SQLITE_TESTCTRL_OPTIMIZATIONS takes it and an int:
        // <https://sqlite.org/c3ref/c_testctrl_always.html>
        unsafe {
            let connection = self.connection.handle();
            rusqlite::ffi::sqlite3_test_control(rusqlite::ffi::SQLITE_TESTCTRL_OPTIMIZATIONS, connection, which);
        }
    }

    /// The rows of an internal query, which must not fail.
    ///
    /// # Panics
    /// If it fails.
    #[must_use]
    pub fn rows(&self, sql: &str) -> Vec<Row> {
        match self.query(sql, &Params::None) {
            Answer::Rows(rows) => rows.rows,
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// Whether some table has used its last rowid: from then on SQLite picks rowids at random.
    #[must_use]
    pub fn picks_rowids(&self) -> bool {
        let tables = self.rows(
            "SELECT 'SELECT 1 FROM \"' || schema || '\".\"' || name || '\" WHERE rowid = 9223372036854775807'
             FROM pragma_table_list WHERE type = 'table' AND NOT wr AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        );
        tables
            .iter()
            .filter_map(|row| match row.get(0) {
                Some(ValueRef::Text(sql)) => Some(String::from_utf8_lossy(sql).into_owned()),
                _ => None,
            })
            .any(|sql| matches!(self.query(&sql, &Params::None), Answer::Rows(rows) if !rows.rows.is_empty()))
    }

    /// Whether a transaction is open.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// The current state of the database.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        Stamp { changes: self.connection.total_changes(), schema: self.schema() }
    }

    /// A number that changes with the schema of any attached database.
    fn schema(&self) -> i64 {
        // The previous statement may have used up the limit.
        self.fuel.store(u32::MAX, Ordering::Relaxed);
        let version = |name: &str| {
            let sql = format!("PRAGMA \"{}\".schema_version", name.replace('"', "\"\""));
            self.connection.prepare_cached(&sql).and_then(|mut pragma| pragma.query_row([], |row| row.get::<_, i64>(0)))
        };
        let versions = self.connection.prepare_cached("SELECT name FROM pragma_database_list").and_then(|mut names| {
            names.query_map([], |row| row.get::<_, String>(0))?.map(|name| version(&name?)).collect()
        });
        let versions: Vec<i64> = versions.expect("SQLite knows its databases");
        versions.iter().fold(versions.len() as i64, |sum, version| sum.wrapping_mul(1009).wrapping_add(*version))
    }

    fn refuel(&self) {
        self.fuel.store(self.allowance, Ordering::Relaxed);
    }

    fn control(&self, sql: &str) -> Result<(), String> {
        self.connection.execute_batch(sql).map_err(|error| error.to_string())
    }

    /// Whether a script is run as one transaction.
    ///
    /// # Errors
    /// SQLite's message.
    pub fn wraps(&self, sql: &str) -> Result<bool, String> {
        Ok(self.connection.is_autocommit() && self.wants_wrapping(sql)?)
    }

    /// A single statement needs no transaction, and without one it keeps what OR FAIL keeps.
    fn wants_wrapping(&self, sql: &str) -> Result<bool, String> {
        if matches!(
            leading_keyword(sql).as_str(),
            "BEGIN" | "SAVEPOINT" | "PRAGMA" | "VACUUM" | "ATTACH" | "DETACH" | "ANALYZE"
        ) {
            return Ok(false);
        }
        match self.connection.prepare(sql) {
            Ok(_) => Ok(false),
            Err(rusqlite::Error::MultipleStatement) => Ok(true),
            Err(_) => Ok(sql.trim_end_matches([';', ' ', '\n', '\t', '\r']).contains(';')),
        }
    }

    fn run(&self, sql: &str, params: &Params) -> Result<u64, String> {
        let mut batch = Batch::new(&self.connection, sql);
        let mut changes = 0;
        while let Some(mut statement) = batch.next().map_err(|error| error.to_string())? {
            let before = self.connection.total_changes();
            let counts = !statement.readonly() && self.writes_rows(&statement);
            match self.answer(&mut statement, params) {
                Answer::Rows(_) => {}
                Answer::TooSlow => return Err(TOO_SLOW.to_owned()),
                Answer::Unpreparable(error) | Answer::Failing(error) => return Err(error),
            }
            drop(statement);
            if counts && self.connection.total_changes() > before {
                changes += self.connection.changes();
            }
        }
        Ok(changes)
    }

    fn writes_rows(&self, statement: &Statement<'_>) -> bool {
        let text = statement.expanded_sql().unwrap_or_default();
        matches!(leading_keyword(&text).as_str(), "INSERT" | "REPLACE" | "UPDATE" | "DELETE" | "WITH")
    }

    fn answer(&self, statement: &mut Statement<'_>, params: &Params) -> Answer {
        if let Err(error) = bind(statement, params) {
            return Answer::Unpreparable(error.to_string());
        }
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let width = columns.len();
        let mut rows = statement.raw_query();
        let mut builder = RowBuilder::default();
        let mut found = Vec::new();
        loop {
            match rows.next() {
                Ok(Some(row)) => {
                    for column in 0..width {
                        builder.push(row.get_ref(column).map_or(ValueRef::Null, borrowed));
                    }
                    found.push(builder.finish());
                }
                Ok(None) => return Answer::Rows(Rows { columns: columns.into(), rows: found }),
                Err(_) if self.fuel.load(Ordering::Relaxed) == 0 => return Answer::TooSlow,
                Err(error) => return Answer::Failing(error.to_string()),
            }
        }
    }
}

/// Whether SQLite would refuse to bind the last values.
fn surplus(statement: &Statement<'_>, params: &Params) -> bool {
    matches!(params, Params::Positional(values) if values.len() > statement.parameter_count())
}

/// Parameters that a statement does not have are ignored: the shadow of a query may have fewer.
fn bind(statement: &mut Statement<'_>, params: &Params) -> rusqlite::Result<()> {
    match params {
        Params::None => Ok(()),
        Params::Positional(values) => {
            let count = statement.parameter_count().min(values.len());
            (0..count).try_for_each(|index| statement.raw_bind_parameter(index + 1, owned(&values[index])))
        }
        Params::Named(values) => values.iter().try_for_each(|(name, value)| {
            let index = [":", "@", "$"]
                .iter()
                .find_map(|sigil| statement.parameter_index(&format!("{sigil}{name}")).ok().flatten());
            index.map_or(Ok(()), |index| statement.raw_bind_parameter(index, owned(value)))
        }),
        other => panic!("a case has no {other:?}"),
    }
}

fn borrowed(value: rusqlite::types::ValueRef<'_>) -> ValueRef<'_> {
    match value {
        rusqlite::types::ValueRef::Null => ValueRef::Null,
        rusqlite::types::ValueRef::Integer(value) => ValueRef::Integer(value),
        rusqlite::types::ValueRef::Real(value) => ValueRef::Real(value),
        rusqlite::types::ValueRef::Text(bytes) => ValueRef::Text(bytes),
        rusqlite::types::ValueRef::Blob(bytes) => ValueRef::Blob(bytes),
    }
}

fn owned(value: &Value) -> rusqlite::types::Value {
    match value {
        Value::Null => rusqlite::types::Value::Null,
        Value::Integer(value) => rusqlite::types::Value::Integer(*value),
        Value::Real(value) => rusqlite::types::Value::Real(*value),
        Value::Text(text) => rusqlite::types::Value::Text(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        Value::Blob(bytes) => rusqlite::types::Value::Blob(bytes.to_vec()),
    }
}
