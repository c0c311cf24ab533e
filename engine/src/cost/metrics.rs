//! Metrics: what keeping results up to date has come to. One [`Metrics::record`] raises the counters of the engine and those of
//! the template together.

use rustc_hash::FxHashMap;

use crate::types::{CommitId, TemplateId};

/// What happened to a binding at a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its plan brought the result up to date, or tried to; with the work of that.
    Maintained { commit: CommitId, instructions: u64 },
    /// The query was run again; with the work of that.
    Rerun { commit: CommitId, instructions: u64 },
    /// The cost gate refused to maintain it.
    Refused,
    /// A statement of its plan failed or took more than its budget.
    GivenUp,
    /// All changed rows sort behind the end of its window.
    Beyond,
    /// Its window ran short and was filled again.
    Refilled,
    /// The changes did not fit its rows: a fault.
    Repaired,
    /// Its subscribers were told this many edits.
    Edited { edits: usize },
}

/// How often each thing happened, in the engine or to the bindings of one template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// Results brought up to date by their plans.
    pub(crate) maintained: u64,
    /// Results evaluated again.
    pub(crate) requeries: u64,
    /// Of those, the ones that the cost gate refused.
    pub(crate) refused: u64,
    /// Of those, the ones whose plan failed or took too much.
    pub(crate) given_up: u64,
    /// Windows that no changed row came to.
    pub(crate) beyond: u64,
    /// Windows that were filled again.
    pub(crate) refills: u64,
    /// Results that did not fit their changes.
    pub(crate) repairs: u64,
    /// Edits, counted once for each binding.
    pub(crate) edits: u64,
}

impl Counters {
    fn raise(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Maintained { .. } => self.maintained += 1,
            Outcome::Rerun { .. } => self.requeries += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::GivenUp => self.given_up += 1,
            Outcome::Beyond => self.beyond += 1,
            Outcome::Refilled => self.refills += 1,
            Outcome::Repaired => self.repairs += 1,
            Outcome::Edited { edits } => self.edits += edits as u64,
        }
    }
}

/// The metrics of one template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TemplateMetrics {
    /// How often each thing happened to its bindings.
    pub(crate) counters: Counters,
    /// Commits that had any of them maintained or re-run.
    pub(crate) commits: u64,
    /// SQLite's instructions that all of it took.
    pub(crate) instructions: u64,
    /// The last of those commits.
    last: CommitId,
}

impl TemplateMetrics {
    fn record(&mut self, outcome: Outcome) {
        self.counters.raise(outcome);
        if let Outcome::Maintained { commit, instructions } | Outcome::Rerun { commit, instructions } = outcome {
            if self.commits == 0 || self.last != commit {
                self.commits += 1;
                self.last = commit;
            }
            self.instructions += instructions;
        }
    }
}

/// The metrics of the engine and of all templates.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    engine: Counters,
    templates: FxHashMap<TemplateId, TemplateMetrics>,
}

impl Metrics {
    /// Records what happened to a binding of a template.
    pub(crate) fn record(&mut self, template: TemplateId, outcome: Outcome) {
        self.engine.raise(outcome);
        self.templates.entry(template).or_default().record(outcome);
    }

    /// What happened in the engine so far, to templates that are gone as well.
    pub(crate) fn engine(&self) -> Counters {
        self.engine
    }

    /// What happened to the bindings of a template so far.
    pub(crate) fn template(&self, template: TemplateId) -> TemplateMetrics {
        self.templates.get(&template).copied().unwrap_or_default()
    }

    /// A template is gone.
    pub(crate) fn forget(&mut self, template: TemplateId) {
        self.templates.remove(&template);
    }
}

#[cfg(test)]
mod tests {
    use super::{Counters, Metrics, Outcome, TemplateMetrics};
    use crate::types::{CommitId, TemplateId};

    const A: TemplateId = TemplateId(1);
    const B: TemplateId = TemplateId(2);

    #[test]
    fn every_outcome_is_counted_for_the_engine_and_for_its_template() {
        let commit = CommitId(1);
        let outcomes = [
            Outcome::Maintained { commit, instructions: 5 },
            Outcome::Rerun { commit, instructions: 7 },
            Outcome::Refused,
            Outcome::GivenUp,
            Outcome::Beyond,
            Outcome::Refilled,
            Outcome::Repaired,
            Outcome::Edited { edits: 1 },
        ];
        let mut metrics = Metrics::default();
        outcomes.iter().for_each(|outcome| metrics.record(A, *outcome));
        let once = Counters {
            maintained: 1,
            requeries: 1,
            refused: 1,
            given_up: 1,
            beyond: 1,
            refills: 1,
            repairs: 1,
            edits: 1,
        };
        assert_eq!((metrics.engine(), metrics.template(A).counters), (once, once));
        assert_eq!(metrics.template(B), TemplateMetrics::default());
    }

    #[test]
    fn a_commit_counts_once_and_its_work_adds_up() {
        let mut metrics = Metrics::default();
        for (commit, instructions) in [(0, 1), (0, 2), (1, 4)] {
            metrics.record(A, Outcome::Maintained { commit: CommitId(commit), instructions });
            metrics.record(A, Outcome::Rerun { commit: CommitId(commit), instructions });
        }
        let template = metrics.template(A);
        assert_eq!((template.commits, template.instructions), (2, 14));
    }

    #[test]
    fn a_template_that_goes_takes_its_metrics_and_leaves_the_engines() {
        let mut metrics = Metrics::default();
        metrics.record(A, Outcome::Refused);
        metrics.forget(A);
        metrics.record(B, Outcome::Refused);
        assert_eq!(metrics.template(A), TemplateMetrics::default());
        assert_eq!((metrics.template(B).counters.refused, metrics.engine().refused), (1, 2));
    }
}
