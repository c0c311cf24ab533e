//! `accumulate`: aggregates that are sums over their rows, so that a changed row adds to its group or takes from it.
//!
//! Of each group are kept the number of its rows and, for each aggregate, numbers that add up: of COUNT how many values
//! are not NULL; of SUM, AVG and TOTAL an [`ExactSum`](crate::types::ExactSum), which says what SQLite's own sum is in every
//! order of the rows. Where it depends on their order, the group is asked of SQLite. MIN and MAX keep their value while it
//! is not the one that goes. COUNT(DISTINCT) has a sum of its own for each value of each group: a value counts while its sum
//! is not 0.

use std::sync::Arc;

use super::Delta;
use crate::types::Collation;

/// The aggregate that gives an [`ExactSum`](crate::types::ExactSum) as a blob.
pub const EXACT_SUM: &str = "tidewater_exact_sum";

/// The aggregate and window function that is 1 where the sum of its values may round as their order has it, and 0 elsewhere.
pub const ROUNDS_BY_ORDER: &str = "tidewater_rounds_by_order";

/// A grouped query over a linear one.
#[derive(Clone, Debug)]
pub struct Accumulate {
    /// The rows before grouping: the group's values, then the arguments of the aggregates. The values are what it is grouped
    /// by, and behind them what follows from that: so where a commit exchanges it, one group goes and another comes.
    pub input: Delta,
    /// How many values a group has. Those that are equal are the same to the byte.
    pub values: usize,
    /// The aggregates, by their arguments' place among the arguments.
    pub measures: Vec<Measure>,
    /// The columns of a row.
    pub shown: Vec<Shown>,
    /// How many values GROUP BY has: without any there is a row for no rows.
    pub keys: usize,
    /// The row of a group that cannot be accumulated; its keys are the parameters after the query's own. A column comes after
    /// the others that is not 0 where a sum is what the order makes it in which SQLite comes to the rows: by this
    /// statement that may be another one than by the query, unless it is the query.
    pub rows: Arc<str>,
    /// All groups with their accumulations.
    pub all: Arc<str>,
    /// The same of one group, whose keys are the parameters after the query's own.
    pub one: Arc<str>,
    /// Where its state is kept.
    pub state: u32,
    /// What the measures that count different values need.
    pub distinct: Vec<Distinct>,
}

/// How often each value comes in each group, for a measure that counts the different ones.
#[derive(Clone, Debug)]
pub struct Distinct {
    /// Which measure.
    pub measure: usize,
    /// How its values compare.
    pub collation: Collation,
    /// The group's values, the value, and how often it comes; once or more for each.
    pub all: Arc<str>,
    /// Where its state is kept.
    pub state: u32,
}

/// An aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// `count(*)`.
    Rows,
    /// `count(x)`.
    Count,
    /// `count(DISTINCT x)`.
    Distinct(Collation),
    /// `sum(x)`.
    Sum,
    /// `total(x)`.
    Total,
    /// `avg(x)`.
    Average,
    /// `min(x)`.
    Minimum(Collation),
    /// `max(x)`.
    Maximum(Collation),
}

/// A column of a grouped query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A value of the group.
    Group(usize),
    /// An aggregate.
    Measure(usize),
}
