//! Commits, told to the page clients that listen: by which tables they wrote.

use std::sync::{Arc, Mutex, PoisonError};

use tidewater::{Engine, Error};
use tidewater_protocol::{CommitId, HostToPage, RequestId, TabId};

use crate::service::{Outgoing, Service};

/// One or several commits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Commits {
    /// The last one.
    commit: CommitId,
    tables: Vec<String>,
    is_partial: bool,
}

impl Commits {
    fn include(&mut self, later: &Self) {
        self.commit = later.commit;
        let new = later.tables.iter().filter(|table| !self.tables.contains(table)).cloned();
        self.tables.extend(new.collect::<Vec<_>>());
        self.is_partial |= later.is_partial;
    }

    pub(crate) fn message(&self, cause: Option<RequestId>) -> HostToPage {
        let Self { commit, tables, is_partial } = self.clone();
        HostToPage::Committed { commit, tables, is_partial, cause }
    }
}

/// What the engine told since it was asked last.
pub(crate) type Heard = Arc<Mutex<Vec<Commits>>>;

/// Hears of the commits of an engine.
pub(crate) fn heard(engine: &Engine) -> Result<Heard, Error> {
    let heard = Heard::default();
    let told = Arc::clone(&heard);
    engine.on_commit(move |committed| {
        let tables = committed.tables.iter().map(|table| table.strip_prefix("main.").unwrap_or(table).to_owned());
        let commit = CommitId(committed.commit.0);
        let commits = Commits { commit, tables: tables.collect(), is_partial: committed.is_partial };
        told.lock().unwrap_or_else(PoisonError::into_inner).push(commits);
    })?;
    Ok(heard)
}

impl Service {
    /// Tells a page client of commits from now on, first of the last one.
    pub(crate) fn listen(&mut self, client: &TabId) -> Option<HostToPage> {
        self.clients.get_mut(client)?.listens = true;
        Some(Commits { commit: self.commit(), ..Commits::default() }.message(None))
    }

    /// What there is to tell of commits.
    pub(crate) fn tell_of_commits(&mut self, requester: &TabId, cause: Option<RequestId>, outgoing: &mut Vec<Outgoing>) {
        let commits = std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner));
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
