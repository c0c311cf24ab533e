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
//! - `sqlparser` (native only): queries can be given as `sqlparser::ast::Query`; see [`AsSql`].

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
    Access, AsSql, ColumnIndex, Divergence, Engine, Event, Executed, Explain, Found, FromRow, FromValue, LiveTemplate,
    Location, NamedRow, Options, PlanKind, Route, RoutePredicate, SqliteBuild, Stats, Strategy, Subscription, SumStore,
    Transaction, TransactionBehavior, WantedIndex, Watch,
};
#[cfg(all(feature = "tokio", not(target_family = "wasm")))]
pub use asynchronous::{AsyncEngine, AsyncOptions, AsyncSubscription};
pub use error::Error;
pub use live::InterruptHandle;
pub use plan::{DisabledFeatures, LiveStep, PlannerFeature, Step, UnknownFeature};
#[cfg(not(target_family = "wasm"))]
pub use polling::{Poller, Polling};
pub use sql::{Statements, is_complete, statements};
pub use types::{
    Cause, Change, ChangeBatch, CommitId, Diff, Edit, Params, Row, RowBuilder, RowKey, Rows, Snapshot, SubscriptionId,
    TableChanges, Text, Value, ValueRef,
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
        $crate::Params::Positional(vec![$($crate::Value::from($value)),*])
    };
}
