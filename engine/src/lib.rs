//! Tidewater keeps the results of SQL queries over a SQLite database up to date.

#![doc = include_str!("../README.md")]
//!
//! # Features
//!
//! - `differential` (on by default): sums by key are kept in differential-dataflow, on timely. Without it they are kept in hash
//!   tables, as in the packages for browsers. Results are the same; see [`SumStore`].
//! - `tokio` (native only): `AsyncEngine`.
//! - `file-events` (native only): `Engine::start_polling` watches the database's files, with the crate notify.
//! - `wasm-bindgen` (wasm32 only): what SQLite needs of a browser, the time and randomness, by wasm-bindgen.
//! - `derive`: `#[derive(FromRow)]` for structs.
//! - `serde`: values, rows, edits, events, errors and statistics as JSON and the like; rows as types that implement `Deserialize`
//!   ([`Engine::query_serde`], [`Serde`]).
//! - `uuid`, `chrono`, `time`, `serde_json`: types of these crates as values: [`FromValue`] says how they are stored.
//! - `testing`: what tests of the engine choose, such as the strategy; no result depends on it.
//! - `sqlparser` (native only): queries can be given as `sqlparser::ast::Query`; see [`AsSql`].
//!
//! # The form of values in JSON
//!
//! With the feature `serde`, what applications get has a form that stays the same in later versions; fields may be added. It is
//! that of `tidewater replay`.
//!
//! | what | JSON | read back |
//! | --- | --- | --- |
//! | NULL, INTEGER | `null`, `7` with all 64 bits | yes |
//! | REAL | `1.0`, `1e300`, with a fraction or an exponent; `{"real":"inf"}`, `{"real":"-inf"}` | yes |
//! | TEXT | `"tea"`; `{"text_hex":"ff"}` if it is not UTF-8 | yes |
//! | BLOB | `{"blob":"00ff"}` | yes |
//! | [`Params`] | `[1,"x"]`, `{"id":7}`, `null` | yes |
//! | [`Row`], [`NamedRow`] | `["tea",320]`, `{"name":"tea","price":320}` | `Row` |
//! | [`Rows`] | `{"columns":["name"],"rows":[["tea"]]}` | yes |
//! | [`Snapshot`] | `{"commit":7,"columns":["name"],"rows":[["tea"]]}` | yes |
//! | [`Edit`] | `{"insert":0,"row":["tea"]}`, `{"remove":0}`, `{"replace":0,"row":["tea"]}`, `{"move":0,"to":2}` | yes |
//! | [`Diff`] | `{"commit":7,"edits":[..]}`, and `causes` if there are any | without causes |
//! | [`Event`] | the fields of what it is and `event`: `diff`, `recovered`, `columns`, `error` or `divergence` | no |
//! | [`Error`] | `{"code":"constraint","message":"..","extended_code":2067}`; SQLite's code where the error is SQLite's | no |
//! | [`Executed`] | `{"commit":7,"changes":1,"last_insert_rowid":4}` | no |
//! | [`Change`], [`Cause`] | `{"key":1,"old":null,"new":[1,"tea"]}`, a cause also `table` | no |
//! | [`Stats`], [`Explain`], [`Description`] | their fields | no |
//!
//! In formats that are not for people, such as CBOR, a BLOB is bytes and every REAL is a float. JavaScript reads integers beyond 2^53
//! with a loss; `CAST(id AS TEXT)` in the query avoids it.

#![forbid(missing_docs)]

mod api;
#[cfg(all(feature = "tokio", not(target_family = "wasm")))]
mod asynchronous;
mod cost;
mod dataflow;
mod error;
mod explain;
pub mod guide;
mod live;
mod plan;
#[cfg(not(target_family = "wasm"))]
mod polling;
mod prepare;
mod report;
mod results;
mod routing;
mod sql;
mod storage;
mod types;

/// The SQLite library below, for [`Engine::with_connection`] and [`Options::with_on_open`].
pub use rusqlite;

pub use api::{
    Access, AsSql, Clock, ColumnDescription, ColumnIndex, ColumnOrigin, Committed, Description, Divergence, Engine,
    Event, Executed, Explain, Found, FromRow, FromValue, LiveRows, LiveTemplate, Location, NamedRow, OpenTransaction,
    Options, ParameterDescription, PlanKind, Route, RoutePredicate, RowEdit, SqliteBuild, Stats, Subscription,
    SumStore, Transaction, TransactionBehavior, WantedIndex, Watch,
};
#[cfg(all(feature = "tokio", not(target_family = "wasm")))]
pub use asynchronous::{AsyncEngine, AsyncOptions, AsyncSubscription};
pub use error::Error;

/// What the macros of this crate call; nothing else may.
#[doc(hidden)]
pub use api::private_rows as __private;

#[cfg(feature = "testing")]
pub use api::Strategy;
#[cfg(feature = "testing")]
pub use plan::{DisabledFeatures, PlannerFeature, UnknownFeature};

#[cfg(feature = "serde")]
pub use api::{Serde, from_row};

pub use live::InterruptHandle;
pub use plan::{LiveStep, Step};
#[cfg(not(target_family = "wasm"))]
pub use polling::{Poller, Polling};
pub use sql::{Statements, is_complete, statements};
pub use storage::{Record, WriteId};
#[cfg(feature = "derive")]
pub use tidewater_derive::FromRow;
pub use types::{
    Affinity, Cause, Change, ChangeBatch, CommitId, Diff, Edit, IntoValue, OutOfRange, Params, Row, RowBuilder, RowKey,
    Rows, Snapshot, SubscriptionId, TableChanges, Text, Value, ValueRef,
};

/// Positional [`Params`] of values of any types.
///
/// ```
/// # fn main() -> Result<(), tidewater::Error> {
/// use tidewater::{Engine, Location, Options, params};
/// let engine = Engine::open(Location::Memory, Options::default())?;
/// engine.exec("CREATE TABLE item(name TEXT, price INTEGER, note TEXT)", ())?;
/// engine.exec("INSERT INTO item VALUES (?, ?, ?)", params!["tea", 320, None::<String>])?;
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        $crate::Params::positional([$($crate::IntoValue::into_value($value)),*])
    };
}
