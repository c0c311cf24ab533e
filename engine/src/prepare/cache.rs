//! The prepared queries in use, one for each text, and those that were prepared last.

use std::sync::{Arc, Weak};

use rustc_hash::FxHashMap;

use super::query::PreparedQuery;
use super::recent::RecentQueries;
use crate::error::Error;
use crate::plan::DisabledFeatures;
use crate::storage::Session;

/// Prepares queries, and shares them among all who write them alike.
pub(crate) struct PreparedQueries {
    disabled: DisabledFeatures,
    in_use: FxHashMap<Arc<str>, Weak<PreparedQuery>>,
    recent: RecentQueries,
    disagreements: u64,
}

impl PreparedQueries {
    pub(crate) fn new(disabled: DisabledFeatures) -> Self {
        Self { disabled, in_use: FxHashMap::default(), recent: RecentQueries::default(), disagreements: 0 }
    }

    /// The prepared query of a text.
    pub(crate) fn get(&mut self, session: &mut Session<'_>, sql: &str) -> Result<Arc<PreparedQuery>, Error> {
        if let Some(query) = self.in_use.get(sql).and_then(Weak::upgrade) {
            return Ok(query);
        }
        let query = Arc::new(self.recent.prepare(session, sql, self.disabled)?);
        self.disagreements += u64::from(query.disagreement.is_some());
        self.in_use.insert(Arc::clone(&query.sql), Arc::downgrade(&query));
        Ok(query)
    }

    /// Somebody does not need a query any more.
    pub(crate) fn release(&mut self, query: Arc<PreparedQuery>) {
        let sql = Arc::clone(&query.sql);
        drop(query);
        if self.in_use.get(&sql).is_some_and(|query| query.strong_count() == 0) {
            self.in_use.remove(&sql);
        }
    }

    /// The schema changed: texts mean something else now.
    pub(crate) fn forget_all(&mut self) {
        self.in_use.clear();
    }

    /// How many prepared queries read more in SQLite than was derived from their text.
    pub(crate) fn disagreements(&self) -> u64 {
        self.disagreements
    }
}
