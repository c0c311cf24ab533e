//! Requests that may write. Each is one transaction, done once: the ledger answers one that is asked for again. The rules and their proof
//! are in the documentation of the crate `tidewater-protocol`.

use tidewater::{Error, Record, Transaction, TransactionBehavior};
use tidewater_protocol::{CommitId, ErrorInfo, Frame, HostToPage, RequestId, Seq, Statement, codes};

use crate::answer;
use crate::record::{Answer, Write};
use crate::service::{Recorded, Service, failed};

/// Why a request failed in its transaction.
enum Failure {
    /// The engine refused it.
    Engine(Error),
    /// It cannot be read, or its answer cannot be written.
    Message(ErrorInfo),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<ErrorInfo> for Failure {
    fn from(error: ErrorInfo) -> Self {
        Self::Message(error)
    }
}

impl From<Failure> for ErrorInfo {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Engine(error) => answer::error(&error),
            Failure::Message(error) => error,
        }
    }
}

/// What a request does in a transaction.
type InTransaction<'a> = &'a dyn Fn(&Transaction<'_>) -> Result<Answer, Failure>;
/// What it does where no transaction contains it.
type Alone<'a> = &'a dyn Fn() -> Result<Answer, ErrorInfo>;

impl Service {
    pub(crate) fn exec(&self, write: &Write<'_>, sql: &str, params: Option<&Frame>) -> HostToPage {
        let in_transaction = |transaction: &Transaction<'_>| {
            let changes = transaction.exec(sql, answer::params(params)?)?;
            Ok(Answer::Executed { commit: commit_of(transaction)?, changes })
        };
        let alone = || {
            let executed = self.engine.exec(sql, answer::params(params)?).map_err(|error| answer::error(&error));
            self.end_open_transaction()?;
            let executed = executed?;
            Ok(Answer::Executed { commit: CommitId(executed.commit.0), changes: executed.changes })
        };
        self.once(write, &in_transaction, Some(&alone))
    }

    /// A query that only reads is no write.
    pub(crate) fn query(&self, write: &Write<'_>, sql: &str, params: Option<&Frame>) -> HostToPage {
        let alone = || {
            let rows = self.engine.query(sql, answer::params(params)?).map_err(|error| answer::error(&error));
            self.end_open_transaction()?;
            let rows = rows?;
            let columns = rows.columns.to_vec();
            Ok(Answer::Queried { commit: self.commit(), columns, rows: answer::rows(&rows.rows)? })
        };
        let in_transaction = |transaction: &Transaction<'_>| {
            let rows = transaction.query(sql, answer::params(params)?)?;
            let (commit, columns) = (commit_of(transaction)?, rows.columns.to_vec());
            Ok(Answer::Queried { commit, columns, rows: answer::rows(&rows.rows)? })
        };
        match self.engine.only_reads(sql) {
            Ok(false) => self.once(write, &in_transaction, Some(&alone)),
            Ok(true) => told(write.request, alone().unwrap_or_else(Answer::Failed)),
            Err(error) => failed(write.request, answer::error(&error)),
        }
    }

    pub(crate) fn transaction(&self, write: &Write<'_>, statements: &[Statement]) -> HostToPage {
        let in_transaction = |transaction: &Transaction<'_>| {
            let ran = statements.iter().map(|Statement { sql, params }| {
                let ran = transaction.run(sql, answer::params(params.as_ref())?)?;
                Ok::<_, Failure>(answer::statement_result(ran)?)
            });
            let results = ran.collect::<Result<_, _>>()?;
            Ok(Answer::Transacted { commit: commit_of(transaction)?, results })
        };
        self.once(write, &in_transaction, None)
    }

    fn once(&self, write: &Write<'_>, in_transaction: InTransaction<'_>, alone: Option<Alone<'_>>) -> HostToPage {
        let recorded = self.recorded.borrow().get(write.client).copied();
        let Recorded { applied, forgotten } = recorded.unwrap_or(Recorded { applied: write.seq, forgotten: Seq(0) });
        let write = &write.acknowledging_many(forgotten);
        if applied < write.seq {
            return told(write.request, self.do_now(write, in_transaction, alone));
        }
        let answer = match self.engine.recorded(&write.id()) {
            Ok(Record::New) => self.do_now(write, in_transaction, alone),
            Ok(Record::Done(answer)) => Answer::decode(&answer).unwrap_or(Answer::Begun),
            Ok(Record::Passed) => Answer::Begun,
            Err(error) => Answer::Failed(answer::error(&error)),
        };
        told(write.request, answer)
    }

    fn do_now(&self, write: &Write<'_>, in_transaction: InTransaction<'_>, alone: Option<Alone<'_>>) -> Answer {
        let tried = self.engine.try_transaction(TransactionBehavior::default(), |transaction| {
            let answer = in_transaction(transaction)?;
            transaction.record(&write.id(), &answer.encode().map_err(answer::frame_error)?)?;
            Ok(answer)
        });
        match (tried, alone) {
            (Ok((answer, _)), _) => {
                self.note_recorded(write);
                answer
            }
            (Err(Failure::Engine(Error::MustStandAlone(_) | Error::TransactionControl(_))), Some(alone)) => {
                self.do_alone(write, alone)
            }
            (Err(failure), _) => {
                let answer = Answer::Failed(failure.into());
                // Where that fails too, it has changed nothing all the same. Then it is done if it is asked for again.
                let _ = self.record(write, &answer);
                answer
            }
        }
    }

    /// Records that it begins, and when it is done: one that is asked for again in between may have been done.
    fn do_alone(&self, write: &Write<'_>, alone: Alone<'_>) -> Answer {
        if let Err(error) = self.record(write, &Answer::Begun) {
            return Answer::Failed(error);
        }
        let answer = alone().unwrap_or_else(Answer::Failed);
        // Where that fails, another host will say that nobody knows.
        let _ = self.record(write, &answer);
        answer
    }

    fn record(&self, write: &Write<'_>, answer: &Answer) -> Result<(), ErrorInfo> {
        let bytes = answer.encode().map_err(answer::frame_error)?;
        let recorded = self.engine.transaction(|transaction| transaction.record(&write.id(), &bytes));
        recorded.map_err(|error| answer::error(&error))?;
        self.note_recorded(write);
        Ok(())
    }

    fn note_recorded(&self, write: &Write<'_>) {
        if let Some(Recorded { applied, forgotten }) = self.recorded.borrow_mut().get_mut(write.client) {
            *applied = write.seq.max(*applied);
            *forgotten = write.acknowledged.max(*forgotten);
        }
    }

    /// A transaction left open would be everybody's: the next client's statement would join it.
    fn end_open_transaction(&self) -> Result<(), ErrorInfo> {
        if !self.engine.in_transaction() {
            return Ok(());
        }
        self.engine.exec("ROLLBACK", ()).map_err(|error| answer::error(&error))?;
        Err(answer::error(&Error::InTransaction))
    }
}

/// The message that an answer is. Of what was begun, nobody knows more.
fn told(request: RequestId, answer: Answer) -> HostToPage {
    answer.message(request).unwrap_or_else(|| failed(request, unknown()))
}

fn commit_of(transaction: &Transaction<'_>) -> Result<CommitId, Failure> {
    Ok(CommitId(transaction.commit_to_be()?.0))
}

fn unknown() -> ErrorInfo {
    ErrorInfo::new(codes::OUTCOME_UNKNOWN, "the active tab was lost while it may have been doing this")
}
