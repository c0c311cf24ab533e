//! When a plan that was not worth its cost is tried again: the more often in a row it failed, the later. Re-running then costs
//! hardly more than the evaluations themselves, and one commit that is too large for a good plan does it no harm.

/// A plan is left out for less than 2 to the power of this many evaluations.
const MOST_DOUBLINGS: u32 = 6;

/// How often in a row a binding's plan was not worth its cost, and how many evaluations still go without it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
    skips: u32,
}

impl Backoff {
    /// Whether this evaluation may use the plan. Each call counts as one evaluation.
    pub(crate) fn may_try(&mut self) -> bool {
        let may = self.skips == 0;
        self.skips = self.skips.saturating_sub(1);
        may
    }

    /// The plan could not give the result, or cost more than an evaluation. After the first failure it is tried at once.
    pub(crate) fn failed(&mut self) {
        self.failures = (self.failures + 1).min(MOST_DOUBLINGS);
        self.skips = (1 << self.failures) - 2;
    }

    /// The plan cost less than an evaluation.
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;

    /// At which of forty evaluations a plan is tried that then does what it does.
    fn tried(then: impl Fn(&mut Backoff)) -> Vec<u32> {
        let mut backoff = Backoff::default();
        let tried = (0..40).filter(|_| {
            let may = backoff.may_try();
            if may {
                then(&mut backoff);
            }
            may
        });
        tried.collect()
    }

    #[test]
    fn each_failure_doubles_the_wait() {
        assert_eq!(tried(Backoff::failed), [0, 1, 4, 11, 26]);
    }

    #[test]
    fn a_success_forgets_the_failures() {
        let mixed = |backoff: &mut Backoff| {
            backoff.failed();
            backoff.succeeded();
        };
        assert_eq!(tried(mixed), (0..40).collect::<Vec<_>>());
    }
}
