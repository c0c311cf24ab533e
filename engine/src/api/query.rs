//! Queries that are answered once: rows as they are, one by one, or as types.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use super::as_sql::AsSql;
use super::engine::Engine;
use super::rows::{FromRow, NamedRow};
use crate::api::description::Description;
use crate::error::Error;
use crate::storage::{Cancel, TransactionOwner};
use crate::types::{Params, Row, Rows};

impl Engine {
    /// Runs one statement and gives the rows it returns, the last committed state or that of the open transaction.
    ///
    /// Of a file in WAL mode, what only reads is answered by a connection of its own: it waits for no writer, and no writer for it.
    ///
    /// # Errors
    /// As [`Engine::exec`].
    pub fn query(&self, sql: &(impl AsSql + ?Sized), params: impl Into<Params>) -> Result<Rows, Error> {
        let (sql, params) = (sql.as_sql(), params.into());
        if let Some(rows) = self.handle.query_beside(&sql, &params, &Cancel::never())? {
            return Ok(rows);
        }
        self.query_alone(&sql, &params, &Cancel::never())
    }

    /// Runs one statement on the connection that writes as well.
    pub(crate) fn query_alone(&self, sql: &str, params: &Params, cancel: &Cancel) -> Result<Rows, Error> {
        self.call(|core| core.query(sql, params, TransactionOwner::Script, cancel))
    }

    /// Answers a query beside the connection that writes; nothing if only that one can.
    #[cfg(all(feature = "tokio", not(target_family = "wasm")))]
    pub(crate) fn query_beside(&self, sql: &str, params: &Params, cancel: &Cancel) -> Result<Option<Rows>, Error> {
        self.handle.query_beside(sql, params, cancel)
    }

    /// Whether [`Engine::query_beside`] may answer a query.
    #[cfg(all(feature = "tokio", not(target_family = "wasm")))]
    pub(crate) fn may_query_beside(&self, sql: &str) -> bool {
        self.handle.may_query_beside(sql)
    }

    /// Runs one statement and hands its rows on one by one, as SQLite finds them: nothing is gathered, so an answer of any size
    /// begins at once and takes little memory. It ends early when `each` breaks. Returns the names of the columns.
    ///
    /// The engine may be locked while `each` runs: calls of it are refused there. What a statement writes (INSERT .. RETURNING)
    /// is committed whole before its first row comes.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use tidewater::{Engine, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// let count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    /// let mut sum = 0;
    /// let columns = engine.query_each(count, (), |row| {
    ///     sum += row.get::<i64>("i").unwrap_or(0);
    ///     if sum < 100 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    /// })?;
    /// assert_eq!((sum, columns[0].as_str()), (105, "i"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Engine::query`]; rows that came before an error have been handed on.
    pub fn query_each(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
        mut each: impl FnMut(NamedRow<'_>) -> ControlFlow<()>,
    ) -> Result<Arc<[String]>, Error> {
        let (sql, params) = (sql.as_sql(), params.into());
        let mut panic = None;
        // A panic goes on once SQLite's statement is at its end.
        let mut each = |columns: &Arc<[String]>, row: &Row| {
            catch_unwind(AssertUnwindSafe(|| each(NamedRow::new(columns, row)))).unwrap_or_else(|payload| {
                panic = Some(payload);
                ControlFlow::Break(())
            })
        };
        let beside = self.handle.readers()?.and_then(|readers| readers.query_each(&sql, &params, &mut each));
        let answer = beside.unwrap_or_else(|| self.call(|core| core.query_each(&sql, &params, &mut each)));
        panic.map_or(answer, |payload| resume_unwind(payload))
    }

    /// Runs one statement and gives the rows it returns as a type: see [`FromRow`].
    ///
    /// # Errors
    /// As [`Engine::query`], and [`Error::Conversion`].
    pub fn query_as<T: FromRow>(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
    ) -> Result<Vec<T>, Error> {
        self.query(sql, params)?.read()
    }

    /// Runs one statement and gives the first row it returns as a type; nothing if it returns none.
    ///
    /// # Errors
    /// As [`Engine::query_as`].
    pub fn query_one<T: FromRow>(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
    ) -> Result<Option<T>, Error> {
        self.query(sql, params)?.iter().next().map(T::from_row).transpose()
    }

    /// Runs one statement and gives what `read` makes of each row it returns.
    ///
    /// ```
    /// use tidewater::{Engine, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// let sums = engine.query_map("SELECT 1 AS a, 2 AS b", (), |row| Ok(row.get::<i64>("a")? + row.get::<i64>("b")?))?;
    /// assert_eq!(sums, [3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Engine::query`], and those of `read`.
    pub fn query_map<T>(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
        read: impl FnMut(NamedRow<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.query(sql, params)?.iter().map(read).collect()
    }

    /// Runs one statement and gives the rows it returns as a type that implements `Deserialize`: see
    /// [`from_row`](crate::from_row) for how.
    ///
    /// ```
    /// use tidewater::{Engine, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// #[derive(serde::Deserialize)]
    /// struct Item {
    ///     name: String,
    ///     price: Option<i64>,
    /// }
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// engine.exec("CREATE TABLE item(name TEXT, price INTEGER); INSERT INTO item VALUES ('tea', 320)", ())?;
    /// let items: Vec<Item> = engine.query_serde("SELECT * FROM item", ())?;
    /// assert_eq!((items[0].name.as_str(), items[0].price), ("tea", Some(320)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Engine::query_as`].
    #[cfg(feature = "serde")]
    pub fn query_serde<T: serde::de::DeserializeOwned>(
        &self,
        sql: &(impl AsSql + ?Sized),
        params: impl Into<Params>,
    ) -> Result<Vec<T>, Error> {
        self.query(sql, params)?.iter().map(super::serialized::from_row).collect()
    }

    /// Whether a statement certainly only reads: [`Engine::query`] can run it twice without harm. A PRAGMA never certainly does.
    ///
    /// # Errors
    /// SQLite's own, of compiling it, or [`Error::NotOneStatement`].
    pub fn only_reads(&self, sql: &str) -> Result<bool, Error> {
        self.handle.lock()?.only_reads(sql)
    }

    /// Tells what is known of a statement without running it: its columns with where they come from, their declared types, whether
    /// they can be NULL, and its parameters.
    ///
    /// ```
    /// use tidewater::{Affinity, Engine, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// engine.exec("CREATE TABLE item(id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL COLLATE NOCASE, price REAL)", ())?;
    /// let described = engine.describe("SELECT name AS called, price, count(*) FROM item WHERE id > :after GROUP BY id")?;
    ///
    /// let called = &described.columns[0];
    /// let origin = called.origin.as_ref().expect("it is a column");
    /// assert_eq!((&*called.name, &*origin.table, &*origin.column), ("called", "item", "name"));
    /// assert_eq!(called.declared_type.as_deref(), Some("VARCHAR(20)"));
    /// assert_eq!((called.affinity, called.collation.as_deref()), (Some(Affinity::Text), Some("NOCASE")));
    /// assert_eq!(described.columns.iter().map(|column| column.not_null).collect::<Vec<_>>(), [true, false, true]);
    /// assert_eq!(described.parameters[0].name.as_deref(), Some("after"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// SQLite's own, of compiling it; [`Error::NotOneStatement`]; [`Error::NotDescribed`] for a PRAGMA and its like, which take effect
    /// when they are compiled.
    pub fn describe(&self, sql: &(impl AsSql + ?Sized)) -> Result<Description, Error> {
        self.call(|core| core.describe(&sql.as_sql()))
    }
}
