//! A prepared query: what it depends on, and its plan.

use std::sync::Arc;

use crate::plan::{Dependencies, Plan, Reason};
use crate::results::Order;
use crate::types::{SortedSet, Value};

/// A query with what it takes to run and to maintain it.
#[derive(Clone, Debug)]
pub(crate) struct PreparedQuery {
    /// The text as it was given.
    pub(crate) sql: Arc<str>,
    /// The template's text: normalised, with slots for literals.
    pub(crate) template: Arc<str>,
    /// The values of the literals.
    pub(crate) literals: Vec<Value>,
    /// Names of the columns.
    pub(crate) columns: Arc<[String]>,
    /// Names of the parameter slots.
    pub(crate) slots: Arc<[Option<String>]>,
    /// Whether the query has an ORDER BY of its own.
    pub(crate) order: Order,
    /// What the result depends on.
    pub(crate) dependencies: Arc<Dependencies>,
    /// How the derived dependencies and what SQLite's authorizer reported differ, if they do.
    pub(crate) disagreement: Option<String>,
    /// Why the text could not be parsed here, if SQLite alone could.
    pub(crate) unparsed: Option<Reason>,
    /// How the result is maintained, or why it is re-run.
    pub(crate) planned: Result<Planned, Reason>,
}

/// A plan with what it takes to run it.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) plan: Arc<Plan>,
    /// The literals that became parameters.
    pub(crate) literals: Vec<Value>,
    /// The tables whose virtual columns it reads.
    pub(crate) virtual_columns: SortedSet<Arc<str>>,
}
