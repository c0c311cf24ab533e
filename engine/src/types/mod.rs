//! The vocabulary of the engine: values, rows, ids, edits and change batches. No SQL, no storage, no I/O.

mod bag;
mod bucket;
mod catalog;
mod change;
mod diff;
mod exact_sum;
mod ids;
mod into_value;
mod params;
mod row;
mod sort_key;
mod sorted;
mod value;

pub(crate) use bag::{Bag, SharedBag, lock_bag};
pub(crate) use bucket::Bucket;
pub use catalog::{Affinity, Catalog, Column, ColumnKind, Table, TableKind, table_id};
pub use change::{Change, ChangeBatch, RowKey, TableChanges, WeightedRow};
pub use diff::{Cause, Diff, Edit, Snapshot};
pub(crate) use exact_sum::{ExactSum, SUM_PLACES};
pub use ids::{BindingId, CommitId, PlanId, SubscriptionId, TemplateId};
pub use into_value::{IntoValue, OutOfRange};
pub use params::Params;
pub(crate) use row::RowRef;
pub use row::{Row, RowBuilder, Rows};
pub use sort_key::{Collation, SortTerm, push_sort_key, sort_key};
pub use sorted::{SortedMap, SortedSet};
pub use value::{Text, Value, ValueRef};
