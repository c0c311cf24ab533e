//! In a browser nobody can cancel a query while it runs: the thread that would is the one that runs it.

/// Whether a query is still wanted, which it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cancel;

impl Cancel {
    /// Of a query that runs to its end.
    pub(crate) fn never() -> Self {
        Self
    }
}

/// Of a connection whose queries run to their ends.
#[derive(Clone, Default)]
pub(super) struct CancelSlot(());

impl CancelSlot {
    /// Never.
    #[expect(clippy::unused_self, reason = "the same as natively")]
    pub(super) fn is_cancelled(&self) -> bool {
        false
    }

    /// Runs a query.
    #[expect(clippy::unused_self, reason = "the same as natively")]
    pub(super) fn during<T>(&self, _: &Cancel, query: impl FnOnce() -> T) -> T {
        query()
    }
}
