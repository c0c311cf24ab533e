//! Sums by key: how many rows a group has and what they add up to, and how often a row comes from each part of a compound SELECT.
//!
//! A sum is the row of a Z-set whose weight is a vector of numbers: adding is all that ever happens to it, so a change costs the
//! same whatever the size of its group, and none of the group's rows is kept. [`Sums`] holds those of one template: the ones
//! that a binding began with, packed, and behind a [`Store`] what was added to them since.

#[cfg(feature = "differential")]
mod differential;
mod hash_table;
mod measures;
mod packed;
#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;

use crate::types::BindingId;

pub(super) use measures::Measures;
pub(super) use packed::Packed;

/// What is summed by: a binding, one of the plan's states, and bytes that name the row or group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "differential", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Key {
    pub(super) binding: u64,
    pub(super) state: u32,
    pub(super) bytes: Box<[u8]>,
}

/// A sum before and after an addition; no numbers where it is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) before: Measures,
    pub(super) after: Measures,
}

/// Where sums are kept.
///
/// # Contract
///
/// A store is a function from keys to [`Measures`] that begins as zero everywhere.
///
/// What [`Sums`] promises a store: additions come in batches, one or two for each operator and commit; nothing is added to a binding
/// that was forgotten and not hydrated since. A store need not check it.
///
/// What a store owes, and what breaks otherwise:
///
/// 1. [`add`](Self::add) answers with one sum for each addition, in their order, each as it was before that addition and after
///    those in front of it. Operators pair the answers with what they added by place: a missing answer shifts the sums of all
///    later groups, and a stale one shows a row that has gone.
/// 2. Equality of sums is that of their numbers. How often a batch is consolidated, and when, must not be seen.
/// 3. [`forget`](Self::forget) leaves nothing of a binding and touches no other. The id comes back when the binding is hydrated
///    again: what was left would be added to what it begins with.
/// 4. [`visit`](Self::visit) shows each key once with a sum that is not zero. The order is free, so a visitor may only add
///    up: the same history has to give the same deliveries in every store, to the byte.
///
/// That two stores agree after every batch is a property test (`tests.rs`), and the oracle plays whole histories with both.
trait Store {
    /// Adds to sums; each of them as it was before.
    fn add(&mut self, additions: &[(Key, Measures)]) -> Vec<Measures>;

    /// Drops the sums of a binding.
    fn forget(&mut self, binding: BindingId);

    /// Shows each sum.
    fn visit(&mut self, visit: &mut dyn FnMut(&Key, &Measures));
}

/// Makes the stores of templates.
#[derive(Default)]
pub(super) struct Stores {
    #[cfg(feature = "differential")]
    worker: Option<differential::SharedWorker>,
}

impl Stores {
    /// Stores in differential-dataflow, whose dataflows share a timely worker.
    #[cfg(feature = "differential")]
    pub(super) fn in_differential() -> Self {
        Self { worker: Some(differential::SharedWorker::default()) }
    }

    /// Empty sums for a template.
    pub(super) fn make(&mut self) -> Sums {
        #[cfg(feature = "differential")]
        if let Some(worker) = &mut self.worker {
            return Sums::over(Box::new(worker.install()));
        }
        Sums::default()
    }
}

/// The sums of one template.
pub(super) struct Sums {
    store: Box<dyn Store>,
    bindings: FxHashMap<u64, OfBinding>,
}

/// What is known of a binding's sums without the store.
#[derive(Default)]
struct OfBinding {
    /// By state, the sums that were there from the beginning.
    packed: Vec<(u32, Packed)>,
    /// Bytes of what was added since and is not zero.
    added_bytes: usize,
}

impl Default for Sums {
    fn default() -> Self {
        Self::over(Box::new(hash_table::HashTable::default()))
    }
}

impl Sums {
    fn over(store: Box<dyn Store>) -> Self {
        Self { store, bindings: FxHashMap::default() }
    }

    /// Sets the sums of a binding's state that has none yet.
    pub(super) fn begin(&mut self, binding: BindingId, state: u32, packed: Packed) {
        self.bindings.entry(binding.0).or_default().packed.push((state, packed.finish()));
    }

    /// Adds to sums: what each of them was before and is now, in the order of the additions.
    pub(super) fn add(&mut self, additions: &[(Key, Measures)]) -> Vec<Moved> {
        let before = self.store.add(additions);
        let moved = |((key, measures), added): (&(Key, Measures), Measures)| {
            let binding = self.bindings.entry(key.binding).or_default();
            let mut now = added.clone();
            now.add_all(measures);
            binding.added_bytes = binding.added_bytes + bytes_of(key, &now) - bytes_of(key, &added);
            let mut before = binding.began_with(key);
            before.add_all(&added);
            let mut after = before.clone();
            after.add_all(measures);
            Moved { before, after }
        };
        additions.iter().zip(before).map(moved).collect()
    }

    /// Drops what a binding has summed up.
    pub(super) fn forget(&mut self, binding: BindingId) {
        if self.bindings.remove(&binding.0).is_some() {
            self.store.forget(binding);
        }
    }

    /// How many sums each state has, and their bytes.
    pub(super) fn totals(&mut self) -> Totals {
        let Self { store, bindings } = self;
        let mut totals = Totals::default();
        for (binding, of_binding) in &*bindings {
            for (state, packed) in &of_binding.packed {
                for (bytes, numbers) in packed.iter() {
                    let key = Key { binding: *binding, state: *state, bytes: bytes.into() };
                    totals.note(&key, &Measures::default(), &Measures::from(numbers));
                }
            }
        }
        store.visit(&mut |key, added| {
            let before = bindings.get(&key.binding).map(|binding| binding.began_with(key)).unwrap_or_default();
            let mut after = before.clone();
            after.add_all(added);
            totals.note(key, &before, &after);
        });
        totals
    }

    /// Bytes of the sums, without what the allocator adds. They do not depend on the store.
    pub(super) fn state_bytes(&self) -> usize {
        self.bindings.values().map(OfBinding::bytes).sum()
    }

    /// The same of one binding.
    pub(super) fn binding_bytes(&self, binding: BindingId) -> usize {
        self.bindings.get(&binding.0).map_or(0, OfBinding::bytes)
    }
}

impl OfBinding {
    fn began_with(&self, key: &Key) -> Measures {
        let state = self.packed.iter().find(|(state, _)| *state == key.state);
        state.map(|(_, packed)| Measures::from(packed.of(&key.bytes))).unwrap_or_default()
    }

    fn bytes(&self) -> usize {
        self.added_bytes + self.packed.iter().map(|(_, packed)| packed.bytes()).sum::<usize>()
    }
}

/// How many sums each state of a plan has, and their bytes.
#[derive(Default)]
pub(super) struct Totals(Vec<(u32, usize, usize)>);

impl Totals {
    /// The number of a state's sums and their bytes.
    pub(super) fn of(&self, state: u32) -> (usize, usize) {
        let found = self.0.iter().find(|(known, ..)| *known == state);
        found.map_or((0, 0), |(_, count, bytes)| (*count, *bytes))
    }

    /// A sum that was counted as `before` is `after`.
    fn note(&mut self, key: &Key, before: &Measures, after: &Measures) {
        let place = self.0.iter().position(|(state, ..)| *state == key.state).unwrap_or_else(|| {
            self.0.push((key.state, 0, 0));
            self.0.len() - 1
        });
        let (_, count, bytes) = &mut self.0[place];
        *count = *count + usize::from(!after.is_zero()) - usize::from(!before.is_zero());
        *bytes = *bytes + bytes_of(key, after) - bytes_of(key, before);
    }
}

/// Bytes of a sum that is kept by its key; zero is not kept.
fn bytes_of(key: &Key, measures: &Measures) -> usize {
    match measures.numbers() {
        [] => 0,
        numbers => size_of::<(Key, u64, Measures)>() + key.bytes.len() + size_of_val(numbers),
    }
}
