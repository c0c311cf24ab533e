//! What is chosen when an async engine is made.

use crate::polling::Polling;

/// How an [`AsyncEngine`](crate::AsyncEngine) is made; [`Options`](crate::Options) is for the engine below.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AsyncOptions {
    /// How many calls wait in each of the two queues before a further one waits for a place; at least one. 64 by default.
    pub queued_calls: usize,
    /// How many threads answer queries of a file in WAL mode beside the writer; 4 by default. Without any, the writer answers all.
    pub readers: usize,
    /// Notice commits of other connections by itself; not by default.
    pub polling: Option<Polling>,
}

impl Default for AsyncOptions {
    fn default() -> Self {
        Self { queued_calls: 64, readers: 4, polling: None }
    }
}

impl AsyncOptions {
    /// The options with [`AsyncOptions::queued_calls`] set.
    #[must_use]
    pub fn with_queued_calls(mut self, queued_calls: usize) -> Self {
        self.queued_calls = queued_calls;
        self
    }

    /// The options with [`AsyncOptions::readers`] set.
    #[must_use]
    pub fn with_readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    /// The options with [`AsyncOptions::polling`] set.
    #[must_use]
    pub fn with_polling(mut self, polling: Polling) -> Self {
        self.polling = Some(polling);
        self
    }
}
