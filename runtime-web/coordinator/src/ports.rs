//! Who is at the other end of a port: nobody knows until the port brings a `register` message, and from then on all that it
//! brings is that tab's.

use tidewater_protocol::{ById, Epoch, PROTOCOL, PageToCoordinator, TabId, WorkerToCoordinator};

use crate::event::Event;

/// What the other end of a port is of its tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The page client.
    Page,
    /// The worker.
    Worker,
}

/// A port, counted up as they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortId(pub u64);

/// What is read of a `register` message before the rest: it is the same in all versions of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The tab.
    pub tab: TabId,
    /// The version that it speaks.
    pub protocol: u32,
}

/// What a message is, by the port that brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// From somebody who has not registered here: a browser restarted the SharedWorker under them. To be answered with the
    /// greeting.
    Stranger,
    /// A registration in another version. What else it says is not to be understood, and is not needed to refuse it: this
    /// event stands for it.
    Foreign(Event),
    /// The tab's, to be read whole.
    From(TabId),
}

/// All ports, and those of each tab that messages to it go to.
#[derive(Debug, Default)]
pub struct Ports {
    opened: u64,
    /// The tabs of ports that have registered.
    speakers: Vec<(PortId, TabId)>,
    tabs: ById<TabId, Ends>,
}

#[derive(Debug, Default)]
struct Ends {
    page: Option<PortId>,
    worker: Option<PortId>,
}

impl Ends {
    fn of(&mut self, role: Role) -> &mut Option<PortId> {
        match role {
            Role::Page => &mut self.page,
            Role::Worker => &mut self.worker,
        }
    }
}

impl Ports {
    /// A new port.
    pub fn open(&mut self) -> PortId {
        self.opened += 1;
        PortId(self.opened)
    }

    /// Attributes a message; `registration` is what it says if it is a `register` message. A port that registers takes the
    /// place of the one that its tab had, which is to be dropped: the second of the two.
    pub fn hear(&mut self, port: PortId, role: Role, registration: Option<Registration>) -> (Heard, Option<PortId>) {
        let speaker = self.speakers.iter().find(|(known, _)| *known == port).map(|(_, tab)| tab.clone());
        let registering = registration.as_ref().map(|registration| registration.tab.clone());
        let mut replaced = None;
        let tab = match (registering, speaker) {
            (None, None) => return (Heard::Stranger, None),
            (Some(tab), None) => {
                replaced = self.tabs.get_or_insert_with(&tab, Ends::default).of(role).replace(port);
                self.speakers.retain(|(known, _)| Some(*known) != replaced);
                self.speakers.push((port, tab.clone()));
                tab
            }
            (Some(tab), Some(_)) | (None, Some(tab)) => tab,
        };
        let heard = match registration {
            Some(Registration { protocol, .. }) if protocol != PROTOCOL => Heard::Foreign(foreign(tab, role, protocol)),
            _ => Heard::From(tab),
        };
        (heard, replaced)
    }

    /// The port to a tab.
    #[must_use]
    pub fn to(&self, tab: &TabId, role: Role) -> Option<PortId> {
        let ends = self.tabs.get(tab)?;
        match role {
            Role::Page => ends.page,
            Role::Worker => ends.worker,
        }
    }

    /// Forgets a tab; its ports are to be dropped.
    pub fn forget(&mut self, tab: &TabId) -> impl Iterator<Item = PortId> + use<> {
        self.speakers.retain(|(_, speaker)| speaker != tab);
        let Ends { page, worker } = self.tabs.remove(tab).unwrap_or_default();
        page.into_iter().chain(worker)
    }
}

fn foreign(tab: TabId, role: Role, protocol: u32) -> Event {
    let id = tab.clone();
    match role {
        Role::Page => {
            let (visible, hidden_for, returning, epoch) = (false, None, false, Epoch(0));
            let message = PageToCoordinator::Register { tab: id, protocol, visible, hidden_for, returning, epoch };
            Event::FromPage { tab, message }
        }
        Role::Worker => {
            let message = WorkerToCoordinator::Register { tab: id, protocol, hosting: None };
            Event::FromWorker { tab, message }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registration(tab: &str, protocol: u32) -> Option<Registration> {
        Some(Registration { tab: TabId::from(tab), protocol })
    }

    #[test]
    fn what_a_port_brings_is_of_the_tab_that_registered_on_it() {
        let mut ports = Ports::default();
        let (page, worker) = (ports.open(), ports.open());
        assert_eq!(ports.hear(page, Role::Page, None), (Heard::Stranger, None));
        let tab = TabId::from("a");
        assert_eq!(ports.hear(page, Role::Page, registration("a", PROTOCOL)), (Heard::From(tab.clone()), None));
        assert_eq!(ports.hear(page, Role::Page, None), (Heard::From(tab.clone()), None));
        assert_eq!((ports.to(&tab, Role::Page), ports.to(&tab, Role::Worker)), (Some(page), None));
        ports.hear(worker, Role::Worker, registration("a", PROTOCOL));
        assert_eq!(ports.forget(&tab).collect::<Vec<_>>(), [page, worker]);
        assert_eq!(ports.hear(page, Role::Page, None), (Heard::Stranger, None));
    }

    #[test]
    fn a_new_port_takes_the_place_of_the_old_one() {
        let mut ports = Ports::default();
        let (old, new) = (ports.open(), ports.open());
        ports.hear(old, Role::Worker, registration("a", PROTOCOL));
        let (_, replaced) = ports.hear(new, Role::Worker, registration("a", PROTOCOL));
        assert_eq!((replaced, ports.to(&TabId::from("a"), Role::Worker)), (Some(old), Some(new)));
        assert_eq!(ports.hear(new, Role::Worker, registration("a", PROTOCOL)).1, None, "it is the same port");
    }

    #[test]
    fn another_version_is_heard_without_being_understood() {
        let mut ports = Ports::default();
        let port = ports.open();
        let (heard, _) = ports.hear(port, Role::Worker, registration("a", PROTOCOL + 1));
        let Heard::Foreign(Event::FromWorker { tab, message }) = heard else { panic!("{heard:?}") };
        assert_eq!(tab, TabId::from("a"));
        assert!(matches!(message, WorkerToCoordinator::Register { protocol, .. } if protocol == PROTOCOL + 1));
        assert_eq!(ports.to(&tab, Role::Worker), Some(port), "so that it can be refused");
    }
}
