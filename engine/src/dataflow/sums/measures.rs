//! What is summed up: numbers that add up place by place.

/// Numbers that add up, place by place. A missing place is 0.
#[derive(Clone, Debug, Default, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "differential", derive(serde::Serialize, serde::Deserialize))]
pub(in crate::dataflow) struct Measures(Vec<i128>);

impl PartialEq for Measures {
    fn eq(&self, other: &Self) -> bool {
        self.numbers() == other.numbers()
    }
}

impl From<&[i128]> for Measures {
    fn from(numbers: &[i128]) -> Self {
        Self(numbers.to_vec())
    }
}

impl Measures {
    /// One number.
    pub(in crate::dataflow) fn of(number: i128) -> Self {
        Self(vec![number])
    }

    /// The numbers, without zeros at the end.
    pub(in crate::dataflow) fn numbers(&self) -> &[i128] {
        let len = self.0.iter().rposition(|number| *number != 0).map_or(0, |last| last + 1);
        &self.0[..len]
    }

    pub(in crate::dataflow) fn is_zero(&self) -> bool {
        self.0.iter().all(|number| *number == 0)
    }

    /// Adds to one of the numbers.
    pub(in crate::dataflow) fn add(&mut self, place: usize, number: i128) {
        if self.0.len() <= place {
            if number == 0 {
                return;
            }
            self.0.resize(place + 1, 0);
        }
        self.0[place] += number;
    }

    /// Adds to all of them.
    pub(in crate::dataflow) fn add_all(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        // Nothing that is counted comes near 2^127.
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine = mine.wrapping_add(*theirs));
    }

    /// Makes all of them zero.
    pub(in crate::dataflow) fn clear(&mut self) {
        self.0.clear();
    }

    /// The numbers from a place on.
    pub(in crate::dataflow) fn values_from(&self, place: usize) -> &[i128] {
        self.0.get(place..).unwrap_or_default()
    }

    /// One of the numbers.
    pub(in crate::dataflow) fn at(&self, place: usize) -> i128 {
        self.0.get(place).copied().unwrap_or(0)
    }

    #[cfg(feature = "differential")]
    pub(super) fn negated(&self) -> Self {
        Self(self.0.iter().map(|number| -number).collect())
    }
}
