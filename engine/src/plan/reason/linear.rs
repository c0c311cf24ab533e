//! Why a query, or a part of it, is not linear in its tables.

use super::Reason;

/// What keeps a SELECT from being linear in its tables: from being, row by row, the sum of what each row gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NonlinearPart {
    #[error("the query has a subquery")]
    Subquery,
    #[error("ON has a subquery")]
    SubqueryInOn,
    #[error("the query has an outer join")]
    OuterJoin,
    #[error("FROM has a recursive CTE")]
    Recursion,
    #[error("FROM has a query with LIMIT")]
    Limit,
    #[error("FROM has a MATERIALIZED CTE")]
    Materialized,
    #[error("FROM has a compound SELECT")]
    Compound,
    #[error("FROM has a UNION ALL of columns that compare differently")]
    MixedUnionAll,
    #[error("VALUES in FROM has a subquery")]
    SubqueryInValues,
    #[error("FROM has a query with DISTINCT")]
    Distinct,
    #[error("FROM has a query with aggregates")]
    Aggregate,
    #[error("FROM has a query with window functions")]
    Window,
}

/// Where a part stands that would have to be linear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NonlinearPlace {
    /// In the SELECT itself.
    #[error("")]
    Select,
    #[error(", in a recursive step")]
    Step,
    #[error(", beside something else that is not linear")]
    Beside,
    #[error(", on the optional side of an outer join")]
    OuterJoin,
    #[error(", in a subquery")]
    Subquery,
}

impl NonlinearPart {
    /// As a reason.
    #[must_use]
    pub fn at(self, place: NonlinearPlace) -> Reason {
        Reason::Nonlinear { part: self, place }
    }

    /// See [`Reason::code`].
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Subquery => "subquery",
            Self::SubqueryInOn => "subquery_in_on",
            Self::OuterJoin => "outer_join",
            Self::Recursion => "recursion_in_from",
            Self::Limit => "limit_in_from",
            Self::Materialized => "materialized_in_from",
            Self::Compound => "compound_in_from",
            Self::MixedUnionAll => "mixed_union_all",
            Self::SubqueryInValues => "subquery_in_values",
            Self::Distinct => "distinct_in_from",
            Self::Aggregate => "aggregate_in_from",
            Self::Window => "window_in_from",
        }
    }
}
