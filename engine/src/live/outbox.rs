//! Events on their way to callbacks and streams, which get them once the engine's lock is free.
//!
//! Invariants: callbacks are called one at a time, in the order of commits; a call returns when what it committed was delivered,
//! by whichever thread; an event is delivered whatever the callback before it did.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;

use super::callback::Callback;
use super::thread::Thread;
use crate::api::event::Event;
use crate::types::SubscriptionId;

/// The events that wait for callbacks, and who delivers them.
#[derive(Default)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    /// An event was delivered, or a thread has stopped delivering.
    moved: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Readers of streams that there is an event for.
    readers: Vec<Waker>,
    /// How many events were ever queued, and how many of those are delivered.
    queued: u64,
    delivered: u64,
    /// The thread that delivers, and how many events it delivers before it stops.
    deliverer: Option<(usize, u64)>,
    /// Threads that wait for `moved`. To wake none is a system call too.
    sleepers: usize,
    /// The first panic of the application's code that nobody has heard of yet.
    panic: Option<Box<dyn Any + Send>>,
}

/// An event that waits for its callback.
struct Waiting {
    callback: Weak<Callback>,
    id: SubscriptionId,
    event: Event,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").field("waiting", &self.lock().waiting.len()).finish_non_exhaustive()
    }
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an event for a callback.
    pub(super) fn queue(&self, callback: Weak<Callback>, id: SubscriptionId, event: Event) {
        let mut queue = self.lock();
        queue.queued += 1;
        queue.waiting.push_back(Waiting { callback, id, event });
    }

    /// Wakes the reader of a stream once the engine's lock is free.
    pub(super) fn wake(&self, reader: Waker) {
        self.lock().readers.push(reader);
    }

    /// Runs the application's code where a panic would leave the engine half done; the panic goes on when the lock is free.
    pub(super) fn catch(&self, code: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(code)) {
            self.lock().panic.get_or_insert(panic);
        }
    }

    /// How many events wait.
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Delivers all events that were queued before this call, or waits until another thread has. Within a callback they come
    /// after those that are being delivered. A panic of a callback goes on when all is delivered.
    pub(super) fn deliver(&self) {
        let me = Thread::current().number();
        let mut queue = self.lock();
        if !queue.readers.is_empty() {
            let readers = std::mem::take(&mut queue.readers);
            drop(queue);
            readers.into_iter().for_each(Waker::wake);
            queue = self.lock();
        }
        let until = queue.queued;
        while queue.delivered < until {
            queue = match &mut queue.deliverer {
                Some((thread, all)) if *thread == me => {
                    *all = until.max(*all);
                    return;
                }
                Some(_) => self.sleep(queue),
                None => self.deliver_until(queue, me, until),
            };
        }
        let is_within_callback = queue.deliverer.is_some_and(|(thread, _)| thread == me);
        if !is_within_callback && let Some(panic) = queue.panic.take() {
            drop(queue);
            resume_unwind(panic);
        }
    }

    fn deliver_until<'q>(&'q self, mut queue: MutexGuard<'q, Queue>, me: usize, until: u64) -> MutexGuard<'q, Queue> {
        queue.deliverer = Some((me, until));
        while queue.deliverer.is_some_and(|(_, until)| queue.delivered < until) {
            let Some(Waiting { callback, id, event }) = queue.waiting.pop_front() else { break };
            drop(queue);
            // A subscription that was dropped has no callback any more.
            let callback: Option<Arc<Callback>> = callback.upgrade();
            self.catch(|| {
                if let Some(callback) = callback {
                    callback.call(id, &event);
                }
            });
            queue = self.lock();
            queue.delivered += 1;
            self.wake_sleepers(&queue);
        }
        queue.deliverer = None;
        self.wake_sleepers(&queue);
        queue
    }

    fn sleep<'q>(&'q self, mut queue: MutexGuard<'q, Queue>) -> MutexGuard<'q, Queue> {
        queue.sleepers += 1;
        let mut queue = self.moved.wait(queue).unwrap_or_else(PoisonError::into_inner);
        queue.sleepers -= 1;
        queue
    }

    fn wake_sleepers(&self, queue: &Queue) {
        if queue.sleepers > 0 {
            self.moved.notify_all();
        }
    }
}
