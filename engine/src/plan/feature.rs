//! The features of the planner: strategies, ways to plan a SELECT, and rewrites. Tests disable some of them, so that the next
//! correct way to plan a query is exercised as well.

#[cfg(feature = "testing")]
pub mod choosing;

use std::fmt;

use super::Reason;
use super::reason::reached;

/// A strategy, a way to plan a SELECT, or a rewrite.
///
/// Whatever is disabled, every result stays the same; only what it costs changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlannerFeature {
    /// The strategy `delta`. Without it, rows are maintained by `key recompute` by row.
    Delta,
    /// Evaluates rows of one table without SQLite where that is possible. Without it, statements do.
    Evaluator,
    /// The strategy `accumulate` for groups. Without it, groups are maintained by `key recompute`.
    Accumulate,
    /// Plans expressions of groups and sums as a projection over a derived table of these. Without it, groups are maintained
    /// by `key recompute`.
    Projection,
    /// The strategy `key recompute`.
    Recompute,
    /// DISTINCT and compound SELECTs by counting rows.
    Combine,
    /// The strategy `fixpoint` for recursive CTEs.
    Fixpoint,
    /// LIMIT and OFFSET over a maintained result.
    Window,
    /// Fills a window from an ordered statement where the plan has no state. Without it, all rows come from the nodes.
    Prefix,
    /// Skips changed rows that sort behind the end of a window.
    Beyond,
    /// Plans a SELECT over its FROM as it stands. Without it, `over_rows` and `over_held` come first where they apply.
    Direct,
    /// Plans groups and window functions over a derived table of their rows.
    OverRows,
    /// Plans a SELECT over derived tables that are all held.
    OverHeld,
    /// Plans sums over an outer join as sums over two linear SELECTs.
    Padded,
    /// Rewrites a subquery of one row into an item of FROM.
    Scalar,
    /// Rewrites LEFT JOIN into an inner join where a condition rejects rows of NULLs.
    OuterToInner,
    /// Rewrites a plain derived table into the items of its FROM.
    Flatten,
    /// Rewrites RIGHT and FULL joins into LEFT joins and unions.
    Fold,
    /// Moves conditions into derived tables.
    Pushdown,
    /// Removes conditions that are constant.
    Constant,
    /// Removes DISTINCT where no two rows are equal.
    Distinct,
    /// Removes columns of derived tables that nothing names.
    Prune,
    /// Treats columns that are functionally determined by the groups as values of the group. Without it, they may be those of
    /// any row of a group.
    Determined,
}

impl PlannerFeature {
    /// Every feature.
    pub const ALL: [Self; 23] = [
        Self::Delta,
        Self::Evaluator,
        Self::Accumulate,
        Self::Projection,
        Self::Recompute,
        Self::Combine,
        Self::Fixpoint,
        Self::Window,
        Self::Prefix,
        Self::Beyond,
        Self::Direct,
        Self::OverRows,
        Self::OverHeld,
        Self::Padded,
        Self::Scalar,
        Self::OuterToInner,
        Self::Flatten,
        Self::Fold,
        Self::Pushdown,
        Self::Constant,
        Self::Distinct,
        Self::Prune,
        Self::Determined,
    ];

    /// The name by which command lines, [`DisabledFeatures`] and oracle cases write the feature.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Delta => "delta",
            Self::Evaluator => "evaluator",
            Self::Accumulate => "accumulate",
            Self::Projection => "projection",
            Self::Recompute => "recompute",
            Self::Combine => "combine",
            Self::Fixpoint => "fixpoint",
            Self::Window => "window",
            Self::Prefix => "prefix",
            Self::Beyond => "beyond",
            Self::Direct => "direct",
            Self::OverRows => "over_rows",
            Self::OverHeld => "over_held",
            Self::Padded => "padded",
            Self::Scalar => "scalar",
            Self::OuterToInner => "outer_to_inner",
            Self::Flatten => "flatten",
            Self::Fold => "fold",
            Self::Pushdown => "pushdown",
            Self::Constant => "constant",
            Self::Distinct => "distinct",
            Self::Prune => "prune",
            Self::Determined => "determined",
        }
    }
}

/// A set of features that the planner does not use: see `Options::with_disabled_features`.
///
/// Its text, in both directions, is the names of the features with commas between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DisabledFeatures(u32);

impl DisabledFeatures {
    /// No feature is disabled.
    pub const NOTHING: Self = Self(0);

    /// Whether a feature is disabled.
    #[must_use]
    pub fn has(self, feature: PlannerFeature) -> bool {
        self.0 & 1 << feature as u32 != 0
    }

    /// Whether no feature is disabled.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self.0 == 0
    }

    /// The disabled features.
    pub fn features(self) -> impl Iterator<Item = PlannerFeature> {
        PlannerFeature::ALL.into_iter().filter(move |feature| self.has(*feature))
    }

    /// Fails with [`Reason::Disabled`] if the feature is disabled.
    pub(super) fn allows(self, feature: PlannerFeature) -> Result<(), Reason> {
        match self.has(feature) {
            false => Ok(()),
            true => Err(reached(Reason::Disabled(feature))),
        }
    }
}

impl fmt::Display for DisabledFeatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.features().map(PlannerFeature::name).collect::<Vec<_>>().join(","))
    }
}
