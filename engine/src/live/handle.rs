//! The lock around the core: who holds it, whose transaction is open, and the delivery that follows a call.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::time::Duration;

use super::core::Core;
use super::interrupt::InterruptHandle;
use super::mailbox::Mailbox;
use super::outbox::Outbox;
use super::thread::Thread;
use crate::api::options::{Location, Options};
use crate::error::Error;
use crate::storage::{Cancel, Readers};
use crate::types::{CommitId, Params, Rows, SubscriptionId};

/// Shares one core. Clones share the same one.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    shared: Arc<Shared>,
}

/// A handle that does not keep the core alive.
#[derive(Clone, Debug)]
pub(crate) struct WeakHandle {
    shared: Weak<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Closed before the core: the connection that closes a file last empties its write-ahead log, and these only read.
    readers: Option<Arc<Readers>>,
    core: Mutex<Core>,
    /// The thread that holds the lock, as [`Thread::number`]; 0 if none does.
    holder: AtomicUsize,
    /// The thread that began the open transaction by SQL, if one is open. Written by who holds the core.
    transaction_of: Mutex<Option<Weak<Thread>>>,
    /// A transaction that SQL began has ended.
    transaction_ended: Condvar,
    /// How long a call waits for the end of another thread's transaction.
    busy_timeout: Duration,
    /// How many events wait one by one in a mailbox.
    waiting_events: usize,
    outbox: Arc<Outbox>,
    interrupt: InterruptHandle,
    /// Subscriptions that were dropped; they end when the lock is taken next, or let go.
    dropped: Mutex<Vec<SubscriptionId>>,
    /// The number of the last commit.
    commit: AtomicU64,
    /// Readers see what the core does.
    can_be_read_beside: AtomicBool,
}

/// The core, locked.
pub(crate) struct Locked<'h> {
    shared: &'h Shared,
    core: MutexGuard<'h, Core>,
    thread: Arc<Thread>,
}

impl Handle {
    pub(crate) fn new(mut core: Core, location: &Location, options: &Options) -> Self {
        let Options { busy_timeout, waiting_events, .. } = *options;
        let (outbox, (interrupt, is_on)) = (core.outbox(), core.interrupt());
        let readers = Readers::new(location, options).map(Arc::new);
        let interrupt = InterruptHandle { is_on, interrupt, readers: readers.as_ref().map(Arc::downgrade) };
        let commit = AtomicU64::new(core.commit().0);
        let shared = Shared {
            core: Mutex::new(core),
            transaction_of: Mutex::default(),
            holder: AtomicUsize::new(0),
            transaction_ended: Condvar::new(),
            busy_timeout,
            waiting_events,
            outbox,
            interrupt,
            dropped: Mutex::default(),
            commit,
            readers,
            can_be_read_beside: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared) }
    }

    pub(crate) fn downgrade(&self) -> WeakHandle {
        WeakHandle { shared: Arc::downgrade(&self.shared) }
    }

    /// Locks the core for a call that uses the database. It waits for other calls, and for the end of a transaction that another
    /// thread began by SQL.
    ///
    /// # Errors
    /// [`Error::Reentrant`] if this thread holds the lock already, [`Error::AnothersTransaction`] if the wait was too long.
    pub(crate) fn lock(&self) -> Result<Locked<'_>, Error> {
        let shared = &*self.shared;
        let thread = shared.enter()?;
        let mut core = lock(&shared.core);
        if shared.is_transaction_of_another(&mut core, &thread) {
            let is_open = |core: &mut Core| shared.is_transaction_of_another(core, &thread);
            let waited = shared.transaction_ended.wait_timeout_while(core, shared.busy_timeout, is_open);
            core = waited.unwrap_or_else(PoisonError::into_inner).0;
            if shared.is_transaction_of_another(&mut core, &thread) {
                return Err(Error::AnothersTransaction);
            }
        }
        Ok(Locked::new(shared, core, thread))
    }

    /// Locks the core for a call that leaves the database alone.
    ///
    /// # Errors
    /// [`Error::Reentrant`] if this thread holds the lock already.
    pub(crate) fn lock_at_once(&self) -> Result<Locked<'_>, Error> {
        let thread = self.shared.enter()?;
        Ok(Locked::new(&self.shared, lock(&self.shared.core), thread))
    }

    /// Answers a query beside the core, without waiting for the lock; nothing if only the core can answer it.
    ///
    /// # Errors
    /// [`Error::Reentrant`] if this thread holds the lock.
    pub(crate) fn query_beside(&self, sql: &str, params: &Params, cancel: &Cancel) -> Result<Option<Rows>, Error> {
        self.readers()?.and_then(|readers| readers.query(sql, params, cancel)).transpose()
    }

    /// The connections that answer queries beside the core, if they see what this thread would see in it.
    ///
    /// # Errors
    /// [`Error::Reentrant`] if this thread holds the lock.
    pub(crate) fn readers(&self) -> Result<Option<&Readers>, Error> {
        self.shared.enter()?;
        let can_read = !self.has_transaction() && self.shared.can_be_read_beside.load(Ordering::Acquire);
        Ok(self.shared.readers.as_deref().filter(|_| can_read))
    }

    /// Whether [`Handle::query_beside`] may answer a query.
    #[cfg(all(feature = "tokio", not(target_family = "wasm")))]
    pub(crate) fn may_query_beside(&self, sql: &str) -> bool {
        let Shared { readers, can_be_read_beside, .. } = &*self.shared;
        readers.is_some() && can_be_read_beside.load(Ordering::Acquire) && Readers::may_answer(sql)
    }

    /// Ends a subscription, without waiting: at once if the lock is free, or else before the next commit.
    pub(crate) fn unsubscribe(&self, id: SubscriptionId) {
        lock(&self.shared.dropped).push(id);
        if let Ok(thread) = self.shared.enter()
            && let Some(core) = try_lock(&self.shared.core)
        {
            drop(Locked::new(&self.shared, core, thread));
        }
    }

    /// Delivers what waits for callbacks, or waits until another thread has delivered it. To be called with the lock free.
    pub(crate) fn deliver(&self) {
        self.shared.outbox.deliver();
    }

    /// Whether this thread has a transaction open that it began by SQL.
    pub(crate) fn has_transaction(&self) -> bool {
        let of = lock(&self.shared.transaction_of);
        of.as_ref().is_some_and(|of| std::ptr::eq(of.as_ptr(), Arc::as_ptr(&Thread::current())))
    }

    /// Sets how long a statement may run from now on.
    ///
    /// # Errors
    /// [`Error::Reentrant`] if this thread holds the lock.
    pub(crate) fn set_statement_timeout(&self, timeout: Option<Duration>) -> Result<(), Error> {
        self.lock_at_once()?.set_statement_timeout(timeout);
        if let Some(readers) = &self.shared.readers {
            readers.set_timeout(timeout);
        }
        Ok(())
    }

    /// What ends a statement from another thread.
    pub(crate) fn interrupt_handle(&self) -> InterruptHandle {
        self.shared.interrupt.clone()
    }

    /// A mailbox for a new subscription.
    pub(crate) fn mailbox(&self) -> Arc<Mailbox> {
        Arc::new(Mailbox::new(self.shared.waiting_events))
    }

    /// The number of the last commit.
    pub(crate) fn commit(&self) -> CommitId {
        CommitId(self.shared.commit.load(Ordering::Acquire))
    }
}

impl WeakHandle {
    pub(crate) fn upgrade(&self) -> Option<Handle> {
        self.shared.upgrade().map(|shared| Handle { shared })
    }

    /// Whether the engine is gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.shared.strong_count() == 0
    }
}

impl Shared {
    /// The current thread, which must not hold the lock.
    fn enter(&self) -> Result<Arc<Thread>, Error> {
        let thread = Thread::current();
        // Nobody but this thread writes its own number there.
        match self.holder.load(Ordering::Relaxed) == thread.number() {
            true => Err(Error::Reentrant),
            false => Ok(thread),
        }
    }

    /// Whether a transaction is open that another thread began by SQL. One of a thread that has ended is rolled back: nobody
    /// else could end it.
    fn is_transaction_of_another(&self, core: &mut Core, thread: &Arc<Thread>) -> bool {
        let mut transaction_of = lock(&self.transaction_of);
        match transaction_of.as_ref().map(Weak::upgrade) {
            None => false,
            Some(Some(owner)) => !Arc::ptr_eq(&owner, thread),
            Some(None) => {
                *transaction_of = None;
                core.roll_back();
                false
            }
        }
    }
}

impl<'h> Locked<'h> {
    fn new(shared: &'h Shared, core: MutexGuard<'h, Core>, thread: Arc<Thread>) -> Self {
        shared.holder.store(thread.number(), Ordering::Relaxed);
        let mut locked = Self { shared, core, thread };
        locked.end_dropped();
        locked
    }

    /// Ends the subscriptions that were dropped while the lock was taken.
    fn end_dropped(&mut self) {
        for id in std::mem::take(&mut *lock(&self.shared.dropped)) {
            self.core.unsubscribe(id);
        }
    }
}

impl Deref for Locked<'_> {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Core {
        &mut self.core
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.end_dropped();
        let mut transaction_of = lock(&self.shared.transaction_of);
        match (self.core.in_transaction(), transaction_of.is_some()) {
            (true, false) => *transaction_of = Some(Arc::downgrade(&self.thread)),
            (false, true) => {
                *transaction_of = None;
                self.shared.transaction_ended.notify_all();
            }
            _ => {}
        }
        let can_be_read_beside = self.shared.readers.is_some() && self.core.can_be_read_beside();
        self.shared.can_be_read_beside.store(can_be_read_beside, Ordering::Release);
        self.shared.commit.store(self.core.commit().0, Ordering::Release);
        self.shared.holder.store(0, Ordering::Relaxed);
    }
}

/// Locks a mutex. Poison is no error here: a panic of the application's code is caught before it leaves anything half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same without waiting; nothing if it is taken.
fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}
