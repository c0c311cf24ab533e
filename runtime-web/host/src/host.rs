//! A worker that is the host, as a pipeline: what page clients ask for waits in the intake, a turn does some of it, and what came of that is
//! posted at the end of the turn, to each page client in one packet. What a turn has committed is written to the file before that, at once.

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
}

impl<P> Host<P> {
    /// A host that nobody is connected to.
    #[must_use]
    pub fn new(service: Service) -> Self {
        Self { connections: Connections::default(), intake: Scheduler::default(), service }
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
        self.intake.leave(client);
        self.service.leave(client);
        self.connections.close(client);
    }

    /// Takes in what a page client posts on a port.
    pub fn receive(&mut self, client: &TabId, number: PortNumber, request: PageToHost) {
        match &request {
            PageToHost::Confirm { number: packet } => return self.connections.confirm(client, number, *packet),
            // What it has asked for on its former connection, it asks for again.
            PageToHost::Hello { anew, .. } if self.connections.hello(client, number, *anew) => {
                self.intake.leave(client);
                self.service.leave(client);
            }
            _ => {}
        }
        self.intake.push(client, Incoming::Request(request));
    }

    /// Takes in a request that is no message of the protocol.
    pub fn refuse(&mut self, client: &TabId, request: RequestId) {
        self.intake.push(client, Incoming::Malformed(request));
    }

    /// Does what waits, until `is_over`: a request at least, if there is one.
    ///
    /// # Errors
    /// What the file system says of writing what was committed. Then nobody has been told of it, and this host must not go on: the
    /// file lacks what it holds. A request that comes alone fails by itself instead, as it has to when the disk is full.
    pub fn turn(&mut self, is_over: impl Fn() -> bool) -> Result<Turn<'_, P>, Error> {
        let mut outbox = Outbox::default();
        let Self { connections, intake, service } = self;
        for client in service.behind() {
            if !connections.is_full(&client) {
                put(&mut outbox, service.catch_up(&client));
            }
        }
        if intake.has_several() {
            service.hold_commits();
        }
        while let Some((client, incoming)) = intake.pop(&|client| !connections.is_full(client)) {
            put(&mut outbox, handle(service, &client, incoming));
            if is_over() {
                break;
            }
        }
        service.release_commits()?;
        let has_more = intake.has_more(&|client| !connections.is_full(client));
        let posts = connections.pack(outbox, |client| service.fall_behind(client));
        Ok(Turn { posts, has_more })
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
