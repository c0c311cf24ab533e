//! `accumulate`: aggregates that are sums over rows, so that a changed row is added to its group or subtracted from it.
//!
//! A group has the number of its rows and, for each aggregate, numbers that can be added: for COUNT the number of values
//! that are not NULL; for SUM, AVG and TOTAL an [`ExactSum`](crate::types::ExactSum), which tells what SQLite's own sum is
//! in any order of the rows. If SQLite's sum depends on the order, SQLite is asked for the group. MIN and MAX keep their
//! value until a row with that value goes. COUNT(DISTINCT) has a sum for each value of each group; a value counts while its
//! sum is not 0.

use std::sync::Arc;

use super::Delta;
use crate::types::Collation;

/// The aggregate that returns an [`ExactSum`](crate::types::ExactSum) as a blob.
pub const EXACT_SUM: &str = "tidewater_exact_sum";

/// The aggregate and window function that is 1 if the rounding of the sum of its values may depend on row order, else 0.
pub const ROUNDS_BY_ORDER: &str = "tidewater_rounds_by_order";

/// The name of the SQL function that tells -0.0 from 0.0.
pub const ZERO_SIGN: &str = "tidewater_zero_sign";

/// A grouped query over a linear one.
#[derive(Clone, Debug)]
pub struct Accumulate {
    /// The rows before grouping: the values of the group, then the arguments of the aggregates. The values are the
    /// expressions of GROUP BY, then the columns that they determine. If a commit changes a determined column, one group
    /// goes and another comes.
    pub input: Delta,
    /// How many values a group has. Equal values are equal to the byte.
    pub values: usize,
    /// The aggregates; the n-th that has an argument has the n-th argument of `input`.
    pub measures: Vec<Measure>,
    /// The columns of a row.
    pub shown: Vec<Shown>,
    /// How many expressions GROUP BY has. Without any, no rows give one row.
    pub keys: usize,
    /// The row of a group that cannot be accumulated; the values of GROUP BY are the parameters after the query's own. A
    /// last column is not 0 if a sum depends on row order: SQLite may visit the rows in another order for this statement
    /// than for the query, unless it is the query.
    pub rows: Arc<str>,
    /// The sums of all groups.
    pub all: Arc<str>,
    /// The sums of one group; the values of GROUP BY are the parameters after the query's own.
    pub one: Arc<str>,
    /// The id of its state.
    pub state: u32,
    /// The state of each COUNT(DISTINCT).
    pub distinct: Vec<Distinct>,
}

/// How often each value comes in each group, for a COUNT(DISTINCT).
#[derive(Clone, Debug)]
pub struct Distinct {
    /// The place of the measure.
    pub measure: usize,
    /// How the values compare.
    pub collation: Collation,
    /// The values of the group, the value, and how often it comes; at least one row for each value.
    pub all: Arc<str>,
    /// The id of its state.
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

/// A column of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A value of the group.
    Group(usize),
    /// The measure at this place.
    Measure(usize),
}

impl Measure {
    /// The name of the aggregate, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rows | Self::Count => "count",
            Self::Distinct(_) => "count(DISTINCT)",
            Self::Sum => "sum",
            Self::Total => "total",
            Self::Average => "avg",
            Self::Minimum(_) => "min",
            Self::Maximum(_) => "max",
        }
    }
}
