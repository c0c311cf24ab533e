//! What applications call and are told: everything that the crate exports but its values.

mod as_sql;
mod engine;
pub(crate) mod event;
mod executed;
pub(crate) mod explain;
pub(crate) mod options;
#[cfg(all(any(test, feature = "sqlparser"), not(target_family = "wasm")))]
mod query_tree;
mod rows;
pub(crate) mod sqlite_build;
pub(crate) mod stats;
pub(crate) mod subscription;
mod transaction;

pub use as_sql::AsSql;
pub use engine::Engine;
#[cfg(not(target_family = "wasm"))]
pub(crate) use engine::WeakEngine;
pub use event::{Divergence, Event};
pub use executed::Executed;
pub use explain::{Explain, Found, LiveTemplate, PlanKind, Route, RoutePredicate, WantedIndex};
pub use options::{Access, Location, Options, Strategy, SumStore};
pub use rows::{ColumnIndex, FromRow, FromValue, NamedRow};
pub use sqlite_build::SqliteBuild;
pub use stats::Stats;
pub use subscription::{Subscription, Watch};
pub use transaction::{Transaction, TransactionBehavior};
