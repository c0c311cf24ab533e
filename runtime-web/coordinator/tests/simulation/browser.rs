//! The parts of a browser that the actors share: Web Locks, message queues, the files of the database.

use std::collections::{BTreeMap, VecDeque};

use tidewater_protocol::{
    CoordinatorToPage, CoordinatorToWorker, HostToPage, PageToCoordinator, PageToHost, Seq, WorkerToCoordinator,
};

/// Something that runs: the page client or the worker of a tab, or a coordinator, each by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Agent {
    Page(usize),
    Worker(usize),
    Coordinator(usize),
}

/// Which of the channels between two agents: the one for control, or a port (on the bus: an epoch) for data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    Locks,
    Control,
    Data(u64),
}

#[derive(Clone, Debug)]
pub enum Packet {
    /// The lock of this name was granted.
    Granted(String),
    /// A page client gives its worker a port to this coordinator.
    Attach(usize),
    /// A worker tells its page client that its instance is poisoned.
    Poisoned,
    PageToCoordinator(PageToCoordinator),
    CoordinatorToPage(CoordinatorToPage, Option<u64>),
    WorkerToCoordinator(WorkerToCoordinator),
    CoordinatorToWorker(CoordinatorToWorker, Option<u64>),
    PageToHost(PageToHost),
    HostToPage(HostToPage),
}

pub type Way = (Agent, Agent, Channel);

/// First in, first out on each way. Nothing is promised between ways of ports; a bus brings each receiver everything in
/// the order in which it was posted, as the broker in the browser does.
#[derive(Default)]
pub struct Queues {
    ways: BTreeMap<Way, VecDeque<(u64, Packet)>>,
    posted: u64,
}

impl Queues {
    pub fn post(&mut self, way: Way, packet: Packet) {
        self.posted += 1;
        self.ways.entry(way).or_default().push_back((self.posted, packet));
    }

    pub fn take(&mut self, way: Way) -> Option<Packet> {
        let queue = self.ways.get_mut(&way)?;
        let packet = queue.pop_front();
        if queue.is_empty() {
            self.ways.remove(&way);
        }
        packet.map(|(_, packet)| packet)
    }

    /// The ways on which something waits; over a bus those whose first is the receiver's first.
    pub fn ways(&self, bus: bool) -> Vec<Way> {
        let mut first: BTreeMap<Agent, u64> = BTreeMap::new();
        let on_bus = |way: &Way| bus && way.2 != Channel::Locks;
        for (way, queue) in self.ways.iter().filter(|(way, _)| on_bus(way)) {
            let position = queue.front().map_or(u64::MAX, |(position, _)| *position);
            let first = first.entry(way.1).or_insert(position);
            *first = position.min(*first);
        }
        let is_first = |way: &Way, queue: &VecDeque<(u64, Packet)>| {
            queue.front().map(|(position, _)| position) == first.get(&way.1)
        };
        let ready = self.ways.iter().filter(|(way, queue)| !on_bus(way) || is_first(way, queue));
        ready.map(|(way, _)| *way).collect()
    }

    /// What waits for the dead is gone; of what the dead sent, the last of each way may be.
    pub fn bury(&mut self, dead: Agent, mut lost: impl FnMut(usize) -> usize) {
        self.ways.retain(|(from, to, _), queue| {
            // A page and its worker live in one process, in which no message is lost.
            let together = matches!((from, to), (Agent::Worker(worker), Agent::Page(page)) if worker == page);
            if *from == dead && !together {
                queue.truncate(queue.len() - lost(queue.len()));
            }
            *to != dead && !queue.is_empty()
        });
    }

    /// What waits for one waits for another now.
    pub fn redirect(&mut self, old: Agent, new: Agent) {
        let redirected = |way: &&Way| way.1 == old && way.2 == Channel::Control;
        let ways: Vec<Way> = self.ways.keys().filter(redirected).copied().collect();
        for way in ways {
            let queue = self.ways.remove(&way).unwrap();
            self.ways.entry((way.0, new, way.2)).or_default().extend(queue);
        }
    }
}

/// Web Locks, of which the dead let go: held in mode `exclusive` or waited for in mode `shared`, so that all who wait for
/// a death are granted at once, the frozen among them.
#[derive(Default)]
pub struct Locks {
    held: BTreeMap<String, Agent>,
    waiting: BTreeMap<String, Vec<Agent>>,
}

impl Locks {
    /// Takes a free lock.
    pub fn take(&mut self, name: &str, agent: Agent) -> bool {
        if self.held.contains_key(name) {
            return false;
        }
        self.held.insert(name.to_owned(), agent);
        true
    }

    /// Waits until nobody holds the lock.
    pub fn wait(&mut self, name: &str, agent: Agent, queues: &mut Queues) {
        self.waiting.entry(name.to_owned()).or_default().push(agent);
        self.grant(name, queues);
    }

    pub fn is_held(&self, name: &str) -> bool {
        self.held.contains_key(name)
    }

    pub fn is_waiting(&self, name: &str, agent: Agent) -> bool {
        self.waiting.get(name).is_some_and(|waiting| waiting.contains(&agent))
    }

    pub fn release(&mut self, name: &str, agent: Agent, queues: &mut Queues) {
        if self.held.get(name) == Some(&agent) {
            self.held.remove(name);
            self.grant(name, queues);
        }
    }

    pub fn withdraw(&mut self, name: &str, agent: Agent) {
        if let Some(waiting) = self.waiting.get_mut(name) {
            waiting.retain(|waiter| *waiter != agent);
        }
    }

    pub fn withdraw_all(&mut self, agent: Agent) {
        self.waiting.values_mut().for_each(|waiting| waiting.retain(|waiter| *waiter != agent));
    }

    pub fn bury(&mut self, dead: Agent, queues: &mut Queues) {
        self.withdraw_all(dead);
        let held: Vec<String> =
            self.held.iter().filter(|(_, holder)| **holder == dead).map(|(name, _)| name.clone()).collect();
        for name in held {
            self.release(&name, dead, queues);
        }
    }

    pub fn holds(&self, name: &str, agent: Agent) -> bool {
        self.held.get(name) == Some(&agent)
    }

    fn grant(&mut self, name: &str, queues: &mut Queues) {
        if self.held.contains_key(name) {
            return;
        }
        for waiter in self.waiting.remove(name).unwrap_or_default() {
            queues.post((waiter, waiter, Channel::Locks), Packet::Granted(name.to_owned()));
        }
    }
}

/// The database: what every commit writes in one transaction.
#[derive(Clone, Debug, Default)]
pub struct Database {
    pub epoch: u64,
    pub commit: u64,
    /// The writes that were committed, by page client and request.
    pub writes: Vec<(usize, u64)>,
    /// What each was answered, by page client and number, until that is acknowledged.
    pub ledger: BTreeMap<(usize, Seq), u64>,
}

impl Database {
    /// The newest write of a page client that was done.
    pub fn applied(&self, client: usize) -> Seq {
        let own = self.ledger.range((client, Seq(0))..=(client, Seq(u64::MAX)));
        own.last().map_or(Seq(0), |((_, seq), _)| *seq)
    }

    /// Does a write once: its commit, and whether it was done before.
    pub fn write(&mut self, client: usize, request: u64, seq: Seq, acknowledged: Seq) -> Result<(u64, bool), String> {
        if seq <= self.applied(client) {
            let done = self.ledger.get(&(client, seq)).map(|commit| (*commit, true));
            return done
                .ok_or_else(|| format!("write {seq} of client {client} was acknowledged and is asked for again"));
        }
        let commit = self.commit(client, request)?;
        self.ledger.retain(|(other, seq), _| *other != client || *seq > acknowledged);
        self.ledger.insert((client, seq), commit);
        Ok((commit, false))
    }

    fn commit(&mut self, client: usize, request: u64) -> Result<u64, String> {
        if self.writes.contains(&(client, request)) {
            return Err(format!("write {request} of client {client} is committed twice"));
        }
        self.writes.push((client, request));
        self.commit += 1;
        Ok(self.commit)
    }
}
