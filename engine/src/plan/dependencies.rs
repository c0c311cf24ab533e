//! The base tables a query reads, which of their columns, and which rows can matter.
//!
//! A changed row can affect a query only through a [`Source`]: one place where the query reads the row's table. It matters
//! to a source only if the row was inserted or deleted or one of the source's columns changed, and if the row before or
//! after the change satisfies every predicate. So a predicate is collected only where it filters every output row that the
//! source contributes to: from the conjuncts of WHERE, and of ON of inner joins.

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
    /// A parameter, whose value the binding has.
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

    /// The relation with its sides exchanged.
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

/// `column = operand`, `column IS operand`, `column IN (operands)`, or a comparison such as `column < operand`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// The column of the base table, counted from 0.
    pub column: usize,
    /// How it is compared.
    pub relation: Relation,
    /// The column's affinity, which the comparison applies to its constants.
    pub affinity: Affinity,
    /// The comparison's collating sequence in upper case.
    pub collation: String,
    /// The constants; the predicate holds if one of them matches.
    pub any_of: Vec<Operand>,
}

/// Which columns of a table a source reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Columns {
    /// All columns, or columns that cannot be told.
    All,
    /// These, counted from 0.
    Some(SortedSet<usize>),
}

impl Columns {
    /// Adds the columns that `other` reads.
    pub fn extend(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Some(mine), Self::Some(theirs)) => mine.extend(theirs),
            _ => *self = Self::All,
        }
    }

    /// Whether any column is among both.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Some(mine), Self::Some(theirs)) => !mine.is_disjoint(theirs),
            _ => true,
        }
    }
}

/// What capture has to keep of a table that somebody reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableScope {
    /// The columns that somebody reads.
    pub columns: Columns,
    /// So many changed rows are kept. Where a transaction changes more, none are.
    pub most_rows: usize,
    /// The same where rows were updated only, for each column that was updated. The last one is for all columns behind.
    pub most_updates: Vec<usize>,
}

impl TableScope {
    /// How many changed rows are kept if these columns were updated and no row came or went.
    pub fn most_updates_of(&self, columns: &[usize]) -> usize {
        let Some(of_others) = self.most_updates.last() else { return self.most_rows };
        let of_each = columns.iter().map(|column| self.most_updates.get(*column).unwrap_or(of_others));
        of_each.fold(0, |sum: usize, most| sum.saturating_add(*most))
    }
}

/// A table of which a commit changed more rows than were kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkWrite {
    /// The table, `database.table` in lower case.
    pub table: Arc<str>,
    /// The columns that may have changed; all if rows came or went.
    pub columns: Columns,
    /// How often a row was written.
    pub writes: u64,
}

/// One place in a query where a base table is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The table, `database.table` in lower case.
    pub table: Arc<str>,
    /// The columns that are read.
    pub columns: Columns,
    /// The predicates that a row has to satisfy to matter.
    pub predicates: Vec<Predicate>,
    /// The join paths to other sources that are compared with constants; empty if this source is compared with constants
    /// itself.
    pub path_lookups: Vec<PathLookup>,
}

/// Which parts of a result depend on the order in which SQLite visits rows, as far as the text shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderDependent {
    /// Any part.
    pub rows: bool,
    /// The choice of the row that a bare column of a group is taken from.
    pub bare_columns: bool,
}

/// Everything that a query's result depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// The places where base tables are read, including those inside views, CTEs and subqueries.
    pub sources: Vec<Source>,
    /// Why every commit may affect the result, if it may: a system table, a virtual table without shadow tables,
    /// `changes()`.
    pub every_commit: Option<AlwaysAffected>,
    /// Functions that return another value at each call; the result samples them at each re-run.
    pub nondeterministic: SortedSet<String>,
    /// Why SQLite's own result depends on the order in which it visits rows, if it does. Then every change of a table
    /// counts, so that the result stays the one of a re-run.
    pub order_dependence: Option<OrderDependence>,
    /// Whether the query, or a view that it reads, names the index that SQLite uses or must not use.
    pub names_index: bool,
}

impl Dependencies {
    /// Which parts of the result depend on the order of rows.
    #[must_use]
    pub fn order_dependent(&self) -> OrderDependent {
        OrderDependent {
            rows: self.order_dependence.is_some(),
            bare_columns: self.order_dependence == Some(OrderDependence::BareColumn),
        }
    }
}
