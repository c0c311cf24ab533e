//! DISTINCT and compound SELECTs: how often each row comes from each part decides how often it is in the result.
//!
//! With the multiplicities `c0, c1, ..` of a row in the parts, from left to right: `m = c0` (or 1 if DISTINCT and `c0 > 0`),
//! then UNION ALL `m + ci`, UNION 1 if `m + ci > 0`, INTERSECT 1 if both are positive, EXCEPT 1 if only `m` is.

use super::Node;
use crate::types::Collation;

/// Parts combined row by row.
#[derive(Clone, Debug)]
pub struct Combine {
    /// The parts from left to right.
    pub parts: Vec<Node>,
    /// Whether rows of the first part count once.
    pub distinct: bool,
    /// What stands before the second part and those after it.
    pub operators: Vec<SetOperator>,
    /// How the columns compare, if rows that are equal to SQL may differ (1 and 1.0, or `a` and `A`). Which of them SQLite
    /// shows is up to the plan it chooses: so it can be told only while there is but one of each class of equal rows.
    pub loose: Option<Vec<Collation>>,
    /// Where its state is kept.
    pub state: u32,
}

/// What combines two SELECTs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    /// UNION ALL.
    UnionAll,
    /// UNION.
    Union,
    /// INTERSECT.
    Intersect,
    /// EXCEPT.
    Except,
}

impl Combine {
    /// Whether the combination is the sum of its parts, which needs no state.
    #[must_use]
    pub fn is_sum(&self) -> bool {
        !self.distinct && self.operators.iter().all(|operator| *operator == SetOperator::UnionAll)
    }

    /// How often a row is in the result that is so often in each part.
    #[must_use]
    pub fn multiplicity(&self, counts: &[i128]) -> i128 {
        let count = |part: usize| counts.get(part).copied().unwrap_or(0);
        let one = |is: bool| i128::from(is);
        let first = if self.distinct { one(count(0) > 0) } else { count(0) };
        self.operators.iter().enumerate().fold(first, |rows, (at, operator)| {
            let other = count(at + 1);
            match operator {
                SetOperator::UnionAll => rows + other,
                SetOperator::Union => one(rows + other > 0),
                SetOperator::Intersect => one(rows > 0 && other > 0),
                SetOperator::Except => one(rows > 0 && other <= 0),
            }
        })
    }
}
