//! Forcings: the planner has to do without some of its choices, so that the same query is maintained in other ways. All of
//! them agree with SQLite, and so with each other.

use std::collections::BTreeMap;
use std::fmt;

use tidewater::{Choice, Without};

use crate::random::Random;
use crate::tally::Tally;

/// Keeps what is left out apart from what the case itself makes of its seed.
const SALT: u64 = 0x5f0c_1e65;

/// What is left out in so many plays of a seed's case: often one choice, else two or three.
#[must_use]
pub fn drawn(seed: u64, plays: usize) -> Vec<Without> {
    let mut random = Random::new(seed ^ SALT);
    let mut draw = || {
        let choices = if random.chance(50) { 1 } else { random.between(2, 3) };
        (0..choices).map(|_| *random.pick(&Choice::ALL)).collect()
    };
    (0..plays).map(|_| draw()).collect()
}

/// What was counted of plays in which something was left out, by what.
#[derive(Clone, Debug, Default)]
pub struct Forcings(BTreeMap<Choice, Tally>);

impl Forcings {
    /// Adds what a play gave, to each choice that it did without.
    pub fn count(&mut self, without: Without, tally: &Tally) {
        for choice in without.choices() {
            self.0.entry(choice).or_default().include(tally);
        }
    }

    /// The choices with what was counted where they were left out.
    pub fn by_choice(&self) -> impl Iterator<Item = (Choice, &Tally)> {
        self.0.iter().map(|(choice, tally)| (*choice, tally))
    }
}

impl fmt::Display for Forcings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (choice, tally) in &self.0 {
            writeln!(
                f,
                "without {:<14} {:>8} subscriptions, {:>3} % incremental, {:>8} maintained, {:>8} rerun, {:>8} comparisons, {} mismatches",
                choice.name(),
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
    use tidewater::Choice;

    use super::drawn;

    #[test]
    fn every_choice_is_left_out_of_some_play() {
        let all: Vec<_> = (0..100).flat_map(|seed| drawn(seed, 2)).collect();
        for choice in Choice::ALL {
            assert!(all.iter().any(|without| without.has(choice)), "{}", choice.name());
        }
        assert!(all.iter().any(|without| without.choices().count() == 1));
        assert!(all.iter().any(|without| without.choices().count() == 3));
        assert_eq!(drawn(7, 2), drawn(7, 2));
    }
}
