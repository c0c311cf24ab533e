//! The thread that polls, and what ends it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Polling;
use super::file_events::FileEvents;
use super::schedule::Schedule;
use super::signal::{Signal, Woken};
use crate::api::{Engine, WeakEngine};
use crate::error::Error;

/// How long files may change unnoticed after a look, so that a writer who never pauses costs no more than this many looks.
const REST: Duration = Duration::from_millis(2);

/// The attached files when polling starts.
const FILES: &str = "SELECT file FROM pragma_database_list WHERE file <> ''";

/// Looks for the commits of other connections until it is dropped, or the engine is gone. It does not keep the engine open.
///
/// Dropping it waits for nothing: a look that has begun may still deliver.
#[derive(Debug)]
#[must_use = "polling ends when this is dropped"]
pub struct Poller {
    signal: Arc<Signal>,
    polls: Arc<AtomicU64>,
    has_file_events: bool,
}

impl Engine {
    /// Starts a thread that notices what other connections, of this process or another, commit, and delivers it: what
    /// [`Engine::poll`] does, by itself. Callbacks are called on that thread; one that panics ends nothing.
    ///
    /// No commit is missed: the files are watched from before the first look on. Files that are attached later are looked at by
    /// time alone.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use tidewater::{Engine, Options, Polling};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("jobs.db");
    /// let engine = Engine::open(path.as_path(), Options::default())?;
    /// engine.exec("CREATE TABLE job(name TEXT)", ())?;
    /// let (sender, events) = mpsc::channel();
    /// let _watch = engine.subscribe_with("SELECT name FROM job", (), move |_, event| drop(sender.send(event.clone())))?;
    /// let _poller = engine.start_polling(Polling::default())?;
    ///
    /// // Any program:
    /// tidewater::rusqlite::Connection::open(&path)?.execute("INSERT INTO job VALUES ('from elsewhere')", ())?;
    /// events.recv()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Sqlite`] when the database cannot be read, [`Error::CannotOpen`] when the system has no thread to give.
    pub fn start_polling(&self, polling: Polling) -> Result<Poller, Error> {
        let signal = Arc::new(Signal::default());
        let events = match polling.file_events {
            true => FileEvents::watch(&self.files()?, Arc::clone(&signal)),
            false => None,
        };
        let has_file_events = events.is_some();
        let schedule = match has_file_events {
            true => Schedule::after_changes(polling.safety_interval),
            false => Schedule::steady(polling.interval),
        };
        let polls = Arc::new(AtomicU64::new(0));
        let thread =
            Thread { engine: self.downgrade(), signal: Arc::clone(&signal), polls: Arc::clone(&polls), schedule };
        let started = std::thread::Builder::new().name("tidewater-poller".to_owned()).spawn(move || {
            // They come as long as the thread runs.
            let _events = events;
            thread.run();
        });
        started.map_err(|error| Error::CannotOpen(format!("a thread cannot be started: {error}").into()))?;
        Ok(Poller { signal, polls, has_file_events })
    }

    fn files(&self) -> Result<Vec<PathBuf>, Error> {
        let files = self.query_as::<(String,)>(FILES, ())?;
        Ok(files.into_iter().map(|(file,)| file.into()).collect())
    }
}

impl Poller {
    /// Whether the system reports changes of the files, so that commits are noticed at once.
    #[must_use]
    pub fn has_file_events(&self) -> bool {
        self.has_file_events
    }

    /// How often it has looked.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.polls.load(Ordering::Relaxed)
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        // Not joined: the thread may wait for a call of the engine's that this is dropped in.
        self.signal.stop();
    }
}

/// What runs on the thread.
struct Thread {
    engine: WeakEngine,
    signal: Arc<Signal>,
    polls: Arc<AtomicU64>,
    schedule: Schedule,
}

impl Thread {
    fn run(mut self) {
        // What was committed before the files were watched is there at the first look.
        let mut wait = Duration::ZERO;
        loop {
            match self.signal.wait(wait) {
                Woken::ToStop => break,
                Woken::ByFiles => self.schedule.changed(),
                Woken::ByTime => {}
            }
            let Some(engine) = self.engine.upgrade() else { break };
            // An error is one of this moment, such as a lock that is held too long: the next look comes. A panic is a callback's,
            // and its message was printed.
            let _ = catch_unwind(AssertUnwindSafe(|| engine.poll()));
            drop(engine);
            self.polls.fetch_add(1, Ordering::Relaxed);
            wait = self.schedule.wait();
            self.signal.rest(REST.min(wait));
        }
    }
}
