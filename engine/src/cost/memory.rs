//! The memory budget: how much plans remember beside the results, and whose memory goes first when it is too much.
//!
//! Memory is measured binding by binding, and again only once a binding's plan has done enough that it may have grown:
//! measuring walks over all that is remembered, and a commit is to cost what it changed. Age is counted in commits and
//! subscribes, for there is no clock.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::types::BindingId;

/// What a plan can come to remember for one of SQLite's instructions, where values are short.
const BYTES_PER_INSTRUCTION: usize = 32;

/// What is remembered, against what may be.
#[derive(Debug, Default)]
pub(crate) struct MemoryBudget {
    limit: Option<usize>,
    total: usize,
    now: u64,
    remembering: FxHashMap<BindingId, Remembered>,
    /// Those that remember, the coldest first.
    by_age: BTreeSet<(u64, BindingId)>,
    /// The bindings whose memory was taken, with what it was.
    without: FxHashMap<BindingId, usize>,
    evicted: u64,
}

/// The memory of one binding.
#[derive(Clone, Copy, Debug)]
struct Remembered {
    bytes: usize,
    touched: u64,
    /// By how many bytes it may grow until it is measured again.
    slack: usize,
}

impl MemoryBudget {
    pub(crate) fn new(limit: Option<usize>) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Whether there is a limit at all; without one nothing need be measured.
    pub(crate) fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// How often memory was taken.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// How many bindings are without their memory.
    pub(crate) fn without(&self) -> usize {
        self.without.len()
    }

    /// Whether there is room for what a binding remembered before that was taken. One that was never measured has to be
    /// tried.
    pub(crate) fn has_room_for(&self, id: BindingId) -> bool {
        match (self.limit, self.without.get(&id)) {
            (Some(limit), Some(bytes)) => self.total.saturating_add(*bytes) <= limit,
            _ => true,
        }
    }

    /// A binding remembers so much.
    pub(crate) fn measured(&mut self, id: BindingId, bytes: usize) {
        self.forget(id);
        self.total += bytes;
        self.remembering.insert(id, Remembered { bytes, touched: self.now, slack: bytes });
        self.by_age.insert((self.now, id));
    }

    /// A binding's plan has worked: so many instructions, on rows of so many bytes. Whether it has to be measured again.
    pub(crate) fn worked(&mut self, id: BindingId, instructions: u64, row_bytes: usize) -> bool {
        let Some(remembered) = self.remembering.get_mut(&id) else { return self.is_limited() };
        self.by_age.remove(&(remembered.touched, id));
        self.by_age.insert((self.now, id));
        remembered.touched = self.now;
        let instructions = usize::try_from(instructions).unwrap_or(usize::MAX);
        let growth = instructions.saturating_mul(BYTES_PER_INSTRUCTION).saturating_add(row_bytes);
        remembered.slack = remembered.slack.saturating_sub(growth);
        remembered.slack == 0
    }

    /// A binding remembers nothing any more, of its own accord.
    pub(crate) fn forget(&mut self, id: BindingId) {
        self.without.remove(&id);
        if let Some(remembered) = self.remembering.remove(&id) {
            self.total -= remembered.bytes;
            self.by_age.remove(&(remembered.touched, id));
        }
    }

    /// While there is too much, the coldest binding that remembers something, and how much.
    pub(crate) fn coldest(&mut self) -> Option<(BindingId, usize)> {
        let limit = self.limit?;
        while self.total > limit {
            let (_, id) = *self.by_age.first()?;
            let bytes = self.remembering.get(&id).map_or(0, |remembered| remembered.bytes);
            if bytes > 0 {
                return Some((id, bytes));
            }
            // What remembers nothing makes no room by going; it is measured when it has worked again.
            self.forget(id);
        }
        None
    }

    /// So much that a binding remembered was dropped, because all together was too much.
    pub(crate) fn took(&mut self, id: BindingId, bytes: usize) {
        self.forget(id);
        self.without.insert(id, bytes);
        self.evicted += 1;
    }

    /// A commit or a subscribe is done with.
    pub(crate) fn pass(&mut self) {
        self.now += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::MemoryBudget;
    use crate::types::BindingId;

    const A: BindingId = BindingId(1);
    const B: BindingId = BindingId(2);

    #[test]
    fn the_coldest_goes_first_and_comes_back_when_there_is_room() {
        let mut budget = MemoryBudget::new(Some(100));
        budget.measured(A, 60);
        budget.pass();
        budget.measured(B, 30);
        assert_eq!(budget.coldest(), None);
        budget.pass();
        budget.worked(A, 1, 0);
        budget.measured(BindingId(3), 20);
        assert_eq!(budget.coldest(), Some((B, 30)));
        budget.took(B, 30);
        assert_eq!(budget.coldest(), None);
        assert!(!budget.has_room_for(B) && budget.has_room_for(A) && budget.has_room_for(BindingId(4)));
        budget.forget(A);
        assert!(budget.has_room_for(B));
        budget.measured(B, 10);
        assert_eq!((budget.without(), budget.evicted()), (0, 1));
    }

    #[test]
    fn it_is_measured_again_once_it_may_have_doubled() {
        let mut budget = MemoryBudget::new(Some(10_000));
        budget.measured(A, 1000);
        assert!(!budget.worked(A, 20, 0));
        assert!(!budget.worked(A, 0, 300));
        assert!(budget.worked(A, 2, 0));
    }

    #[test]
    fn without_a_limit_nothing_is_measured_or_taken() {
        let mut budget = MemoryBudget::new(None);
        assert!(!budget.worked(A, 1000, 1000) && budget.has_room_for(A));
        assert_eq!(budget.coldest(), None);
    }
}
