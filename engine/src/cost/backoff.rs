//! When a plan is tried again that was not worth it: the more often in a row, the later. What is re-run costs then hardly
//! more than its evaluations, and one commit that is too large for a good plan does it no harm.

/// A plan rests for less than 2 to the power of this many evaluations.
const LONGEST: u32 = 6;

/// How often in a row a binding's plan was not worth it, and for how many evaluations it rests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff {
    count: u32,
    rest: u32,
}

impl Backoff {
    /// Whether the plan may be tried at this evaluation.
    pub(crate) fn may_try(&mut self) -> bool {
        let may = self.rest == 0;
        self.rest = self.rest.saturating_sub(1);
        may
    }

    /// The plan could not give the result, or cost more than an evaluation. The first time it does not rest.
    pub(crate) fn failed(&mut self) {
        self.count = (self.count + 1).min(LONGEST);
        self.rest = (1 << self.count) - 2;
    }

    /// The plan cost less than an evaluation.
    pub(crate) fn succeeded(&mut self) {
        self.count = 0;
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
    fn each_failure_doubles_the_rest() {
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
