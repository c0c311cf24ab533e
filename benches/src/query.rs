//! A query of a suite, and the writes that affect it.

use serde::Serialize;
use tidewater::{Engine, Params, Value};

use crate::failure::Outcome;

/// The main operator of a query, by which costs are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Rows of one table.
    Filter,
    /// Inner joins.
    Join,
    /// Outer joins.
    LeftJoin,
    /// Aggregates.
    Group,
    /// The first rows of an order.
    Window,
    /// DISTINCT.
    Distinct,
    /// Compound selects.
    Union,
    /// EXISTS, IN and scalar subqueries.
    Exists,
    /// Recursive common table expressions.
    Recursive,
    /// OVER.
    Over,
}

impl Class {
    /// All, in the order of the table of costs.
    pub const ALL: [Self; 10] = [
        Self::Filter,
        Self::Join,
        Self::LeftJoin,
        Self::Group,
        Self::Window,
        Self::Distinct,
        Self::Union,
        Self::Exists,
        Self::Recursive,
        Self::Over,
    ];

    /// The name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Join => "join",
            Self::LeftJoin => "left join",
            Self::Group => "group",
            Self::Window => "window",
            Self::Distinct => "distinct",
            Self::Union => "union",
            Self::Exists => "exists",
            Self::Recursive => "recursive",
            Self::Over => "over",
        }
    }
}

/// A statement with its parameters.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The text.
    pub sql: String,
    /// The parameters.
    pub params: Vec<Value>,
}

impl Statement {
    /// A statement.
    #[must_use]
    pub fn new(sql: &str, params: Vec<Value>) -> Self {
        Self { sql: sql.to_owned(), params }
    }

    /// Executes it.
    ///
    /// # Errors
    /// An error of the engine.
    pub fn exec(&self, engine: &Engine) -> Outcome<()> {
        engine.exec(&self.sql, self.params.clone())?;
        Ok(())
    }
}

/// A statement and its undo, so that a database is the same after any number of rounds.
#[derive(Clone, Debug)]
pub struct Write {
    /// The one that is measured.
    pub apply: Statement,
    /// The undo.
    pub undo: Statement,
}

impl Write {
    /// A write from two texts without parameters.
    #[must_use]
    pub fn of(apply: &str, undo: &str) -> Self {
        Self { apply: Statement::new(apply, Vec::new()), undo: Statement::new(undo, Vec::new()) }
    }
}

/// A query.
#[derive(Clone, Debug)]
pub struct Query {
    /// What it is called in tables.
    pub name: String,
    /// Its main operator.
    pub class: Class,
    /// Its text.
    pub sql: String,
    /// Its parameters.
    pub params: Vec<Value>,
    /// Writes that may change its result; the first that does is used.
    pub writes: Vec<Write>,
}

impl Query {
    /// The parameters as the engine takes them.
    #[must_use]
    pub fn params(&self) -> Params {
        Params::from(self.params.clone())
    }
}
