//! The vocabulary of the engine: values, rows, ids, edits and change batches. No SQL, no storage, no I/O.

mod catalog;
mod change;
mod diff;
mod ids;
mod params;
mod row;
mod value;

pub use catalog::{Affinity, Catalog, Column, ColumnKind, Table, TableKind, table_id};
pub use change::{Change, ChangeBatch, RowKey, TableChanges};
pub use diff::{Diff, Edit, Snapshot};
pub use ids::{BindingId, CommitId, SubscriptionId, TemplateId};
pub use params::Params;
pub use row::{Row, RowBuilder, Rows};
pub use value::{Text, Value, ValueRef};
