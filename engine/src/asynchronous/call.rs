//! One call: how it is queued, run on a thread of the engine's, and answered.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use crate::api::Engine;
use crate::error::Error;
use crate::storage::Cancel;

/// What a thread of the engine's is to do.
pub(super) enum Job {
    /// A call.
    Call(Call),
    /// End, after the calls that were queued before.
    Close,
}

/// A call that sends its own answer.
pub(super) type Call = Box<dyn FnOnce(&Engine) + Send>;

/// The queue of the writer or of the readers.
pub(super) type Queue = mpsc::Sender<Job>;

/// Which engine a queue and its threads belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EngineId(usize);

thread_local! {
    /// The engine whose thread this is.
    static THREAD_OF: Cell<Option<EngineId>> = const { Cell::new(None) };
}

/// Held by each thread of an engine until it has let go of the database.
#[derive(Clone, Debug)]
pub(super) struct Alive(Arc<watch::Sender<()>>);

/// Tells when all threads of an engine have ended.
#[derive(Clone, Debug)]
pub(super) struct Ended(watch::Receiver<()>);

impl Alive {
    pub(super) fn new() -> (Self, Ended) {
        let (alive, ended) = watch::channel(());
        (Self(Arc::new(alive)), Ended(ended))
    }

    /// The engine that this is of: no other one has this number while a thread of it lives.
    pub(super) fn id(&self) -> EngineId {
        EngineId(Arc::as_ptr(&self.0).addr())
    }

    /// Marks the thread that runs this as one of the engine's.
    pub(super) fn mark_thread(&self) {
        THREAD_OF.set(Some(self.id()));
    }
}

impl Ended {
    pub(super) async fn wait(mut self) {
        // Nothing is ever sent: this is the end of all senders.
        while self.0.changed().await.is_ok() {}
    }
}

/// What is told of an engine that is closed.
pub(super) fn closed() -> Error {
    Error::Closed("the engine is closed")
}

/// Puts a call into a queue, waiting for a place, and waits for its answer. A panic of the call goes on here.
///
/// # Errors
/// [`Error::Closed`] when the engine is closed before the call has begun, [`Error::Reentrant`] on a thread of the same engine,
/// [`Error::TransactionLeftOpen`] if the call began a transaction by SQL and did not end it.
pub(super) async fn make<T: Send + 'static>(
    queue: &Queue,
    engine: EngineId,
    body: impl FnOnce(&Engine) -> T + Send + 'static,
) -> Result<T, Error> {
    // The thread would wait for itself.
    if THREAD_OF.get() == Some(engine) {
        return Err(Error::Reentrant);
    }
    let (answer, answered) = oneshot::channel();
    let call = move |engine: &Engine| {
        // Nobody waits for it any more.
        if answer.is_closed() {
            return;
        }
        let done = catch_unwind(AssertUnwindSafe(|| body(engine)));
        let settled = end_open_transaction(engine);
        // Who stopped waiting has no use for the answer.
        let _ = answer.send(done.map(|value| settled.map(|()| value)));
    };
    queue.send(Job::Call(Box::new(call))).await.map_err(|_| closed())?;
    match answered.await {
        Ok(done) => done.unwrap_or_else(|panic| resume_unwind(panic)),
        Err(_) => Err(closed()),
    }
}

/// Runs a call; what panics in it beyond the body is the drop of a value that nobody waits for.
pub(super) fn run(call: Call, engine: &Engine) {
    let _ = catch_unwind(AssertUnwindSafe(|| call(engine)));
}

/// A transaction that SQL began belongs to its thread, and all tasks share this one: the next call would join it.
fn end_open_transaction(engine: &Engine) -> Result<(), Error> {
    if !engine.in_transaction() {
        return Ok(());
    }
    engine.exec("ROLLBACK", ())?;
    Err(Error::TransactionLeftOpen)
}

/// Cancels a query when the future that waits for it is dropped.
pub(super) struct CancelOnDrop(pub(super) Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
