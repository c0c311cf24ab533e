//! Ending a statement of a call from another thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use crate::storage::Interrupt;
use crate::storage::Readers;

/// Ends the statements that an engine runs for calls; see [`Engine::interrupt_handle`](crate::Engine::interrupt_handle).
///
/// What the engine itself runs after a commit, to bring results up to date, is left alone. Clones share one engine.
#[derive(Clone)]
pub struct InterruptHandle {
    /// A statement of the application's may be running.
    pub(super) is_on: Arc<AtomicBool>,
    pub(super) interrupt: Arc<Interrupt>,
    /// Weak: their connections are closed with the engine.
    pub(super) readers: Option<Weak<Readers>>,
}

impl std::fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InterruptHandle")
    }
}

impl InterruptHandle {
    /// Ends the statements that are running. It may be called from any thread, and does nothing when the engine is gone.
    pub fn interrupt(&self) {
        if self.is_on.load(Ordering::SeqCst) {
            self.interrupt.interrupt();
        }
        if let Some(readers) = self.readers.as_ref().and_then(Weak::upgrade) {
            readers.interrupt();
        }
    }
}
