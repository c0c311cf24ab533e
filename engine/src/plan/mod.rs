//! What a query depends on and how it is maintained, as pure data. `sql` produces the dependencies and the logical plan, the
//! planner makes the physical plan, `dataflow` executes it, and `routing` and `explain` read both.

mod dependencies;
mod feature;
mod join_path;
mod logical;
mod physical;
mod planner;
mod reason;
mod rewrites;
mod table_version;
mod tree;

pub use dependencies::{
    BulkWrite, Columns, Dependencies, Operand, OrderDependent, Predicate, Relation, Slot, Source, TableScope,
};
#[cfg(feature = "testing")]
pub use feature::choosing::UnknownFeature;
pub use feature::{DisabledFeatures, PlannerFeature};
pub use join_path::{JoinPath, JoinStep, PathLookup};
pub use logical::{
    Aggregate, Arm, Column, Expression, Input, Item, ItemId, Join, Known, Limit, Logical, Order, OrderBy, Over, Query,
    Recursion, Select, Subquery, Used, alias as logical_alias, column_name, column_of, select_text,
};
pub use physical::{
    Accumulate, AffectedKeys, Bounds, Cell, Combine, Condition, Delta, Derived, DerivedColumn, Distinct, EXACT_SUM,
    Evaluator, Fixpoint, Linear, MOST_CHANGED, Measure, Node, Number, Piece, Plan, ROUNDS_BY_ORDER, Recompute,
    SetOperator, Shown, SortedBy, SqlText, TableRef, Test, Window, ZERO_SIGN, derived_id, quoted,
};
pub use planner::plan;
pub use reason::{
    AlwaysAffected, CollatedPart, NonlinearPart, NonlinearPlace, OrderDependence, Reason, RecursionLimit,
};
pub use table_version::{RowImages, TableVersion};
pub use tree::{LiveStep, NodeMetrics, PlanMetrics, Step};

#[cfg(test)]
mod tests;
