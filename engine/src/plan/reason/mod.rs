//! Why a query, or a part of it, is re-run instead of maintained.
//!
//! A reason is data: code that tells reasons apart matches on the enum or compares [`Reason::code`]. `Display` writes it
//! for people, as a clause that completes "the query is re-run, because ..".

mod affected;
mod linear;
pub mod marks;
mod order;
mod recursion;

pub use affected::AlwaysAffected;
pub use linear::{NonlinearPart, NonlinearPlace};
pub use marks::{excluded, reached};
pub use order::OrderDependence;
pub use recursion::RecursionLimit;

use super::{DisabledFeatures, PlannerFeature};

/// Why a query, or a part of it, is re-run.
///
/// The planner tries strategies one after another, so most reasons are answered by the next strategy. The one that is left
/// when no strategy fits is what `explain` shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    // What the parser and the binder do not read.
    #[error("only SQLite reads the text: {0}")]
    Unparsed(Box<Self>),
    #[error("in the view {view}: {why}")]
    InView { view: String, why: Box<Self> },
    /// What the parser says of a text that it refuses.
    #[error("{0}")]
    Syntax(String),
    #[error("the text has a token that SQLite does not know")]
    UnknownToken,
    #[error("it is not a SELECT")]
    NotSelect,
    #[error("it is not a CREATE VIEW")]
    NotCreateView,
    #[error("the text has more than one statement")]
    SeveralStatements,
    #[error("parentheses are nested too deeply")]
    TooManyParentheses,
    #[error("expressions or subqueries are nested too deeply")]
    TooDeep,
    #[error("the query reads too many SELECTs, those of views and CTEs included")]
    TooManySelects,
    #[error("FROM names no table")]
    NoTableInFrom,
    #[error("the column {column} is not listed by its table")]
    UnlistedColumn { column: String },
    #[error("the column {column} is not known")]
    UnknownColumn { column: String },
    #[error("a table that is read is not in the catalog")]
    UnknownTable,
    #[error("not all result columns were resolved")]
    UnresolvedColumns,
    #[error("the rowid of {table} has no name that a statement could use")]
    HiddenRowid { table: String },
    #[error("rowid could be that of several tables")]
    AmbiguousRowid,
    #[error("USING or NATURAL stands beside a join in parentheses")]
    UsingBesideParentheses,
    #[error("USING merges columns that compare differently, beside a RIGHT or FULL join")]
    UsingMixedColumns,
    #[error("a column that USING or NATURAL merges in a RIGHT or FULL join is named")]
    UsingInFullJoin,
    #[error("a join in parentheses has a name")]
    NamedParentheses,
    #[error("{function} is a table-valued function whose rows may change unnoticed")]
    TableFunction { function: String },
    #[error("an argument of a table-valued function is a subquery")]
    TableFunctionSubquery,
    #[error("IN reads a table-valued function")]
    InTableFunction,
    #[error("MATCH is answered by an index that only SQLite reads")]
    Match,
    #[error("a subquery has an aggregate of the SELECT around it")]
    OuterAggregate,
    #[error("a window is defined by another window")]
    DerivedWindow,
    #[error("the frame of a window is calculated")]
    CalculatedFrame,
    #[error("GROUP BY has a constant")]
    GroupByConstant,
    #[error("a compound SELECT whose last part is DISTINCT or grouped has COLLATE in ORDER BY")]
    CompoundOrderCollation,
    #[error("a compound SELECT is ordered by an expression")]
    CompoundOrderExpression,
    #[error("a CTE names itself")]
    RecursiveReference,
    #[error("the recursive CTE {cte} {limit}")]
    Recursion { cte: String, limit: RecursionLimit },

    // What changes without a hook that reports it, or what SQLite itself decides.
    #[error("{0}")]
    AlwaysAffected(AlwaysAffected),
    #[error("{function}() returns another value at each call")]
    Nondeterministic { function: String },
    #[error("{function}() is an aggregate of the application's: how it changes with its rows is unknown")]
    ApplicationAggregate { function: String },
    #[error("the database stores text as UTF-16, which sorts in another order")]
    Utf16,
    #[error("{0}")]
    Order(OrderDependence),
    #[error("the result depends on the order of rows, and the query says which index SQLite uses")]
    IndexedOrder,
    #[error("no hook reports the virtual columns of {table}, and they cannot be computed here: {error}")]
    VirtualColumns { table: String, error: String },
    #[error("JSON is made of virtual columns of {table}, and SQLite may know their text to be JSON")]
    JsonVirtualColumns { table: String },
    /// What SQLite says of a table that statements of the plan were to read.
    #[error("{0}")]
    Sqlite(String),
    #[error("SQLite refuses a statement of the plan: {0}")]
    RefusedStatement(String),

    // What no strategy maintains.
    #[error("the planner feature `{}` is disabled", .0.name())]
    Disabled(PlannerFeature),
    #[error("{why} (planned with disabled features: {disabled})")]
    WithDisabled { why: Box<Self>, disabled: DisabledFeatures },
    #[error("{part}{place}")]
    Nonlinear { part: NonlinearPart, place: NonlinearPlace },
    #[error("LIMIT or OFFSET is an expression")]
    LimitExpression,
    #[error("LIMIT in FROM is a subquery")]
    LimitSubquery,
    #[error("LIMIT in FROM cuts rows that may be tied, or whose order shows in the result")]
    LimitOverTies,
    #[error("the result depends on an ORDER BY in FROM")]
    OrderInFrom,
    #[error("ORDER BY has a subquery or window function that is not a result column")]
    OrderBySubquery,
    #[error("DISTINCT rows are ordered by something that is not a result column")]
    DistinctOrder,
    #[error("{0} a collating sequence that only the application knows")]
    Collation(CollatedPart),
    #[error("the columns of a compound SELECT compare differently")]
    MixedCompound,
    #[error("VALUES has a subquery")]
    SubqueryInValues,
    #[error("the SELECT neither groups nor has window functions")]
    PlainRows,
    #[error("FROM has no derived table")]
    NoDerivedTable,
    #[error("a condition between tables fails for some rows")]
    FailingCondition,
    #[error("the query needs more than {most} derived tables")]
    TooManyDerivedTables { most: usize },
    #[error("a column of a derived table has no known affinity")]
    UnknownAffinity,
    #[error("UNION ALL in FROM splits the query into more than {most} parts")]
    TooManyParts { most: usize },
    #[error("a hidden column of a table is used")]
    HiddenColumn,
    #[error("a subquery stands beside aggregates")]
    SubqueryBesideAggregates,
    #[error("a subquery of each row stands beside an aggregate of all rows")]
    RowSubqueryBesideAggregate,
    #[error("no column of a group is shown")]
    NoGroupColumn,
    #[error("a column is neither a group nor an aggregate")]
    NeitherGroupNorAggregate,
    #[error("an aggregate stands where rows are not yet grouped")]
    AggregateBeforeGroups,
    #[error("HAVING filters the groups")]
    Having,
    #[error("a column that the groups determine may have equal values in several forms")]
    LooseGroupColumn,
    #[error("count(DISTINCT) counts a constant")]
    CountDistinctConstant,
    #[error("an aggregate has DISTINCT or ORDER BY")]
    AggregateModifier,
    #[error("an aggregate has no argument")]
    NoArgument,
    #[error("{function}() cannot be updated row by row")]
    NotASum { function: String },
    #[error("a derived table is joined to something that is not linear")]
    DerivedBesideNonlinear,
    #[error("the join keeps all rows of no table")]
    NoPreservedTable,
    #[error("a window function runs over the whole result")]
    WholeWindow,
    #[error("GROUP BY or PARTITION BY has a subquery")]
    SubqueryInKey,
    #[error("RIGHT or FULL JOIN remains after the rewrites")]
    RightOrFullJoin,
    #[error("a subquery has a RIGHT or FULL JOIN")]
    RightOrFullJoinInSubquery,
    #[error("rows are grouped or partitioned by a table that an outer join fills with NULLs")]
    PaddedKey,
    #[error("ON of an outer join has a subquery")]
    SubqueryInOuterJoin,
    #[error("a subquery depends on the order of a derived table's rows")]
    SubqueryOrder,
    #[error("a recursive step groups, counts distinct rows or has window functions")]
    GroupingStep,
    /// A state that the code before it excludes. To re-run is right in any state.
    #[error("internal: {0}")]
    Internal(&'static str),
}

/// What compares by a collating sequence that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CollatedPart {
    #[error("ORDER BY uses")]
    Order,
    #[error("a key column has")]
    Key,
    #[error("GROUP BY or PARTITION BY uses")]
    Group,
    #[error("an aggregate uses")]
    Aggregate,
    #[error("DISTINCT uses")]
    Distinct,
    #[error("a derived table has")]
    Derived,
    #[error("a recursive CTE has")]
    Recursion,
}

impl From<AlwaysAffected> for Reason {
    fn from(affected: AlwaysAffected) -> Self {
        Self::AlwaysAffected(affected)
    }
}

impl Reason {
    /// The same of what stands in a view.
    #[must_use]
    pub fn in_view(self, view: &str) -> Self {
        Self::InView { view: view.to_owned(), why: Box::new(self) }
    }

    /// A short name that stays the same in later versions, whatever the text becomes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unparsed(_) => "unparsed",
            Self::InView { why, .. } | Self::WithDisabled { why, .. } => why.code(),
            Self::Syntax(_) => "syntax",
            Self::UnknownToken => "unknown_token",
            Self::NotSelect => "not_select",
            Self::NotCreateView => "not_create_view",
            Self::SeveralStatements => "several_statements",
            Self::TooManyParentheses => "too_many_parentheses",
            Self::TooDeep => "too_deep",
            Self::TooManySelects => "too_many_selects",
            Self::NoTableInFrom => "no_table_in_from",
            Self::UnlistedColumn { .. } => "unlisted_column",
            Self::UnknownColumn { .. } => "unknown_column",
            Self::UnknownTable => "unknown_table",
            Self::UnresolvedColumns => "unresolved_columns",
            Self::HiddenRowid { .. } => "hidden_rowid",
            Self::AmbiguousRowid => "ambiguous_rowid",
            Self::UsingBesideParentheses => "using_beside_parentheses",
            Self::UsingMixedColumns => "using_mixed_columns",
            Self::UsingInFullJoin => "using_in_full_join",
            Self::NamedParentheses => "named_parentheses",
            Self::TableFunction { .. } => "table_function",
            Self::TableFunctionSubquery => "table_function_subquery",
            Self::InTableFunction => "in_table_function",
            Self::Match => "match",
            Self::OuterAggregate => "outer_aggregate",
            Self::DerivedWindow => "derived_window",
            Self::CalculatedFrame => "calculated_frame",
            Self::GroupByConstant => "group_by_constant",
            Self::CompoundOrderCollation => "compound_order_collation",
            Self::CompoundOrderExpression => "compound_order_expression",
            Self::RecursiveReference => "recursive_reference",
            Self::Recursion { .. } => "recursion",
            Self::AlwaysAffected(affected) => affected.code(),
            Self::Nondeterministic { .. } => "nondeterministic",
            Self::ApplicationAggregate { .. } => "application_aggregate",
            Self::Utf16 => "utf16",
            Self::Order(order) => order.code(),
            Self::IndexedOrder => "indexed_order",
            Self::VirtualColumns { .. } => "virtual_columns",
            Self::JsonVirtualColumns { .. } => "json_virtual_columns",
            Self::Sqlite(_) => "sqlite",
            Self::RefusedStatement(_) => "refused_statement",
            Self::Disabled(_) => "disabled",
            Self::Nonlinear { part, .. } => part.code(),
            Self::LimitExpression => "limit_expression",
            Self::LimitSubquery => "limit_subquery",
            Self::LimitOverTies => "limit_over_ties",
            Self::OrderInFrom => "order_in_from",
            Self::OrderBySubquery => "order_by_subquery",
            Self::DistinctOrder => "distinct_order",
            Self::Collation(_) => "collation",
            Self::MixedCompound => "mixed_compound",
            Self::SubqueryInValues => "subquery_in_values",
            Self::PlainRows => "plain_rows",
            Self::NoDerivedTable => "no_derived_table",
            Self::FailingCondition => "failing_condition",
            Self::TooManyDerivedTables { .. } => "too_many_derived_tables",
            Self::UnknownAffinity => "unknown_affinity",
            Self::TooManyParts { .. } => "too_many_parts",
            Self::HiddenColumn => "hidden_column",
            Self::SubqueryBesideAggregates => "subquery_beside_aggregates",
            Self::RowSubqueryBesideAggregate => "row_subquery_beside_aggregate",
            Self::NoGroupColumn => "no_group_column",
            Self::NeitherGroupNorAggregate => "neither_group_nor_aggregate",
            Self::AggregateBeforeGroups => "aggregate_before_groups",
            Self::Having => "having",
            Self::LooseGroupColumn => "loose_group_column",
            Self::CountDistinctConstant => "count_distinct_constant",
            Self::AggregateModifier => "aggregate_modifier",
            Self::NoArgument => "no_argument",
            Self::NotASum { .. } => "not_a_sum",
            Self::DerivedBesideNonlinear => "derived_beside_nonlinear",
            Self::NoPreservedTable => "no_preserved_table",
            Self::WholeWindow => "whole_window",
            Self::SubqueryInKey => "subquery_in_key",
            Self::RightOrFullJoin => "right_or_full_join",
            Self::RightOrFullJoinInSubquery => "right_or_full_join_in_subquery",
            Self::PaddedKey => "padded_key",
            Self::SubqueryInOuterJoin => "subquery_in_outer_join",
            Self::SubqueryOrder => "subquery_order",
            Self::GroupingStep => "grouping_step",
            Self::Internal(_) => "internal",
        }
    }
}
