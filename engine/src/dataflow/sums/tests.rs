//! The two stores against each other: whatever is added and forgotten, their sums are the same after every batch.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Key, Measures, Packed, Stores, Sums};
use crate::types::BindingId;

/// What happens to the sums of a template.
#[derive(Clone, Debug)]
enum Step {
    /// A binding is hydrated with these sums of a state.
    Begin(u64, Vec<(u8, Vec<i64>)>),
    /// A commit adds to these keys of some bindings.
    Add(Vec<(u64, u32, u8, Vec<i64>)>),
    /// A binding goes.
    Forget(u64),
}

fn numbers() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(-3..=3_i64, 0..4)
}

fn step() -> impl Strategy<Value = Step> {
    let addition = (0..4_u64, 0..3_u32, any::<u8>().prop_map(|key| key % 8), numbers());
    prop_oneof![
        1 => (0..4_u64, prop::collection::vec((any::<u8>(), numbers()), 0..6)).prop_map(|(binding, sums)| Step::Begin(binding, sums)),
        6 => prop::collection::vec(addition, 0..12).prop_map(Step::Add),
        1 => (0..4_u64).prop_map(Step::Forget),
    ]
}

fn measures(numbers: &[i64]) -> Measures {
    Measures::from(&numbers.iter().map(|number| i128::from(*number)).collect::<Vec<_>>()[..])
}

fn key(binding: u64, state: u32, byte: u8) -> Key {
    Key { binding, state, bytes: Box::new([byte, 0, byte]) }
}

/// What the store holds, added up and in order.
fn held(sums: &mut Sums) -> BTreeMap<Key, Measures> {
    let mut held = BTreeMap::new();
    sums.store.visit(&mut |key, sum| {
        assert!(!sum.is_zero(), "{key:?} is zero");
        assert!(held.insert(key.clone(), sum.clone()).is_none(), "{key:?} is shown twice");
    });
    held
}

/// Plays steps on sums and on a plain map, and compares each answer.
fn play(sums: &mut Sums, steps: &[Step]) -> Vec<BTreeMap<Key, Measures>> {
    let mut began: BTreeMap<Key, Measures> = BTreeMap::new();
    let mut expected: BTreeMap<Key, Measures> = BTreeMap::new();
    let mut after_each = Vec::new();
    for step in steps {
        match step {
            Step::Begin(binding, first) => {
                sums.forget(BindingId(*binding));
                for map in [&mut began, &mut expected] {
                    map.retain(|key, _| key.binding != *binding);
                }
                let mut packed = Packed::default();
                let first: BTreeMap<u8, &Vec<i64>> = first.iter().map(|(byte, numbers)| (*byte, numbers)).collect();
                for (byte, numbers) in first.into_iter().rev() {
                    let key = key(*binding, 0, byte);
                    packed.push(&key.bytes, &measures(numbers));
                    began.insert(key.clone(), measures(numbers));
                    expected.insert(key, measures(numbers));
                }
                sums.begin(BindingId(*binding), 0, packed);
            }
            Step::Add(additions) => {
                let additions: Vec<(Key, Measures)> = additions
                    .iter()
                    .map(|(binding, state, byte, numbers)| (key(*binding, *state, *byte), measures(numbers)))
                    .collect();
                let moved = sums.add(&additions);
                assert_eq!(moved.len(), additions.len());
                for ((key, measures), moved) in additions.iter().zip(moved) {
                    let sum = expected.entry(key.clone()).or_default();
                    assert_eq!(moved.before, *sum, "{key:?} before");
                    sum.add_all(measures);
                    assert_eq!(moved.after, *sum, "{key:?} after");
                }
            }
            Step::Forget(binding) => {
                sums.forget(BindingId(*binding));
                for map in [&mut began, &mut expected] {
                    map.retain(|key, _| key.binding != *binding);
                }
            }
        }
        for state in 0..3 {
            let count = expected.iter().filter(|(key, sum)| key.state == state && !sum.is_zero()).count();
            assert_eq!(sums.totals().of(state).0, count, "sums of state {state}");
        }
        let held = held(sums);
        for (key, sum) in &expected {
            let mut whole = held.get(key).cloned().unwrap_or_default();
            whole.add_all(began.get(key).unwrap_or(&Measures::default()));
            assert_eq!(whole, *sum, "{key:?}");
        }
        let of_bindings: usize = (0..4).map(|binding| sums.binding_bytes(BindingId(binding))).sum();
        assert_eq!(of_bindings, sums.state_bytes());
        after_each.push(held);
    }
    after_each
}

proptest! {
    #[test]
    fn a_hash_table_adds_up(steps in prop::collection::vec(step(), 0..40)) {
        play(&mut Sums::default(), &steps);
    }

    #[cfg(feature = "differential")]
    #[test]
    fn differential_has_the_sums_of_a_hash_table_after_every_commit(steps in prop::collection::vec(step(), 0..40)) {
        let mut stores = Stores::in_differential();
        let (mut differential, mut hash_table) = (stores.make(), Sums::default());
        prop_assert_eq!(play(&mut differential, &steps), play(&mut hash_table, &steps));
        prop_assert_eq!(differential.state_bytes(), hash_table.state_bytes());
    }
}

/// So many keys that those that wait are put into the dataflow, again and again.
#[cfg(feature = "differential")]
#[test]
fn what_goes_through_the_dataflow_is_the_same() {
    let addition = |round: u64, at: u32| {
        let number = i64::from(at) * i64::try_from(round).expect("a small number") % 7 - 3;
        (u64::from(at % 4), at / 200, u8::try_from(at % 200).expect("a byte"), vec![1, number])
    };
    let steps: Vec<Step> = (0..60_u64)
        .map(|round| match round % 20 {
            19 => Step::Forget(round % 4),
            _ => Step::Add((0..600_u32).map(|at| addition(round, at)).collect()),
        })
        .collect();
    let mut stores = Stores::in_differential();
    // Two templates in one worker; one of them is dropped first.
    let mut other = stores.make();
    let mut differential = stores.make();
    play(&mut other, &steps);
    drop(other);
    assert_eq!(play(&mut differential, &steps), play(&mut Sums::default(), &steps));
}

#[test]
fn the_bytes_of_what_adds_up_to_nothing_are_given_back() {
    let mut sums = Stores::default().make();
    let addition = |number| vec![(key(1, 0, 7), Measures::of(number))];
    assert_eq!(sums.state_bytes(), 0);
    sums.add(&addition(3));
    assert!(sums.state_bytes() > 0);
    sums.add(&addition(-3));
    assert_eq!(sums.state_bytes(), 0);
}
