//! How tests choose the features that the planner does not use.

use std::str::FromStr;

use super::{DisabledFeatures, PlannerFeature};

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
}

impl FromIterator<PlannerFeature> for DisabledFeatures {
    fn from_iter<I: IntoIterator<Item = PlannerFeature>>(features: I) -> Self {
        features.into_iter().fold(Self::NOTHING, Self::and)
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
