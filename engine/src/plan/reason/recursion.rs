//! Which recursive CTEs are not followed step by step.

/// What a recursive CTE has that its fixpoint cannot be followed with; it completes "the recursive CTE x ..".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecursionLimit {
    #[error("has a single SELECT")]
    OneSelect,
    #[error("has ORDER BY, LIMIT or WITH")]
    OrderLimitOrWith,
    #[error("uses EXCEPT or INTERSECT")]
    ExceptOrIntersect,
    #[error("mixes UNION and UNION ALL")]
    MixedOperators,
    #[error("has columns of unknown affinity")]
    UnknownAffinity,
    #[error("is named more than once in one SELECT of its own")]
    NamedTwice,
    #[error("has columns that compare differently")]
    MixedColumns,
    #[error("has columns that are REAL only in some rows")]
    MixedReal,
}
