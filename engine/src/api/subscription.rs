//! A subscriber's end of a subscription: a stream of events, or a callback.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(not(target_family = "wasm"))]
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::api::event::Event;
use crate::api::explain::PlanKind;
use crate::error::Error;
use crate::live::{Callback, Handle, Mailbox, WeakHandle};
use crate::types::{Params, Snapshot, SubscriptionId};

/// A live query as a stream of [`Event`]s. Dropping it unsubscribes.
///
/// The stream ends after an event that closed the subscription, and when the engine is gone. Events wait in it until they
/// are taken: a reader that stops reading should drop it.
///
/// ```
/// use tidewater::{Engine, Event, Location, Options, Value};
/// # fn main() -> Result<(), tidewater::Error> {
/// let engine = Engine::open(Location::Memory, Options::default())?;
/// engine.exec("CREATE TABLE todo(id INTEGER PRIMARY KEY, title TEXT)", ())?;
/// let mut todos = engine.subscribe("SELECT title FROM todo ORDER BY id", ())?;
/// engine.exec("INSERT INTO todo(title) VALUES (?)", ["write"])?;
///
/// let mut rows = todos.snapshot().rows.to_vec();
/// while let Some(Event::Diff(diff)) = todos.try_next() {
///     diff.apply(&mut rows);
/// }
/// assert_eq!(rows[0].get(0), Some(Value::from("write").as_ref()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Subscription {
    ticket: Ticket,
    mailbox: Arc<Mailbox>,
}

impl Subscription {
    pub(crate) fn new(ticket: Ticket, mailbox: Arc<Mailbox>) -> Self {
        Self { ticket, mailbox }
    }

    /// The place in the registry, and where its events wait.
    #[cfg(all(feature = "tokio", not(target_family = "wasm")))]
    pub(crate) fn into_parts(self) -> (Ticket, Arc<Mailbox>) {
        (self.ticket, self.mailbox)
    }

    /// Which subscription this is.
    #[must_use]
    pub fn id(&self) -> SubscriptionId {
        self.ticket.id
    }

    /// The result as of subscribing.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.ticket.snapshot
    }

    /// Gives the parameters other values, in place: the next event is the diff from the old result to the new one, with the
    /// number of the commit that both are of. A window slides by it.
    ///
    /// ```
    /// use tidewater::{Engine, Event, Location, Options, Value};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3), (4)", ())?;
    /// let mut page = engine.subscribe("SELECT id FROM t ORDER BY id LIMIT ? OFFSET ?", [2, 0])?;
    /// page.rebind([2, 1])?;
    /// let Some(Event::Diff(diff)) = page.try_next() else { panic!("a diff") };
    /// assert_eq!(diff.edits.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::BadParameters`](crate::Error::BadParameters) for values that do not fit, what SQLite says of the query
    /// with them, [`Error::InTransaction`](crate::Error::InTransaction) while a transaction is open; then nothing has changed.
    /// [`Error::Closed`](crate::Error::Closed) when the subscription has ended or the engine is gone.
    pub fn rebind(&self, params: impl Into<Params>) -> Result<(), Error> {
        self.ticket.rebind(&params.into())
    }

    /// Hands the result as of subscribing out, so that it is not held twice.
    pub fn take_snapshot(&mut self) -> Snapshot {
        self.ticket.take_snapshot()
    }

    /// How the result is maintained now; [`Engine::explain`](crate::Engine::explain) tells why. Inside a call of the engine, or
    /// when it is gone: as it was when this was last asked, or at first.
    #[must_use]
    pub fn plan(&self) -> PlanKind {
        self.ticket.plan()
    }

    /// The next event that waits, if one does.
    pub fn try_next(&mut self) -> Option<Event> {
        self.mailbox.take()
    }

    /// The next event; if none waits, this blocks the thread until one comes, at most so long. Nothing when the time is up, or when
    /// no more will come.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tidewater::{Engine, Event, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// engine.exec("CREATE TABLE t(a)", ())?;
    /// let mut live = engine.subscribe("SELECT a FROM t", ())?;
    /// let writer = std::thread::spawn(move || engine.exec("INSERT INTO t VALUES (1)", ()));
    /// assert!(matches!(live.next_timeout(Duration::from_secs(60)), Some(Event::Diff(_))));
    /// # writer.join().expect("the writer ends")?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(not(target_family = "wasm"))]
    pub fn next_timeout(&mut self, timeout: std::time::Duration) -> Option<Event> {
        let signal = Arc::new(Signal::default());
        let waker = Arc::clone(&signal).into();
        let mut context = Context::from_waker(&waker);
        if let Poll::Ready(event) = Pin::new(&mut *self).poll_next(&mut context) {
            return event;
        }
        signal.wait(timeout);
        self.try_next()
    }
}

/// Wakes a thread that waits.
#[cfg(not(target_family = "wasm"))]
#[derive(Debug, Default)]
struct Signal {
    is_given: Mutex<bool>,
    given: Condvar,
}

#[cfg(not(target_family = "wasm"))]
impl Signal {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, timeout: std::time::Duration) {
        drop(self.given.wait_timeout_while(self.lock(), timeout, |is_given| !*is_given));
    }
}

#[cfg(not(target_family = "wasm"))]
impl std::task::Wake for Signal {
    fn wake(self: Arc<Self>) {
        *self.lock() = true;
        self.given.notify_all();
    }
}

impl Stream for Subscription {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.mailbox.poll(context, self.ticket.is_over())
    }
}

/// A live query whose events go to a callback. Dropping it unsubscribes.
#[derive(Debug)]
pub struct Watch {
    ticket: Ticket,
    /// The subscription's sink ends with it.
    _callback: Arc<Callback>,
}

impl Watch {
    pub(crate) fn new(ticket: Ticket, callback: Arc<Callback>) -> Self {
        Self { ticket, _callback: callback }
    }

    /// Which subscription this is.
    #[must_use]
    pub fn id(&self) -> SubscriptionId {
        self.ticket.id
    }

    /// The result as of subscribing.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.ticket.snapshot
    }

    /// Gives the parameters other values, in place: see [`Subscription::rebind`]. The callback is called before this returns.
    ///
    /// # Errors
    /// As [`Subscription::rebind`].
    pub fn rebind(&self, params: impl Into<Params>) -> Result<(), Error> {
        self.ticket.rebind(&params.into())
    }

    /// Hands the result as of subscribing out, so that it is not held twice.
    pub fn take_snapshot(&mut self) -> Snapshot {
        self.ticket.take_snapshot()
    }

    /// The result as of the last commit: what the events so far have made of the first one. Of a query that fails now, the last
    /// good one. Who has missed events goes on from here.
    ///
    /// ```
    /// use tidewater::{Engine, Location, Options};
    /// # fn main() -> Result<(), tidewater::Error> {
    /// let engine = Engine::open(Location::Memory, Options::default())?;
    /// engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY)", ())?;
    /// let watch = engine.subscribe_with("SELECT id FROM t", (), |_, _| {})?;
    /// engine.exec("INSERT INTO t VALUES (1), (2)", ())?;
    /// assert_eq!(watch.result()?.rows.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed) when the subscription has ended, the engine is gone, or the columns have changed since
    /// there was a result; [`Error::Reentrant`](crate::Error::Reentrant) from inside a call of the engine.
    pub fn result(&self) -> Result<Snapshot, Error> {
        self.ticket.result()
    }

    /// How the result is maintained now; [`Engine::explain`](crate::Engine::explain) tells why. Inside a call of the engine, or
    /// when it is gone: as it was when this was last asked, or at first.
    #[must_use]
    pub fn plan(&self) -> PlanKind {
        self.ticket.plan()
    }
}

/// A place in the registry, given up when dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(crate) id: SubscriptionId,
    pub(crate) snapshot: Snapshot,
    /// A plan maintained it when this was last asked.
    pub(crate) is_planned: AtomicBool,
    pub(crate) handle: WeakHandle,
}

impl Ticket {
    pub(crate) fn rebind(&self, params: &Params) -> Result<(), Error> {
        let handle = self.engine()?;
        let rebound = handle.lock()?.rebind(self.id, params);
        handle.deliver();
        rebound
    }

    pub(crate) fn result(&self) -> Result<Snapshot, Error> {
        self.engine()?.lock()?.result(self.id)
    }

    pub(crate) fn plan(&self) -> PlanKind {
        if let Ok(handle) = self.engine()
            && let Ok(core) = handle.lock_at_once()
        {
            self.is_planned.store(core.is_planned(self.id), Ordering::Relaxed);
        }
        if self.is_planned.load(Ordering::Relaxed) { PlanKind::Incremental } else { PlanKind::Requery }
    }

    /// Whether the engine is gone.
    pub(crate) fn is_over(&self) -> bool {
        self.handle.is_gone()
    }

    fn engine(&self) -> Result<Handle, Error> {
        self.handle.upgrade().ok_or(Error::Closed("the engine is gone"))
    }

    pub(crate) fn take_snapshot(&mut self) -> Snapshot {
        let rows = std::mem::take(&mut self.snapshot.rows);
        Snapshot { rows, ..self.snapshot.clone() }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.upgrade() {
            handle.unsubscribe(self.id);
        }
    }
}
