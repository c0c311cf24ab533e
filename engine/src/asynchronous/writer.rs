//! The thread that makes all calls but those that the readers answer, one after the other in the order of the queue.

use tokio::sync::{mpsc, oneshot};

use super::call::{self, Alive, Job};
use crate::api::Engine;
use crate::error::Error;
use crate::polling::{Poller, Polling};

/// Starts a thread of the engine's.
pub(super) fn start(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    started.map(drop).map_err(|error| Error::CannotOpen(format!("a thread cannot be started: {error}").into()))
}

/// What the writer needs.
pub(super) struct Writer {
    pub(super) jobs: mpsc::Receiver<Job>,
    pub(super) alive: Alive,
    pub(super) polling: Option<Polling>,
}

impl Writer {
    /// Starts the thread, which first makes the engine by `open`, and gives it once that is done.
    pub(super) async fn start(
        self,
        open: impl FnOnce() -> Result<Engine, Error> + Send + 'static,
    ) -> Result<Engine, Error> {
        let (opened, engine) = oneshot::channel();
        start("tidewater-writer", move || {
            self.alive.mark_thread();
            match open().and_then(|engine| Ok((self.start_polling(&engine)?, engine))) {
                Ok((poller, engine)) => {
                    if opened.send(Ok(engine.clone())).is_ok() {
                        self.run(engine, poller);
                    }
                }
                // Who stopped waiting has no use for the error.
                Err(error) => drop(opened.send(Err(error))),
            }
        })?;
        engine.await.unwrap_or_else(|_| Err(call::closed()))
    }

    fn start_polling(&self, engine: &Engine) -> Result<Option<Poller>, Error> {
        self.polling.map(|polling| engine.start_polling(polling)).transpose()
    }

    /// Makes calls until the engine is closed, or no one is left who could make one.
    fn run(self, engine: Engine, poller: Option<Poller>) {
        let Self { mut jobs, alive, .. } = self;
        while let Some(Job::Call(call)) = jobs.blocking_recv() {
            call::run(call, &engine);
        }
        drop(poller);
        // Calls that are in the queue behind the end get an answer by losing their channels.
        drop(jobs);
        drop(engine);
        drop(alive);
    }
}
