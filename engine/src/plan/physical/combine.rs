//! DISTINCT and compound SELECTs: the multiplicities of a row in the parts decide its multiplicity in the result.
//!
//! With the multiplicities `c0, c1, ..` of a row in the parts, from left to right: `m = c0` (or 1 if DISTINCT and `c0 > 0`),
//! then UNION ALL `m + ci`, UNION 1 if `m + ci > 0`, INTERSECT 1 if both are positive, EXCEPT 1 if only `m` is.

use super::Node;
use crate::types::Collation;

/// Parts that are combined row by row.
#[derive(Clone, Debug)]
pub struct Combine {
    /// The parts from left to right.
    pub parts: Vec<Node>,
    /// Whether equal rows of the first part count once.
    pub distinct: bool,
    /// The operators before the second part and those after it.
    pub operators: Vec<SetOperator>,
    /// How the columns compare, if rows that are equal in SQL may differ (1 and 1.0, or `a` and `A`). SQLite's plan decides
    /// which of them it shows, so the result is known only while each class of equal rows has a single member.
    pub loose: Option<Vec<Collation>>,
    /// The id of its state.
    pub state: u32,
}

/// An operator between two SELECTs.
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

impl SetOperator {
    /// As SQL writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnionAll => "UNION ALL",
            Self::Union => "UNION",
            Self::Intersect => "INTERSECT",
            Self::Except => "EXCEPT",
        }
    }
}

impl Combine {
    /// DISTINCT and the operators, as SQL writes them.
    #[must_use]
    pub fn words(&self) -> String {
        let operators = self.operators.iter().map(|operator| operator.name());
        self.distinct.then_some("DISTINCT").into_iter().chain(operators).collect::<Vec<_>>().join(", ")
    }

    /// Whether the combination is the sum of its parts, which needs no state.
    #[must_use]
    pub fn is_sum(&self) -> bool {
        !self.distinct && self.operators.iter().all(|operator| *operator == SetOperator::UnionAll)
    }

    /// The multiplicity in the result of a row with these multiplicities in the parts.
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
