//! Answers kept in view while commits go by: those that a commit is said not to affect have to stay what they are.

use crate::live::Registry;
use crate::plan::DisabledFeatures;
use crate::results::HeldResult;
use crate::routing::PathReader;
use crate::storage::{SealedCommit, Session};
use crate::types::{BindingId, Row};

/// Queries of one database that are kept in view while its script goes on.
const MOST_LIVE: usize = 100;

/// The rows in an order of their own.
fn multiset(rows: &[Row]) -> Vec<String> {
    let mut rows: Vec<_> = rows.iter().map(|row| format!("{row:?}")).collect();
    rows.sort();
    rows
}

/// What commits were said not to affect, against what became of it.
#[derive(Default)]
pub(super) struct Watch {
    pub(super) registry: Registry,
    /// How often an answer was said to be untouched.
    pub(super) spared: usize,
    /// How often although the commit changed a table that the query reads.
    pub(super) spared_readers: usize,
    /// Statements that followed joins.
    pub(super) lookups: u64,
    /// Where it had changed.
    pub(super) wrong: Vec<String>,
}

impl Watch {
    pub(super) fn add(&mut self, sql: &str, session: &mut Session<'_>) {
        let Ok(query) = crate::prepare::RecentQueries::default().prepare(session, sql, DisabledFeatures::NOTHING)
        else {
            return;
        };
        if !query.dependencies.nondeterministic.is_empty() || self.registry.binding_count() >= MOST_LIVE {
            return;
        }
        if let Ok(rows) = session.select(sql, &[]) {
            let id = self.registry.bind(query.into(), Vec::new());
            self.hold(id, rows);
        }
        self.direct_capture(session);
    }

    /// Lets capture keep what the queries read and nothing else.
    fn direct_capture(&mut self, session: &mut Session<'_>) {
        let is_possible = session.capture(|scope| scope.change(self.registry.take_changed_reads(&|_| usize::MAX)));
        assert!(is_possible, "no transaction is open");
    }

    fn hold(&mut self, id: BindingId, rows: Vec<Row>) {
        if let Some(binding) = self.registry.binding_mut(id) {
            binding.held = HeldResult::Rows(rows.into());
        }
    }

    /// With another schema the same texts may depend on other tables.
    fn read_again(&mut self, session: &mut Session<'_>) {
        for id in self.registry.binding_ids() {
            let Some(binding) = self.registry.binding(id) else { continue };
            match crate::prepare::RecentQueries::default().prepare(
                session,
                &binding.query.sql,
                DisabledFeatures::NOTHING,
            ) {
                Ok(query) => self.registry.replace_query(id, query.into()),
                Err(_) => drop(self.registry.unbind(id)),
            }
        }
        self.direct_capture(session);
    }

    pub(super) fn commit(&mut self, session: &mut Session<'_>, sealed: &SealedCommit) {
        let affected = {
            let mut reader = PathReader::new(session, &sealed.batch);
            let affected =
                self.registry.route(&sealed.batch, &sealed.bulk, &mut |path, most| reader.look_up(path, most));
            reader.end();
            self.lookups += reader.lookups;
            affected
        };
        if sealed.everything.is_some() {
            self.read_again(session);
        }
        for id in self.registry.binding_ids() {
            let Some(binding) = self.registry.binding_mut(id) else { continue };
            let Ok(rows) = session.select(&binding.query.sql, &[]) else {
                self.registry.unbind(id);
                continue;
            };
            if sealed.everything.is_none() && !affected.contains_key(&id) {
                self.spared += 1;
                let sources = &binding.query.dependencies.sources;
                let is_reader = sources.iter().any(|source| sealed.batch.tables.contains_key(&source.table));
                self.spared_readers += usize::from(is_reader);
                if multiset(&rows) != multiset(&binding.held.rows()) {
                    self.wrong.push(format!("{}\n    by {:?}", binding.query.sql, sealed.batch));
                }
            }
            binding.held = HeldResult::Rows(rows.into());
        }
    }
}
