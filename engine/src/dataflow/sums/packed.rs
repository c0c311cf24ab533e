//! The sums that a binding began with. They are known all at once and never change, so they lie packed beside the store, which
//! holds what was added to them since.

use super::Measures;

/// Sums by the bytes that name a row or group, in the order of these.
#[derive(Clone, Debug, Default)]
pub(in crate::dataflow) struct Packed {
    keys: Vec<u8>,
    numbers: Vec<i128>,
    /// Where the key and the numbers of each sum end.
    ends: Vec<(usize, usize)>,
}

impl Packed {
    pub(in crate::dataflow) fn with_capacity(sums: usize) -> Self {
        Self { ends: Vec::with_capacity(sums), numbers: Vec::with_capacity(sums), keys: Vec::with_capacity(sums * 16) }
    }

    /// Adds a sum, each key once.
    pub(in crate::dataflow) fn push(&mut self, key: &[u8], sum: &Measures) {
        self.keys.extend_from_slice(key);
        self.numbers.extend_from_slice(sum.numbers());
        self.ends.push((self.keys.len(), self.numbers.len()));
    }

    /// All sums have been added. GROUP BY mostly gives them in order.
    pub(super) fn finish(mut self) -> Self {
        if !(1..self.ends.len()).all(|at| self.key(at - 1) < self.key(at)) {
            let mut places: Vec<usize> = (0..self.ends.len()).collect();
            places.sort_unstable_by(|one, other| self.key(*one).cmp(self.key(*other)));
            let mut sorted = Self::with_capacity(places.len());
            for at in places {
                sorted.keys.extend_from_slice(self.key(at));
                sorted.numbers.extend_from_slice(self.numbers(at));
                sorted.ends.push((sorted.keys.len(), sorted.numbers.len()));
            }
            self = sorted;
        }
        self.keys.shrink_to_fit();
        self.numbers.shrink_to_fit();
        self
    }

    fn key(&self, at: usize) -> &[u8] {
        &self.keys[self.start(at).0..self.ends[at].0]
    }

    fn numbers(&self, at: usize) -> &[i128] {
        &self.numbers[self.start(at).1..self.ends[at].1]
    }

    fn start(&self, at: usize) -> (usize, usize) {
        at.checked_sub(1).map_or((0, 0), |before| self.ends[before])
    }

    /// The numbers of a sum; none if it began with nothing.
    pub(super) fn of(&self, key: &[u8]) -> &[i128] {
        let (mut from, mut to) = (0, self.ends.len());
        while from < to {
            let middle = from.midpoint(to);
            match self.key(middle).cmp(key) {
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Equal => return self.numbers(middle),
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        &[]
    }

    /// The sums in the order of their keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[i128])> {
        (0..self.ends.len()).map(|at| (self.key(at), self.numbers(at)))
    }

    /// Its bytes, without what the allocator adds.
    pub(super) fn bytes(&self) -> usize {
        self.keys.len() + size_of_val(&self.numbers[..]) + size_of_val(&self.ends[..])
    }
}

#[cfg(test)]
mod tests {
    use super::{Measures, Packed};

    #[test]
    fn sums_are_found_whatever_order_they_came_in() {
        let keys: [&[u8]; 5] = [b"b", b"", b"ab", b"zz", b"a"];
        let mut packed = Packed::default();
        for (number, key) in keys.iter().enumerate() {
            packed.push(key, &Measures::from(&vec![number as i128; number][..]));
        }
        let packed = packed.finish();
        for (number, key) in keys.iter().enumerate() {
            assert_eq!(packed.of(key), vec![number as i128; number]);
        }
        assert_eq!(packed.of(b"c"), [0_i128; 0]);
        assert!(packed.iter().map(|(key, _)| key).is_sorted());
    }
}
