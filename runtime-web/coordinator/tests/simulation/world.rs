//! Tabs, coordinators and a browser under a seeded scheduler that may do anything in any order.

mod faults;
mod settle;

use std::collections::{BTreeMap, BTreeSet};

use tidewater_coordinator::{Coordinator, Effect, Event, Timing};
use tidewater_protocol::{
    CoordinatorToPage, CoordinatorToWorker, Epoch, Hosting, InstanceId, PageToCoordinator, TabId, WorkerToCoordinator,
    names,
};

use crate::browser::{Agent, Channel, Database, Locks, Packet, Queues, Way};
use crate::page::{Asked, Client};
use crate::random::Random;
use crate::worker::Worker;

pub const DATABASE: &str = "simulated";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    Alive,
    /// It holds what it holds, hears nothing and does nothing.
    Frozen,
    Dead,
}

pub struct Tab {
    pub id: TabId,
    pub client: usize,
    pub page: Life,
    pub worker_life: Life,
    pub worker: Worker,
}

/// A coordinator that runs, with what the checks remember about it.
pub struct Running {
    machine: Coordinator,
    /// When its clock began.
    born: u64,
    alive: bool,
    /// Who took over its ports.
    successor: Option<usize>,
    /// On the bus: the tab in whose worker it runs.
    home: Option<usize>,
    /// Tabs whose page clients have registered, and over ports brought the port of their workers.
    pages: BTreeSet<usize>,
    /// When it last heard of the worker of a tab.
    heard: BTreeMap<TabId, u64>,
    /// Tabs that said they are the host and did not say or show otherwise since.
    hosts: BTreeSet<TabId>,
    /// Tabs whose death, of the page client or the worker, it has heard of; what they sent may still come.
    gone: BTreeSet<TabId>,
}

impl Running {
    fn next_deadline(&self) -> Option<u64> {
        self.machine.next_deadline().map(|deadline| self.born + deadline)
    }
}

/// A thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Close(usize),
    Crash(usize),
    Freeze(usize),
    /// The page's `freeze` handler does not run.
    FreezeSilently(usize),
    Thaw(usize),
    Poison(usize),
    KillCoordinator,
    /// The browser restarts the SharedWorker on the same ports.
    RestartCoordinator,
}

#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub seed: u64,
    /// Whether there is no SharedWorker.
    pub bus: bool,
    /// Whether there is OPFS.
    pub opfs: bool,
}

pub struct World {
    pub random: Random,
    pub now: u64,
    pub bus: bool,
    pub opfs: bool,
    /// Whether things go wrong by chance.
    pub chaos: bool,
    pub tabs: Vec<Tab>,
    pub clients: Vec<Client>,
    pub coordinators: Vec<Running>,
    pub locks: Locks,
    pub queues: Queues,
    pub database: Database,
    /// How many writes were answered from the ledger.
    pub repeated: u64,
    pub files_busy_until: u64,
    pub last_epoch: Epoch,
    pub openings: u64,
    pub delivered: u64,
    next_port: u64,
    /// On the bus: when the next tab's worker is granted the coordinator's lock.
    next_coordinator_at: Option<u64>,
    /// What happened, if it is to be printed.
    pub trace: Option<Vec<String>>,
}

enum Task {
    Deliver(Way),
    Work(usize),
    Open(usize),
    Deadline(usize),
    Impatience(usize),
}

impl World {
    pub fn new(setting: Setting) -> Self {
        Self {
            random: Random::new(setting.seed),
            now: 1_000,
            bus: setting.bus,
            opfs: setting.opfs,
            chaos: false,
            tabs: Vec::new(),
            clients: Vec::new(),
            coordinators: Vec::new(),
            locks: Locks::default(),
            queues: Queues::default(),
            database: Database::default(),
            repeated: 0,
            files_busy_until: 0,
            last_epoch: Epoch(0),
            openings: 0,
            delivered: 0,
            next_port: 1_000_000,
            next_coordinator_at: None,
            trace: None,
        }
    }

    pub fn note(&mut self, text: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(trace) = &mut self.trace {
            let text = text();
            // Pings in times of rest would hide everything else.
            if !text.contains("Ping {") && !text.contains("Pong {") {
                trace.push(format!("{now:>7} {text}"));
            }
        }
    }

    pub fn tab_of(&self, id: &TabId) -> usize {
        id.0.trim_start_matches('t').parse().unwrap()
    }

    pub fn instance_lock(&self, coordinator: usize) -> String {
        names::coordinator_instance(DATABASE, &InstanceId(format!("c{coordinator}")))
    }

    pub fn new_client(&mut self) -> usize {
        let visible = self.random.percent(50);
        let last_visible =
            if visible { Some(self.now) } else { self.random.percent(50).then(|| self.random.below(self.now)) };
        self.clients.push(Client { visible, last_visible, ..Client::default() });
        let client = self.clients.len() - 1;
        self.open_tab(client);
        client
    }

    pub fn open_tab(&mut self, client: usize) {
        let tab = self.tabs.len();
        let id = TabId(format!("t{tab}"));
        self.tabs.push(Tab {
            id: id.clone(),
            client,
            page: Life::Alive,
            worker_life: Life::Alive,
            worker: Worker::default(),
        });
        self.clients[client].tab = tab;
        self.locks.take(&self.page_lock(&id), Agent::Page(tab));
        self.locks.take(&names::worker(DATABASE, &id), Agent::Worker(tab));
        if self.bus {
            self.next_coordinator_at =
                self.next_coordinator_at.or(Some(self.now + 5)).filter(|_| self.coordinator().is_none());
            if let Some(coordinator) = self.coordinator() {
                self.register_worker(tab, coordinator);
            }
        }
        self.connect_client(client);
    }

    pub fn coordinator(&self) -> Option<usize> {
        self.coordinators.iter().rposition(|running| running.alive)
    }

    pub fn coordinator_or_new(&mut self) -> usize {
        self.coordinator().unwrap_or_else(|| self.start_coordinator(None))
    }

    /// Who hears what is sent to a coordinator: on the bus whichever lives.
    pub fn heard_by(&self, coordinator: usize) -> Option<usize> {
        if self.bus { self.coordinator() } else { Some(coordinator) }
    }

    fn start_coordinator(&mut self, home: Option<usize>) -> usize {
        let index = self.coordinators.len();
        let instance = InstanceId(format!("c{index}"));
        self.locks.take(&self.instance_lock(index), Agent::Coordinator(index));
        let mut machine = Coordinator::new(instance, Timing::default());
        if !self.locks.is_held(&names::storage(DATABASE)) {
            machine.nobody_hosts();
        }
        let (to_pages, to_workers) = machine.greeting();
        let (heard, pages, hosts, gone) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let born = self.now;
        self.coordinators.push(Running {
            machine,
            born,
            alive: true,
            successor: None,
            home,
            pages,
            heard,
            hosts,
            gone,
        });
        self.note(|| format!("coordinator {index} starts"));
        if self.bus {
            for tab in 0..self.tabs.len() {
                if self.tabs[tab].page != Life::Dead {
                    let way = (Agent::Coordinator(index), Agent::Page(tab), Channel::Control);
                    self.queues.post(way, Packet::CoordinatorToPage(to_pages.clone(), None));
                }
                if self.tabs[tab].worker_life != Life::Dead {
                    let way = (Agent::Coordinator(index), Agent::Worker(tab), Channel::Control);
                    self.queues.post(way, Packet::CoordinatorToWorker(to_workers.clone(), None));
                }
            }
        }
        index
    }

    pub fn bury(&mut self, dead: Agent) {
        let random = &mut self.random;
        self.queues.bury(dead, |count| if random.percent(30) { random.below(count as u64 + 1) as usize } else { 0 });
        self.locks.bury(dead, &mut self.queues);
    }

    fn kill_coordinator(&mut self, index: usize) {
        self.coordinators[index].alive = false;
        self.bury(Agent::Coordinator(index));
        if self.bus {
            self.next_coordinator_at = Some(self.now + self.random.below(60));
        }
    }

    fn kill_page(&mut self, tab: usize) {
        self.tabs[tab].page = Life::Dead;
        self.bury(Agent::Page(tab));
        if let Some(index) = self.coordinator().filter(|index| self.coordinators[*index].home == Some(tab)) {
            self.kill_coordinator(index);
        }
    }

    /// Pages that are there, awake or not.
    pub fn present(&self) -> Vec<usize> {
        (0..self.clients.len()).filter(|client| self.tabs[self.clients[*client].tab].page != Life::Dead).collect()
    }

    /// Something at random: a message, a step, a request, a fault, or time.
    pub fn step(&mut self) -> Result<(), String> {
        match self.random.below(100) {
            0..2 => {
                let count = self.present().len();
                let client = self.random.pick(&self.present());
                match (self.random.below(12), client) {
                    (0..3, _) | (_, None) if count < 6 => {
                        self.new_client();
                    }
                    (3 | 4, Some(client)) => self.inflict(Fault::Close(client)),
                    (5, Some(client)) => self.inflict(Fault::Crash(client)),
                    (6, Some(client)) => self.inflict(Fault::Freeze(client)),
                    (7, Some(client)) => self.inflict(Fault::FreezeSilently(client)),
                    (8 | 9, Some(client)) => self.inflict(Fault::Thaw(client)),
                    (10, Some(client)) if self.random.percent(40) => self.inflict(Fault::Poison(client)),
                    (10, _) => self.inflict(Fault::KillCoordinator),
                    (11, _) => self.inflict(Fault::RestartCoordinator),
                    _ => {}
                }
                Ok(())
            }
            2..12 => {
                self.act();
                Ok(())
            }
            12..22 => self.advance(),
            _ => self.progress().map(drop),
        }
    }

    /// The application of some page does something.
    pub fn act(&mut self) {
        let Some(client) = self.random.pick(&self.present()) else { return };
        let tab = self.clients[client].tab;
        if self.tabs[tab].page != Life::Alive {
            return;
        }
        if self.random.percent(15) {
            let visible = !self.clients[client].visible;
            self.clients[client].visible = visible;
            self.clients[client].last_visible = Some(self.now);
            if let Some(coordinator) = self.clients[client].coordinator {
                self.page_to_coordinator(tab, coordinator, PageToCoordinator::Visibility { visible });
            }
        } else {
            let asked = match self.random.below(10) {
                0..6 => Asked::Write,
                6..8 => Asked::Read,
                _ => Asked::Rebind(self.random.below(40)),
            };
            self.request(client, asked);
        }
    }

    /// Does one thing that is due; says whether there was any.
    pub fn progress(&mut self) -> Result<bool, String> {
        let tasks = self.tasks();
        if tasks.is_empty() {
            return Ok(false);
        }
        let index = self.random.below(tasks.len() as u64) as usize;
        match tasks[index] {
            Task::Deliver(way) => self.deliver(way)?,
            Task::Work(tab) => self.work(tab)?,
            Task::Open(tab) => self.try_to_open(tab)?,
            Task::Deadline(index) => self.tell_coordinator(index, Event::Deadline)?,
            Task::Impatience(client) => self.connect_client(client),
        }
        Ok(true)
    }

    fn tasks(&self) -> Vec<Task> {
        let mut tasks: Vec<Task> =
            self.queues.ways(self.bus).into_iter().filter(|way| self.can_hear(*way)).map(Task::Deliver).collect();
        for (index, tab) in self.tabs.iter().enumerate() {
            if tab.worker_life == Life::Alive {
                if !tab.worker.task.is_empty() {
                    tasks.push(Task::Work(index));
                }
                if tab.worker.opening.as_ref().is_some_and(|opening| opening.next_try <= self.now) {
                    tasks.push(Task::Open(index));
                }
            }
        }
        for (index, running) in self.coordinators.iter().enumerate() {
            if self.runs(running) && running.next_deadline().is_some_and(|time| time <= self.now) {
                tasks.push(Task::Deadline(index));
            }
        }
        for (index, client) in self.clients.iter().enumerate() {
            if self.tabs[client.tab].page == Life::Alive && client.patience.is_some_and(|time| time <= self.now) {
                tasks.push(Task::Impatience(index));
            }
        }
        tasks
    }

    fn runs(&self, running: &Running) -> bool {
        running.alive && running.home.is_none_or(|home| self.tabs[home].page != Life::Frozen)
    }

    fn can_hear(&self, (from, to, channel): Way) -> bool {
        match (to, channel) {
            (Agent::Page(tab), _) => self.tabs[tab].page == Life::Alive,
            (Agent::Coordinator(index), _) => {
                let running = &self.coordinators[index];
                let has_port = match from {
                    Agent::Worker(tab) => self.bus || running.pages.contains(&tab),
                    _ => true,
                };
                self.runs(running) && has_port
            }
            (Agent::Worker(tab), channel) => {
                let Tab { worker, worker_life, .. } = &self.tabs[tab];
                let open = match (from, channel) {
                    (Agent::Page(from), Channel::Data(port)) => self.has_port(tab, from, port),
                    _ => true,
                };
                *worker_life == Life::Alive && worker.task.is_empty() && worker.dies_at.is_none() && open
            }
        }
    }

    /// Lets time pass, usually until something is due.
    pub fn advance(&mut self) -> Result<(), String> {
        let next = self.next_time();
        let step = match (self.random.below(100), next) {
            (0..2, _) => self.random.below(5_000),
            (2..30, _) | (_, None) => self.random.below(30),
            (_, Some(time)) => time - self.now,
        };
        self.pass(step);
        Ok(())
    }

    /// The next time at which something becomes due.
    pub fn next_time(&self) -> Option<u64> {
        let workers = self.tabs.iter().flat_map(|tab| {
            let opening = tab.worker.opening.as_ref().filter(|_| tab.worker_life == Life::Alive);
            [opening.map(|opening| opening.next_try), tab.worker.dies_at].into_iter().flatten()
        });
        let coordinators =
            self.coordinators.iter().filter(|running| self.runs(running)).filter_map(Running::next_deadline);
        let alive = |client: &&Client| self.tabs[client.tab].page == Life::Alive;
        let clients = self.clients.iter().filter(alive).filter_map(|client| client.patience);
        workers.chain(coordinators).chain(clients).chain(self.next_coordinator_at).filter(|time| *time > self.now).min()
    }

    pub fn pass(&mut self, time: u64) {
        self.now += time;
        for tab in 0..self.tabs.len() {
            if self.tabs[tab].worker.dies_at.is_some_and(|time| time <= self.now) {
                self.kill_worker(tab);
            }
        }
        if self.next_coordinator_at.is_some_and(|time| time <= self.now) && self.coordinator().is_none() {
            let homes: Vec<usize> = (0..self.tabs.len()).filter(|tab| self.tabs[*tab].page == Life::Alive).collect();
            if let Some(home) = self.random.pick(&homes) {
                self.next_coordinator_at = None;
                self.start_coordinator(Some(home));
            }
        }
    }

    fn deliver(&mut self, way: Way) -> Result<(), String> {
        let Some(packet) = self.queues.take(way) else { return Ok(()) };
        self.delivered += 1;
        self.note(|| format!("{way:?} {packet:?}"));
        match (way, packet) {
            ((_, Agent::Page(tab), _), Packet::Granted(name)) => self.page_granted(tab, &name),
            ((_, Agent::Coordinator(index), _), Packet::Granted(name)) => {
                let (kind, id) = name.rsplit_once('/').unwrap();
                let tab = TabId::from(id);
                self.coordinators[index].hosts.remove(&tab);
                self.coordinators[index].gone.insert(tab.clone());
                let event = if kind.ends_with("page") { Event::PageGone { tab } } else { Event::WorkerGone { tab } };
                self.tell_coordinator(index, event)?;
            }
            ((_, Agent::Worker(tab), _), Packet::Attach(mut coordinator)) => {
                while let Some(successor) = self.coordinators[coordinator].successor {
                    coordinator = successor;
                }
                self.register_worker(tab, coordinator);
            }
            ((_, Agent::Page(tab), _), Packet::Poisoned) => self.be_born_again(tab),
            ((Agent::Page(tab), Agent::Coordinator(index), _), Packet::PageToCoordinator(message)) => {
                if matches!(message, PageToCoordinator::Register { .. }) {
                    self.coordinators[index].pages.insert(tab);
                }
                let tab = self.tabs[tab].id.clone();
                if message == PageToCoordinator::Goodbye {
                    self.coordinators[index].hosts.remove(&tab);
                    self.coordinators[index].gone.insert(tab.clone());
                }
                self.tell_coordinator(index, Event::FromPage { tab, message })?;
            }
            ((Agent::Worker(tab), Agent::Coordinator(index), _), Packet::WorkerToCoordinator(message)) => {
                let tab = self.tabs[tab].id.clone();
                let running = &mut self.coordinators[index];
                let registered = matches!(message, WorkerToCoordinator::Register { .. });
                if registered || running.heard.contains_key(&tab) {
                    running.heard.insert(tab.clone(), self.now);
                }
                let believed = running.heard.contains_key(&tab) && !running.gone.contains(&tab);
                match &message {
                    WorkerToCoordinator::Register { hosting: Some(Hosting::Ready { .. }), .. }
                    | WorkerToCoordinator::HostReady { .. }
                        if believed =>
                    {
                        running.hosts.insert(tab.clone())
                    }
                    WorkerToCoordinator::Register { .. } | WorkerToCoordinator::HostDown { .. } => {
                        running.hosts.remove(&tab)
                    }
                    _ => false,
                };
                self.tell_coordinator(index, Event::FromWorker { tab, message })?;
            }
            ((Agent::Coordinator(from), Agent::Page(tab), _), Packet::CoordinatorToPage(message, port)) => {
                self.page_hears_coordinator(tab, from, message, port)?;
            }
            ((Agent::Coordinator(from), Agent::Worker(tab), _), Packet::CoordinatorToWorker(message, port)) => {
                self.worker_hears_coordinator(tab, from, message, port)?;
            }
            ((Agent::Page(from), Agent::Worker(tab), Channel::Data(port)), Packet::PageToHost(message)) => {
                self.host_hears_page(tab, from, port, message);
            }
            ((Agent::Worker(from), Agent::Page(tab), Channel::Data(port)), Packet::HostToPage(message)) => {
                self.page_hears_host(tab, from, port, message)?;
            }
            (way, packet) => return Err(format!("{packet:?} on {way:?}")),
        }
        Ok(())
    }

    fn tell_coordinator(&mut self, index: usize, event: Event) -> Result<(), String> {
        let now = self.now;
        let running = &mut self.coordinators[index];
        let effects = running.machine.handle(event, now - running.born);
        if let Some(deadline) = running.next_deadline().filter(|deadline| *deadline <= now) {
            return Err(format!("a deadline of {deadline} at {now}"));
        }
        let tabs = self.tabs.iter().filter(|tab| tab.worker_life != Life::Dead || tab.page != Life::Dead).count();
        // For each tab at most: introduced, lost, status, pinged; and a few for the tab concerned.
        if effects.len() > 4 * self.tabs.len().min(tabs + 8) + 8 {
            return Err(format!("{} effects with {tabs} tabs", effects.len()));
        }
        for effect in effects {
            self.perform(index, effect)?;
        }
        Ok(())
    }

    fn perform(&mut self, index: usize, effect: Effect) -> Result<(), String> {
        self.note(|| format!("  coordinator {index}: {effect:?}"));
        let coordinator = Agent::Coordinator(index);
        match effect {
            Effect::ToPage { tab, message } => self.coordinator_to_page(index, &tab, message, None),
            Effect::ToWorker { tab, message } => {
                self.check_order(index, &tab, &message)?;
                self.coordinator_to_worker(index, &tab, message, None);
            }
            Effect::Introduce { client, to_client, host, to_host } => {
                self.next_port += 1;
                let port = (!self.bus).then_some(self.next_port);
                self.coordinator_to_page(index, &client, to_client, port);
                self.coordinator_to_worker(index, &host, to_host, port);
            }
            Effect::WatchPage { tab } => self.watch(names::page(DATABASE, &tab), coordinator),
            Effect::WatchWorker { tab } => self.watch(names::worker(DATABASE, &tab), coordinator),
            Effect::Forget { tab } => {
                self.locks.withdraw(&names::page(DATABASE, &tab), coordinator);
                self.locks.withdraw(&names::worker(DATABASE, &tab), coordinator);
            }
        }
        Ok(())
    }

    fn watch(&mut self, lock: String, coordinator: Agent) {
        if !self.locks.is_waiting(&lock, coordinator) {
            self.locks.wait(&lock, coordinator, &mut self.queues);
        }
    }

    fn coordinator_to_page(&mut self, from: usize, tab: &TabId, message: CoordinatorToPage, port: Option<u64>) {
        let to = self.tab_of(tab);
        if self.tabs[to].page != Life::Dead {
            let way = (Agent::Coordinator(from), Agent::Page(to), Channel::Control);
            self.queues.post(way, Packet::CoordinatorToPage(message, port));
        }
    }

    fn coordinator_to_worker(&mut self, from: usize, tab: &TabId, message: CoordinatorToWorker, port: Option<u64>) {
        let to = self.tab_of(tab);
        if self.tabs[to].worker_life != Life::Dead {
            let way = (Agent::Coordinator(from), Agent::Worker(to), Channel::Control);
            self.queues.post(way, Packet::CoordinatorToWorker(message, port));
        }
    }

    /// No election while there is a host that this coordinator has heard of, nor of a tab that may be frozen.
    fn check_order(&mut self, index: usize, tab: &TabId, message: &CoordinatorToWorker) -> Result<(), String> {
        match message {
            CoordinatorToWorker::BecomeHost { .. } => {
                let running = &self.coordinators[index];
                if let Some(host) = running.hosts.first() {
                    return Err(format!("coordinator {index} elects {tab} while {host} is the host"));
                }
                let heard = running.heard.get(tab).copied().unwrap_or(0);
                if self.now - heard > Timing::default().fresh {
                    return Err(format!("{tab} is elected at {}, last heard of at {heard}", self.now));
                }
            }
            CoordinatorToWorker::Retire { .. } => {
                self.coordinators[index].hosts.remove(tab);
            }
            _ => {}
        }
        Ok(())
    }
}
