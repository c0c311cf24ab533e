//! Tidewater keeps the results of SQL queries over a SQLite database up to date.

#![forbid(missing_docs)]

mod plan;
mod sql;
mod types;

pub use types::{
    Change, ChangeBatch, CommitId, Diff, Edit, Params, Row, RowBuilder, RowKey, Rows, Snapshot, SubscriptionId,
    TableChanges, Text, Value, ValueRef,
};
