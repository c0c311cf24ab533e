//! What the planner chooses from: strategies, ways to take a SELECT, and rewrites. Each can be left out, so that tests see
//! the next one that is correct at work.

use std::fmt;
use std::str::FromStr;

use super::Reason;

/// A strategy, a way to take a SELECT, or a rewrite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// Rows of changed rows; without it, `key recompute` by row.
    Delta,
    /// Rows of one table evaluated without SQLite where they can be; without it, by statements.
    Evaluator,
    /// Groups by sums; without it, `key recompute` by group.
    Accumulate,
    /// Expressions of groups and sums as a projection of these; without it, `key recompute` by group.
    Projection,
    /// Touched keys asked for anew.
    Recompute,
    /// DISTINCT and compound SELECTs by counts.
    Combine,
    /// Recursive CTEs followed step by step.
    Fixpoint,
    /// LIMIT and OFFSET over what is maintained.
    Window,
    /// The part of an ordered result that is filled from a statement where nothing is remembered; without it, all rows are
    /// taken from the nodes.
    Prefix,
    /// Rows beyond the end of what a window holds passed over.
    Beyond,
    /// A SELECT over its FROM as it stands; without it, over the derived tables that `over_rows` and `over_held` make,
    /// where they make some.
    Direct,
    /// Groups and window functions over the derived table of their rows.
    OverRows,
    /// A SELECT over derived tables all of which are held.
    OverHeld,
    /// Sums over an outer join as sums over two SELECTs that are linear.
    Padded,
    /// A subquery of one row as an item of FROM.
    Scalar,
    /// LEFT JOIN as an inner one where a row of NULLs is refused.
    OuterToInner,
    /// A plain derived table as the items that it is of.
    Flatten,
    /// RIGHT and FULL joins taken apart.
    Fold,
    /// Conditions moved into derived tables.
    Pushdown,
    /// Conditions that are worth a constant left out.
    Constant,
    /// DISTINCT left out where no rows are equal.
    Distinct,
    /// Columns that nobody names left out of derived tables.
    Prune,
    /// Columns that the groups decide among the groups' values; without it, they are of any row of a group.
    Decided,
}

impl Choice {
    /// All of them.
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
        Self::Decided,
    ];

    /// Its name, as a command line writes it.
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
            Self::Decided => "decided",
        }
    }
}

/// What the planner has to do without: see [`Options::without`](crate::Options::without).
///
/// As text, names with commas between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Without(u32);

impl Without {
    /// Nothing is left out.
    pub const NOTHING: Self = Self(0);

    /// The set with one more.
    #[must_use]
    pub fn and(self, choice: Choice) -> Self {
        Self(self.0 | 1 << choice as u32)
    }

    /// What is in either of two sets.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether nothing is left out.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self.0 == 0
    }

    /// Whether this is left out.
    #[must_use]
    pub fn has(self, choice: Choice) -> bool {
        self.0 & 1 << choice as u32 != 0
    }

    /// What is left out.
    pub fn choices(self) -> impl Iterator<Item = Choice> {
        Choice::ALL.into_iter().filter(move |choice| self.has(*choice))
    }

    /// That a choice is there.
    pub(super) fn allows(self, choice: Choice) -> Result<(), Reason> {
        match self.has(choice) {
            false => Ok(()),
            true => Err(Reason::Disabled(choice)),
        }
    }
}

impl FromIterator<Choice> for Without {
    fn from_iter<I: IntoIterator<Item = Choice>>(choices: I) -> Self {
        choices.into_iter().fold(Self::NOTHING, Self::and)
    }
}

impl fmt::Display for Without {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.choices().map(Choice::name).collect::<Vec<_>>().join(","))
    }
}

/// A name that no choice has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no choice of the planner's is called `{0}`")]
pub struct UnknownChoice(String);

impl FromStr for Without {
    type Err = UnknownChoice;

    fn from_str(names: &str) -> Result<Self, UnknownChoice> {
        let named = |name: &str| Choice::ALL.into_iter().find(|choice| choice.name() == name);
        let choices = names.split(',').map(str::trim).filter(|name| !name.is_empty());
        choices.map(|name| named(name).ok_or_else(|| UnknownChoice(name.to_owned()))).collect()
    }
}
