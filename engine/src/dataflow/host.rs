//! The one timely worker, driven by hand: a step is taken when a commit has been put in, until its probe has passed it.

use timely::WorkerConfig;
use timely::communication::Allocator;
use timely::communication::allocator::thread::Thread;
use timely::worker::Worker;

/// The worker. It has no clock, for there is none where a browser runs it; so nothing of it ever parks or logs.
pub(super) struct Host {
    pub(super) worker: Worker,
    /// How many dataflows there are.
    pub(super) dataflows: usize,
}

impl Default for Host {
    fn default() -> Self {
        Self::new(Allocator::Thread(Thread::default()))
    }
}

impl Host {
    /// A worker of whatever group the allocator belongs to.
    pub(super) fn new(allocator: Allocator) -> Self {
        Self { worker: Worker::new(WorkerConfig::default(), allocator, None), dataflows: 0 }
    }
}
