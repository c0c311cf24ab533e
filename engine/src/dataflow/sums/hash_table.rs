//! Sums in a hash table: what a browser gets. One lookup a change, nothing to step and nothing to compact.

use rustc_hash::FxHashMap;

use super::{Key, Measures, Store};
use crate::types::BindingId;

/// The sums that are not zero, by binding: a binding that goes takes its own along and costs the others nothing.
#[derive(Default)]
pub(super) struct HashTable(FxHashMap<u64, FxHashMap<Key, Measures>>);

impl Store for HashTable {
    fn add(&mut self, additions: &[(Key, Measures)]) -> Vec<Measures> {
        additions.iter().map(|(key, measures)| self.add_one(key, measures)).collect()
    }

    fn forget(&mut self, binding: BindingId) {
        self.0.remove(&binding.0);
    }

    fn visit(&mut self, visit: &mut dyn FnMut(&Key, &Measures)) {
        for (key, sum) in self.0.values().flatten() {
            visit(key, sum);
        }
    }
}

impl HashTable {
    fn add_one(&mut self, key: &Key, measures: &Measures) -> Measures {
        let sums = self.0.entry(key.binding).or_default();
        let Some(sum) = sums.get_mut(key) else {
            if !measures.is_zero() {
                sums.insert(key.clone(), measures.clone());
            }
            return Measures::default();
        };
        let before = sum.clone();
        sum.add_all(measures);
        if sum.is_zero() {
            sums.remove(key);
        }
        before
    }
}
