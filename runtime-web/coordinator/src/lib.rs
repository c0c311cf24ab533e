//! The coordinator: knows the tabs, picks the host, introduces page clients to it. A state machine: events in, effects out.
//!
//! It has no clock, no randomness and no I/O. Whoever runs it hands it every [`Event`] with the time, does the [`Effect`]s
//! in their order, and hands it [`Event::Deadline`] when [`Coordinator::next_deadline`] has come. Times are milliseconds of
//! a clock that does not go backwards.
//!
//! # Rules
//! - *One host.* The storage lock decides who may touch the database, not this machine: a worker that says it is
//!   ready holds the lock. So whoever is ready is believed, in whatever term; of two, the higher epoch is
//!   the later one, and the other is told to retire.
//! - *Election.* Only when there is no host, nobody is becoming it, and the last one is dead (its worker's lock was
//!   granted) or has said that it let go. Candidates are tabs whose page client and worker are both there; visible before most recently visible
//!   before oldest, and those that failed to open the database last. The winner must have answered lately; if the best has not,
//!   all are pinged and the best that answers in time is taken.
//! - *Storage mode.* OPFS is tried first. Only a worker that holds the storage lock and finds that OPFS does not exist here
//!   makes the mode memory; once any host had OPFS it is never memory. Busy storage is waited for with backoff, for ever.
//! - *Stalls.* A host that does not answer pings is reported as stalled and kept: nobody could take the storage from it.
//!   While nobody but the host's own tab is there, it is not pinged. A worker that stalls while opening is passed over.
//! - *Restart budget.* Failures to open and hosts that panic are counted; too many in a minute make the database
//!   unavailable until the minute is over or another tab comes.
//! - *Replacement.* A new coordinator learns everything from registrations. If a page client has heard of an epoch there was
//!   a host, so it waits a moment for it to register before it elects.
//!
//! # For whoever runs it
//! A message is attributed to a tab by its port, from the `register` message that the port brought first. A port that brings
//! another message first (a browser restarted the SharedWorker under it) is answered `coordinatorStarted` at once. Read
//! `type`, `tab` and `protocol` of a `register` message before the rest: they are the same in all versions of the protocol,
//! the rest need not be.

mod election;
mod event;
mod tab;
mod timing;

use std::collections::BTreeMap;

use tidewater_protocol::{
    CoordinatorToPage, CoordinatorToWorker, Epoch, HostState, Hosting, InstanceId, PROTOCOL, PageToCoordinator, Status,
    StorageMode, TabId, Term, WorkerToCoordinator,
};

use election::{Attempts, Probe};
pub use event::{Effect, Event};
use tab::{Liveness, Page, Tab, Worker};
pub use timing::Timing;

/// The state machine. See the crate's documentation.
#[derive(Clone, Debug)]
pub struct Coordinator {
    instance: InstanceId,
    timing: Timing,
    tabs: BTreeMap<TabId, Tab>,
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
            tabs: BTreeMap::new(),
            registrations: 0,
            host: Host::None,
            term: Term(0),
            host_term: Term(0),
            epoch: Epoch(0),
            storage: None,
            settled: false,
            attempts: Attempts::default(),
            nonce: 0,
            announced: None,
            effects: Vec::new(),
        }
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
            tabs: u32::try_from(self.tabs.values().filter(|tab| tab.has_page()).count()).unwrap_or(u32::MAX),
            error: self.attempts.error.clone().filter(|_| troubled),
        }
    }

    fn state(&self, now: u64) -> HostState {
        match &self.host {
            Host::Ready { tab, .. } => {
                let stalls = |tab: &Tab| tab.liveness().is_some_and(|worker| worker.stalls(now, self.timing.stall));
                if self.tabs.get(tab).is_some_and(stalls) { HostState::Stalled } else { HostState::Ready }
            }
            Host::None if !self.tabs.values().any(|tab| tab.rank().is_some()) => HostState::Waiting,
            Host::None if self.over_budget() => HostState::Unavailable,
            Host::None | Host::Opening { .. } if self.attempts.busy > self.timing.busy_attempts => HostState::Busy,
            Host::None | Host::Opening { .. } | Host::Leaving { .. } => HostState::Electing,
        }
    }

    fn hear_page(&mut self, id: TabId, message: PageToCoordinator, now: u64) {
        match message {
            PageToCoordinator::Register { protocol, .. } if protocol != PROTOCOL => {
                self.tell_page(&id, CoordinatorToPage::UpgradeRequired { protocol: PROTOCOL });
                if !self.tabs.contains_key(&id) {
                    self.effects.push(Effect::Forget { tab: id });
                }
            }
            PageToCoordinator::Register { visible, last_visible, epoch, .. } => {
                self.epoch = self.epoch.max(epoch);
                if epoch > Epoch(0) && !self.settled && self.host == Host::None {
                    self.attempts.not_before = Some(now + self.timing.settle);
                }
                self.settled = true;
                if self.over_budget() && !self.tabs.get(&id).is_some_and(Tab::has_page) {
                    self.attempts.not_before = None;
                }
                let tab = self.tab(&id);
                tab.page = Page::Here { visible, last_visible };
                tab.introduced = None;
                self.effects.push(Effect::WatchPage { tab: id.clone() });
                self.tell_page(&id, CoordinatorToPage::Registered { instance: self.instance.clone() });
                // Whoever registers has to be told even if nothing is new to the others.
                self.announced = None;
            }
            PageToCoordinator::Visibility { visible } => match self.tabs.get_mut(&id).map(|tab| &mut tab.page) {
                Some(Page::Here { visible: before, last_visible }) => {
                    if visible || *before {
                        *last_visible = now;
                    }
                    *before = visible;
                }
                Some(_) => {}
                None => self.tell_page(&id, CoordinatorToPage::CoordinatorStarted { instance: self.instance.clone() }),
            },
            PageToCoordinator::Goodbye => self.page_gone(&id),
        }
    }

    fn hear_worker(&mut self, id: TabId, message: WorkerToCoordinator, now: u64) {
        if let WorkerToCoordinator::Register { tab: _, protocol, hosting } = message {
            self.register_worker(&id, protocol, hosting, now);
            return;
        }
        let Some(tab) = self.tabs.get_mut(&id) else {
            self.tell_worker(&id, CoordinatorToWorker::CoordinatorStarted { instance: self.instance.clone() });
            return;
        };
        // What a worker posted before it died may come after the news of its death.
        let Some(worker) = tab.liveness_mut() else { return };
        worker.heard = now;
        match message {
            WorkerToCoordinator::Register { .. } => {}
            WorkerToCoordinator::Pong { nonce } => {
                if worker.unanswered == Some(nonce) {
                    worker.unanswered = None;
                }
            }
            WorkerToCoordinator::HostReady { term, epoch, storage } => self.adopt(id, term, epoch, storage),
            WorkerToCoordinator::HostFailed { term, reason, message } => {
                if matches!(&self.host, Host::Opening { tab, term: current, .. } if *tab == id && *current == term) {
                    self.lose_host();
                    self.opening_failed(&id, reason, message, now);
                }
            }
            WorkerToCoordinator::HostDown { term, error } => {
                if let Some(error) = error {
                    worker.poisoned = true;
                    self.failed(error, now);
                }
                if self.host.is(&id) && self.host.term() == Some(term) {
                    self.lose_host();
                }
            }
        }
    }

    fn register_worker(&mut self, id: &TabId, protocol: u32, hosting: Option<Hosting>, now: u64) {
        if protocol != PROTOCOL {
            self.tell_worker(id, CoordinatorToWorker::UpgradeRequired { protocol: PROTOCOL });
            return;
        }
        let tab = self.tab(id);
        if tab.worker == Worker::Gone {
            return;
        }
        tab.worker = Worker::Here(Liveness::new(now));
        self.effects.push(Effect::WatchWorker { tab: id.clone() });
        if self.host.is(id) {
            // Introductions may have been lost with its former port. Making them again is harmless.
            self.tabs.values_mut().for_each(|tab| tab.introduced = None);
        }
        self.tell_worker(id, CoordinatorToWorker::Registered { instance: self.instance.clone() });
        match hosting {
            Some(Hosting::Ready { term, epoch, storage }) => self.adopt(id.clone(), term, epoch, storage),
            Some(Hosting::Opening { term }) => {
                self.heard_of(term);
                if self.host == Host::None {
                    self.host = Host::Opening { tab: id.clone(), term, since: now };
                }
            }
            // It registers anew on another port, and what was sent on the old one is lost.
            None if self.host.is(id) => self.lose_host(),
            None => {}
        }
    }

    /// Takes it from a worker that it is the host.
    fn adopt(&mut self, id: TabId, term: Term, epoch: Epoch, storage: StorageMode) {
        if let Host::Ready { tab, term: other_term, epoch: other_epoch, .. } = &self.host {
            let other = (*other_epoch, *other_term);
            if *tab != id && other >= (epoch, term) {
                self.tell_worker(&id, CoordinatorToWorker::Retire { term });
                return;
            }
            if *tab != id {
                let (tab, term) = (tab.clone(), *other_term);
                self.tell_worker(&tab, CoordinatorToWorker::Retire { term });
            }
        }
        if self.host.term() != Some(term) || !self.host.is(&id) {
            self.lose_host();
        }
        self.expect_no_pong(&id);
        self.heard_of(term);
        self.host_term = term;
        self.epoch = self.epoch.max(epoch);
        self.storage = Some(storage);
        self.attempts.not_before = None;
        self.attempts.busy = 0;
        self.attempts.error = None;
        self.attempts.probe = Probe::Idle;
        let leaving = self.tabs.get(&id).is_some_and(|tab| tab.page == Page::Gone);
        self.host = if leaving {
            Host::Leaving { tab: id, term, epoch }
        } else {
            Host::Ready { tab: id, term, epoch, storage }
        };
    }

    fn page_gone(&mut self, id: &TabId) {
        let Some(tab) = self.tabs.get_mut(id) else { return };
        tab.page = Page::Gone;
        let introduced = tab.introduced.take().is_some();
        match &self.host {
            Host::Leaving { tab, .. } if tab == id => return,
            Host::Opening { tab, term, .. } if tab == id => {
                self.host = Host::Leaving { tab: id.clone(), term: *term, epoch: self.epoch };
                return;
            }
            Host::Ready { tab, term, epoch, .. } if tab == id => {
                self.host = Host::Leaving { tab: id.clone(), term: *term, epoch: *epoch };
                return;
            }
            Host::Ready { tab, .. } if introduced => {
                let host = tab.clone();
                self.tell_worker(&host, CoordinatorToWorker::Disconnect { client: id.clone() });
            }
            _ => {}
        }
        self.forget(id);
    }

    fn worker_gone(&mut self, id: &TabId) {
        let Some(tab) = self.tabs.get_mut(id) else { return };
        tab.worker = Worker::Gone;
        let abandoned = !tab.has_page();
        if self.host.is(id) {
            self.lose_host();
        }
        if abandoned {
            self.forget(id);
        } else {
            self.tell_page(id, CoordinatorToPage::WorkerLost);
        }
    }

    /// There is no host any more; page clients that were introduced to it learn that.
    fn lose_host(&mut self) {
        self.attempts.probe = Probe::Idle;
        let host = std::mem::replace(&mut self.host, Host::None);
        let (Host::Ready { tab: host, epoch, .. } | Host::Leaving { tab: host, epoch, .. }) = host else { return };
        for (id, tab) in &mut self.tabs {
            if tab.introduced.take().is_some() && tab.has_page() {
                let message = CoordinatorToPage::HostLost { host: host.clone(), epoch };
                self.effects.push(Effect::ToPage { tab: id.clone(), message });
            }
        }
    }

    fn introduce(&mut self) {
        let Host::Ready { tab: host, term, epoch, storage } = &self.host else { return };
        for (client, tab) in &mut self.tabs {
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
        for (id, tab) in &self.tabs {
            if tab.has_page() {
                let message = CoordinatorToPage::Status { status: status.clone() };
                self.effects.push(Effect::ToPage { tab: id.clone(), message });
            }
        }
        self.announced = Some(status);
    }

    /// The tab, which begins to exist.
    fn tab(&mut self, id: &TabId) -> &mut Tab {
        self.tabs.entry(id.clone()).or_insert_with(|| {
            self.registrations += 1;
            Tab::new(self.registrations)
        })
    }

    fn forget(&mut self, id: &TabId) {
        self.tabs.remove(id);
        self.effects.push(Effect::Forget { tab: id.clone() });
        if self.tabs.is_empty() {
            // Whoever comes next decides anew where to keep the database.
            self.storage = None;
        }
    }

    fn tell_page(&mut self, tab: &TabId, message: CoordinatorToPage) {
        self.effects.push(Effect::ToPage { tab: tab.clone(), message });
    }

    fn tell_worker(&mut self, tab: &TabId, message: CoordinatorToWorker) {
        self.effects.push(Effect::ToWorker { tab: tab.clone(), message });
    }
}
