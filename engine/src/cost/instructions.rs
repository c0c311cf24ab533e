//! Instruction budgets: how many of SQLite's instructions maintaining and hydrating may take before they are given up.

/// Maintaining may always take so many instructions, however cheap an evaluation is.
const LEAST: u64 = 5_000;

/// What maintaining and hydrating may take where no cost gate compares them with an evaluation.
const WITHOUT_GATE: u64 = 5_000_000;

/// How many times the work of an evaluation maintaining may take before it is given up.
const DEARER_MAINTENANCE: u64 = 2;

/// What the first rows of a plan may take while the cost of the query itself is unknown: about a second at most.
const FREE_HYDRATION: u64 = 20_000_000;

/// How many times the work of the query itself the first rows may take: it is spent once, to save work at every commit. But
/// where the query stops at its LIMIT, a plan that has to see all rows may not end in anybody's time.
const DEARER_HYDRATION: u64 = 8;

/// Where maintaining takes more than this part of what the plan's first rows took, the cost of the query itself is worth
/// knowing.
const DOUBTFUL: u64 = 8;

/// How many rows OFFSET may leave out for each shown row, and how many more: they are held as well.
const MOST_LEFT_OUT: (usize, usize) = (8, 1000);

/// The instruction budgets of an engine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InstructionBudgets {
    is_gated: bool,
}

impl InstructionBudgets {
    pub(crate) fn new(is_gated: bool) -> Self {
        Self { is_gated }
    }

    /// Whether a cost gate compares maintaining with evaluating again.
    pub(crate) fn is_gated(self) -> bool {
        self.is_gated
    }

    /// For maintaining a result whose evaluation took this much.
    pub(crate) fn maintenance(self, evaluation: u64) -> u64 {
        match self.is_gated {
            true => evaluation.saturating_mul(DEARER_MAINTENANCE).max(LEAST),
            false => WITHOUT_GATE,
        }
    }

    /// For the first rows of a plan while the cost of the query itself is unknown.
    pub(crate) fn hydration(self) -> u64 {
        if self.is_gated { FREE_HYDRATION } else { WITHOUT_GATE }
    }

    /// For a second attempt, once the query itself took this much; nothing if the first one had as much.
    pub(crate) fn second_hydration(self, query: u64) -> Option<u64> {
        Some(query.saturating_mul(DEARER_HYDRATION)).filter(|budget| *budget > self.hydration())
    }
}

/// Whether maintaining took enough that the cost of the query itself should be measured: `hydration` is what the plan's first
/// rows took, which may say little about the query.
pub(crate) fn should_measure_query(instructions: u64, hydration: u64) -> bool {
    instructions > LEAST && instructions > hydration / DOUBTFUL
}

/// Whether a window's rows are near enough to the start of their order that all rows up to its end are held.
pub(crate) fn is_window_near(offset: usize, limit: Option<usize>) -> bool {
    let (each, more) = MOST_LEFT_OUT;
    limit.is_none_or(|limit| offset <= limit.saturating_mul(each).saturating_add(more))
}

#[cfg(test)]
mod tests {
    use super::{InstructionBudgets, is_window_near, should_measure_query};

    #[test]
    fn maintaining_may_take_twice_an_evaluation_and_never_less_than_a_minimum() {
        let gated = InstructionBudgets::new(true);
        assert_eq!(gated.maintenance(0), 5_000);
        assert_eq!(gated.maintenance(10_000), 20_000);
        assert_eq!(gated.maintenance(u64::MAX), u64::MAX);
        assert_eq!(InstructionBudgets::new(false).maintenance(10_000), 5_000_000);
    }

    #[test]
    fn a_second_hydration_is_tried_only_with_more_than_the_first_had() {
        let gated = InstructionBudgets::new(true);
        assert_eq!(gated.second_hydration(gated.hydration() / 8), None);
        assert_eq!(gated.second_hydration(gated.hydration()), Some(gated.hydration() * 8));
    }

    #[test]
    fn the_query_is_measured_where_maintaining_is_dear_beside_the_first_rows() {
        assert!(!should_measure_query(5_000, 0));
        assert!(should_measure_query(5_001, 0) && should_measure_query(10_000, 79_999));
        assert!(!should_measure_query(10_000, 80_000));
    }

    #[test]
    fn rows_left_out_are_held_only_beside_enough_shown_ones() {
        assert!(is_window_near(1_080, Some(10)) && !is_window_near(1_081, Some(10)));
        assert!(is_window_near(usize::MAX, None) && is_window_near(usize::MAX, Some(usize::MAX)));
    }
}
