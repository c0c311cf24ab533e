//! FROM of a logical plan: its items, how they are joined, and what they are.

use std::sync::Arc;

use crate::plan::{DerivedColumn, Expression, ItemId, Query, Select, SqlText};
use crate::types::{Affinity, Collation, SortedSet};

/// An item of FROM.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its identity.
    pub id: ItemId,
    /// How it is joined to those before it.
    pub join: Join,
    /// Whether the join is CROSS JOIN, which makes SQLite visit the item after all items before it.
    pub is_crossed: bool,
    /// What it is.
    pub input: Input,
    /// The conjuncts of its ON.
    pub on: Vec<Expression>,
    /// Its columns.
    pub columns: Vec<Column>,
}

impl Item {
    /// An inner-joined item without conditions.
    #[must_use]
    pub fn new(id: ItemId, input: Input, columns: Vec<Column>) -> Self {
        Self { id, join: Join::Inner, is_crossed: false, input, on: Vec::new(), columns }
    }
}

/// A column of an item of FROM.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in SQL, quoted where it must be.
    pub name: String,
    /// How its text compares, if that is known.
    pub collation: Option<Collation>,
    /// Its affinity, or that it has none, if that is known.
    pub affinity: Option<Option<Affinity>>,
}

/// How an item is joined to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Only matching rows.
    Inner,
    /// All rows of the items before it.
    Left,
    /// All rows of the item.
    Right,
    /// All rows of both sides.
    Full,
}

/// What an item of FROM is.
#[derive(Clone, Debug)]
pub enum Input {
    /// A base table, or a derived table that has a plan of its own.
    Table {
        /// The place in the list of table references.
        table_ref: usize,
        /// The columns that identify a row; nothing if no name of the rowid is left.
        identity: Option<Vec<Column>>,
    },
    /// A query: a subquery, a view or a CTE.
    Query(Box<Query>),
    /// A table-valued function with its arguments, and the items that they name.
    Function(SqlText, SortedSet<ItemId>),
    /// A recursive CTE.
    Recursion(Box<Recursion>),
}

/// A recursive CTE: the least set or bag that contains the rows of `base`, and for each of its rows those that the steps
/// make.
#[derive(Clone, Debug)]
pub struct Recursion {
    /// The base of the recursion.
    pub base: Query,
    /// The SELECTs that make rows from rows.
    pub steps: Vec<Select>,
    /// Whether it is a set (UNION).
    pub is_set: bool,
    /// The table reference that stands for the CTE in each step.
    pub own: usize,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The columns as those of a derived table.
    pub kinds: Arc<[DerivedColumn]>,
}
