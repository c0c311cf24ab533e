//! What applications call and are told: everything that the crate exports but its values.

mod as_sql;
pub(crate) mod description;
mod engine;
pub(crate) mod event;
pub(crate) mod executed;
pub(crate) mod explain;
mod foreign_values;
mod from_value;
mod live_rows;
mod once;
mod open_transaction;
pub(crate) mod options;
mod query;
#[cfg(all(any(test, feature = "sqlparser"), not(target_family = "wasm")))]
mod query_tree;
mod row_edit;
mod rows;
#[cfg(feature = "serde")]
mod serialized;
pub(crate) mod sqlite_build;
pub(crate) mod stats;
pub(crate) mod subscription;
mod transaction;

pub use as_sql::AsSql;
pub use description::{ColumnDescription, ColumnOrigin, Description, ParameterDescription};
pub use engine::Engine;
#[cfg(not(target_family = "wasm"))]
pub(crate) use engine::WeakEngine;
pub use event::{Committed, Divergence, Event};
pub use executed::Executed;
pub use explain::{Explain, Found, LiveTemplate, PlanKind, Route, RoutePredicate, WantedIndex};
pub use from_value::FromValue;
pub use live_rows::LiveRows;
pub use open_transaction::OpenTransaction;
#[cfg(feature = "testing")]
pub use options::Strategy;
pub use options::{Access, Clock, Location, Options, SumStore};
pub use row_edit::RowEdit;
pub use rows::private as private_rows;
pub use rows::{ColumnIndex, FromRow, NamedRow};
#[cfg(feature = "serde")]
pub use serialized::{Serde, from_row};
pub use sqlite_build::SqliteBuild;
pub use stats::Stats;
pub use subscription::{Subscription, Watch};
pub use transaction::{Transaction, TransactionBehavior};
