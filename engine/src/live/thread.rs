//! The calling thread: it shows whether a call comes from inside another one, and which thread a transaction belongs to.

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
    /// The thread that runs this. While it ends, and drops what is its own, each call is one of a thread by itself.
    pub(super) fn current() -> Arc<Self> {
        CURRENT.try_with(Arc::clone).unwrap_or_else(|_| Arc::new(Self { _place: 0 }))
    }

    /// A number that no other living thread has; never 0.
    pub(super) fn number(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }
}
