//! The evaluator: a SELECT over one table that shows columns as they are stored and compares them with constants. Its rows
//! are made from the changed rows without a statement, which would cost more than everything else.
//!
//! Only SQLite knows what its comparisons mean. The evaluator compares two values of one class to which no affinity applies;
//! any other value that a commit brings is left to the statement.

use super::Number;
use crate::types::Affinity;

/// A SELECT that can be evaluated without SQLite.
#[derive(Clone, Debug)]
pub struct Evaluator {
    /// Its table.
    pub table_ref: usize,
    /// The columns of a result row.
    pub shown: Vec<Cell>,
    /// The conditions; all have to hold.
    pub conditions: Vec<Condition>,
}

/// A column of a result row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A column of the table.
    Column(usize),
    /// A number.
    Number(i64),
}

/// A condition on a column.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The column of the table.
    pub column: usize,
    /// Its affinity, which a comparison applies to constants.
    pub affinity: Affinity,
    /// Whether its text is compared byte by byte.
    pub is_binary: bool,
    /// The test.
    pub test: Test,
}

/// A test of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// NULL.
    Null,
    /// Not NULL.
    NotNull,
    /// `=` or IN: equal to one of these.
    Equal(Vec<Number>),
    /// `<>`.
    Unequal(Number),
    /// `<`.
    Less(Number),
    /// `<=`.
    AtMost(Number),
    /// `>`.
    Greater(Number),
    /// `>=`.
    AtLeast(Number),
}
