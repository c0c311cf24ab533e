//! A worker by the book: idle, opening the database, or the host.

use std::collections::{BTreeMap, VecDeque};

use tidewater_protocol::frame::DeliveryWriter;
use tidewater_protocol::{
    CommitId, CoordinatorToWorker, DatabaseId, Delivery, Epoch, ErrorInfo, Frame, HostFailure, HostToPage, Hosting,
    PROTOCOL, PageToHost, PlanKind, RequestId, Seq, StorageMode, TabId, Term, WorkerToCoordinator, names,
};

use crate::browser::{Agent, Channel, Database, Packet};
use crate::page::{fits, parameter_of};
use crate::world::{DATABASE, Life, World};

#[derive(Debug, Default)]
pub struct Worker {
    pub coordinator: Option<usize>,
    pub opening: Option<Opening>,
    pub host: Option<Host>,
    /// What is left of the task that runs; no message is taken up before it is done.
    pub task: VecDeque<Step>,
    /// It was terminated or its page is gone: it finishes its task if it can, and dies at this time.
    pub dies_at: Option<u64>,
}

#[derive(Clone, Debug)]
pub struct Opening {
    pub term: Term,
    pub storage: StorageMode,
    pub after: Epoch,
    pub next_try: u64,
    pub give_up: u64,
    /// Opening cannot be called off: it is closed again once it is open.
    pub retired: bool,
}

#[derive(Debug)]
pub struct Host {
    pub term: Term,
    pub epoch: Epoch,
    pub storage: StorageMode,
    pub clients: BTreeMap<TabId, Ports>,
    pub memory: Database,
}

/// The ports of one page client.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ports {
    /// The one it said hello on.
    pub open: Option<u64>,
    /// A later one, on which it may say hello.
    pub offered: Option<u64>,
    /// The parameter of its subscription.
    pub bound: Option<u64>,
}

/// The parts of a task between which a worker may die.
#[derive(Clone, Debug)]
pub enum Step {
    Commit { tab: usize, port: u64, request: RequestId, seq: Seq, acknowledged: Seq },
    Post { tab: usize, port: u64, message: HostToPage },
}

impl World {
    fn worker_to_coordinator(&mut self, tab: usize, message: WorkerToCoordinator) {
        let coordinator = self.tabs[tab].worker.coordinator.and_then(|coordinator| self.heard_by(coordinator));
        if let Some(coordinator) = coordinator {
            let way = (Agent::Worker(tab), Agent::Coordinator(coordinator), Channel::Control);
            self.queues.post(way, Packet::WorkerToCoordinator(message));
        }
    }

    pub fn register_worker(&mut self, tab: usize, coordinator: usize) {
        let id = self.tabs[tab].id.clone();
        let worker = &mut self.tabs[tab].worker;
        worker.coordinator = Some(coordinator);
        let hosting = match (&worker.host, &worker.opening) {
            (Some(Host { term, epoch, storage, .. }), _) => {
                Some(Hosting::Ready { term: *term, epoch: *epoch, storage: *storage })
            }
            (None, Some(Opening { term, .. })) => Some(Hosting::Opening { term: *term }),
            (None, None) => None,
        };
        self.worker_to_coordinator(tab, WorkerToCoordinator::Register { tab: id, protocol: PROTOCOL, hosting });
    }

    pub fn worker_hears_coordinator(
        &mut self,
        tab: usize,
        from: usize,
        message: CoordinatorToWorker,
        port: Option<u64>,
    ) -> Result<(), String> {
        let new =
            matches!(message, CoordinatorToWorker::CoordinatorStarted { .. } | CoordinatorToWorker::Registered { .. });
        if self.tabs[tab].worker.coordinator != Some(from) && !(self.bus && new) {
            return Ok(());
        }
        match message {
            CoordinatorToWorker::CoordinatorStarted { .. } if self.bus => {
                let registered = self.tabs[tab].worker.coordinator;
                self.register_worker(tab, from);
                self.tabs[tab].worker.coordinator = registered.or(Some(from));
            }
            CoordinatorToWorker::CoordinatorStarted { .. } => {}
            CoordinatorToWorker::Registered { .. } => self.tabs[tab].worker.coordinator = Some(from),
            CoordinatorToWorker::StandBy => {}
            CoordinatorToWorker::UpgradeRequired { .. } => return Err("versions are the same".to_owned()),
            CoordinatorToWorker::BecomeHost { term, storage, after } => self.become_host(tab, term, storage, after),
            CoordinatorToWorker::Retire { term } => {
                let worker = &mut self.tabs[tab].worker;
                if let Some(opening) = worker.opening.as_mut().filter(|opening| opening.term == term) {
                    opening.retired = true;
                    return Ok(());
                }
                if worker.host.take_if(|host| host.term == term).is_some() {
                    self.release_storage(tab);
                }
                self.worker_to_coordinator(tab, WorkerToCoordinator::HostDown { term });
            }
            CoordinatorToWorker::Connect { client, term } => {
                if let Some(host) = self.tabs[tab].worker.host.as_mut().filter(|host| host.term == term) {
                    host.clients.entry(client).or_default().offered = port;
                }
            }
            CoordinatorToWorker::Disconnect { client } => {
                if let Some(host) = &mut self.tabs[tab].worker.host {
                    host.clients.remove(&client);
                }
            }
            CoordinatorToWorker::Ping { nonce } => self.worker_to_coordinator(tab, WorkerToCoordinator::Pong { nonce }),
        }
        Ok(())
    }

    fn become_host(&mut self, tab: usize, term: Term, storage: StorageMode, after: Epoch) {
        if let Some(opening) = &mut self.tabs[tab].worker.opening {
            opening.term = term;
            opening.after = opening.after.max(after);
            opening.retired = false;
            return;
        }
        if let Some(Host { term, epoch, storage, .. }) = &self.tabs[tab].worker.host {
            let ready = WorkerToCoordinator::HostReady { term: *term, epoch: *epoch, storage: *storage };
            self.worker_to_coordinator(tab, ready);
            return;
        }
        if self.locks.take(&names::storage(DATABASE), Agent::Worker(tab)) {
            let next_try = self.now + self.random.below(200);
            let give_up = self.now + 5_000;
            self.tabs[tab].worker.opening = Some(Opening { term, storage, after, next_try, give_up, retired: false });
        } else {
            self.host_failed(tab, term, HostFailure::Busy);
        }
    }

    fn host_failed(&mut self, tab: usize, term: Term, reason: HostFailure) {
        let message = format!("{reason:?}");
        self.worker_to_coordinator(tab, WorkerToCoordinator::HostFailed { term, reason, message });
    }

    fn release_storage(&mut self, tab: usize) {
        self.locks.release(&names::storage(DATABASE), Agent::Worker(tab), &mut self.queues);
    }

    /// Tries once to open the database.
    pub fn try_to_open(&mut self, tab: usize) -> Result<(), String> {
        let Some(opening) = self.tabs[tab].worker.opening.clone() else { return Ok(()) };
        if !self.locks.holds(&names::storage(DATABASE), Agent::Worker(tab)) {
            return Err(format!("tab {tab} opens without the storage lock"));
        }
        let failure = if opening.storage == StorageMode::Opfs && !self.opfs {
            Some(HostFailure::Unavailable)
        } else if opening.storage == StorageMode::Opfs && self.files_busy_until > self.now {
            if self.now < opening.give_up {
                self.tabs[tab].worker.opening = Some(Opening { next_try: self.now + 20, ..opening });
                return Ok(());
            }
            Some(HostFailure::Busy)
        } else if self.chaos && self.random.percent(3) {
            Some(HostFailure::Failed)
        } else {
            None
        };
        self.tabs[tab].worker.opening = None;
        if let Some(reason) = failure {
            self.release_storage(tab);
            self.host_failed(tab, opening.term, reason);
            return Ok(());
        }
        if let Some(other) = self.tabs.iter().position(|other| other.worker.host.is_some()) {
            return Err(format!("tab {tab} opens the database while tab {other} has it open"));
        }
        if self.opfs && opening.storage == StorageMode::Memory {
            return Err(format!("tab {tab} takes memory where there is OPFS"));
        }
        let mut memory = Database::default();
        let database = if opening.storage == StorageMode::Opfs { &mut self.database } else { &mut memory };
        let epoch = Epoch(database.epoch.max(opening.after.0) + 1);
        database.epoch = epoch.0;
        if opening.storage == StorageMode::Opfs && epoch <= self.last_epoch {
            return Err(format!("epoch {epoch} after {}", self.last_epoch));
        }
        self.last_epoch = epoch;
        self.openings += 1;
        let (term, storage) = (opening.term, opening.storage);
        if opening.retired {
            self.release_storage(tab);
            self.worker_to_coordinator(tab, WorkerToCoordinator::HostDown { term });
            return Ok(());
        }
        self.tabs[tab].worker.host = Some(Host { term, epoch, storage, clients: BTreeMap::new(), memory });
        self.worker_to_coordinator(tab, WorkerToCoordinator::HostReady { term, epoch, storage });
        Ok(())
    }

    /// Whether the worker has the port on which messages wait.
    pub fn has_port(&self, tab: usize, from: usize, port: u64) -> bool {
        let ports = |host: &Host| host.clients.get(&self.tabs[from].id).copied();
        let ports = self.tabs[tab].worker.host.as_ref().and_then(ports).unwrap_or_default();
        self.bus || ports.open == Some(port) || ports.offered == Some(port)
    }

    fn database_of(&mut self, tab: usize) -> Option<&mut Database> {
        let host = self.tabs[tab].worker.host.as_mut()?;
        Some(if host.storage == StorageMode::Opfs { &mut self.database } else { &mut host.memory })
    }

    pub fn host_hears_page(&mut self, tab: usize, from: usize, port: u64, message: PageToHost) {
        let client = self.tabs[from].id.clone();
        let writer = self.tabs[from].client;
        let Some((commit, applied)) =
            self.database_of(tab).map(|database| (CommitId(database.commit), database.applied(writer)))
        else {
            return;
        };
        let Some(host) = &mut self.tabs[tab].worker.host else { return };
        if self.bus && port != host.epoch.0 {
            return;
        }
        let answer = match message {
            PageToHost::Hello { nonce, .. } => {
                let ports = host.clients.entry(client).or_default();
                // On the bus a second hello is one more on the same channel.
                let bound = ports.bound.filter(|_| ports.open == Some(port));
                *ports = Ports { open: Some(port), offered: ports.offered.filter(|offered| *offered != port), bound };
                let (epoch, storage, database) = (host.epoch, host.storage, DatabaseId::from("database"));
                HostToPage::Welcome { nonce, epoch, storage, database, applied, commit }
            }
            _ if host.clients.get(&client).and_then(|ports| ports.open) != Some(port) => return,
            PageToHost::Exec { request, seq, acknowledged, .. } => {
                let step = Step::Commit { tab: from, port, request, seq, acknowledged };
                self.tabs[tab].worker.task.push_back(step);
                return;
            }
            PageToHost::Query { request, .. } => {
                HostToPage::Queried { request, commit, columns: Vec::new(), rows: Frame::default() }
            }
            PageToHost::Subscribe { subscription, params, .. } => {
                host.clients.entry(client).or_default().bound = Some(parameter_of(params.as_ref()));
                HostToPage::Subscribed {
                    subscription,
                    commit,
                    columns: Vec::new(),
                    plan: PlanKind::Requery,
                    rows: Frame::default(),
                }
            }
            PageToHost::Rebind { request, params, .. } => {
                let bound = &mut host.clients.entry(client).or_default().bound;
                match parameter_of(params.as_ref()) {
                    _ if bound.is_none() => {
                        let error = ErrorInfo::new("closed", "");
                        HostToPage::Failed { request, error }
                    }
                    parameter if !fits(parameter) => {
                        let error = ErrorInfo::new("bad_parameters", "");
                        HostToPage::Failed { request, error }
                    }
                    parameter => {
                        *bound = Some(parameter);
                        // Some results are the same as before.
                        if self.random.percent(70) {
                            let edits = DeliveryWriter::new(commit).finish();
                            let delivery = Delivery { edits, events: Vec::new(), cause: Some(request) };
                            let message = HostToPage::Delivery(delivery);
                            self.tabs[tab].worker.task.push_back(Step::Post { tab: from, port, message });
                        }
                        HostToPage::Rebound { request, commit }
                    }
                }
            }
            _ => return,
        };
        self.tabs[tab].worker.task.push_back(Step::Post { tab: from, port, message: answer });
    }

    /// Does one step of the task that runs.
    pub fn work(&mut self, tab: usize) -> Result<(), String> {
        match self.tabs[tab].worker.task.pop_front() {
            Some(Step::Commit { tab: from, port, request, seq, acknowledged }) => {
                self.commit(tab, from, port, request, (seq, acknowledged))
            }
            Some(Step::Post { tab: to, port, message }) => {
                let way = (Agent::Worker(tab), Agent::Page(to), Channel::Data(port));
                self.queues.post(way, Packet::HostToPage(message));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn commit(
        &mut self,
        tab: usize,
        from: usize,
        port: u64,
        request: RequestId,
        (seq, acknowledged): (Seq, Seq),
    ) -> Result<(), String> {
        let writer = self.tabs[from].client;
        let Some(database) = self.database_of(tab) else { return Ok(()) };
        let (commit, was_done) = database.write(writer, request.0, seq, acknowledged)?;
        let commit = CommitId(commit);
        let answer = HostToPage::Executed { request, commit, changes: 1 };
        if was_done {
            self.repeated += 1;
            self.tabs[tab].worker.task.push_back(Step::Post { tab: from, port, message: answer });
            return Ok(());
        }
        let clients = self.tabs[tab].worker.host.as_ref().map(|host| host.clients.clone()).unwrap_or_default();
        for (client, port) in clients.into_iter().filter_map(|(client, ports)| Some((client, ports.open?))) {
            // Some subscribe to what was written and some do not.
            if self.random.percent(50) {
                let to = self.tab_of(&client);
                let cause = (to == from).then_some(request);
                let edits = DeliveryWriter::new(commit).finish();
                let message = HostToPage::Delivery(Delivery { edits, events: Vec::new(), cause });
                self.tabs[tab].worker.task.push_back(Step::Post { tab: to, port, message });
            }
        }
        self.tabs[tab].worker.task.push_back(Step::Post { tab: from, port, message: answer });
        Ok(())
    }

    /// A trap: it tells everybody it can and closes itself.
    pub fn poison(&mut self, tab: usize) {
        if self.tabs[tab].worker_life != Life::Alive {
            return;
        }
        let error = ErrorInfo::new("host_panicked", "");
        self.worker_to_coordinator(tab, WorkerToCoordinator::Poisoned { error });
        self.queues.post((Agent::Worker(tab), Agent::Page(tab), Channel::Control), Packet::Poisoned);
        self.kill_worker(tab);
    }

    /// `terminate()`, or the page is gone: no message is taken up any more; a long task holds death up.
    pub fn terminate_worker(&mut self, tab: usize) {
        if self.tabs[tab].worker_life == Life::Dead || self.tabs[tab].worker.dies_at.is_some() {
            return;
        }
        let delay = if self.random.percent(20) { self.random.below(2_050) } else { self.random.below(60) };
        self.tabs[tab].worker.dies_at = Some(self.now + delay);
    }

    pub fn kill_worker(&mut self, tab: usize) {
        if self.tabs[tab].worker_life == Life::Dead {
            return;
        }
        self.tabs[tab].worker_life = Life::Dead;
        let worker = std::mem::take(&mut self.tabs[tab].worker);
        if worker.host.is_some() || worker.opening.is_some() {
            // Firefox frees the lock first and the files up to 400 ms later.
            let lag = if self.random.percent(50) { self.random.below(400) } else { 0 };
            self.files_busy_until = self.files_busy_until.max(self.now + lag);
        }
        self.bury(Agent::Worker(tab));
    }
}
