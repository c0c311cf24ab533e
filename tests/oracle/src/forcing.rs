//! Forcings: some of the planner's features are disabled, so that the same query is maintained in other ways. All of
//! them agree with SQLite, and so with each other.

use std::collections::BTreeMap;
use std::fmt;

use tidewater::{DisabledFeatures, PlannerFeature};

use crate::random::Random;
use crate::tally::Tally;

/// Keeps what is left out apart from what the case itself makes of its seed.
const SALT: u64 = 0x5f0c_1e65;

/// What is disabled in so many plays of a seed's case: often one feature, else two or three.
#[must_use]
pub fn drawn(seed: u64, plays: usize) -> Vec<DisabledFeatures> {
    let mut random = Random::new(seed ^ SALT);
    let mut draw = || {
        let features = if random.chance(50) { 1 } else { random.between(2, 3) };
        (0..features).map(|_| *random.pick(&PlannerFeature::ALL)).collect()
    };
    (0..plays).map(|_| draw()).collect()
}

/// What was counted of plays in which something was left out, by what.
#[derive(Clone, Debug, Default)]
pub struct Forcings(BTreeMap<PlannerFeature, Tally>);

impl Forcings {
    /// Adds what a play gave, to each feature that was disabled in it.
    pub fn count(&mut self, disabled: DisabledFeatures, tally: &Tally) {
        for feature in disabled.features() {
            self.0.entry(feature).or_default().include(tally);
        }
    }

    /// The features with what was counted where they were disabled.
    pub fn by_feature(&self) -> impl Iterator<Item = (PlannerFeature, &Tally)> {
        self.0.iter().map(|(feature, tally)| (*feature, tally))
    }
}

impl fmt::Display for Forcings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (feature, tally) in &self.0 {
            writeln!(
                f,
                "disabled {:<14} {:>8} subscriptions, {:>3} % incremental, {:>8} maintained, {:>8} rerun, {:>8} comparisons, {} mismatches",
                feature.name(),
                tally.subscriptions,
                tally.incremental_percent(),
                tally.maintained,
                tally.rerun,
                tally.comparisons(),
                tally.mismatches + tally.crashes
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tidewater::PlannerFeature;

    use super::drawn;

    #[test]
    fn every_feature_is_disabled_in_some_play() {
        let all: Vec<_> = (0..100).flat_map(|seed| drawn(seed, 2)).collect();
        for feature in PlannerFeature::ALL {
            assert!(all.iter().any(|disabled| disabled.has(feature)), "{}", feature.name());
        }
        assert!(all.iter().any(|disabled| disabled.features().count() == 1));
        assert!(all.iter().any(|disabled| disabled.features().count() == 3));
        assert_eq!(drawn(7, 2), drawn(7, 2));
    }
}
