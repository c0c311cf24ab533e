//! What a coordinator knows of one tab.

use std::cmp::Reverse;

use tidewater_protocol::Term;

/// One registered tab.
#[derive(Clone, Debug)]
pub(crate) struct Tab {
    /// Counts up with each registration; smaller is older.
    pub order: u64,
    pub page: Page,
    pub worker: Worker,
    /// The term of the host that its page client was introduced to.
    pub introduced: Option<Term>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// Only the worker has registered so far.
    Awaited,
    Here {
        visible: bool,
        /// By the coordinator's clock; may be before it began.
        last_visible: Option<i128>,
    },
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worker {
    /// Only the page client has registered so far.
    Awaited,
    Here(Liveness),
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Liveness {
    /// When it was last heard of.
    pub heard: u64,
    /// When it was last pinged.
    pub pinged: u64,
    /// The nonce of the ping that it has not answered.
    pub unanswered: Option<u64>,
    /// How often it failed to open the database.
    pub failures: u32,
    /// Whether its instance trapped, so that it can never host again.
    pub poisoned: bool,
    /// Whether it was told to stand by.
    pub stands_by: bool,
}

impl Liveness {
    pub(crate) fn new(now: u64) -> Self {
        Self { heard: now, pinged: 0, unanswered: None, failures: 0, poisoned: false, stands_by: false }
    }

    pub(crate) fn stalls(&self, now: u64, limit: u64) -> bool {
        self.unanswered.is_some() && now.saturating_sub(self.pinged) >= limit
    }
}

/// The order in which tabs are preferred as host; the least is the best.
pub(crate) type Rank = (u32, Reverse<bool>, Reverse<Option<i128>>, u64);

impl Tab {
    pub(crate) fn new(order: u64) -> Self {
        Self { order, page: Page::Awaited, worker: Worker::Awaited, introduced: None }
    }

    pub(crate) fn has_page(&self) -> bool {
        matches!(self.page, Page::Here { .. })
    }

    pub(crate) fn liveness(&self) -> Option<&Liveness> {
        if let Worker::Here(liveness) = &self.worker { Some(liveness) } else { None }
    }

    pub(crate) fn liveness_mut(&mut self) -> Option<&mut Liveness> {
        if let Worker::Here(liveness) = &mut self.worker { Some(liveness) } else { None }
    }

    /// Its rank among the candidates, if it is one: visible before last visible before oldest, and those that failed last.
    pub(crate) fn rank(&self) -> Option<Rank> {
        let Page::Here { visible, last_visible } = self.page else { return None };
        let liveness = self.liveness().filter(|liveness| !liveness.poisoned)?;
        Some((liveness.failures, Reverse(visible), Reverse(last_visible), self.order))
    }
}
