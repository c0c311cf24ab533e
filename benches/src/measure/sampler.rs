//! The sampler: rounds in which every side is measured once.

use super::{Clock, Sides};
use crate::failure::Outcome;

/// How long and how often to measure.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Seconds for all rounds of one line.
    pub seconds: f64,
    /// The minimum number of rounds, even if they take longer.
    pub least_rounds: usize,
    /// The maximum number of rounds.
    pub most_rounds: usize,
    /// The calls of one turn, whose mean is the sample. Several calls reduce the effect of caches left by another side and
    /// of a browser's coarse clock.
    pub calls: usize,
}

impl Patience {
    /// The same with another share of the time.
    #[must_use]
    pub fn share(self, share: f64) -> Self {
        Self { seconds: self.seconds * share, ..self }
    }

    /// The same with `times` as many rounds.
    #[must_use]
    pub fn longer(self, times: usize) -> Self {
        Self { seconds: self.seconds * times as f64, most_rounds: self.most_rounds * times, ..self }
    }
}

/// One of the sides: runs it once and returns the seconds.
pub type Side<'a> = Box<dyn FnMut() -> Outcome<f64> + 'a>;

/// Plays rounds until the time is up. The first round warms up and determines how many calls a turn can have.
///
/// # Errors
/// The error of a side.
pub fn alternate(clock: Clock<'_>, patience: Patience, mut sides: Vec<Side<'_>>) -> Outcome<Sides> {
    let begun = clock();
    for side in &mut sides {
        side()?;
    }
    let round = clock() - begun;
    let affordable = patience.seconds / (round.max(1e-9) * patience.least_rounds.max(1) as f64);
    let calls = (affordable as usize).clamp(1, patience.calls.max(1));
    let mut samples = vec![Vec::new(); sides.len()];
    for number in 0..patience.most_rounds {
        if number >= patience.least_rounds && clock() - begun > patience.seconds {
            break;
        }
        for turn in 0..sides.len() {
            let at = (number + turn) % sides.len();
            let mut sum = 0.0;
            for _ in 0..calls {
                sum += sides[at]()?;
            }
            samples[at].push(sum / calls as f64);
        }
    }
    Ok(Sides::new(samples))
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::{Patience, alternate};

    #[test]
    fn sides_take_turns_in_turning_order() {
        let time = Cell::new(0.0);
        let clock = || time.get();
        let played = RefCell::new(String::new());
        let side = |name: char, seconds: f64| -> super::Side<'_> {
            let (played, time) = (&played, &time);
            Box::new(move || {
                played.borrow_mut().push(name);
                time.set(time.get() + seconds);
                Ok(seconds)
            })
        };
        let patience = Patience { seconds: 9.0, least_rounds: 2, most_rounds: 100, calls: 1 };
        let sides = alternate(&clock, patience, vec![side('a', 1.0), side('b', 2.0)]).unwrap();
        assert_eq!(*played.borrow(), "ababbaab", "one round to warm up, and three within nine seconds");
        assert!((sides.median(1) - 2.0).abs() < 1e-9);
        assert!((sides.ratio(1, 0).median - 2.0).abs() < 1e-9);
    }
}
