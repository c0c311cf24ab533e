//! The explanation of how a query is maintained: its plan, how commits are routed to it, its metrics so far, and the indexes
//! that would help the plan.

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::plan::Step;

/// How a result is maintained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanKind {
    /// From the changes of each commit.
    Incremental,
    /// By running the query again when a commit can affect it.
    Requery,
}

impl PlanKind {
    /// `incremental` or `requery`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incremental => "incremental",
            Self::Requery => "requery",
        }
    }
}

/// How a query would be maintained, and how it is if it is subscribed to.
///
/// Serialized, its fields keep their names; `tables` is a list of `{"name", "columns"}`. `docs/explain.md` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explain {
    /// How the result is maintained.
    pub plan: PlanKind,
    /// Why there is no incremental plan, if there is none.
    pub reason: Option<String>,
    /// The same as a short name that stays the same in later versions, whatever the text becomes.
    pub reason_code: Option<&'static str>,
    /// The base tables that are read, with their columns; a table that is read without its columns has none.
    #[serde(serialize_with = "as_objects")]
    pub tables: Vec<(String, Vec<String>)>,
    /// A hash of the template: queries that differ only in literals, spelling or layout have the same.
    pub template: String,
    /// The plan as a tree, if there is one.
    pub steps: Option<Step>,
    /// How commits are routed to the query: one route for each table reference.
    pub routes: Vec<Route>,
    /// Further notes: functions that are sampled, what makes every commit count.
    pub notes: Vec<String>,
    /// The metrics of the template, if anybody subscribes to it.
    pub live: Option<LiveTemplate>,
    /// The indexes without which statements of the plan scan a table.
    pub indexes: Vec<WantedIndex>,
    /// The whole as indented text.
    pub text: String,
}

/// How commits are routed to a query through one of its table references: a changed row matters if one of the columns changed
/// (or the whole row came or went), and its old or its new version satisfies the predicates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Route {
    /// The table.
    pub table: String,
    /// The columns that are read.
    pub columns: Vec<String>,
    /// The comparisons with constants that a row has to satisfy.
    pub predicates: Vec<RoutePredicate>,
    /// How it is found from a changed row.
    pub found: Found,
    /// The column whose constants or bounds it is found by, if it is.
    pub by: Option<String>,
    /// The joins of the path from a changed row to that column of another table, if it is looked up by one.
    pub over: Vec<String>,
}

/// A comparison of a column with constants; one of them has to match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RoutePredicate {
    /// The column.
    pub column: String,
    /// `=`, `IN`, `IS`, `<`, `<=`, `>` or `>=`.
    pub relation: &'static str,
    /// The constants as SQL writes them, and parameters as `?1` or `:name`.
    pub values: Vec<String>,
}

/// How a query is found from a changed row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Found {
    /// It is looked up by a value of the row: others cost nothing.
    ByValue,
    /// It is looked up by the range that a value of the row is in: others cost nothing.
    ByRange,
    /// It is looked up by the values at the end of a join path from the row: others cost nothing.
    ByJoin,
    /// It is checked at every change of the table, by its columns and predicates.
    ByAnyChange,
    /// No row can match: nothing equals NULL, or its bounds have nothing between them.
    ByNoChange,
}

/// The metrics of a template that is subscribed to: what is held for it, and what commits have cost so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LiveTemplate {
    /// Its bindings, each with values of its own.
    pub bindings: u64,
    /// The subscriptions to them.
    pub subscriptions: u64,
    /// How many of the bindings are maintained by the plan now; the others are re-run.
    pub planned: u64,
    /// Rows that are held for results.
    pub state_rows: u64,
    /// Bytes that are held, for results and for what the plan remembers.
    pub state_bytes: u64,
    /// Commits that had any of its results maintained or re-run.
    pub commits: u64,
    /// Results brought up to date from what a commit changed.
    pub maintained: u64,
    /// Results re-run, for whatever reason.
    pub requeries: u64,
    /// Of those, the ones that the cost gate refused to maintain because that would have cost more.
    pub refused: u64,
    /// Of those, the ones whose maintenance was given up: a statement failed or exceeded its instruction budget.
    pub given_up: u64,
    /// Windows that stayed as they were because all changed rows sort behind their end.
    pub beyond: u64,
    /// Windows that ran short of rows and were filled again.
    pub refills: u64,
    /// SQLite's instructions that one of those commits took on average, for all bindings together.
    pub instructions_per_commit: Option<u64>,
    /// SQLite's instructions that maintaining a changed row takes on average: the cost gate's estimate.
    pub instructions_per_row: Option<u64>,
    /// SQLite's instructions that the last evaluation of a binding took on average: what the gate compares the estimate with.
    pub instructions_per_run: Option<u64>,
}

/// An index that would save statements of a plan a scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WantedIndex {
    /// The table.
    pub table: String,
    /// The columns by whose values its rows are looked up.
    pub columns: Vec<String>,
    /// The statement that makes it.
    pub sql: String,
}

fn as_objects<S: Serializer>(tables: &[(String, Vec<String>)], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Table<'t> {
        name: &'t str,
        columns: &'t [String],
    }
    let mut list = serializer.serialize_seq(Some(tables.len()))?;
    for (name, columns) in tables {
        list.serialize_element(&Table { name, columns })?;
    }
    list.end()
}
