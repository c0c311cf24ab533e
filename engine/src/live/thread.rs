//! Who calls: threads are told apart, to know a call from inside another one and whose a transaction is.

use std::sync::Arc;

/// A thread that has called an engine. It is gone when the thread has ended.
#[derive(Debug)]
pub(super) struct Thread {
    /// Not empty, so that each has an address of its own.
    _place: u8,
}

thread_local! {
    static CURRENT: Arc<Thread> = Arc::new(Thread { _place: 0 });
}

impl Thread {
    /// The thread that runs this.
    pub(super) fn current() -> Arc<Self> {
        CURRENT.with(Arc::clone)
    }

    /// A number that no other living thread has; never 0.
    pub(super) fn number(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }
}
