//! What a case finds.

use std::fmt;

/// The kinds of faults.
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
    /// A write had another outcome than in SQLite.
    Write,
    /// The captured changes differ from the changes of the tables.
    Capture,
    /// No fault: a write took too long or is nondeterministic. The case ends there.
    GaveUp,
    /// A plan's changes did not fit the result: the engine noticed and evaluated it again.
    Repair,
    /// A late subscriber sees another result than an early one.
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
    /// The expected and the actual result.
    pub detail: String,
    /// The index of the step that showed it.
    pub step: usize,
}

impl Finding {
    /// A finding; the runner fills in the step.
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
