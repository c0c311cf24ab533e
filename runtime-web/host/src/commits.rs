//! Commits as page clients are told of them: by the tables that they wrote.

use std::sync::{Arc, Mutex, PoisonError};

use tidewater::{Engine, Error};
use tidewater_protocol::{CommitId, HostToPage, RequestId};

/// One or several commits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Commits {
    /// The last one.
    commit: CommitId,
    tables: Vec<String>,
    is_partial: bool,
}

impl Commits {
    /// Those that were made before anybody listened.
    pub(crate) fn up_to(commit: CommitId) -> Self {
        Self { commit, ..Self::default() }
    }

    pub(crate) fn include(&mut self, later: &Self) {
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
