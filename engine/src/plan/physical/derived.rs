//! Derived tables that are no part of a linear query (groups, DISTINCT, compound SELECTs, recursion): each is maintained by a
//! plan of its own, and what a commit changes in it are the versions that the rest of the plan reads, as those of a table.
//!
//! So a join of groups with a table is `delta` over the changed groups and the changed rows of the table. The rows are held
//! in memory where a statement also reads those that did not change.

use std::sync::Arc;

use super::Node;
use crate::types::{Affinity, Collation};

/// A derived table.
#[derive(Clone, Debug)]
pub struct Derived {
    /// The id by which table references read it. It tells the columns, and is another one than that of every other derived table
    /// of the plan.
    pub table: Arc<str>,
    /// How its rows are maintained.
    pub node: Node,
    /// Whether a statement reads rows of it that did not change.
    pub is_held: bool,
    /// The columns whose numbers are read as REAL, whatever they are in the SELECT that gives them.
    pub reals: Arc<[usize]>,
}

/// A column of a derived table; they are called `c0`, `c1`, ..
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DerivedColumn {
    /// Its affinity, if it has one.
    pub affinity: Option<Affinity>,
    /// How its texts compare.
    pub collation: Collation,
}

/// The id of a derived table with these columns, the `place`th of its plan.
#[must_use]
pub fn derived_id(place: usize, columns: &[DerivedColumn]) -> Arc<str> {
    let column = |column: &DerivedColumn| {
        let affinity = column.affinity.map_or("", Affinity::name);
        format!("{affinity} {}", column.collation.name())
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    format!("derived {place}: {}", columns.join(", ")).into()
}
