//! What can be evaluated here: a SELECT over one table that shows columns as they are stored and compares them with constants.
//! Its rows are made of the changed ones without a statement, which costs more than all the rest.
//!
//! Only SQLite knows what its comparisons mean. What is compared here are two values of one class where no affinity changes
//! either; whatever else a commit brings is left to the statement, and so is every other expression.

use super::Number;
use crate::types::Affinity;

/// A SELECT that can be evaluated without SQLite.
#[derive(Clone, Debug)]
pub struct Evaluator {
    /// Its table.
    pub table_ref: usize,
    /// What a row shows.
    pub shown: Vec<Cell>,
    /// What all have to be true.
    pub conditions: Vec<Condition>,
}

/// A value that a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A column of the table.
    Column(usize),
    /// A number.
    Number(i64),
}

/// A condition of a column.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The column of the table.
    pub column: usize,
    /// Its affinity, which a comparison lends to constants.
    pub affinity: Affinity,
    /// Whether its texts are compared byte by byte.
    pub is_binary: bool,
    /// What it has to be.
    pub test: Test,
}

/// What a column has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// NULL.
    Null,
    /// Anything else.
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
