//! How tests choose the features that the planner does not use.

use std::fmt;
use std::str::FromStr;

use super::{DisabledFeatures, PlannerFeature};

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
}

impl DisabledFeatures {
    /// The set with one more feature.
    #[must_use]
    pub fn and(self, feature: PlannerFeature) -> Self {
        Self(self.0 | 1 << feature as u32)
    }

    /// The union of two sets.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
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
}

impl FromIterator<PlannerFeature> for DisabledFeatures {
    fn from_iter<I: IntoIterator<Item = PlannerFeature>>(features: I) -> Self {
        features.into_iter().fold(Self::NOTHING, Self::and)
    }
}

impl fmt::Display for DisabledFeatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.features().map(PlannerFeature::name).collect::<Vec<_>>().join(","))
    }
}

/// A name that no planner feature has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no planner feature is called `{0}`")]
pub struct UnknownFeature(String);

impl FromStr for DisabledFeatures {
    type Err = UnknownFeature;

    fn from_str(names: &str) -> Result<Self, UnknownFeature> {
        let named = |name: &str| PlannerFeature::ALL.into_iter().find(|feature| feature.name() == name);
        let features = names.split(',').map(str::trim).filter(|name| !name.is_empty());
        features.map(|name| named(name).ok_or_else(|| UnknownFeature(name.to_owned()))).collect()
    }
}
