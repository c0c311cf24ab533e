//! The ports of page clients to a host. A new one counts from the moment that a hello arrives on it: a page client that is
//! introduced again by a new coordinator keeps the one that it has, and may say hello again there.

use tidewater_protocol::{ById, HostToPage, Packet, TabId};

use crate::answer;
use crate::flow::Flow;

/// A port of a host, counted up as they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortNumber(u64);

/// The ports of all page clients; a `P` that is dropped is closed.
#[derive(Debug)]
pub struct Connections<P> {
    clients: ById<TabId, Connection<P>>,
    numbered: u64,
}

#[derive(Debug)]
struct Connection<P> {
    open: Option<(PortNumber, P)>,
    offered: Option<(PortNumber, P)>,
    /// What is under way on the open one.
    flow: Flow,
}

impl<P> Default for Connections<P> {
    fn default() -> Self {
        Self { clients: ById::default(), numbered: 0 }
    }
}

impl<P> Connections<P> {
    /// The number of a port that is to be offered; none if the page client is to keep the one that it has: without ports of
    /// their own, on the bus, two actors have one way between them.
    pub fn expect(&mut self, client: &TabId, has_port: bool) -> Option<PortNumber> {
        if !has_port && self.clients.contains(client) {
            return None;
        }
        self.numbered += 1;
        Some(PortNumber(self.numbered))
    }

    /// Takes a port to a page client, in place of one that was offered and not used.
    pub fn offer(&mut self, client: TabId, number: PortNumber, port: P) {
        let connection = self.clients.get_or_insert_with(&client, new);
        connection.offered = Some((number, port));
    }

    /// Takes note of a hello on a port. True if everything begins again there: it is the page client's new connection, and the former one
    /// is closed, or the page client asks for it.
    pub fn hello(&mut self, client: &TabId, number: PortNumber, restart: bool) -> bool {
        let Some(connection) = self.clients.get_mut(client) else { return false };
        let is_new = connection.offered.as_ref().is_some_and(|(offered, _)| *offered == number);
        if is_new {
            connection.open = connection.offered.take();
        }
        if is_new || restart {
            connection.flow = Flow::default();
        }
        is_new || restart
    }

    /// The packets that messages go in, with the ports that they go to. `is_full` is told of each page client that is to confirm some of
    /// what is under way to it first.
    pub fn pack(&mut self, outbox: ById<TabId, Vec<HostToPage>>, mut is_full: impl FnMut(&TabId)) -> Vec<(&P, Packet)> {
        let mut packets = Vec::new();
        for (client, messages) in outbox {
            let Some(Connection { open: Some(_), flow, .. }) = self.clients.get_mut(&client) else { continue };
            let (number, confirm) = flow.post(messages.iter().map(answer::size).sum());
            if flow.is_full() {
                is_full(&client);
            }
            packets.push((client, Packet { number, confirm, messages }));
        }
        let ports = packets.into_iter().filter_map(|(client, packet)| Some((self.open(&client)?, packet)));
        ports.collect()
    }

    fn open(&self, client: &TabId) -> Option<&P> {
        self.clients.get(client)?.open.as_ref().map(|(_, port)| port)
    }

    /// A page client has a packet that came to it on a port.
    pub fn confirm(&mut self, client: &TabId, number: PortNumber, packet: u64) {
        let Some(Connection { open: Some((open, _)), flow, .. }) = self.clients.get_mut(client) else { return };
        if *open == number {
            flow.confirm(packet);
        }
    }

    /// Whether so much is under way to a page client that it has to confirm some of it first.
    pub fn is_full(&self, client: &TabId) -> bool {
        self.clients.get(client).is_some_and(|connection| connection.flow.is_full())
    }

    /// Closes the ports of a page client.
    pub fn close(&mut self, client: &TabId) {
        self.clients.remove(client);
    }
}

fn new<P>() -> Connection<P> {
    Connection { open: None, offered: None, flow: Flow::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(connections: &mut Connections<&'static str>, port: &'static str) -> PortNumber {
        let tab = TabId::from("a");
        let number = connections.expect(&tab, true).unwrap();
        connections.offer(tab, number, port);
        number
    }

    #[test]
    fn a_new_port_counts_from_its_hello() {
        let (mut connections, tab) = (Connections::default(), TabId::from("a"));
        let first = offered(&mut connections, "first");
        assert_eq!(connections.open(&tab).copied(), None);
        assert!(connections.hello(&tab, first, false));
        let second = offered(&mut connections, "second");
        assert!(!connections.hello(&tab, first, false), "it is no new one");
        assert_eq!(connections.open(&tab).copied(), Some("first"));
        assert!(connections.hello(&tab, second, false));
        assert_eq!(connections.open(&tab).copied(), Some("second"));
        connections.close(&tab);
        assert_eq!(connections.open(&tab).copied(), None);
        assert!(!connections.hello(&tab, second, false));
    }

    #[test]
    fn the_bus_is_one_way() {
        let (mut connections, tab) = (Connections::default(), TabId::from("a"));
        let number = connections.expect(&tab, false).unwrap();
        connections.offer(tab.clone(), number, "bus");
        assert_eq!(connections.expect(&tab, false), None);
        assert!(connections.expect(&tab, true).is_some());
    }
}
