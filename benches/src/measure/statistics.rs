//! Medians and quartiles of samples from the same rounds.

use serde::Serialize;

/// A median with the quartiles around it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quartiles {
    /// A quarter of the samples is below.
    pub low: f64,
    /// Half of the samples is below.
    pub median: f64,
    /// A quarter of the samples is above.
    pub high: f64,
}

impl Quartiles {
    /// Of samples in any order; zeros if there are none.
    #[must_use]
    pub fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let at = |share: f64| -> f64 {
            let place = share * samples.len().saturating_sub(1) as f64;
            let (below, above) = (place.floor() as usize, place.ceil() as usize);
            let value = |index: usize| samples.get(index).copied().unwrap_or_default();
            value(below) + (value(above) - value(below)) * (place - place.floor())
        };
        Self { low: at(0.25), median: at(0.5), high: at(0.75) }
    }

    /// A number that has no spread.
    #[must_use]
    pub fn exactly(value: f64) -> Self {
        Self { low: value, median: value, high: value }
    }
}

/// The median of samples in any order.
#[must_use]
pub fn median(samples: Vec<f64>) -> f64 {
    Quartiles::of(samples).median
}

/// Samples of several sides, a sample of each for every round.
#[derive(Clone, Debug)]
pub struct Sides {
    samples: Vec<Vec<f64>>,
}

impl Sides {
    /// Samples by side and round.
    #[must_use]
    pub fn new(samples: Vec<Vec<f64>>) -> Self {
        Self { samples }
    }

    /// How many rounds there were.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.samples.first().map_or(0, Vec::len)
    }

    /// The median of one side.
    #[must_use]
    pub fn median(&self, side: usize) -> f64 {
        median(self.samples[side].clone())
    }

    /// The ratio of two sides: the median is the ratio of the medians, the quartiles are those of the rounds.
    #[must_use]
    pub fn ratio(&self, above: usize, below: usize) -> Quartiles {
        let rounds = self.samples[above].iter().zip(&self.samples[below]).map(|(above, below)| above / below);
        Quartiles { median: self.median(above) / self.median(below), ..Quartiles::of(rounds.collect()) }
    }

    /// The additional time of one side over another, round by round.
    #[must_use]
    pub fn difference(&self, more: usize, less: usize) -> Quartiles {
        Quartiles::of(self.samples[more].iter().zip(&self.samples[less]).map(|(more, less)| more - less).collect())
    }

    /// The additional time of one side over another, divided by that of a third; `None` if the divisor is within the noise.
    #[must_use]
    pub fn excess(&self, more: usize, less: usize, other: usize) -> Option<Quartiles> {
        let whole = self.difference(other, less).median;
        (whole > 0.0).then(|| shares(self.difference(more, less), whole))
    }

    /// The additional time of one side over another, divided by the median of a third; at least zero.
    #[must_use]
    pub fn share(&self, more: usize, less: usize, of: usize) -> Quartiles {
        shares(self.difference(more, less), self.median(of))
    }
}

fn shares(part: Quartiles, whole: f64) -> Quartiles {
    let share = |part: f64| part.max(0.0) / whole;
    Quartiles { low: share(part.low), median: share(part.median), high: share(part.high) }
}

#[cfg(test)]
mod tests {
    use super::{Quartiles, Sides};

    #[test]
    fn quartiles_lie_between_samples() {
        assert_eq!(Quartiles::of(vec![4.0, 1.0, 3.0, 2.0]), Quartiles { low: 1.75, median: 2.5, high: 3.25 });
        assert_eq!(Quartiles::of(Vec::new()), Quartiles::exactly(0.0));
    }

    #[test]
    fn a_drift_that_both_sides_share_is_not_in_the_difference() {
        let sides = Sides::new(vec![vec![11.0, 21.0, 31.0], vec![10.0, 20.0, 30.0], vec![2.0, 2.0, 2.0]]);
        assert_eq!(sides.difference(0, 1), Quartiles::exactly(1.0));
        assert_eq!(sides.share(0, 1, 2), Quartiles::exactly(0.5));
        assert_eq!(sides.share(1, 0, 2), Quartiles::exactly(0.0));
    }

    #[test]
    fn nothing_is_told_beside_what_takes_no_longer_than_nothing() {
        let sides = Sides::new(vec![vec![13.0, 23.0], vec![10.0, 20.0], vec![12.0, 22.0], vec![9.0, 20.0]]);
        assert_eq!(sides.excess(0, 1, 2), Some(Quartiles::exactly(1.5)));
        assert_eq!(sides.excess(0, 1, 3), None);
    }
}
