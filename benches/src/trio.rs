//! The databases behind a ratio: an engine with subscriptions, one without, SQLite alone, and an engine that re-runs its
//! subscriptions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::types::{ToSqlOutput, ValueRef as Sql};
use rusqlite::{CachedStatement, Connection, Statement, params_from_iter};
use tidewater::{Engine, Event, Params, Row, RowBuilder, Strategy, Value, ValueRef, Watch};

use crate::failure::{Failure, Outcome};
use crate::measure::Clock;
use crate::query::{Query, Write};
use crate::world::{Data, World};

/// Several databases with the same data.
pub struct Trio {
    /// The engine with subscriptions.
    pub live: Engine,
    /// The engine without subscriptions.
    pub bare: Engine,
    /// An engine that re-runs every affected query instead of maintaining it.
    pub rerunning: Engine,
    /// SQLite with the same pragmas.
    pub raw: Raw,
}

impl Trio {
    /// New databases.
    ///
    /// # Errors
    /// If one cannot be created.
    pub fn open(world: &dyn World, data: Data) -> Outcome<Self> {
        Ok(Self {
            live: world.engine(data, Strategy::Auto)?,
            bare: world.engine(data, Strategy::Auto)?,
            rerunning: world.engine(data, Strategy::Requery)?,
            raw: Raw(world.raw(data)?),
        })
    }

    /// The first of the query's writes that changes its result.
    ///
    /// # Errors
    /// If none does.
    pub fn relevant_write<'q>(&self, query: &'q Query) -> Outcome<&'q Write> {
        let edits = Arc::new(AtomicU64::new(0));
        let _watch = watch(&self.live, &query.sql, query.params(), &edits)?;
        for write in &query.writes {
            let before = edits.load(Ordering::Relaxed);
            write.apply.exec(&self.live)?;
            let heard = edits.load(Ordering::Relaxed) > before;
            write.undo.exec(&self.live)?;
            if heard {
                return Ok(write);
            }
        }
        Err(Failure::Workload(format!("no write changes the result of {}", query.name)))
    }
}

/// Subscribes with a callback that reads every diff, the least that a subscriber does.
///
/// # Errors
/// An error of the engine.
pub fn watch(engine: &Engine, sql: &str, params: impl Into<Params>, edits: &Arc<AtomicU64>) -> Outcome<Watch> {
    let edits = Arc::clone(edits);
    let count = move |_, event: &Event| {
        if let Some(diff) = event.diff() {
            edits.fetch_add(diff.edits.len() as u64, Ordering::Relaxed);
        }
    };
    Ok(engine.subscribe_with(sql, params, count)?)
}

/// Executes a write and undoes it with the clock stopped. Returns the seconds of the write.
///
/// # Errors
/// An error of the engine.
pub fn time_write(clock: Clock<'_>, engine: &Engine, write: &Write) -> Outcome<f64> {
    let params = Params::from(write.apply.params.clone());
    let begun = clock();
    engine.exec(&write.apply.sql, params)?;
    let taken = clock() - begun;
    write.undo.exec(engine)?;
    Ok(taken)
}

/// SQLite without the engine.
pub struct Raw(pub Connection);

impl Raw {
    /// As [`time_write`].
    ///
    /// # Errors
    /// An error of SQLite.
    pub fn time_write(&self, clock: Clock<'_>, write: &Write) -> Outcome<f64> {
        let begun = clock();
        self.execute(&write.apply)?;
        let taken = clock() - begun;
        self.execute(&write.undo)?;
        Ok(taken)
    }

    /// Executes one statement from the cache.
    ///
    /// # Errors
    /// An error of SQLite.
    pub fn execute(&self, write: &crate::query::Statement) -> Outcome<()> {
        let mut statement = self.0.prepare_cached(&write.sql)?;
        statement.execute(params_from_iter(write.params.iter().map(bound)))?;
        Ok(())
    }

    /// A statement to be run many times.
    ///
    /// # Errors
    /// An error of SQLite.
    pub fn prepare(&self, sql: &str) -> Outcome<CachedStatement<'_>> {
        Ok(self.0.prepare_cached(sql)?)
    }
}

/// Runs a prepared SELECT and reads its rows into Rust, packed as a subscriber has them.
///
/// # Errors
/// An error of SQLite.
pub fn select(statement: &mut Statement<'_>, params: &[Value]) -> Outcome<Vec<Row>> {
    let columns = statement.column_count();
    let mut answer = statement.query(params_from_iter(params.iter().map(bound)))?;
    let mut builder = RowBuilder::default();
    let mut rows = Vec::new();
    while let Some(row) = answer.next()? {
        for column in 0..columns {
            builder.push(match row.get_ref(column)? {
                Sql::Null => ValueRef::Null,
                Sql::Integer(value) => ValueRef::Integer(value),
                Sql::Real(value) => ValueRef::Real(value),
                Sql::Text(bytes) => ValueRef::Text(bytes),
                Sql::Blob(bytes) => ValueRef::Blob(bytes),
            });
        }
        rows.push(builder.finish());
    }
    Ok(rows)
}

fn bound(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value.as_ref() {
        ValueRef::Null => Sql::Null,
        ValueRef::Integer(value) => Sql::Integer(value),
        ValueRef::Real(value) => Sql::Real(value),
        ValueRef::Text(bytes) => Sql::Text(bytes),
        ValueRef::Blob(bytes) => Sql::Blob(bytes),
    })
}

/// Gives a connection the pragmas that an engine with `exclusive` has, in the same order.
///
/// # Errors
/// An error of SQLite.
pub fn configure(connection: &Connection) -> Outcome<()> {
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", false)?;
    Ok(())
}

/// A count for [`watch`].
#[must_use]
pub fn edit_count() -> Arc<AtomicU64> {
    Arc::default()
}
