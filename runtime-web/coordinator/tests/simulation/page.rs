//! A page client by the book: the rules of the protocol's documentation, and nothing else.

use tidewater_protocol::{
    ClientId, Configuration, CoordinatorToPage, Epoch, Frame, HostToPage, PROTOCOL, PageToCoordinator, PageToHost,
    RequestId, Seq, Status, SubscriptionId, TabId, names,
};

use crate::browser::{Agent, Channel, Packet};
use crate::world::{DATABASE, Life, World};

/// Every page client has one subscription.
const SUBSCRIPTION: SubscriptionId = SubscriptionId(1);

/// To these actors a frame is what they make of it.
fn parameter_frame(parameter: u64) -> Frame {
    Frame(parameter.to_le_bytes().to_vec())
}

/// The parameter in a frame of [`parameter_frame`].
pub fn parameter_of(frame: Option<&Frame>) -> u64 {
    frame.and_then(|frame| frame.0.as_slice().try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// What goes on in one page, through all its tabs ids.
#[derive(Debug, Default)]
pub struct Client {
    /// The present tab.
    pub tab: usize,
    pub visible: bool,
    pub last_visible: Option<u64>,
    /// Whether it has been another tab.
    pub returning: bool,
    /// The coordinator it talks to.
    pub coordinator: Option<usize>,
    /// The coordinator whose lock it queues for.
    pub instance: Option<usize>,
    /// When to connect again if that coordinator has not answered.
    pub patience: Option<u64>,
    /// The highest epoch heard of.
    pub epoch: Epoch,
    pub connection: Option<Connection>,
    /// The parameter that the rows of its subscription are of; each host is asked for that first.
    pub bound: u64,
    /// The parameter that it has when all requests are done.
    pub wanted: u64,
    pub requests: u64,
    /// The number of its last read or write that was posted.
    pub seq: Seq,
    pub unanswered: Vec<Request>,
    pub outcomes: Vec<(u64, Outcome)>,
    pub status: Option<Status>,
    /// It was frozen and knew it.
    pub asleep: bool,
}

#[derive(Clone, Debug)]
pub struct Connection {
    pub host: usize,
    pub epoch: Epoch,
    pub port: u64,
    pub welcome: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Read,
    Write,
    /// Other parameters for the subscription.
    Rebind(u64),
}

/// Whether a query takes such a parameter.
pub fn fits(parameter: u64) -> bool {
    !parameter.is_multiple_of(5)
}

#[derive(Clone, Debug)]
pub struct Request {
    pub id: u64,
    pub asked: Asked,
    /// Its number among reads and writes, from the first time that it is posted.
    pub seq: Option<Seq>,
    /// The host and epoch it was posted to.
    pub posted: Option<(usize, Epoch)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Read,
    Written,
    Rebound,
    Refused,
}

impl World {
    /// Connects to the coordinator, starting one if need be, and gives the worker a port to it.
    pub fn connect_client(&mut self, client: usize) {
        let coordinator = if self.bus { self.coordinator() } else { Some(self.coordinator_or_new()) };
        self.clients[client].coordinator = coordinator;
        self.clients[client].patience = Some(self.now + 2_000);
        let Some(coordinator) = coordinator else { return };
        self.register_client(client, coordinator);
        if !self.bus {
            let tab = self.clients[client].tab;
            self.queues.post((Agent::Page(tab), Agent::Worker(tab), Channel::Control), Packet::Attach(coordinator));
        }
    }

    fn register_client(&mut self, client: usize, coordinator: usize) {
        let Client { tab, visible, last_visible, returning, epoch, .. } = self.clients[client];
        let register = PageToCoordinator::Register {
            tab: self.tabs[tab].id.clone(),
            protocol: PROTOCOL,
            visible,
            hidden_for: last_visible.map(|time| self.now - time),
            returning,
            epoch,
        };
        self.page_to_coordinator(tab, coordinator, register);
    }

    pub fn page_to_coordinator(&mut self, tab: usize, coordinator: usize, message: PageToCoordinator) {
        let Some(coordinator) = self.heard_by(coordinator) else { return };
        let way = (Agent::Page(tab), Agent::Coordinator(coordinator), Channel::Control);
        self.queues.post(way, Packet::PageToCoordinator(message));
    }

    pub fn page_granted(&mut self, tab: usize, name: &str) {
        let client = self.tabs[tab].client;
        let lost = self.clients[client].instance.filter(|instance| name == self.instance_lock(*instance));
        if lost.is_some() {
            self.connect_client(client);
        }
    }

    pub fn page_hears_coordinator(
        &mut self,
        tab: usize,
        from: usize,
        message: CoordinatorToPage,
        port: Option<u64>,
    ) -> Result<(), String> {
        let client = self.tabs[tab].client;
        // On the bus the last that registered it counts; over ports the one it connected to.
        let new =
            matches!(message, CoordinatorToPage::CoordinatorStarted { .. } | CoordinatorToPage::Registered { .. });
        if self.clients[client].coordinator != Some(from) && !(self.bus && new) {
            return Ok(());
        }
        match message {
            CoordinatorToPage::CoordinatorStarted { .. } => {
                self.register_client(client, from);
                if !self.bus {
                    let way = (Agent::Page(tab), Agent::Worker(tab), Channel::Control);
                    self.queues.post(way, Packet::Attach(from));
                }
            }
            CoordinatorToPage::Registered { .. } => {
                self.clients[client].coordinator = Some(from);
                self.clients[client].patience = None;
                self.clients[client].instance = Some(from);
                let lock = self.instance_lock(from);
                if !self.locks.is_waiting(&lock, Agent::Page(tab)) {
                    self.locks.wait(&lock, Agent::Page(tab), &mut self.queues);
                }
            }
            CoordinatorToPage::UpgradeRequired { .. } => return Err("versions are the same".to_owned()),
            CoordinatorToPage::Elsewhere => return Err("builds are the same".to_owned()),
            CoordinatorToPage::Connect { host, epoch, .. } => {
                let host = self.tab_of(&host);
                let port = port.unwrap_or(epoch.0);
                let client = &mut self.clients[client];
                client.epoch = client.epoch.max(epoch);
                let stays = |now: &Connection| now.host == host && now.epoch == epoch && now.welcome;
                if client.connection.as_ref().is_some_and(stays) {
                    return Ok(());
                }
                client.connection = Some(Connection { host, epoch, port, welcome: false });
                let hello = PageToHost::Hello {
                    client: ClientId(format!("client {}", self.tabs[tab].client)),
                    protocol: PROTOCOL,
                    configuration: Configuration { foreign_keys: true },
                    nonce: port,
                    restart: true,
                    schema: None,
                };
                self.page_to_host(tab, host, port, hello);
            }
            CoordinatorToPage::HostLost { host, epoch } => {
                let host = self.tab_of(&host);
                let client = &mut self.clients[client];
                if client.connection.as_ref().is_some_and(|now| now.host == host && now.epoch == epoch) {
                    client.connection = None;
                }
            }
            CoordinatorToPage::WorkerLost => self.be_born_again(tab),
            CoordinatorToPage::Status { status } => self.clients[client].status = Some(status),
        }
        Ok(())
    }

    fn page_to_host(&mut self, tab: usize, host: usize, port: u64, message: PageToHost) {
        self.queues.post((Agent::Page(tab), Agent::Worker(host), Channel::Data(port)), Packet::PageToHost(message));
    }

    /// The application reads, writes or looks elsewhere.
    pub fn request(&mut self, client: usize, asked: Asked) {
        let state = &mut self.clients[client];
        state.requests += 1;
        let id = state.requests;
        if let Asked::Rebind(parameter) = asked
            && fits(parameter)
        {
            state.wanted = parameter;
        }
        state.unanswered.push(Request { id, asked, seq: None, posted: None });
        self.note(|| format!("client {client} makes request {id}: {asked:?}"));
        self.post_requests(client);
    }

    fn post_subscription(&mut self, client: usize) {
        let Some(Connection { host, port, .. }) = self.clients[client].connection else { return };
        let message = PageToHost::Subscribe {
            subscription: SUBSCRIPTION,
            sql: "SELECT".to_owned(),
            params: Some(parameter_frame(self.clients[client].bound)),
            resumed: false,
        };
        self.page_to_host(self.clients[client].tab, host, port, message);
    }

    fn post_requests(&mut self, client: usize) {
        let Some(Connection { host, epoch, port, welcome: true }) = self.clients[client].connection.clone() else {
            return;
        };
        let tab = self.clients[client].tab;
        for index in 0..self.clients[client].unanswered.len() {
            let Client { unanswered, seq: last, .. } = &mut self.clients[client];
            if unanswered[index].posted.is_none() {
                unanswered[index].posted = Some((host, epoch));
                let seq = *unanswered[index].seq.get_or_insert_with(|| {
                    *last = last.next();
                    *last
                });
                let acknowledged = unanswered.iter().filter_map(|request| request.seq).min();
                let acknowledged = Seq(acknowledged.map_or(0, |seq| seq.0 - 1));
                let (asked, request) = (unanswered[index].asked, RequestId(unanswered[index].id));
                let message = match asked {
                    Asked::Write => {
                        let sql = "INSERT".to_owned();
                        PageToHost::Exec { request, seq, acknowledged, sql, params: None, timeout: None }
                    }
                    Asked::Read => {
                        let sql = "SELECT".to_owned();
                        PageToHost::Query { request, seq, acknowledged, sql, params: None, timeout: None }
                    }
                    Asked::Rebind(parameter) => {
                        let params = Some(parameter_frame(parameter));
                        PageToHost::Rebind { request, subscription: SUBSCRIPTION, params }
                    }
                };
                self.page_to_host(tab, host, port, message);
            }
        }
    }

    pub fn page_hears_host(&mut self, tab: usize, from: usize, port: u64, message: HostToPage) -> Result<(), String> {
        let index = self.tabs[tab].client;
        let client = &mut self.clients[index];
        let current = |now: &&mut Connection| now.host == from && now.port == port;
        let Some(connection) = client.connection.as_mut().filter(current) else { return Ok(()) };
        match message {
            HostToPage::Welcome { epoch, .. } => {
                if epoch != connection.epoch {
                    return Err(format!("welcome in epoch {epoch} after connect in {}", connection.epoch));
                }
                if std::mem::replace(&mut connection.welcome, true) {
                    // On the bus two introductions lead to two hellos on the same channel.
                    return Ok(());
                }
                for request in &mut client.unanswered {
                    request.posted = None;
                }
                self.post_subscription(index);
                self.post_requests(index);
            }
            HostToPage::Subscribed { .. } => {}
            HostToPage::Rebound { request, .. } => {
                self.rebound(index, request);
                self.answered(index, request, Outcome::Rebound)?;
            }
            HostToPage::Failed { request, .. } => self.answered(index, request, Outcome::Refused)?,
            HostToPage::Executed { request, .. } => self.answered(index, request, Outcome::Written)?,
            HostToPage::Queried { request, .. } => self.answered(index, request, Outcome::Read)?,
            HostToPage::Delivery(delivery) => {
                if let Some(cause) = delivery.cause {
                    self.rebound(index, cause);
                }
            }
            other => return Err(format!("unexpected {other:?}")),
        }
        Ok(())
    }

    /// The host has done a request: if it is a rebind, the rows are of its parameter now.
    fn rebound(&mut self, client: usize, id: RequestId) {
        let state = &mut self.clients[client];
        let asked = state.unanswered.iter().find(|request| request.id == id.0).map(|request| request.asked);
        if let Some(Asked::Rebind(parameter)) = asked {
            state.bound = parameter;
        }
    }

    fn answered(&mut self, client: usize, id: RequestId, outcome: Outcome) -> Result<(), String> {
        let state = &mut self.clients[client];
        match state.unanswered.iter().position(|request| request.id == id.0) {
            Some(0) => {
                state.unanswered.remove(0);
                state.outcomes.push((id.0, outcome));
                Ok(())
            }
            // What is not a write and was posted on two ports is answered twice if the first answer was slow.
            None if outcome != Outcome::Written => Ok(()),
            place => Err(format!("answer to request {id} of client {client} out of order: {place:?}")),
        }
    }

    /// `freeze` or `pagehide`: terminate the worker, withdraw, say goodbye.
    pub fn fall_asleep(&mut self, tab: usize) {
        let client = self.tabs[tab].client;
        self.terminate_worker(tab);
        self.locks.withdraw_all(Agent::Page(tab));
        if let Some(coordinator) = self.clients[client].coordinator {
            self.page_to_coordinator(tab, coordinator, PageToCoordinator::Goodbye);
        }
        self.clients[client].connection = None;
        self.clients[client].coordinator = None;
        self.clients[client].patience = None;
        self.clients[client].asleep = true;
        self.tabs[tab].page = Life::Frozen;
    }

    /// The page goes on under a new tab id.
    pub fn be_born_again(&mut self, tab: usize) {
        let client = self.tabs[tab].client;
        if !self.clients[client].asleep {
            self.fall_asleep(tab);
        }
        self.clients[client].asleep = false;
        self.clients[client].returning = true;
        // Its lock and its listeners go; what it posted stays posted.
        self.locks.bury(Agent::Page(tab), &mut self.queues);
        self.tabs[tab].page = Life::Dead;
        self.open_tab(client);
    }

    pub fn page_lock(&self, tab: &TabId) -> String {
        names::page(DATABASE, tab)
    }
}
