//! What a case may use: each case draws a random half.

use crate::random::Random;

/// Something that a case can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Feature {
    Aggregates,
    Collations,
    Compounds,
    Ctes,
    Distinct,
    ExpressionIndexes,
    Extremes,
    Failures,
    ForeignKeys,
    FourPhase,
    Generated,
    InnerJoins,
    Json,
    Limits,
    MixedTypes,
    OuterJoins,
    Parameters,
    PartialIndexes,
    Recursion,
    Replace,
    Savepoints,
    SchemaChanges,
    Siblings,
    Strict,
    Subqueries,
    Transactions,
    Triggers,
    Upserts,
    Views,
    Windows,
    WithoutRowid,
}

/// A set of features.
#[derive(Clone, Copy, Debug)]
pub(super) struct Features(u64);

impl Features {
    /// A random half. Now and then a case has everything.
    pub(super) fn any(random: &mut Random) -> Self {
        let half = random.bits();
        Self(if random.chance(5) { u64::MAX } else { half })
    }

    pub(super) fn has(self, feature: Feature) -> bool {
        self.0 & (1 << feature as u8) != 0
    }

    /// These as well.
    pub(super) fn with(self, features: &[Feature]) -> Self {
        Self(features.iter().fold(self.0, |set, feature| set | 1 << *feature as u8))
    }

    /// Without these.
    pub(super) fn without(self, features: &[Feature]) -> Self {
        Self(features.iter().fold(self.0, |set, feature| set & !(1 << *feature as u8)))
    }
}
