//! The end of a run: faults cease, and everybody must come to rest with one host and an answer to each request.

use tidewater_protocol::{HostState, StorageMode};

use super::{Fault, World};
use crate::page::{Asked, Outcome};

impl World {
    /// Nothing goes wrong any more. Everybody must find one host within two minutes, be answered, and come to rest.
    pub fn converge(&mut self) -> Result<(), String> {
        self.chaos = false;
        if self.present().is_empty() {
            self.new_client();
        }
        for client in self.present() {
            self.inflict(Fault::Thaw(client));
        }
        for client in self.present() {
            self.request(client, Asked::Write);
            self.request(client, Asked::Read);
        }
        let end = self.now + 120_000;
        while self.now < end {
            self.exhaust()?;
            if self.unsettled().is_none() {
                return self.rest();
            }
            let step = self.next_time().map_or(1_000, |time| time - self.now);
            self.pass(step);
        }
        Err(format!("not settled after two minutes: {}", self.unsettled().unwrap_or_default()))
    }

    /// Does all that is due; that must come to an end without time passing.
    fn exhaust(&mut self) -> Result<(), String> {
        for _ in 0..100_000 {
            if !self.progress()? {
                return Ok(());
            }
        }
        Err("there is always more to do".to_owned())
    }

    /// What keeps the world from being settled.
    fn unsettled(&self) -> Option<String> {
        let hosts: Vec<usize> = (0..self.tabs.len()).filter(|tab| self.tabs[*tab].worker.host.is_some()).collect();
        let [host] = hosts[..] else { return Some(format!("the hosts are {hosts:?}")) };
        let epoch = self.tabs[host].worker.host.as_ref().map(|host| host.epoch);
        let coordinator = self.coordinator();
        if coordinator.is_none() {
            return Some("there is no coordinator".to_owned());
        }
        for index in self.present() {
            let client = &self.clients[index];
            if client.instance != coordinator {
                return Some(format!("client {index} is registered with {:?}, not {coordinator:?}", client.instance));
            }
            match &client.connection {
                Some(connection)
                    if connection.host == host && Some(connection.epoch) == epoch && connection.welcome => {}
                other => return Some(format!("client {index} has the connection {other:?} and not tab {host}")),
            }
            if !client.unanswered.is_empty() {
                return Some(format!("client {index} waits for {:?}", client.unanswered));
            }
            if client.status.as_ref().map(|status| status.state) != Some(HostState::Ready) {
                return Some(format!("client {index} sees {:?}", client.status));
            }
        }
        None
    }

    /// A settled world stays settled and does no more than ping.
    fn rest(&mut self) -> Result<(), String> {
        let (delivered, openings, seconds) = (self.delivered, self.openings, 10);
        let end = self.now + seconds * 1_000;
        while self.now < end {
            self.exhaust()?;
            let step = self.next_time().map_or(1_000, |time| time - self.now);
            self.pass(step);
        }
        self.exhaust()?;
        if let Some(trouble) = self.unsettled() {
            return Err(format!("it was settled, then {trouble}"));
        }
        if self.openings != openings || self.delivered > delivered + 2 * seconds + 4 {
            return Err(format!("{} messages in {seconds} seconds of rest", self.delivered - delivered));
        }
        self.check_outcomes()
    }

    /// Every request of those who are still there has one outcome, and it is true.
    fn check_outcomes(&self) -> Result<(), String> {
        for index in self.present() {
            let client = &self.clients[index];
            let mut ids: Vec<u64> = client.outcomes.iter().map(|(id, _)| *id).collect();
            ids.sort_unstable();
            if ids != (1..=client.requests).collect::<Vec<_>>() {
                return Err(format!("client {index} made {} requests; outcomes: {ids:?}", client.requests));
            }
        }
        self.check_subscriptions()?;
        let persistent =
            self.tabs.iter().any(|tab| tab.worker.host.as_ref().is_some_and(|host| host.storage == StorageMode::Opfs));
        for (index, client) in self.clients.iter().enumerate().filter(|_| persistent) {
            for (id, outcome) in &client.outcomes {
                if *outcome == Outcome::Written && !self.database.writes.contains(&(index, *id)) {
                    return Err(format!("write {id} of client {index} was acknowledged and is lost"));
                }
            }
        }
        Ok(())
    }

    /// Whatever hosts came and went: each subscription has the last parameter that fits, to the page and to the host.
    fn check_subscriptions(&self) -> Result<(), String> {
        let host = self.tabs.iter().find_map(|tab| tab.worker.host.as_ref());
        for index in self.present() {
            let client = &self.clients[index];
            let held = host.and_then(|host| host.clients.get(&self.tabs[client.tab].id)?.bound);
            if client.bound != client.wanted || held != Some(client.wanted) {
                let (bound, wanted) = (client.bound, client.wanted);
                return Err(format!("client {index} wants {wanted}, shows rows of {bound}, and the host has {held:?}"));
            }
        }
        Ok(())
    }
}
