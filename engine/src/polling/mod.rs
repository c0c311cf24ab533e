//! Noticing what other connections commit without being asked to: a thread that polls when the files change, and now and then.

#[cfg_attr(not(feature = "file-events"), path = "no_file_events.rs")]
mod file_events;
mod poller;
mod schedule;
mod signal;

use std::time::Duration;

pub use poller::Poller;

/// How often commits of other connections are looked for; see [`Engine::start_polling`](crate::Engine::start_polling).
///
/// With the feature `file-events`, a change of the database's files makes the engine look at once, and until it is quiet again. Not
/// every commit can be noticed in this way: other computers write to network files, and some systems report late. So the engine
/// also looks from time to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Polling {
    /// How often to look where changes of files are not reported; 100 ms by default.
    pub interval: Duration,
    /// How often to look where they are; 1 s by default.
    pub safety_interval: Duration,
    /// Whether to watch the files, if the feature `file-events` is on.
    pub file_events: bool,
}

impl Default for Polling {
    fn default() -> Self {
        Self { interval: Duration::from_millis(100), safety_interval: Duration::from_secs(1), file_events: true }
    }
}

impl Polling {
    /// The settings with [`Polling::interval`] set.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// The settings with [`Polling::safety_interval`] set.
    #[must_use]
    pub fn with_safety_interval(mut self, safety_interval: Duration) -> Self {
        self.safety_interval = safety_interval;
        self
    }

    /// The settings with [`Polling::file_events`] set.
    #[must_use]
    pub fn with_file_events(mut self, file_events: bool) -> Self {
        self.file_events = file_events;
        self
    }
}
