//! How the engine maintains a statement, for people and programs.

use crate::PlanKind;
use crate::form::message;

message! {
    /// How the engine maintains a statement, or would.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Explain {
        /// How the result is maintained.
        pub plan: PlanKind,
        /// Why it is not incremental, if it is not.
        pub reason: Option<String>,
        /// The same as a short name that stays the same in later versions.
        pub reason_code: Option<String>,
        /// What it reads.
        pub tables: Vec<TableColumns>,
        /// The template's fingerprint.
        pub template: String,
        /// The plan as a tree, if there is one.
        pub steps: Option<Step>,
        /// What brings commits to it, one for each place where it reads a base table.
        pub routes: Vec<Route>,
        /// What else there is to know.
        pub notes: Vec<String>,
        /// How things stand with its template, if anybody subscribes to it.
        pub live: Option<LiveTemplate>,
        /// The indexes without which its plan looks at every row of a table.
        pub indexes: Vec<WantedIndex>,
        /// The whole explanation, for people.
        pub text: String,
    }
}

message! {
    /// A table and the columns of it that a statement reads.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct TableColumns {
        /// The table.
        pub table: String,
        /// Its columns.
        pub columns: Vec<String>,
    }
}

message! {
    /// A part of a plan.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Step {
        /// The strategy's name.
        pub strategy: String,
        /// What it does here.
        pub detail: String,
        /// The base tables whose changes it looks at.
        pub tables: Vec<String>,
        /// The parts that it is made of.
        pub inputs: Vec<Self>,
        /// What it remembers and has done so far, if the plan is at work.
        pub live: Option<LiveStep>,
    }
}

message! {
    /// What a part of a plan remembers, and what it has done for commits since the plan is at work; without the parts that it is
    /// made of, and for all bindings together.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct LiveStep {
        /// Rows that it remembers.
        pub state_rows: u64,
        /// Bytes of that.
        pub state_bytes: u64,
        /// Commits that gave it something to do.
        pub commits: u64,
        /// Changed rows that it was given.
        pub rows_in: u64,
        /// Rows that came or went by it.
        pub rows_out: u64,
        /// SQLite's instructions that its own statements took.
        pub instructions: u64,
    }
}

message! {
    /// What brings commits to a statement through one place where it reads a base table: a changed row matters if one of the
    /// columns changed (or the whole row came or went), and the row, as it was or as it is, satisfies the predicates.
    #[derive(Clone, Debug, PartialEq, Eq)]
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
}

message! {
    /// A comparison of a column with constants; one of them has to match.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct RoutePredicate {
        /// The column.
        pub column: String,
        /// `=`, `IN`, `IS`, `<`, `<=`, `>` or `>=`.
        pub relation: String,
        /// The constants as SQL writes them, and parameters as `?1` or `:name`.
        pub values: Vec<String>,
    }
}

message! {
    /// How a statement is found from a changed row.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Found {
        /// By a value of the row: others cost nothing.
        ByValue,
        /// By the range that a value of the row is in: others cost nothing.
        ByRange,
        /// By the values to which joins lead from the row: others cost nothing.
        ByJoin,
        /// Every change of the table runs through it.
        ByAnyChange,
        /// No row can match, for nothing equals NULL, or its bounds have nothing between them.
        ByNoChange,
    }
}

message! {
    /// How things stand with a template that is subscribed to: what is held, and what commits have come to so far.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct LiveTemplate {
        /// Its bindings, each with values of its own.
        pub bindings: u64,
        /// The subscriptions to them.
        pub subscriptions: u64,
        /// How many of the bindings are maintained by the plan now; the others are re-run.
        pub planned: u64,
        /// Rows that are held for results.
        pub state_rows: u64,
        /// Bytes that are held.
        pub state_bytes: u64,
        /// Commits that had any of its results maintained or re-run.
        pub commits: u64,
        /// Results brought up to date from what a commit changed.
        pub maintained: u64,
        /// Results evaluated again, for any reason.
        pub requeries: u64,
        /// Of those, the ones that the cost gate refused.
        pub refused: u64,
        /// Of those, the ones whose maintenance was given up.
        pub given_up: u64,
        /// Windows that no row of a commit came to.
        pub beyond: u64,
        /// Windows that had to be filled again.
        pub refills: u64,
        /// SQLite's instructions that one of those commits took on average.
        pub instructions_per_commit: Option<u64>,
        /// SQLite's instructions that maintaining a changed row takes by now.
        pub instructions_per_row: Option<u64>,
        /// SQLite's instructions that the last evaluation of a binding took on average.
        pub instructions_per_run: Option<u64>,
    }
}

message! {
    /// An index that would spare statements of a plan a scan.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct WantedIndex {
        /// The table.
        pub table: String,
        /// The columns by whose values its rows are asked for.
        pub columns: Vec<String>,
        /// The statement that makes it.
        pub sql: String,
    }
}
