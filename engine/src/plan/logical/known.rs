//! What the planner knows of simple expressions from the bound tree, and need not read in their SQL.

use crate::plan::Test;

/// What an expression is. A rewrite may put other columns, or expressions in parentheses, in the place of its columns:
/// [`Expression::tested`](crate::plan::Expression::tested) and [`equated`](crate::plan::Expression::equated) see whether there
/// still are columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Known {
    /// More than the planner has to know.
    #[default]
    Other,
    /// A whole number.
    Integer(i64),
    /// A constant that is true, or one that is false or NULL.
    Truth(bool),
    /// An operand that is compared with constants. All tests have to hold.
    Tests(Vec<Test>),
    /// The equality of two operands.
    Equal,
}

impl Known {
    /// Whether a condition holds that is a constant; NULL does not.
    #[must_use]
    pub const fn truth(&self) -> Option<bool> {
        match self {
            Self::Integer(number) => Some(*number != 0),
            Self::Truth(truth) => Some(*truth),
            Self::Other | Self::Tests(_) | Self::Equal => None,
        }
    }
}
