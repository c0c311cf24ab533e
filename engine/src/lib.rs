//! Tidewater keeps the results of SQL queries over a SQLite database up to date.

#![doc = include_str!("../README.md")]
//!
//! # Features
//!
//! - `differential` (on by default): sums by key are kept in differential-dataflow, on timely. Without it they are kept in hash
//!   tables, as in the packages for browsers. Results are the same; see [`SumStore`].
//! - `wasm-bindgen` (wasm32 only): what SQLite needs of a browser, the time and randomness, by wasm-bindgen.
//! - `derive`: `#[derive(FromRow)]` for structs.
//! - `serde`: values, rows, edits, events, errors and statistics as JSON and the like; rows as types that implement `Deserialize`
//!   ([`Engine::query_serde`], [`Serde`]).
//! - `uuid`, `chrono`, `time`, `serde_json`: types of these crates as values: [`FromValue`] says how they are stored.
//! - `testing`: what tests of the engine choose, such as the strategy; no result depends on it.
//! - `sqlparser` (native only): queries can be given as `sqlparser::ast::Query`; see [`AsSql`].

#![forbid(missing_docs)]

mod api;
mod cost;
mod dataflow;
mod error;
mod explain;
mod live;
mod plan;
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
    Access, AsSql, ColumnDescription, ColumnIndex, ColumnOrigin, Description, Divergence, Engine, Event, Executed,
    Explain, Found, FromRow, FromValue, LiveRows, LiveTemplate, Location, NamedRow, Options, ParameterDescription,
    PlanKind, Route, RoutePredicate, RowEdit, SqliteBuild, Stats, Subscription, SumStore, Transaction,
    TransactionBehavior, WantedIndex, Watch,
};
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
