//! What is told of how a query is maintained: its plan, what routes commits to it, what that has come to so far, and the
//! indexes that the plan would like.

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::plan::Step;

/// How a result is maintained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// From the changes of each commit.
    Incremental,
    /// By running the query again when a commit can affect it.
    Requery,
}

impl Plan {
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
    pub plan: Plan,
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
    /// What brings commits to the query, one for each place where it reads a base table.
    pub routes: Vec<Route>,
    /// What else there is to know: functions that are sampled, what makes every commit count.
    pub notes: Vec<String>,
    /// How things stand with the template, if anybody subscribes to it.
    pub live: Option<LiveTemplate>,
    /// The indexes without which statements of the plan look at every row of a table.
    pub indexes: Vec<WantedIndex>,
    /// The whole as indented text.
    pub text: String,
}

/// What brings commits to a query through one place where it reads a base table: a changed row matters if one of the columns
/// changed (or the whole row came or went), and the row, as it was or as it is, satisfies the predicates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// The joins over which a changed row leads to that column of another table, if it does.
    pub over: Vec<String>,
}

/// A comparison of a column with constants, one of which has to match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
pub enum Found {
    /// It is looked up by a value of the row: others cost nothing.
    ByValue,
    /// It is looked up by the range that a value of the row is in: others cost nothing.
    ByRange,
    /// It is looked up by the values to which joins lead from the row: others cost nothing.
    ByJoin,
    /// Every change of the table runs through it, and its columns and predicates are looked at.
    ByAnyChange,
    /// No row can match, for nothing equals NULL, or its bounds have nothing between them.
    ByNoChange,
}

/// How things stand with a template that is subscribed to: what is held, and what commits have come to so far.
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
    /// Results evaluated anew, whyever.
    pub requeries: u64,
    /// Of those, the ones that the cost gate refused: maintaining would have cost more.
    pub refused: u64,
    /// Of those, the ones whose maintenance was given up: a statement failed or it got too dear.
    pub given_up: u64,
    /// Windows that no row of a commit came to.
    pub beyond: u64,
    /// Windows that had to be filled again.
    pub refills: u64,
    /// SQLite's instructions that one of those commits took on average, for all bindings together.
    pub instructions_per_commit: Option<u64>,
    /// SQLite's instructions that maintaining a changed row takes by now: what the cost gate goes by.
    pub instructions_per_row: Option<u64>,
    /// SQLite's instructions that the last evaluation of a binding took on average: what it compares them with.
    pub instructions_per_run: Option<u64>,
}

/// An index that would spare statements of a plan a scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WantedIndex {
    /// The table.
    pub table: String,
    /// The columns by whose values its rows are asked for.
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
