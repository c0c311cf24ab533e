//! The coordinator: knows the tabs, picks the host, introduces page clients to it. A state machine: events in, effects out.
//!
//! It has no clock, no randomness and no I/O. Its owner hands it every [`Event`] with the time, does the [`Effect`]s
//! in their order, and hands it [`Event::Deadline`] when [`Coordinator::next_deadline`] has come. Times are milliseconds of one
//! clock that does not go backwards, begun at any time: nobody else's times come in, only how long ago something was.
//!
//! # Rules
//! - *One host.* The storage lock decides who may touch the database, not this machine: a worker that says it is
//!   ready holds the lock. So a worker that is ready is believed, in any term; of two, the higher epoch is
//!   the later one, and the other is told to retire.
//! - *Election.* Only when there is no host, nobody is becoming it, and the last one is dead (its worker's lock was
//!   granted) or has said that it let go. Candidates are tabs whose page client and worker are both there; visible before most recently visible
//!   before oldest, and those that failed to open the database last. The winner must have answered lately; if the best has not,
//!   all are pinged and the best that answers in time is taken.
//! - *Succession.* A tab that has been the best candidate for half a second is told to stand by, so that it becomes the host faster.
//! - *Storage mode.* OPFS is tried first. Only a worker that holds the storage lock and finds that OPFS does not exist here
//!   makes the mode memory; once any host had OPFS it is never memory. Busy storage is waited for with backoff, forever.
//! - *Stalls.* A host that does not answer pings is reported as stalled and kept: nobody could take the storage from it.
//!   While nobody but the host's own tab is there, it is not pinged. A worker that stalls while opening is passed over.
//! - *Restart budget.* Failures to open and hosts that panic are counted; too many in a minute make the database
//!   unavailable until the minute is over or another tab comes.
//! - *Replacement.* A new coordinator learns everything from registrations. If a page client has heard of an epoch there was
//!   a host, so it waits a moment for it to register before it elects.
//!
//! # For its owner
//! A message is attributed to a tab by its port: [`Ports`] says whose it is and what to do about a stranger's. Read
//! `type`, `tab` and `protocol` of a `register` message before the rest: they are the same in all versions of the protocol,
//! the rest need not be.

mod election;
mod event;
mod ports;
mod registry;
mod tab;
mod timing;

use tidewater_protocol::{
    ById, CoordinatorToPage, CoordinatorToWorker, Epoch, HostState, InstanceId, Status, StorageMode, TabId, Term,
};

use election::Attempts;
pub use event::{Effect, Event};
pub use ports::{Heard, PortId, Ports, Registration, Role};
use tab::Tab;
pub use timing::Timing;

/// The state machine. See the crate's documentation.
#[derive(Clone, Debug)]
pub struct Coordinator {
    instance: InstanceId,
    timing: Timing,
    tabs: ById<TabId, Tab>,
    /// Registrations so far.
    registrations: u64,
    host: Host,
    /// The latest term given out or heard of.
    term: Term,
    /// The term of the host, or of the last one.
    host_term: Term,
    /// The highest epoch heard of.
    epoch: Epoch,
    /// Where the database is kept, once that is decided.
    storage: Option<StorageMode>,
    /// Whether a former coordinator's host has been, or need not be, waited for.
    settled: bool,
    attempts: Attempts,
    /// The best candidate beside the host, and since when it is.
    successor: Option<(TabId, u64)>,
    /// The nonce of the last ping.
    nonce: u64,
    /// The status that all page clients have been told.
    announced: Option<Status>,
    effects: Vec<Effect>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    /// Nobody is the host or becomes it.
    None,
    /// A worker was told to become the host.
    Opening { tab: TabId, term: Term, since: u64 },
    /// A worker is the host.
    Ready { tab: TabId, term: Term, epoch: Epoch, storage: StorageMode },
    /// The page client of the host is gone: its worker is about to die, and is waited for.
    Leaving { tab: TabId, term: Term, epoch: Epoch },
}

impl Host {
    fn tab(&self) -> Option<&TabId> {
        match self {
            Self::None => None,
            Self::Opening { tab, .. } | Self::Ready { tab, .. } | Self::Leaving { tab, .. } => Some(tab),
        }
    }

    fn term(&self) -> Option<Term> {
        match self {
            Self::None => None,
            Self::Opening { term, .. } | Self::Ready { term, .. } | Self::Leaving { term, .. } => Some(*term),
        }
    }

    fn is(&self, tab: &TabId) -> bool {
        self.tab() == Some(tab)
    }
}

impl Coordinator {
    /// A coordinator that knows nobody. `instance` is drawn at random for each.
    #[must_use]
    pub fn new(instance: InstanceId, timing: Timing) -> Self {
        Self {
            instance,
            timing,
            tabs: ById::default(),
            registrations: 0,
            host: Host::None,
            term: Term(0),
            host_term: Term(0),
            epoch: Epoch(0),
            storage: None,
            settled: false,
            attempts: Attempts::default(),
            successor: None,
            nonce: 0,
            announced: None,
            effects: Vec::new(),
        }
    }

    /// Nobody holds the storage: there is no host of a former coordinator that would have to be waited for.
    pub fn nobody_hosts(&mut self) {
        self.settled = true;
    }

    /// What to tell everybody who can hear it when the coordinator starts. Over ports there is nobody yet; on the bus
    /// it makes everybody register.
    #[must_use]
    pub fn greeting(&self) -> (CoordinatorToPage, CoordinatorToWorker) {
        let instance = &self.instance;
        (
            CoordinatorToPage::CoordinatorStarted { instance: instance.clone() },
            CoordinatorToWorker::CoordinatorStarted { instance: instance.clone() },
        )
    }

    /// Takes up one event at time `now`; gives what is to be done.
    pub fn handle(&mut self, event: Event, now: u64) -> Vec<Effect> {
        match event {
            Event::FromPage { tab, message } => self.hear_page(tab, message, now),
            Event::FromWorker { tab, message } => self.hear_worker(tab, message, now),
            Event::PageGone { tab } => self.page_gone(&tab),
            Event::WorkerGone { tab } => self.worker_gone(&tab),
            Event::Deadline => {}
        }
        self.pass_over_slow_opening(now);
        self.elect(now);
        self.introduce();
        self.ping_host(now);
        self.prepare_successor(now);
        self.announce(now);
        std::mem::take(&mut self.effects)
    }

    /// How things stand.
    #[must_use]
    pub fn status(&self, now: u64) -> Status {
        let state = self.state(now);
        let hosted = matches!(state, HostState::Ready | HostState::Stalled);
        let troubled = matches!(state, HostState::Busy | HostState::Unavailable);
        Status {
            state,
            host: self.host.tab().filter(|_| hosted).cloned(),
            term: self.host_term,
            epoch: self.epoch,
            storage: self.storage,
            tabs: u32::try_from(self.tabs.iter().filter(|(_, tab)| tab.has_page()).count()).unwrap_or(u32::MAX),
            error: self.attempts.error.clone().filter(|_| troubled),
        }
    }

    fn state(&self, now: u64) -> HostState {
        match &self.host {
            Host::Ready { tab, .. } => {
                let stalls = |tab: &Tab| tab.liveness().is_some_and(|worker| worker.stalls(now, self.timing.stall));
                if self.tabs.get(tab).is_some_and(stalls) { HostState::Stalled } else { HostState::Ready }
            }
            Host::None if !self.tabs.iter().any(|(_, tab)| tab.rank().is_some()) => HostState::Waiting,
            Host::None if self.over_budget() => HostState::Unavailable,
            Host::None | Host::Opening { .. } if self.attempts.busy > self.timing.busy_attempts => HostState::Busy,
            Host::None | Host::Opening { .. } | Host::Leaving { .. } => HostState::Electing,
        }
    }

    fn introduce(&mut self) {
        let Host::Ready { tab: host, term, epoch, storage } = &self.host else { return };
        for (client, tab) in self.tabs.iter_mut() {
            if tab.has_page() && tab.introduced != Some(*term) {
                tab.introduced = Some(*term);
                self.effects.push(Effect::Introduce {
                    client: client.clone(),
                    to_client: CoordinatorToPage::Connect {
                        host: host.clone(),
                        term: *term,
                        epoch: *epoch,
                        storage: *storage,
                    },
                    host: host.clone(),
                    to_host: CoordinatorToWorker::Connect { client: client.clone(), term: *term },
                });
            }
        }
    }

    fn announced_stall(&self) -> bool {
        self.announced.as_ref().is_some_and(|status| status.state == HostState::Stalled)
    }

    fn announce(&mut self, now: u64) {
        let status = self.status(now);
        if self.announced.as_ref() == Some(&status) {
            return;
        }
        for (id, tab) in self.tabs.iter() {
            if tab.has_page() {
                let message = CoordinatorToPage::Status { status: status.clone() };
                self.effects.push(Effect::ToPage { tab: id.clone(), message });
            }
        }
        self.announced = Some(status);
    }

    fn tell_page(&mut self, tab: &TabId, message: CoordinatorToPage) {
        self.effects.push(Effect::ToPage { tab: tab.clone(), message });
    }

    fn tell_worker(&mut self, tab: &TabId, message: CoordinatorToWorker) {
        self.effects.push(Effect::ToWorker { tab: tab.clone(), message });
    }
}
