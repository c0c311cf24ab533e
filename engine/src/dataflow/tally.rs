//! The dataflow of a template: sums by key, in differential-dataflow. The measures are the differences, so that a change
//! costs the same whatever the size of its group, and no row of it is kept.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use differential_dataflow::difference::{IsZero, Semigroup};
use differential_dataflow::input::InputSession;
use differential_dataflow::operators::CountTotal;
use differential_dataflow::operators::arrange::TraceAgent;
use differential_dataflow::trace::implementations::KeySpine;
use differential_dataflow::trace::{Cursor, Navigable, TraceReader};
use serde::{Deserialize, Serialize};
use timely::dataflow::operators::probe;
use timely::progress::Antichain;

use super::host::Host;
use crate::types::BindingId;

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
    /// Adds to one of the numbers.
    pub(super) fn add(&mut self, place: usize, number: i128) {
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        self.0[place] += number;
    }

    /// One of the numbers.
    pub(super) fn at(&self, place: usize) -> i128 {
        self.0.get(place).copied().unwrap_or(0)
    }

    pub(super) fn negated(&self) -> Self {
        Self(self.0.iter().map(|measure| -measure).collect())
    }
}

/// A sum that a commit changed, before and after; no numbers where it is zero.
#[derive(Clone, Debug, Default)]
pub(super) struct Moved {
    pub(super) before: Measures,
    pub(super) after: Measures,
}

type Output = Rc<RefCell<Vec<(Key, Measures, i64)>>>;

/// One dataflow: its input, its probe, and the trace of its sums.
pub(super) struct Tally {
    index: usize,
    input: InputSession<u64, Key, Measures>,
    probe: probe::Handle<u64>,
    trace: TraceAgent<KeySpine<Key, u64, Measures>>,
    output: Output,
    time: u64,
}

impl Tally {
    pub(super) fn install(host: &mut Host) -> Self {
        let index = host.worker.next_dataflow_index();
        let output = Output::default();
        let sink = Rc::clone(&output);
        let mut input = InputSession::<u64, Key, Measures>::new();
        let (probe, trace) = host.worker.dataflow::<u64, _, _>(|scope| {
            let sums = input.to_collection(scope).arrange_by_self();
            let trace = sums.trace.clone();
            let (probe, _) = sums
                .count_total_core::<i64>()
                .inspect(move |((key, measures), _, sign)| {
                    sink.borrow_mut().push((key.clone(), measures.clone(), *sign))
                })
                .probe();
            (probe, trace)
        });
        host.dataflows += 1;
        let mut tally = Self { index, input, probe, trace, output, time: 0 };
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

    pub(super) fn add(&mut self, key: Key, measures: Measures) {
        if !measures.is_zero() {
            self.input.update(key, measures);
        }
    }

    /// Takes what was added as one commit: the sums that it moved.
    pub(super) fn step(&mut self, host: &mut Host) -> BTreeMap<Key, Moved> {
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
        let mut moved: BTreeMap<Key, Moved> = BTreeMap::new();
        for (key, measures, sign) in self.output.borrow_mut().drain(..) {
            let moved = moved.entry(key).or_default();
            if sign < 0 {
                moved.before = measures;
            } else {
                moved.after = measures;
            }
        }
        moved
    }

    /// A sum as of the last step.
    pub(super) fn sum(&mut self, key: &Key) -> Measures {
        let (mut cursor, storage) = self.trace.cursor();
        let mut sum = Measures::default();
        cursor.seek_key(&storage, key);
        if cursor.get_key(&storage) == Some(key) {
            cursor.map_times(&storage, |_, measures| sum.plus_equals(measures));
        }
        sum
    }

    /// Bytes of the sums, without what the allocator adds.
    pub(super) fn state_bytes(&self) -> usize {
        let mut bytes = 0;
        self.trace.map_batches(|batch| {
            let mut cursor = batch.cursor();
            while let Some(key) = cursor.get_key(batch) {
                cursor.map_times(batch, |_, measures| {
                    bytes += size_of::<Key>()
                        + key.bytes.len()
                        + size_of::<(u64, Measures)>()
                        + measures.0.len() * size_of::<i128>();
                });
                cursor.step_key(batch);
            }
        });
        bytes
    }

    /// Takes away what a binding has summed up. It shows as moved with the next step.
    pub(super) fn retract(&mut self, binding: BindingId) {
        let first = Key { binding: binding.0, state: 0, bytes: Box::default() };
        let mut retractions = Vec::new();
        let (mut cursor, storage) = self.trace.cursor();
        cursor.seek_key(&storage, &first);
        while let Some(key) = cursor.get_key(&storage).filter(|key| key.binding == binding.0) {
            let mut sum = Measures::default();
            cursor.map_times(&storage, |_, measures| sum.plus_equals(measures));
            retractions.push((key.clone(), sum.negated()));
            cursor.step_key(&storage);
        }
        for (key, measures) in retractions {
            self.add(key, measures);
        }
    }
}
