//! A worker that is the host, as a pipeline: what page clients ask for waits in the intake, a turn does some of it, and what came of that is
//! posted at the end of the turn, to each page client in one packet. What a turn has committed is written to the file before that, at once.

use std::collections::VecDeque;
use std::time::Duration;

use tidewater::Error;
use tidewater_protocol::{ById, Epoch, HostToPage, Packet, PageToHost, RequestId, StorageMode, TabId};

use crate::connections::{Connections, PortNumber};
use crate::scheduler::Scheduler;
use crate::service::{Outgoing, Service, malformed};

/// A host, whose ports are `P`s.
#[derive(Debug)]
pub struct Host<P> {
    connections: Connections<P>,
    intake: Scheduler<Incoming>,
    /// What belongs to transactions: the one that is open cannot wait for the requests that wait for its end.
    steps: VecDeque<(TabId, PageToHost)>,
    pub(crate) service: Service,
}

/// What came on a port.
#[derive(Debug)]
enum Incoming {
    Request(PageToHost),
    /// It is no message of the protocol.
    Malformed(RequestId),
}

/// What is to be posted at the end of a turn.
type Outbox = ById<TabId, Vec<HostToPage>>;

/// What a turn has come to.
#[derive(Debug)]
pub struct Turn<'a, P> {
    /// To be posted: for each page client its port and the packet.
    pub posts: Vec<(&'a P, Packet)>,
    /// Whether something waits for the next turn.
    pub has_more: bool,
    /// When the next turn has to come at the latest, by the clock of `now`: then a transaction has been open for too long.
    pub lease: Option<Duration>,
}

impl<P> Host<P> {
    /// A host that nobody is connected to.
    #[must_use]
    pub fn new(service: Service) -> Self {
        let (connections, intake, steps) = (Connections::default(), Scheduler::default(), VecDeque::new());
        Self { connections, intake, steps, service }
    }

    /// Its epoch.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.service.epoch()
    }

    /// Where it keeps the database.
    #[must_use]
    pub fn storage(&self) -> StorageMode {
        self.service.storage()
    }

    /// See [`Connections::expect`].
    pub fn expect(&mut self, client: &TabId, has_port: bool) -> Option<PortNumber> {
        self.connections.expect(client, has_port)
    }

    /// See [`Connections::offer`].
    pub fn offer(&mut self, client: TabId, number: PortNumber, port: P) {
        self.connections.offer(client, number, port);
    }

    /// Forgets a page client, with what it has asked for.
    pub fn disconnect(&mut self, client: &TabId) {
        self.leave(client);
        self.connections.close(client);
    }

    fn leave(&mut self, client: &TabId) {
        self.intake.leave(client);
        self.steps.retain(|(other, _)| other != client);
        self.service.leave(client);
    }

    /// Takes in what a page client posts on a port.
    pub fn receive(&mut self, client: &TabId, number: PortNumber, request: PageToHost) {
        match &request {
            PageToHost::Confirm { number: packet } => return self.connections.confirm(client, number, *packet),
            // What it has asked for on its former connection, it asks for again.
            PageToHost::Hello { restart, .. } if self.connections.hello(client, number, *restart) => {
                self.leave(client);
            }
            PageToHost::Step { .. } | PageToHost::Commit { .. } | PageToHost::RollBack { .. } => {
                return self.steps.push_back((client.clone(), request));
            }
            _ => {}
        }
        self.intake.push(client, Incoming::Request(request));
    }

    /// Takes in a request that is no message of the protocol.
    pub fn refuse(&mut self, client: &TabId, request: RequestId) {
        self.intake.push(client, Incoming::Malformed(request));
    }

    /// Does what waits, until `is_over`: a request at least, if there is one. `now` is the time since some moment.
    ///
    /// # Errors
    /// What the file system says of writing what was committed. Then nobody has been told of it, and this host must not go on: the
    /// file lacks what it holds. A request that comes alone fails by itself instead, as it has to when the disk is full.
    pub fn turn(&mut self, now: Duration, is_over: impl Fn() -> bool) -> Result<Turn<'_, P>, Error> {
        let mut outbox = Outbox::default();
        let Self { connections, intake, steps, service } = self;
        service.end_lease(now);
        for client in service.behind() {
            if !connections.is_full(&client) {
                put(&mut outbox, service.catch_up(&client));
            }
        }
        if intake.has_several() && !service.has_transaction() {
            service.hold_commits();
        }
        loop {
            let step = steps.pop_front().map(|(client, step)| (client, Incoming::Request(step)));
            let can_begin = |client: &TabId| !service.has_transaction() && !connections.is_full(client);
            let Some((client, incoming)) = step.or_else(|| intake.pop(&can_begin)) else { break };
            if matches!(incoming, Incoming::Request(PageToHost::Begin { .. })) {
                // What was committed before must not wait for it.
                service.release_commits()?;
            }
            put(&mut outbox, handle(service, &client, incoming));
            if is_over() {
                break;
            }
        }
        service.release_commits()?;
        service.renew_lease(now);
        let can_begin = |client: &TabId| !service.has_transaction() && !connections.is_full(client);
        let has_more = !steps.is_empty() || intake.has_more(&can_begin);
        let lease = service.lease();
        let posts = connections.pack(outbox, |client| service.fall_behind(client));
        Ok(Turn { posts, has_more, lease })
    }
}

fn handle(service: &mut Service, client: &TabId, incoming: Incoming) -> Vec<Outgoing> {
    match incoming {
        Incoming::Malformed(request) => vec![Outgoing { client: client.clone(), message: malformed(request) }],
        Incoming::Request(request) => service.receive(client, request),
    }
}

fn put(outbox: &mut Outbox, outgoing: impl IntoIterator<Item = Outgoing>) {
    for Outgoing { client, message } in outgoing {
        outbox.get_or_insert_with(&client, Vec::new).push(message);
    }
}
