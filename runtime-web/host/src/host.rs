//! A worker that is the host: the database that it serves, and the page clients that it talks to.

use tidewater_protocol::{Epoch, PageToHost, RequestId, StorageMode, TabId};

use crate::connections::{Connections, PortNumber};
use crate::service::{Outgoing, Service, malformed};

/// A host, whose ports are `P`s.
#[derive(Debug)]
pub struct Host<P> {
    connections: Connections<P>,
    service: Service,
}

impl<P> Host<P> {
    /// A host that nobody is connected to.
    #[must_use]
    pub fn new(service: Service) -> Self {
        Self { connections: Connections::default(), service }
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

    /// Forgets a page client.
    pub fn disconnect(&mut self, client: &TabId) {
        self.service.leave(client);
        self.connections.close(client);
    }

    /// What to tell a page client, and on which port, of a request that is no message of the protocol.
    pub fn refuse(&self, client: &TabId, request: RequestId) -> Option<(&P, Outgoing)> {
        Some((self.connections.open(client)?, Outgoing { client: client.clone(), message: malformed(request) }))
    }

    /// Does what a page client asks for on a port; gives the messages to post, in their order, with the ports to post them on.
    pub fn receive(&mut self, client: &TabId, number: PortNumber, request: PageToHost) -> Vec<(&P, Outgoing)> {
        if matches!(request, PageToHost::Hello { .. }) && self.connections.hello(client, number) {
            self.service.leave(client);
        }
        let outgoing = self.service.receive(client, request).into_iter();
        outgoing.filter_map(|message| Some((self.connections.open(&message.client)?, message))).collect()
    }
}
