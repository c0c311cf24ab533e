//! Counters of the engine's work.

use serde::Serialize;

/// What an engine holds and has done so far. Work is counted, not timed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Commits that were routed.
    pub commits: u64,
    /// Live subscriptions.
    pub subscriptions: u64,
    /// Distinct templates among them.
    pub templates: u64,
    /// Distinct templates with values, each evaluated once.
    pub bindings: u64,
    /// Dataflows that maintain results incrementally.
    pub dataflows: u64,
    /// Bytes of everything held: the results, and what plans remember beside them.
    pub state_bytes: u64,
    /// Bytes of what plans remember beside the results.
    pub remembered_bytes: u64,
    /// The limit of those bytes, if there is one: [`Options::memory_budget`](crate::Options::memory_budget).
    pub memory_budget: Option<u64>,
    /// How often the memory of a binding was dropped because all plans together exceeded the limit.
    pub evicted: u64,
    /// Bindings that have a plan and are re-run, because there is no room for what it remembers.
    pub without_state: u64,
    /// Queries re-run because a commit could affect them.
    pub requeries: u64,
    /// Results that their plans brought up to date from what a commit changed.
    pub maintained: u64,
    /// Results re-run because maintaining them would have cost more.
    pub refused: u64,
    /// Results re-run because a statement of their plan failed, or maintaining them exceeded its instruction budget.
    pub given_up: u64,
    /// Windows that stayed as they were because all changed rows sort behind their end.
    pub beyond: u64,
    /// Windows that ran short of rows and were filled again.
    pub refills: u64,
    /// Statements of path lookups: they follow joins from changed rows to the values that results are looked up by.
    pub lookups: u64,
    /// Results that did not fit their changes, and so were re-run; 0 unless there is a fault.
    pub repairs: u64,
    /// Rows that commits changed in columns that subscriptions read. Of a table of which a commit changes more rows than are worth
    /// looking at one by one, each write counts.
    pub rows_in: u64,
    /// Edits that went out, counted once for each binding.
    pub rows_out: u64,
    /// Queries from which SQLite reads more than was derived from their text; the union is used.
    pub disagreements: u64,
    /// Results that paranoid mode found to differ from SQLite's.
    pub divergences: u64,
    /// Events that wait in subscriptions until they are read.
    pub waiting_events: u64,
    /// Bytes of those events.
    pub waiting_bytes: u64,
    /// Events that were merged with others because their subscriptions were not read:
    /// [`Options::waiting_events`](crate::Options::waiting_events).
    pub merged_events: u64,
}
