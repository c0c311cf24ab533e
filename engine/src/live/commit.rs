//! What a sealed commit does: it is routed, the affected results are brought up to date, and every subscriber is told.

use super::paranoid;
use super::subscribers::Events;
use super::subscriptions::Live;
use crate::api::event::{Committed, Event};
use crate::routing::{Affected, PathReader};
use crate::storage::{SealedCommit, Session};

/// So many reads, one for each binding and changed row, take less than a transaction around them.
const FEW_READS: u64 = 2;

/// What a commit affects.
struct Routing {
    /// The affected bindings; nothing if all results have to be evaluated again.
    affected: Option<Affected>,
    /// A transaction holds the state that path lookups have read.
    holds: bool,
}

impl Live {
    /// Brings every affected binding up to date with a commit, and says whether anybody saw a change.
    pub(super) fn commit(&mut self, session: &mut Session<'_>, sealed: &SealedCommit) -> bool {
        self.take_in(sealed);
        let Routing { mut affected, holds } = self.route(session, sealed);
        if affected.as_ref().is_some_and(Affected::is_empty) && !self.options.paranoid {
            session.end_reads(holds);
            return false;
        }
        session.renew_virtual_columns();
        let holds = holds || begin_reads(session, sealed, affected.as_ref());
        let mut commit = sealed.commit;
        if sees_more(session) {
            affected = None;
            commit = session.commit().max(commit);
        }
        let mut events = Events::new();
        match affected {
            None => self.evaluate_all(session, commit, &mut events),
            Some(affected) => self.maintain(session, sealed, &affected, &mut events),
        }
        if self.options.paranoid {
            self.compare(session, sealed, &mut events);
        }
        self.bindings.keep_to_memory_budget();
        session.end_reads(holds);
        self.post(events)
    }

    fn take_in(&mut self, sealed: &SealedCommit) {
        if sealed.tentative {
            return;
        }
        self.intake.commits += 1;
        self.intake.rows += sealed.changed_rows();
        if let Some(observer) = &mut self.observer {
            self.subscribers.outbox.catch(|| observer(sealed.commit, &sealed.batch));
        }
        if let Some(listener) = &mut self.commit_listener {
            let is_partial = sealed.everything.is_some();
            let committed = Committed { commit: sealed.commit, tables: &sealed.written, is_partial };
            self.subscribers.outbox.catch(|| listener(&committed));
        }
    }

    fn route(&mut self, session: &Session<'_>, sealed: &SealedCommit) -> Routing {
        if sealed.everything.is_some() {
            return Routing { affected: None, holds: false };
        }
        let mut reader = PathReader::new(session, &sealed.batch);
        let mut look_up = |path: &_, most| reader.look_up(path, most);
        let affected = self.bindings.registry.route(&sealed.batch, &sealed.bulk, &mut look_up);
        reader.end();
        self.intake.lookups += reader.lookups;
        Routing { affected: Some(affected), holds: reader.holds }
    }

    fn maintain(&mut self, session: &Session<'_>, sealed: &SealedCommit, affected: &Affected, events: &mut Events) {
        let mut told = self.bindings.maintain(session, sealed, affected);
        if self.options.provenance {
            self.bindings.attribute(session, sealed, affected, &mut told);
        }
        self.address(told, events);
    }

    /// Compares every result with SQLite's.
    fn compare(&mut self, session: &mut Session<'_>, sealed: &SealedCommit, events: &mut Events) {
        for (id, divergence) in paranoid::divergences(&self.bindings.registry, session, sealed) {
            self.intake.divergences += 1;
            let Some(binding) = self.bindings.registry.binding(id) else { continue };
            for subscriber in &binding.subscribers {
                events.push((*subscriber, Event::Divergence(divergence.clone())));
            }
        }
    }
}

/// Holds one state for several reads; whether a transaction does so that ends here. Nobody can disturb a few reads where nobody
/// else can commit.
fn begin_reads(session: &Session<'_>, sealed: &SealedCommit, affected: Option<&Affected>) -> bool {
    let are_few = affected.is_some_and(|affected| affected.len() as u64 * sealed.changed_rows() <= FEW_READS);
    !(session.is_alone() && are_few) && session.begin_reads()
}

/// Whether the reads see more than the commit, because another connection committed right after it: rows that changed are then
/// missing from the batch. Where that cannot be found out, everything is evaluated again as well.
fn sees_more(session: &mut Session<'_>) -> bool {
    !session.is_alone() && session.take_external_change().unwrap_or(true)
}
