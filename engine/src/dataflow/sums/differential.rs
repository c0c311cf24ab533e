//! Sums in differential-dataflow: one dataflow a template, which arranges the additions by key. The measures are the
//! differences, so the arrangement is the Z-set of the sums and its compaction adds them up.
//!
//! What a commit adds is known without the dataflow: a sum after it is the sum before and what was added. So the dataflow
//! need not be stepped for each commit; additions wait beside it until there are enough of them, and are then put in as one
//! epoch, consolidated.

use differential_dataflow::difference::{IsZero, Semigroup};
use differential_dataflow::input::InputSession;
use differential_dataflow::operators::arrange::TraceAgent;
use differential_dataflow::trace::implementations::KeySpine;
use differential_dataflow::trace::{Cursor, TraceReader};
use rustc_hash::FxHashMap;
use timely::WorkerConfig;
use timely::communication::Allocator;
use timely::communication::allocator::thread::Thread;
use timely::dataflow::operators::probe;
use timely::dataflow::operators::probe::Probe;
use timely::progress::Antichain;
use timely::worker::Worker;

use super::{Key, Measures, Store};
use crate::types::BindingId;

/// So many sums may wait to be put into the dataflow.
const MOST_WAITING: usize = 512;

impl IsZero for Measures {
    fn is_zero(&self) -> bool {
        Self::is_zero(self)
    }
}

impl Semigroup for Measures {
    fn plus_equals(&mut self, other: &Self) {
        self.add_all(other);
    }
}

/// The one timely worker, driven by hand: a step is taken when additions have been put in, until a probe has passed them. It
/// has no clock, so nothing of it ever parks or logs.
pub(super) struct SharedWorker(Worker);

impl Default for SharedWorker {
    fn default() -> Self {
        Self::new(Allocator::Thread(Thread::default()))
    }
}

impl SharedWorker {
    /// A worker of the group that the allocator belongs to.
    pub(super) fn new(allocator: Allocator) -> Self {
        Self(Worker::new(WorkerConfig::default(), allocator, None))
    }

    /// Installs the dataflow of a template.
    pub(super) fn install(&mut self) -> Differential {
        let index = self.0.next_dataflow_index();
        let mut input = InputSession::<u64, Key, Measures>::new();
        let (probe, trace) = self.0.dataflow::<u64, _, _>(|scope| {
            let sums = input.to_collection(scope).arrange_by_self();
            let (probe, _) = sums.stream.probe();
            (probe, sums.trace)
        });
        let installed = Installed { worker: self.0.clone(), index };
        let mut store = Differential { input, probe, trace, time: 0, waiting: FxHashMap::default(), installed };
        store.step();
        store
    }
}

/// A dataflow in the worker, which ends with this.
struct Installed {
    worker: Worker,
    index: usize,
}

impl Drop for Installed {
    fn drop(&mut self) {
        self.worker.drop_dataflow(self.index);
    }
}

/// One dataflow: its input, its probe, and the trace of its sums.
pub(super) struct Differential {
    input: InputSession<u64, Key, Measures>,
    probe: probe::Handle<u64>,
    trace: TraceAgent<KeySpine<Key, u64, Measures>>,
    time: u64,
    /// What was added and is not yet in the dataflow.
    waiting: FxHashMap<Key, Measures>,
    /// The last field: the dataflow is dropped after those that hold parts of it.
    installed: Installed,
}

impl Store for Differential {
    fn add(&mut self, additions: &[(Key, Measures)]) -> Vec<Measures> {
        let mut before = Vec::with_capacity(additions.len());
        let (mut cursor, storage) = self.trace.cursor();
        for (key, measures) in additions {
            let mut sum = Measures::default();
            cursor.rewind_keys(&storage);
            cursor.seek_key(&storage, key);
            if cursor.get_key(&storage) == Some(key) {
                cursor.map_times(&storage, |_, measures| sum.add_all(measures));
            }
            match self.waiting.get_mut(key) {
                Some(waiting) => {
                    sum.add_all(waiting);
                    waiting.add_all(measures);
                }
                None if measures.is_zero() => {}
                None => drop(self.waiting.insert(key.clone(), measures.clone())),
            }
            before.push(sum);
        }
        drop((cursor, storage));
        if self.waiting.len() > MOST_WAITING {
            self.put_in();
        }
        before
    }

    fn forget(&mut self, binding: BindingId) {
        self.waiting.retain(|key, _| key.binding != binding.0);
        let first = Key { binding: binding.0, state: 0, bytes: Box::default() };
        let (mut cursor, storage) = self.trace.cursor();
        cursor.seek_key(&storage, &first);
        let mut has_any = false;
        while let Some(key) = cursor.get_key(&storage).filter(|key| key.binding == binding.0) {
            let mut sum = Measures::default();
            cursor.map_times(&storage, |_, measures| sum.add_all(measures));
            if !sum.is_zero() {
                self.input.update(key.clone(), sum.negated());
                has_any = true;
            }
            cursor.step_key(&storage);
        }
        drop((cursor, storage));
        if has_any {
            self.step();
        }
    }

    fn visit(&mut self, visit: &mut dyn FnMut(&Key, &Measures)) {
        let (mut cursor, storage) = self.trace.cursor();
        while let Some(key) = cursor.get_key(&storage) {
            let mut sum = self.waiting.get(key).cloned().unwrap_or_default();
            cursor.map_times(&storage, |_, measures| sum.add_all(measures));
            if !sum.is_zero() {
                visit(key, &sum);
            }
            cursor.step_key(&storage);
        }
        for (key, sum) in self.waiting.iter().filter(|(_, sum)| !sum.is_zero()) {
            cursor.rewind_keys(&storage);
            cursor.seek_key(&storage, key);
            if cursor.get_key(&storage) != Some(key) {
                visit(key, sum);
            }
        }
    }
}

impl Differential {
    /// Puts what waits into the dataflow, as one epoch.
    fn put_in(&mut self) {
        for (key, measures) in self.waiting.drain() {
            if !measures.is_zero() {
                self.input.update(key, measures);
            }
        }
        self.step();
    }

    fn step(&mut self) {
        self.time += 1;
        self.input.advance_to(self.time);
        self.input.flush();
        while self.probe.less_than(&self.time) {
            self.installed.worker.step();
        }
        // Nobody reads an older time: without a word the trace would keep all of them.
        let now = Antichain::from_elem(self.time);
        self.trace.set_logical_compaction(now.borrow());
        self.trace.set_physical_compaction(now.borrow());
    }
}
