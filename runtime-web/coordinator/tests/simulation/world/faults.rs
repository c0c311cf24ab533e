//! What goes wrong, and what it does to the world.

use super::{Fault, Life, World};
use crate::browser::Agent;

impl World {
    pub fn inflict(&mut self, fault: Fault) {
        self.note(|| format!("{fault:?}"));
        match fault {
            Fault::Close(client) => {
                let tab = self.clients[client].tab;
                if self.random.percent(50) && self.tabs[tab].page == Life::Alive {
                    self.fall_asleep(tab);
                }
                self.kill_page(tab);
                self.terminate_worker(tab);
            }
            Fault::Crash(client) => {
                let tab = self.clients[client].tab;
                self.kill_page(tab);
                self.kill_worker(tab);
                if !self.bus && self.random.percent(30) {
                    // It had created the SharedWorker.
                    if let Some(index) = self.coordinator() {
                        self.kill_coordinator(index);
                    }
                }
            }
            Fault::Freeze(client) => {
                let tab = self.clients[client].tab;
                if self.tabs[tab].page == Life::Alive {
                    self.fall_asleep(tab);
                    if let Some(index) = self.coordinator().filter(|index| self.coordinators[*index].home == Some(tab))
                    {
                        self.kill_coordinator(index);
                    }
                }
            }
            Fault::FreezeSilently(client) => {
                let tab = self.clients[client].tab;
                if self.tabs[tab].page == Life::Alive && self.tabs[tab].worker_life == Life::Alive {
                    self.tabs[tab].page = Life::Frozen;
                    self.tabs[tab].worker_life = Life::Frozen;
                }
            }
            Fault::Thaw(client) => {
                let tab = self.clients[client].tab;
                if self.tabs[tab].page != Life::Frozen {
                    return;
                }
                if self.clients[client].asleep {
                    self.be_born_again(tab);
                } else {
                    self.tabs[tab].page = Life::Alive;
                    if self.tabs[tab].worker_life == Life::Frozen {
                        self.tabs[tab].worker_life = Life::Alive;
                    }
                }
            }
            Fault::Poison(client) => self.poison(self.clients[client].tab),
            Fault::KillCoordinator => {
                if let Some(index) = self.coordinator() {
                    self.kill_coordinator(index);
                }
            }
            Fault::RestartCoordinator => {
                if let Some(old) = self.coordinator().filter(|_| !self.bus) {
                    let new = self.start_coordinator(None);
                    self.coordinators[old].successor = Some(new);
                    self.queues.redirect(Agent::Coordinator(old), Agent::Coordinator(new));
                    for client in &mut self.clients {
                        client.coordinator = client.coordinator.map(|at| if at == old { new } else { at });
                    }
                    for tab in &mut self.tabs {
                        tab.worker.coordinator = tab.worker.coordinator.map(|at| if at == old { new } else { at });
                    }
                    self.kill_coordinator(old);
                }
            }
        }
    }
}
