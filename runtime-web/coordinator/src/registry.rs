//! The registry: who is there and who is the host, from what page clients, workers and locks tell.

use tidewater_protocol::{
    CoordinatorToPage, CoordinatorToWorker, Epoch, Hosting, PROTOCOL, PageToCoordinator, StorageMode, TabId, Term,
    WorkerToCoordinator,
};

use crate::election::Probe;
use crate::tab::{Liveness, Page, Tab, Worker};
use crate::{Coordinator, Effect, Host};

impl Coordinator {
    pub(crate) fn hear_page(&mut self, id: TabId, message: PageToCoordinator, now: u64) {
        match message {
            PageToCoordinator::Register { protocol, .. } if protocol != PROTOCOL => {
                self.tell_page(&id, CoordinatorToPage::UpgradeRequired { protocol: PROTOCOL });
                if self.tabs.get(&id).is_none() {
                    self.effects.push(Effect::Forget { tab: id });
                }
            }
            PageToCoordinator::Register { visible, hidden_for, returning, epoch, .. } => {
                self.epoch = self.epoch.max(epoch);
                if epoch > Epoch(0) && !self.settled && self.host == Host::None {
                    self.attempts.not_before = Some(now + self.timing.settle);
                }
                self.settled = true;
                if self.over_budget() && !returning && !self.tabs.get(&id).is_some_and(Tab::has_page) {
                    self.attempts.not_before = None;
                }
                let hidden_for = if visible { Some(0) } else { hidden_for };
                let last_visible = hidden_for.map(|elapsed| i128::from(now) - i128::from(elapsed));
                let tab = self.tab(&id);
                tab.page = Page::Here { visible, last_visible };
                tab.introduced = None;
                self.effects.push(Effect::WatchPage { tab: id.clone() });
                self.tell_page(&id, CoordinatorToPage::Registered { instance: self.instance.clone() });
                // The one that registers has to be told even if nothing is new to the others.
                self.announced = None;
            }
            PageToCoordinator::Visibility { visible } => match self.tabs.get_mut(&id).map(|tab| &mut tab.page) {
                Some(Page::Here { visible: before, last_visible }) => {
                    if visible || *before {
                        *last_visible = Some(i128::from(now));
                    }
                    *before = visible;
                }
                Some(_) => {}
                None => self.tell_page(&id, CoordinatorToPage::CoordinatorStarted { instance: self.instance.clone() }),
            },
            PageToCoordinator::Goodbye => self.page_gone(&id),
        }
    }

    pub(crate) fn hear_worker(&mut self, id: TabId, message: WorkerToCoordinator, now: u64) {
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
            WorkerToCoordinator::Poisoned { error } => {
                worker.poisoned = true;
                // A worker that hosts nothing says nothing of the database.
                if self.host.is(&id) {
                    self.failed(error, now);
                }
            }
            WorkerToCoordinator::HostDown { term } => {
                if self.host.is(&id) && self.host.term() == Some(term) {
                    self.lose_host();
                }
            }
        }
    }

    fn register_worker(&mut self, id: &TabId, protocol: u32, hosting: Option<Hosting>, now: u64) {
        if protocol != PROTOCOL {
            self.tell_worker(id, CoordinatorToWorker::UpgradeRequired { protocol: PROTOCOL });
            if self.tabs.get(id).is_none() {
                self.effects.push(Effect::Forget { tab: id.clone() });
            }
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
            self.tabs.iter_mut().for_each(|(_, tab)| tab.introduced = None);
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
            // It registers again on another port, and what was sent on the old one is lost.
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

    pub(crate) fn page_gone(&mut self, id: &TabId) {
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

    pub(crate) fn worker_gone(&mut self, id: &TabId) {
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
    pub(crate) fn lose_host(&mut self) {
        self.attempts.probe = Probe::Idle;
        let host = std::mem::replace(&mut self.host, Host::None);
        let (Host::Ready { tab: host, epoch, .. } | Host::Leaving { tab: host, epoch, .. }) = host else { return };
        for (id, tab) in self.tabs.iter_mut() {
            if tab.introduced.take().is_some() && tab.has_page() {
                let message = CoordinatorToPage::HostLost { host: host.clone(), epoch };
                self.effects.push(Effect::ToPage { tab: id.clone(), message });
            }
        }
    }

    /// The tab, which begins to exist.
    fn tab(&mut self, id: &TabId) -> &mut Tab {
        self.tabs.get_or_insert_with(id, || {
            self.registrations += 1;
            Tab::new(self.registrations)
        })
    }

    fn forget(&mut self, id: &TabId) {
        self.tabs.remove(id);
        self.effects.push(Effect::Forget { tab: id.clone() });
        if self.tabs.is_empty() {
            // The next tab decides again where to keep the database.
            self.storage = None;
        }
    }
}
