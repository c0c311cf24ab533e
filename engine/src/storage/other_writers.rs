//! Commits of other connections, and reads that hold one state although others may commit meanwhile.

use super::{SOMEBODY_ELSE, SealedCommit, Session, open};
use crate::error::Error;
use crate::types::ChangeBatch;

impl Session<'_> {
    /// Whether another connection has committed since the last sealed commit.
    pub(crate) fn notice_external_change(&mut self) -> Result<bool, Error> {
        if self.state.is_alone {
            return Ok(self.state.external);
        }
        // A file that was attached has a version from now on.
        self.refresh_catalog()?;
        let versions = open::data_versions(self.connection, &self.state.catalog.search_path)?;
        let known = std::mem::replace(&mut self.state.data_versions, versions);
        let moved = |(file, version)| known.get(file).is_some_and(|known| known != version);
        if self.state.data_versions.iter().any(moved) {
            self.state.external = true;
            self.state.catalog_is_stale = true;
        }
        Ok(self.state.external)
    }

    /// Gives a number to the changes of another connection: the number that its writer stored, if it stored one.
    pub(crate) fn seal_external_change(&mut self) -> Result<SealedCommit, Error> {
        let last = self.state.commit_number.last();
        self.state.commit_number.reload(self.connection)?;
        if self.state.commit_number.last() == last {
            self.state.commit_number.take_without_storing();
        }
        self.state.external = false;
        Ok(SealedCommit {
            commit: self.state.commit_number.last(),
            batch: ChangeBatch::default(),
            bulk: Vec::new(),
            written: Vec::new(),
            tentative: false,
            everything: Some(SOMEBODY_ELSE),
        })
    }

    /// Holds one state of the database for several reads; whether this call began to, and its caller has to end it. Should it
    /// fail, each read sees a committed state of its own.
    pub(crate) fn begin_reads(&self) -> bool {
        let begins = !self.state.holds_reads.get() && self.control("BEGIN").is_ok();
        if begins {
            self.state.holds_reads.set(true);
        }
        begins
    }

    /// Ends the read transaction, if the caller began it.
    pub(crate) fn end_reads(&self, began: bool) {
        if began {
            self.state.holds_reads.set(false);
            // A read transaction has nothing to lose at its end.
            let _ = self.control("COMMIT");
        }
    }

    /// Whether another connection has committed between the last commit here and the reads that have begun: then they see more
    /// than that commit. Its number, if it stored one, counts from now on.
    pub(crate) fn take_external_change(&mut self) -> Result<bool, Error> {
        let noticed = self.notice_external_change()?;
        if noticed {
            self.state.external = false;
            self.state.commit_number.reload(self.connection)?;
        }
        Ok(noticed)
    }
}
