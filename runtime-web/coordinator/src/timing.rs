//! How long a coordinator waits for what, in milliseconds.

/// The times a coordinator goes by. The defaults are for browsers; tests may use others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// A worker that was heard of this recently counts as answering.
    pub fresh: u64,
    /// How long the answers to an election's pings are waited for before a worse candidate is taken.
    pub probe: u64,
    /// How long a coordinator that replaces another waits for the host to register before it elects one.
    pub settle: u64,
    /// The time between pings of the host.
    pub ping: u64,
    /// A ping this long without an answer means that the worker stalls.
    pub stall: u64,
    /// How long a tab is the best candidate before its worker prepares to be the host. It takes memory, and users pass through tabs.
    pub stand_by: u64,
    /// How long a worker may take to become the host while it answers pings.
    pub opening: u64,
    /// The first and the longest wait before the next attempt after a failed one; it doubles in between.
    pub retry: (u64, u64),
    /// This many attempts in a row that found the storage busy are normal.
    pub busy_attempts: u32,
    /// This many failures of hosts within [`Timing::failure_window`] are taken; after one more comes a long wait.
    pub failures: usize,
    /// For how long a failure counts, and how long the long wait is.
    pub failure_window: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            fresh: 1_000,
            probe: 200,
            settle: 150,
            ping: 1_000,
            stall: 3_000,
            stand_by: 500,
            // Opening retries on busy files for 5 seconds, then recovers the WAL.
            opening: 30_000,
            retry: (20, 1_000),
            // 20 + 40 + 80 + 160 + 320 milliseconds: longer than any browser takes to free a closed tab's files.
            busy_attempts: 5,
            failures: 5,
            failure_window: 60_000,
        }
    }
}

impl Timing {
    /// The wait before the attempt after `failed` ones in a row.
    pub(crate) fn backoff(&self, failed: u32) -> u64 {
        let (first, longest) = self.retry;
        let doubled = first.saturating_mul(1_u64.checked_shl(failed.saturating_sub(1)).unwrap_or(u64::MAX));
        doubled.min(longest)
    }
}
