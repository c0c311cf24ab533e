//! A value that is built of `Rc`, in an engine that may be handed from thread to thread.

/// A value whose every shared part is inside of it.
#[derive(Default)]
pub(super) struct Confined<T>(T);

// SAFETY: timely's worker, its dataflows and their handles share parts by `Rc`, so none of them may go to another thread
// alone. All of them are in one `Confined`, which gives them out only by reference and for the time of a call; the engine
// reaches it under its lock. So whatever thread it is moved to, all the clones of an `Rc` are there, and no two threads use
// them at once. Neither timely nor differential-dataflow keeps anything in thread-local storage (of what is used here).
unsafe impl<T> Send for Confined<T> {}

impl<T> Confined<T> {
    #[cfg(feature = "differential")]
    pub(super) fn new(value: T) -> Self {
        Self(value)
    }

    pub(super) fn get(&self) -> &T {
        &self.0
    }

    pub(super) fn get_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
