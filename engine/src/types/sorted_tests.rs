//! Sorted vectors against the standard library's B-trees.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{SortedMap, SortedSet};

proptest! {
    #[test]
    fn a_set_is_a_set(steps in prop::collection::vec((any::<bool>(), 0..12_u8), 0..40), others in prop::collection::vec(0..12_u8, 0..8)) {
        let (mut set, mut expected) = (SortedSet::new(), BTreeSet::new());
        for (comes, element) in steps {
            match comes {
                true => prop_assert_eq!(set.insert(element), expected.insert(element)),
                false => prop_assert_eq!(set.remove(&element), expected.remove(&element)),
            }
            prop_assert_eq!(set.contains(&element), comes);
        }
        prop_assert!(set.iter().eq(expected.iter()));
        let (other, other_expected): (SortedSet<u8>, BTreeSet<u8>) = (others.iter().copied().collect(), others.into_iter().collect());
        prop_assert_eq!(set.is_subset(&other), expected.is_subset(&other_expected));
        prop_assert_eq!(set.is_disjoint(&other), expected.is_disjoint(&other_expected));
        prop_assert!(set.difference(&other).eq(expected.difference(&other_expected)));
        prop_assert!(set.intersection(&other).eq(expected.intersection(&other_expected)));
    }

    #[test]
    fn a_map_is_a_map(steps in prop::collection::vec((0..3_u8, 0..12_u8, any::<u16>()), 0..40)) {
        let (mut map, mut expected): (SortedMap<u8, u16>, BTreeMap<u8, u16>) = Default::default();
        for (kind, key, value) in steps {
            match kind {
                0 => prop_assert_eq!(map.insert(key, value), expected.insert(key, value)),
                1 => prop_assert_eq!(map.remove(&key), expected.remove(&key)),
                _ => {
                    *map.or_default(key) ^= value;
                    *expected.entry(key).or_default() ^= value;
                }
            }
            prop_assert_eq!(map.get(&key), expected.get(&key));
        }
        prop_assert!(map.iter().eq(expected.iter()));
        prop_assert!(map.keys().eq(expected.keys()) && map.values().eq(expected.values()));
    }
}
