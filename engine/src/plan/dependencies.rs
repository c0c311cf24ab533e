//! The base tables a query reads, which of their columns, and which rows can matter.
//!
//! A change of a row can affect a query only through a table reference ([`Source`]) of its table. Through one table reference it
//! matters only if (1) it is an insert or a delete, or it changed one of the table reference's columns, and (2) the row before
//! or the row after satisfies every predicate. Predicates are therefore collected only where they filter every output
//! row that carries the table reference: the conjuncts of WHERE, and of ON of inner joins.

use std::sync::Arc;

use super::{AlwaysAffected, OrderDependence, PathLookup};
use crate::types::{Affinity, SortedSet, Value};

/// A parameter slot of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// `?` or `?NNN`: the position, counted from 1.
    Position(usize),
    /// `:name`, `@name` or `$name`, without its sigil.
    Name(String),
}

/// A constant that a column is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A literal of the query.
    Literal(Value),
    /// A parameter, known with the binding.
    Parameter(Slot),
}

/// How a column is compared with its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `=` or IN: never true for NULL.
    Equal,
    /// IS: NULL is like any other value.
    Is,
    /// `<`.
    Less,
    /// `<=`.
    AtMost,
    /// `>`.
    Greater,
    /// `>=`.
    AtLeast,
}

impl Relation {
    /// Whether it is one of `<`, `<=`, `>` and `>=`.
    #[must_use]
    pub fn is_range(self) -> bool {
        !matches!(self, Self::Equal | Self::Is)
    }

    /// How the right side is compared with the left one.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::AtMost => Self::AtLeast,
            Self::Greater => Self::Less,
            Self::AtLeast => Self::AtMost,
            same => same,
        }
    }
}

/// `column = operand`, `column IS operand`, `column IN (operands)`, or `column < operand` and its like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// The column of the base table, counted from 0.
    pub column: usize,
    /// How it is compared.
    pub relation: Relation,
    /// The column's affinity, which the comparison lends to its constants.
    pub affinity: Affinity,
    /// The comparison's collating sequence in upper case.
    pub collation: String,
    /// The constants; one of them has to match.
    pub any_of: Vec<Operand>,
}

/// Which columns of a table a table reference reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Columns {
    /// All of them, as far as can be told.
    All,
    /// These, counted from 0.
    Some(SortedSet<usize>),
}

impl Columns {
    /// Adds what `other` reads.
    pub fn extend(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Some(mine), Self::Some(theirs)) => mine.extend(theirs),
            _ => *self = Self::All,
        }
    }
}

/// One table reference of a base table in a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The table, `database.table` in lower case.
    pub table: Arc<str>,
    /// What is read of it.
    pub columns: Columns,
    /// What a row has to satisfy to matter; all of them.
    pub predicates: Vec<Predicate>,
    /// The join paths from it to table references that are compared with constants, if it is compared with none itself.
    pub path_lookups: Vec<PathLookup>,
}

/// What a query leaves to the order in which SQLite comes to rows, as far as its text tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderDependent {
    /// Anything at all.
    pub rows: bool,
    /// Of which row of a group a column is.
    pub bare_columns: bool,
}

/// Everything a query's result depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// The table references of base tables, those inside views, CTEs and subqueries included.
    pub sources: Vec<Source>,
    /// Why every commit may affect the result, if so: a system table, a virtual table without shadow tables, `changes()`.
    pub every_commit: Option<AlwaysAffected>,
    /// Functions whose value differs from call to call; the result samples them at each re-run.
    pub nondeterministic: SortedSet<String>,
    /// Why SQLite's own answer depends on its plan (LIMIT over ties, bare columns, unordered concatenation), if so. Then
    /// any change of a table counts, so that the result stays what a fresh evaluation gives.
    pub order_dependence: Option<OrderDependence>,
    /// Whether the query, or a view that it reads, says which index SQLite takes or does not take.
    pub names_index: bool,
}

impl Dependencies {
    /// What is left to the order of rows.
    #[must_use]
    pub fn order_dependent(&self) -> OrderDependent {
        OrderDependent {
            rows: self.order_dependence.is_some(),
            bare_columns: self.order_dependence == Some(OrderDependence::BareColumn),
        }
    }
}
