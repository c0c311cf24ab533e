//! When a plan is tried again that could not keep its binding's result: the more often it failed, the later. What is re-run
//! costs then hardly more than its evaluations.

/// A plan rests for at most 2 to the power of this many evaluations.
const LONGEST: u32 = 6;

/// How often a binding's plan has failed, and for how many evaluations it rests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Setbacks {
    count: u32,
    rest: u32,
}

impl Setbacks {
    /// Whether the plan may be tried at this evaluation.
    pub(crate) fn may_try(&mut self) -> bool {
        let may = self.rest == 0;
        self.rest = self.rest.saturating_sub(1);
        may
    }

    /// The plan could not give the result.
    pub(crate) fn failed(&mut self) {
        self.count = (self.count + 1).min(LONGEST);
        self.rest = 1 << self.count;
    }
}

#[cfg(test)]
mod tests {
    use super::Setbacks;

    #[test]
    fn each_failure_doubles_the_rest() {
        let mut setbacks = Setbacks::default();
        let mut tried = Vec::new();
        for evaluation in 0..40 {
            if setbacks.may_try() {
                setbacks.failed();
                tried.push(evaluation);
            }
        }
        assert_eq!(tried, [0, 3, 8, 17, 34]);
    }
}
