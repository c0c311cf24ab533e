//! What keeping the bindings of a template up to date has come to so far. Work is counted, not timed.

use crate::types::{CommitId, PlanId};

/// What commits have had done to the bindings of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Commits that had any of them maintained or re-run.
    pub(crate) commits: u64,
    /// Results brought up to date from what a commit changed.
    pub(crate) maintained: u64,
    /// Results evaluated anew, whyever.
    pub(crate) requeries: u64,
    /// Results evaluated anew because maintaining them would have cost more.
    pub(crate) refused: u64,
    /// Results evaluated anew because a statement of the plan failed or maintaining them got too dear.
    pub(crate) given_up: u64,
    /// Windows that no row of a commit came to.
    pub(crate) beyond: u64,
    /// Windows that had to be filled again.
    pub(crate) refills: u64,
    /// SQLite's instructions that all of it took.
    pub(crate) work: u64,
    last: CommitId,
}

impl Counts {
    /// A commit had work done.
    pub(crate) fn worked(&mut self, commit: CommitId, work: u64) {
        if self.commits == 0 || self.last != commit {
            self.commits += 1;
            self.last = commit;
        }
        self.work += work;
    }
}

/// How things stand with a template that is subscribed to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standings {
    pub(crate) bindings: u64,
    pub(crate) subscriptions: u64,
    /// The plans of its bindings; those that are re-run have none.
    pub(crate) plans: Vec<PlanId>,
    /// How many bindings have one.
    pub(crate) planned: u64,
    /// Rows that are held for results.
    pub(crate) state_rows: u64,
    /// Bytes of them.
    pub(crate) state_bytes: u64,
    /// What the last evaluations of its bindings cost together.
    pub(crate) evaluations: u64,
    pub(crate) counts: Counts,
}
