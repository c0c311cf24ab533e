//! Tidewater keeps the results of SQL queries over a SQLite database up to date.
//!
//! An application subscribes to any SELECT and receives, after every committed transaction, the edits that turn the old
//! result into the new one. [`Engine`] is the place to start.

#![forbid(missing_docs)]

mod core;
mod dataflow;
mod engine;
mod error;
mod event;
mod explain;
mod form;
mod live;
mod lookups;
mod options;
mod plan;
mod provenance;
mod rebind;
mod sql;
mod stats;
mod storage;
mod subscribe;
mod subscription;
mod trails;
mod transaction;
mod types;
mod upkeep;

pub use engine::{Engine, Executed};
pub use error::Error;
pub use event::{Divergence, Event};
pub use explain::{Explain, Found, LiveTemplate, Plan, Route, RoutePredicate, WantedIndex};
pub use options::{Location, Options, Strategy};
pub use plan::{Choice, LiveStep, Step, UnknownChoice, Without};
pub use stats::Stats;
pub use subscription::{Subscription, Watch};
pub use transaction::Transaction;
pub use types::{
    Cause, Change, ChangeBatch, CommitId, Diff, Edit, Params, Row, RowBuilder, RowKey, Rows, Snapshot, SubscriptionId,
    TableChanges, Text, Value, ValueRef,
};
