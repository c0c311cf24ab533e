//! Families: kinds of queries, each with histories of its own, so that none is rare and each is counted for itself.

use std::fmt;
use std::str::FromStr;

use super::features::Feature::{self, *};
use super::features::Features;

/// A kind of queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Everything in everything.
    Mixed,
    /// Filters, projections and scalar expressions over one table.
    Scalar,
    /// Inner joins of two to six tables, of a table with itself, by equality or not.
    Inner,
    /// LEFT, RIGHT, FULL, CROSS, NATURAL joins and USING.
    Outer,
    /// GROUP BY, aggregates of every kind, FILTER, HAVING.
    Aggregate,
    /// DISTINCT.
    Distinct,
    /// Chains of UNION, UNION ALL, INTERSECT and EXCEPT.
    Compound,
    /// IN, EXISTS, their negations, scalar and correlated subqueries.
    Subquery,
    /// Subqueries in FROM, CTEs and views.
    Derived,
    /// ORDER BY any expression, with collations and places of NULLs.
    Order,
    /// LIMIT and OFFSET, also as parameters.
    Limit,
    /// Window functions.
    Window,
    /// Recursive CTEs.
    Recursive,
    /// VALUES and row values.
    Values,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Mixed,
        Self::Scalar,
        Self::Inner,
        Self::Outer,
        Self::Aggregate,
        Self::Distinct,
        Self::Compound,
        Self::Subquery,
        Self::Derived,
        Self::Order,
        Self::Limit,
        Self::Window,
        Self::Recursive,
        Self::Values,
    ];

    /// Its name in lower case.
    #[must_use]
    pub fn name(self) -> String {
        format!("{self:?}").to_ascii_lowercase()
    }

    /// What its cases use of a random half of all features: what the family is about is there, and little besides, so
    /// that a finding is one of the family.
    pub(super) fn shape(self, half: Features) -> Features {
        const JOINS: [Feature; 2] = [InnerJoins, OuterJoins];
        match self {
            Self::Mixed => half,
            Self::Scalar => half.without(&[InnerJoins, OuterJoins, Subqueries, Compounds, Views, Distinct, Limits]),
            Self::Inner => half.with(&[InnerJoins]).without(&[OuterJoins, Subqueries, Views, Limits]),
            Self::Outer => half.with(&JOINS).without(&[Subqueries, Views, Limits]),
            Self::Aggregate => half.with(&[Aggregates]).without(&[Subqueries, Limits]),
            Self::Distinct => half.with(&[Distinct]).without(&[Subqueries, Limits]),
            Self::Compound => half.with(&[Compounds]).without(&[Subqueries, Aggregates, Limits]),
            Self::Subquery => half.with(&[Subqueries]).without(&[Views, Compounds, Limits]),
            Self::Derived => half.with(&[Views, Ctes, Subqueries]).without(&[Limits]),
            Self::Order => half.with(&[Collations]).without(&[Subqueries, Limits]),
            Self::Limit => half.with(&[Limits, Parameters]).without(&[Subqueries]),
            Self::Window => half.with(&[Windows]).without(&[Subqueries, Limits]),
            Self::Recursive => half.with(&[Recursion]),
            Self::Values => half.with(&[MixedTypes]),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl FromStr for Family {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|family| family.name() == name).ok_or_else(|| format!("no family `{name}`"))
    }
}
