//! Why a result depends on the order in which SQLite comes to rows.

/// What the order of rows decides in a result. The order is SQLite's to choose, and another statement may choose another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum OrderDependence {
    /// Any row of a group may be the one that is shown.
    #[error("a column is neither aggregated nor grouped by")]
    BareColumn,
    /// Which of the tied rows LIMIT takes.
    #[error("LIMIT cuts rows that ORDER BY may leave tied")]
    TiedLimit,
    #[error("a subquery used as a value may have several rows")]
    FirstRow,
    #[error("a window function runs over tied rows")]
    TiedWindow,
    #[error("floating-point SUM whose rounding depends on row order")]
    FloatSum,
    #[error("MIN or MAX shows one of several equal values")]
    EqualExtremum,
    #[error("an aggregate takes one of several equal values")]
    EqualInAggregate,
    #[error("GROUP BY shows one of several equal values")]
    EqualInGroup,
    #[error("DISTINCT shows one of several equal values")]
    EqualInDistinct,
    #[error("a compound SELECT shows one of several equal values")]
    EqualInCompound,
    #[error("an aggregate concatenates rows in no certain order")]
    Concatenation,
    /// SQLite may read the table in another way, and of no rows its columns need not be NULL.
    #[error("a column of a derived table without rows is shown")]
    EmptyDerivedTable,
    /// Nothing is known of a text that was not parsed.
    #[error("the text was not parsed")]
    Unparsed,
}

impl OrderDependence {
    /// See [`Reason::code`](super::Reason::code).
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::BareColumn => "bare_column",
            Self::TiedLimit => "tied_limit",
            Self::FirstRow => "first_row",
            Self::TiedWindow => "tied_window",
            Self::FloatSum => "float_sum",
            Self::EqualExtremum => "equal_extremum",
            Self::EqualInAggregate => "equal_in_aggregate",
            Self::EqualInGroup => "equal_in_group",
            Self::EqualInDistinct => "equal_in_distinct",
            Self::EqualInCompound => "equal_in_compound",
            Self::Concatenation => "concatenation",
            Self::EmptyDerivedTable => "empty_derived_table",
            Self::Unparsed => "unparsed",
        }
    }
}
