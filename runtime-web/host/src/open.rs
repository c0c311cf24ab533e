//! The transaction that stays open, and for how long it may.

use std::time::Duration;

use tidewater::OpenTransaction;
use tidewater_protocol::{RequestId, TabId};

/// How long nothing may be asked of one, and how long one may be open.
const MOST_IDLE: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(30);

/// The transaction that is open.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) client: TabId,
    pub(crate) begin: RequestId,
    pub(crate) transaction: OpenTransaction,
    /// Since when it is open; nothing in the turn that began it.
    pub(crate) since: Option<Duration>,
    /// When it was last asked for something; nothing if it was in this turn.
    pub(crate) asked: Option<Duration>,
}

impl Open {
    pub(crate) fn is(&self, client: &TabId, begin: RequestId) -> bool {
        self.client == *client && self.begin == begin
    }

    /// When its lease ends.
    pub(crate) fn end(&self) -> Option<Duration> {
        Some((self.since? + LONGEST).min(self.asked? + MOST_IDLE))
    }
}
