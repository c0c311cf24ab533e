//! Derived tables that are not linear (groups, DISTINCT, compound SELECTs, recursion). Each is maintained by a node of its
//! own, and the rest of the plan reads the rows that a commit changed in it as it reads those of a base table.
//!
//! So a join of groups with a table is `delta` over the changed groups and the changed rows of the table. The rows of a
//! derived table are held in memory if a statement also reads rows that did not change.

use std::sync::Arc;

use super::Node;
use crate::types::{Affinity, Collation};

/// A derived table.
#[derive(Clone, Debug)]
pub struct Derived {
    /// The id that table references name. It spells the columns, and no other derived table of the plan has the same.
    pub table: Arc<str>,
    /// How its rows are maintained.
    pub node: Node,
    /// Whether a statement reads rows that did not change.
    pub is_held: bool,
    /// The columns whose numbers are read as REAL, whatever type the SELECT gives them.
    pub reals: Arc<[usize]>,
}

/// A column of a derived table. The columns are named `c0`, `c1`, ..
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DerivedColumn {
    /// Its affinity, if it has one.
    pub affinity: Option<Affinity>,
    /// How its text compares.
    pub collation: Collation,
}

/// The id of a derived table with these columns, the `place`-th of its plan.
#[must_use]
pub fn derived_id(place: usize, columns: &[DerivedColumn]) -> Arc<str> {
    let column = |column: &DerivedColumn| {
        let affinity = column.affinity.map_or("", Affinity::name);
        format!("{affinity} {}", column.collation.name())
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    format!("derived {place}: {}", columns.join(", ")).into()
}
