//! What a case brings to light.

use std::fmt;

/// Kinds of wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A subscription's rows are not what SQLite returns.
    Mismatch,
    /// SQLite accepts the query and the engine does not.
    Rejected,
    /// The engine panicked.
    Crash,
    /// Events out of order, twice, empty, or with edits that cannot be applied.
    Hygiene,
    /// A write went another way than in SQLite.
    Write,
    /// The captured changes are not what happened to the tables.
    Capture,
    /// Nothing wrong: a write ran longer than a test may, or does something else each time. The case ends there.
    GaveUp,
    /// What a plan said had changed could not be done to the result: the engine noticed and evaluated it anew.
    Repair,
    /// A late subscriber sees something else than an early one.
    Late,
}

impl Fault {
    /// Its name in lower case.
    #[must_use]
    pub fn name(self) -> String {
        format!("{self:?}").to_ascii_lowercase()
    }
}

/// One finding; the case ends with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind.
    pub fault: Fault,
    /// The query or script that shows it.
    pub sql: String,
    /// What was expected and what came.
    pub detail: String,
    /// The index of the step that brought it to light.
    pub step: usize,
}

impl Finding {
    /// A finding; the step is filled in by who takes the steps.
    #[must_use]
    pub fn new(fault: Fault, sql: &str, detail: String) -> Self {
        Self { fault, sql: sql.to_owned(), detail, step: 0 }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at step {}: {}\n  {}", self.fault, self.step, self.sql, self.detail)
    }
}
