//! Transactions that stay open while their page client thinks. One connection is all there is, so everybody else waits: a lease ends those that
//! take too long.

use std::time::Duration;

use tidewater::{Record, WriteId};
use tidewater_protocol::{CommitId, ErrorInfo, Frame, HostToPage, RequestId, Seq, TabId, codes};

use crate::answer;
use crate::open::Open;
use crate::record::Answer;
use crate::service::{Service, failed};

impl Service {
    /// Whether all requests wait for a transaction to end.
    pub(crate) fn has_transaction(&self) -> bool {
        self.open.is_some()
    }

    pub(crate) fn open_transaction(&mut self, client: &TabId, request: RequestId) -> HostToPage {
        match self.engine.begin() {
            Ok(transaction) => {
                let (client, begin) = (client.clone(), request);
                self.open = Some(Open { client, begin, transaction, since: None, asked: None });
                HostToPage::Begun { request }
            }
            Err(error) => failed(request, answer::error(&error)),
        }
    }

    pub(crate) fn run_in_transaction(
        &mut self,
        client: &TabId,
        request: RequestId,
        begin: RequestId,
        sql: &str,
        params: Option<&Frame>,
    ) -> HostToPage {
        let Some(open) = self.open.as_mut().filter(|open| open.is(client, begin)) else { return lost(request) };
        open.asked = None;
        let ran = answer::params(params).and_then(|params| {
            let ran = open.transaction.run(sql, params).map_err(|error| answer::error(&error))?;
            answer::statement_result(ran)
        });
        // As by OR ROLLBACK, or a full disk.
        self.open.take_if(|open| open.transaction.is_over());
        match ran {
            Ok(result) => HostToPage::Stepped { request, result },
            Err(error) => failed(request, error),
        }
    }

    /// Commits it; one that is not open may have been committed by a host before.
    pub(crate) fn commit_transaction(
        &mut self,
        client: &TabId,
        request: RequestId,
        begin: RequestId,
        seq: Seq,
    ) -> HostToPage {
        let Some(id) = self.clients.get(client).map(|client| &client.id.0) else { return lost(request) };
        let source = format!("{id}/transactions");
        let write = WriteId { source: &source, seq: seq.0, acknowledged: seq.0.saturating_sub(1) };
        let Some(Open { transaction, .. }) = self.open.take_if(|open| open.is(client, begin)) else {
            return match self.engine.recorded(&write) {
                Ok(Record::Done(answer)) => Answer::decode(&answer).and_then(|answer| answer.message(request)),
                Ok(_) => None,
                Err(error) => Some(failed(request, answer::error(&error))),
            }
            .unwrap_or_else(|| lost(request));
        };
        let answer = |commit: tidewater::CommitId, changes| {
            // Two numbers are not too large for a row.
            Answer::Executed { commit: CommitId(commit.0), changes }.encode().unwrap_or_default()
        };
        match transaction.commit_recorded(&write, answer) {
            Ok(done) => HostToPage::Executed { request, commit: CommitId(done.commit.0), changes: done.changes },
            Err(error) => failed(request, answer::error(&error)),
        }
    }

    /// Undoes a transaction that has been open for too long.
    pub(crate) fn end_lease(&mut self, now: Duration) {
        self.open.take_if(|open| open.end().is_some_and(|end| end <= now));
    }

    /// Lets the time of a transaction run from now on, if something was asked of it in this turn.
    pub(crate) fn renew_lease(&mut self, now: Duration) {
        if let Some(open) = &mut self.open {
            open.since.get_or_insert(now);
            open.asked.get_or_insert(now);
        }
    }

    /// When the present transaction has been open for too long.
    pub(crate) fn lease(&self) -> Option<Duration> {
        self.open.as_ref()?.end()
    }
}

fn lost(request: RequestId) -> HostToPage {
    let why = "the transaction was rolled back: the active tab died, nothing was asked of it for 5 seconds (calls of the database wait for its \
        end), or it took longer than 30";
    failed(request, ErrorInfo::new(codes::TRANSACTION_LOST, why))
}
