//! Page clients that listen to commits.

use std::sync::PoisonError;

use tidewater_protocol::{HostToPage, RequestId, TabId};

use crate::commits::{self, Commits};
use crate::service::{Outgoing, Service};

impl Service {
    /// Tells a page client of commits from now on, first of the last one.
    pub(crate) fn listen(&mut self, client: &TabId) -> Option<HostToPage> {
        if self.heard.is_none() {
            // Refused only inside a call of the engine, and this is none.
            self.heard = commits::heard(&self.engine).ok();
        }
        self.clients.get_mut(client)?.listens = true;
        Some(Commits::up_to(self.commit()).message(None))
    }

    /// What there is to tell of commits.
    pub(crate) fn tell_of_commits(
        &mut self,
        requester: &TabId,
        cause: Option<RequestId>,
        outgoing: &mut Vec<Outgoing>,
    ) {
        let Some(heard) = &self.heard else { return };
        let commits = std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner));
        for (client, known) in self.clients.iter_mut().filter(|(_, known)| known.listens) {
            let cause = cause.filter(|_| client == requester);
            for commits in &commits {
                match &mut known.missed {
                    Some(missed) => missed.commits.get_or_insert_default().include(commits),
                    None => outgoing.push(Outgoing { client: client.clone(), message: commits.message(cause) }),
                }
            }
        }
    }
}
