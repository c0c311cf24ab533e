//! Counts of outcomes, so that a test that compares nothing or skips half is visible.

use std::collections::BTreeMap;
use std::fmt;

use crate::compare::Agreement;

/// What a run has done and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Histories.
    pub cases: u64,
    /// Commits, of which each live subscription was compared.
    pub commits: u64,
    /// Subscriptions that were made.
    pub subscriptions: u64,
    /// Of these, those maintained from changes.
    pub incremental: u64,
    /// Of these, those re-run.
    pub requery: u64,
    /// Results brought up to date by their plans.
    pub maintained: u64,
    /// Results that were re-run.
    pub rerun: u64,
    /// Results that were re-run because the cost gate found that cheaper.
    pub refused: u64,
    /// Windows that were filled again.
    pub refills: u64,
    /// Subscriptions whose result changed after they were made.
    pub moved: u64,
    /// Comparisons that agreed row by row.
    pub exact: u64,
    /// Comparisons that agreed up to an order or choice that SQL leaves open.
    pub tied: u64,
    /// Comparisons of answers that depend on SQLite's scan.
    pub plan_dependent: u64,
    /// Comparisons of queries that answer differently each time: nothing was checked.
    pub sampled: u64,
    /// Comparisons in which both the engine and SQLite said that the query fails.
    pub failing: u64,
    /// Diffs that were delivered.
    pub diffs: u64,
    /// Diffs that only moved rows of a query without ORDER BY: nobody needs them.
    pub needless_moves: u64,
    /// Diffs in which a row goes and comes again.
    pub wasteful: u64,
    /// Base tables compared with what capture reported.
    pub tables: u64,
    /// Queries that SQLite accepts and the engine does not: must be none.
    pub rejected: u64,
    /// Queries that SQLite itself does not accept.
    pub invalid: u64,
    /// Writes that failed, alike in both.
    pub failed_writes: u64,
    /// Subscriptions given up because SQLite takes too long to answer.
    pub too_slow: u64,
    /// Subscriptions that ended because a table or column is gone.
    pub closed: u64,
    /// Wrong answers: must be none.
    pub mismatches: u64,
    /// Panics of the engine: must be none.
    pub crashes: u64,
    /// Why subscriptions have no plan, and how many of them.
    pub reasons: BTreeMap<String, u64>,
}

impl Tally {
    /// The number of comparisons: one for each subscription at each commit.
    #[must_use]
    pub fn comparisons(&self) -> u64 {
        self.exact + self.tied + self.plan_dependent + self.failing
    }

    /// The share of subscriptions, in percent, whose result changed: a history that changes nothing checks nothing.
    #[must_use]
    pub fn moved_percent(&self) -> u64 {
        (self.moved * 100).checked_div(self.subscriptions).unwrap_or(0)
    }

    /// The share of subscriptions, in percent, that are maintained from changes.
    #[must_use]
    pub fn incremental_percent(&self) -> u64 {
        (self.incremental * 100).checked_div(self.subscriptions).unwrap_or(0)
    }

    /// The share of queries, in percent, that SQLite did not accept.
    #[must_use]
    pub fn invalid_percent(&self) -> u64 {
        (self.invalid * 100).checked_div(self.subscriptions + self.invalid).unwrap_or(0)
    }

    /// Counts a comparison.
    pub fn count(&mut self, agreement: Agreement) {
        match agreement {
            Agreement::Exact => self.exact += 1,
            Agreement::Tied => self.tied += 1,
            Agreement::PlanDependent => self.plan_dependent += 1,
            Agreement::Sampled => self.sampled += 1,
        }
    }

    /// Adds another run's counts.
    pub fn include(&mut self, other: &Self) {
        let mut theirs = other.clone();
        for ((_, mine), (_, theirs)) in self.fields().into_iter().zip(theirs.fields()) {
            *mine += *theirs;
        }
        for (reason, count) in &other.reasons {
            *self.reasons.entry(reason.clone()).or_default() += count;
        }
    }

    /// Why subscriptions have no plan, the most frequent reasons first.
    #[must_use]
    pub fn reasons(&self) -> String {
        let mut reasons: Vec<(&String, &u64)> = self.reasons.iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        reasons.iter().map(|(reason, count)| format!("{count:>8}  {reason}\n")).collect()
    }

    fn fields(&mut self) -> [(&'static str, &mut u64); 26] {
        [
            ("cases", &mut self.cases),
            ("commits", &mut self.commits),
            ("subscriptions", &mut self.subscriptions),
            ("incremental", &mut self.incremental),
            ("requery", &mut self.requery),
            ("maintained", &mut self.maintained),
            ("rerun", &mut self.rerun),
            ("refused", &mut self.refused),
            ("refills", &mut self.refills),
            ("moved", &mut self.moved),
            ("exact", &mut self.exact),
            ("tied", &mut self.tied),
            ("plan dependent", &mut self.plan_dependent),
            ("sampled", &mut self.sampled),
            ("failing", &mut self.failing),
            ("diffs", &mut self.diffs),
            ("needless_moves", &mut self.needless_moves),
            ("wasteful", &mut self.wasteful),
            ("tables", &mut self.tables),
            ("rejected", &mut self.rejected),
            ("invalid", &mut self.invalid),
            ("failed writes", &mut self.failed_writes),
            ("too slow", &mut self.too_slow),
            ("closed", &mut self.closed),
            ("mismatches", &mut self.mismatches),
            ("crashes", &mut self.crashes),
        ]
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} comparisons ({}% of subscriptions moved)", self.comparisons(), self.moved_percent())?;
        self.clone().fields().iter().try_for_each(|(name, count)| write!(f, ", {name} {count}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn counts_add_up() {
        let mut all = Tally { exact: 1, ..Tally::default() };
        all.include(&Tally { exact: 2, failing: 3, crashes: 1, ..Tally::default() });
        assert_eq!(all, Tally { exact: 3, failing: 3, crashes: 1, ..Tally::default() });
        assert_eq!(all.comparisons(), 6);
    }
}
