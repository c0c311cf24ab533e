//! The dataflow of a template: sums by key, in differential-dataflow. The measures are the differences, so that a change
//! costs the same whatever the size of its group, and no row of it is kept.
//!
//! What a commit adds is known without the dataflow: a sum after it is the sum before and what was added. So the dataflow
//! need not be stepped for each commit; additions wait beside it until there are enough of
//! them, and are then put in as one epoch, consolidated. What a binding begins with lies beside it as well, packed: the
//! dataflow has the differences to that.

use std::collections::{BTreeMap, BTreeSet};

use differential_dataflow::difference::{IsZero, Semigroup};
use differential_dataflow::input::InputSession;
use differential_dataflow::operators::arrange::TraceAgent;
use differential_dataflow::trace::implementations::KeySpine;
use differential_dataflow::trace::{Cursor, Navigable, TraceReader};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use timely::dataflow::operators::probe;
use timely::dataflow::operators::probe::Probe;
use timely::progress::Antichain;

use super::host::Host;
use super::initial::Initial;
use crate::types::BindingId;

/// So many sums may wait to be put into the dataflow.
const MOST_WAITING: usize = 512;

/// What is summed by: a binding, one of the plan's states, and bytes that name the row or group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) binding: u64,
    pub(super) state: u32,
    pub(super) bytes: Box<[u8]>,
}

/// Numbers that add up, place by place. A missing place is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Measures(pub(super) Vec<i128>);

impl IsZero for Measures {
    fn is_zero(&self) -> bool {
        self.0.iter().all(|measure| *measure == 0)
    }
}

impl Semigroup for Measures {
    fn plus_equals(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        // Nothing that is counted comes near 2^127.
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine = mine.wrapping_add(*theirs));
    }
}

impl Measures {
    /// One number.
    pub(super) fn of(number: i128) -> Self {
        Self(vec![number])
    }

    /// Adds to one of the numbers.
    pub(super) fn add(&mut self, place: usize, number: i128) {
        if self.0.len() <= place {
            if number == 0 {
                return;
            }
            self.0.resize(place + 1, 0);
        }
        self.0[place] += number;
    }

    /// The numbers from a place on.
    pub(super) fn from(&self, place: usize) -> &[i128] {
        self.0.get(place..).unwrap_or_default()
    }

    /// One of the numbers.
    pub(super) fn at(&self, place: usize) -> i128 {
        self.0.get(place).copied().unwrap_or(0)
    }

    fn negated(&self) -> Self {
        Self(self.0.iter().map(|measure| -measure).collect())
    }
}

/// A sum that a commit changed, before and after; no numbers where it is zero.
#[derive(Clone, Debug, Default)]
pub(super) struct Moved {
    pub(super) before: Measures,
    pub(super) after: Measures,
}

/// How many sums each state of a plan has, and their bytes.
#[derive(Default)]
pub(super) struct Sums(BTreeMap<u32, (usize, usize)>);

impl Sums {
    pub(super) fn of(&self, state: u32) -> (usize, usize) {
        self.0.get(&state).copied().unwrap_or_default()
    }

    fn note(&mut self, key: &Key, measures: &Measures) {
        if !measures.is_zero() {
            let (count, bytes) = self.0.entry(key.state).or_default();
            *count += 1;
            *bytes += bytes_of(key, measures);
        }
    }
}

/// One dataflow: its input, its probe, and the trace of its sums.
pub(super) struct Tally {
    index: usize,
    input: InputSession<u64, Key, Measures>,
    probe: probe::Handle<u64>,
    trace: TraceAgent<KeySpine<Key, u64, Measures>>,
    time: u64,
    /// By binding and state, the sums that were there from the beginning.
    initial: FxHashMap<u64, Vec<(u32, Initial)>>,
    /// What was added and is not yet in the dataflow.
    waiting: FxHashMap<Key, Measures>,
    /// The sums that were added to since they were taken last.
    moved: BTreeMap<Key, Moved>,
}

impl Tally {
    pub(super) fn install(host: &mut Host) -> Self {
        let index = host.worker.next_dataflow_index();
        let mut input = InputSession::<u64, Key, Measures>::new();
        let (probe, trace) = host.worker.dataflow::<u64, _, _>(|scope| {
            let sums = input.to_collection(scope).arrange_by_self();
            let (probe, _) = sums.stream.probe();
            (probe, sums.trace)
        });
        host.dataflows += 1;
        let (initial, waiting, moved) = (FxHashMap::default(), FxHashMap::default(), BTreeMap::new());
        let mut tally = Self { index, input, probe, trace, time: 0, initial, waiting, moved };
        tally.step(host);
        tally
    }

    /// Takes the dataflow and its memory down.
    pub(super) fn uninstall(self, host: &mut Host) {
        let index = self.index;
        drop(self);
        host.worker.drop_dataflow(index);
        host.dataflows -= 1;
    }

    /// Adds to a sum.
    pub(super) fn add(&mut self, key: Key, measures: &Measures) {
        if measures.is_zero() {
            return;
        }
        if !self.moved.contains_key(&key) {
            let before = self.sum(&key);
            self.moved.insert(key.clone(), Moved { after: before.clone(), before });
        }
        if let Some(moved) = self.moved.get_mut(&key) {
            moved.after.plus_equals(measures);
        }
        self.waiting.entry(key).or_default().plus_equals(measures);
    }

    /// Sets the sums of a binding that has none yet.
    pub(super) fn begin(&mut self, binding: BindingId, state: u32, initial: Initial) {
        self.initial.entry(binding.0).or_default().push((state, initial.finish()));
    }

    /// The sums that were added to since they were taken last.
    pub(super) fn take_moved(&mut self, host: &mut Host) -> BTreeMap<Key, Moved> {
        if self.waiting.len() > MOST_WAITING {
            self.put_in(host);
        }
        std::mem::take(&mut self.moved)
    }

    /// A sum as it stands.
    pub(super) fn sum(&mut self, key: &Key) -> Measures {
        let (mut cursor, storage) = self.trace.cursor();
        let mut sum = self.began_with(key);
        cursor.seek_key(&storage, key);
        if cursor.get_key(&storage) == Some(key) {
            cursor.map_times(&storage, |_, measures| sum.plus_equals(measures));
        }
        if let Some(waiting) = self.waiting.get(key) {
            sum.plus_equals(waiting);
        }
        sum
    }

    fn began_with(&self, key: &Key) -> Measures {
        let states = self.initial.get(&key.binding).into_iter().flatten();
        let mut initial = states.filter(|(state, _)| *state == key.state);
        Measures(initial.next().map_or(&[][..], |(_, initial)| initial.of(&key.bytes)).to_vec())
    }

    /// The sums by state, as they stand.
    pub(super) fn sums(&mut self) -> Sums {
        let mut keys: BTreeSet<Key> = self.waiting.keys().cloned().collect();
        for (binding, states) in &self.initial {
            for (state, initial) in states {
                keys.extend(initial.keys().map(|key| Key { binding: *binding, state: *state, bytes: key.into() }));
            }
        }
        let (mut cursor, storage) = self.trace.cursor();
        while let Some(key) = cursor.get_key(&storage) {
            keys.insert(key.clone());
            cursor.step_key(&storage);
        }
        let mut sums = Sums::default();
        keys.iter().for_each(|key| sums.note(key, &self.sum(key)));
        sums
    }

    /// Takes away what a binding has summed up.
    pub(super) fn retract(&mut self, host: &mut Host, binding: BindingId) {
        self.initial.remove(&binding.0);
        self.waiting.retain(|key, _| key.binding != binding.0);
        let first = Key { binding: binding.0, state: 0, bytes: Box::default() };
        let (mut cursor, storage) = self.trace.cursor();
        cursor.seek_key(&storage, &first);
        let mut has_any = false;
        while let Some(key) = cursor.get_key(&storage).filter(|key| key.binding == binding.0) {
            let mut sum = Measures::default();
            cursor.map_times(&storage, |_, measures| sum.plus_equals(measures));
            if !sum.is_zero() {
                self.input.update(key.clone(), sum.negated());
                has_any = true;
            }
            cursor.step_key(&storage);
        }
        if has_any {
            self.step(host);
        }
    }

    /// Puts what waits into the dataflow, as one epoch.
    fn put_in(&mut self, host: &mut Host) {
        for (key, measures) in self.waiting.drain() {
            if !measures.is_zero() {
                self.input.update(key, measures);
            }
        }
        self.step(host);
    }

    fn step(&mut self, host: &mut Host) {
        self.time += 1;
        self.input.advance_to(self.time);
        self.input.flush();
        while self.probe.less_than(&self.time) {
            host.worker.step();
        }
        // Nobody reads an older time: without a word the trace would keep all of them.
        let now = Antichain::from_elem(self.time);
        self.trace.set_logical_compaction(now.borrow());
        self.trace.set_physical_compaction(now.borrow());
    }

    /// Bytes of the sums, without what the allocator adds.
    pub(super) fn state_bytes(&self) -> usize {
        let initial = self.initial.values().flatten().map(|(_, initial)| initial.bytes()).sum::<usize>();
        let mut bytes = self.waiting.iter().map(|(key, measures)| bytes_of(key, measures)).sum::<usize>() + initial;
        self.trace.map_batches(|batch| {
            let mut cursor = batch.cursor();
            while let Some(key) = cursor.get_key(batch) {
                cursor.map_times(batch, |_, measures| bytes += bytes_of(key, measures));
                cursor.step_key(batch);
            }
        });
        bytes
    }

    /// The same of one binding. Sums of others are not looked at, but for those that wait.
    pub(super) fn binding_bytes(&self, binding: BindingId) -> usize {
        let waiting = self.waiting.iter().filter(|(key, _)| key.binding == binding.0);
        let initial = self.initial.get(&binding.0).into_iter().flatten().map(|(_, initial)| initial.bytes());
        let mut bytes = waiting.map(|(key, measures)| bytes_of(key, measures)).chain(initial).sum();
        let first = Key { binding: binding.0, state: 0, bytes: Box::default() };
        self.trace.map_batches(|batch| {
            let mut cursor = batch.cursor();
            cursor.seek_key(batch, &first);
            while let Some(key) = cursor.get_key(batch).filter(|key| key.binding == binding.0) {
                cursor.map_times(batch, |_, measures| bytes += bytes_of(key, measures));
                cursor.step_key(batch);
            }
        });
        bytes
    }
}

fn bytes_of(key: &Key, measures: &Measures) -> usize {
    size_of::<(Key, u64, Measures)>() + key.bytes.len() + measures.0.len() * size_of::<i128>()
}
