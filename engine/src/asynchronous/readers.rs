//! The threads that answer queries beside the writer. They start with the first query.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::call::{self, Alive, Call, Job, Queue};
use super::writer::start;
use crate::api::Engine;
use crate::error::Error;

/// The readers of one engine.
#[derive(Debug)]
pub(super) struct Readers {
    state: Mutex<State>,
    threads: usize,
    queued_calls: usize,
}

#[derive(Debug)]
enum State {
    /// Not started; the threads will be of this engine.
    Waiting(Alive),
    Running(Queue),
    Closed,
}

impl Readers {
    pub(super) fn new(alive: Alive, threads: usize, queued_calls: usize) -> Self {
        Self { state: Mutex::new(State::Waiting(alive)), threads, queued_calls }
    }

    /// Whether there are any, or will be.
    pub(super) fn exist(&self) -> bool {
        self.threads > 0
    }

    /// Their queue; starts them if they are not running.
    pub(super) fn queue(&self, engine: &Engine) -> Result<Queue, Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let alive = match &*state {
            State::Waiting(alive) => alive,
            State::Running(queue) => return Ok(queue.clone()),
            State::Closed => return Err(call::closed()),
        };
        let (queue, jobs) = mpsc::channel(self.queued_calls);
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..self.threads {
            let (engine, jobs, alive) = (engine.clone(), Arc::clone(&jobs), alive.clone());
            start("tidewater-reader", move || read(engine, &jobs, alive))?;
        }
        *state = State::Running(queue.clone());
        Ok(queue)
    }

    /// Their queue if they have started; from now on they will not.
    pub(super) fn close(&self) -> Option<Queue> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Closed) {
            State::Running(queue) => Some(queue),
            State::Waiting(_) | State::Closed => None,
        }
    }
}

/// Answers queries until the queue is closed.
fn read(engine: Engine, jobs: &Mutex<mpsc::Receiver<Job>>, alive: Alive) {
    alive.mark_thread();
    while let Some(call) = next(jobs) {
        call::run(call, &engine);
    }
    drop(engine);
    drop(alive);
}

/// The next call. One reader waits for it and the others for that one.
fn next(jobs: &Mutex<mpsc::Receiver<Job>>) -> Option<Call> {
    let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    match jobs.blocking_recv()? {
        Job::Call(call) => Some(call),
        Job::Close => {
            // For the other readers.
            jobs.close();
            None
        }
    }
}
