//! What the engine's lock guards: storage runs statements and seals commits, and each commit maintains the live queries.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::describe::describe;
use super::outbox::Outbox;
use super::sink::Sink;
use super::subscriptions::{ChangeObserver, CommitListener, Live};
use crate::api::description::Description;
use crate::api::executed::Executed;
use crate::api::explain::Explain;
use crate::api::options::Options;
use crate::api::sqlite_build::SqliteBuild;
use crate::api::stats::Stats;
use crate::error::Error;
use crate::explain::explain;
use crate::sql::{StatementKind, leading_keyword};
use crate::storage::{
    Cancel, Connection, EachRow, Interrupt, Record, Script, ScriptOutput, Session, Storage, TransactionOwner, WriteId,
    slot_values,
};
use crate::types::{CommitId, Params, Rows, Snapshot, SubscriptionId, Value};

/// Everything behind the engine's lock.
pub(crate) struct Core {
    storage: Storage,
    live: Live,
    /// The transaction of the caller's that stays open between calls, by its number: only calls of its own may come.
    detached: Option<u64>,
    /// The number of the last one.
    last_detached: u64,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("stats", &self.live.stats()).finish_non_exhaustive()
    }
}

impl Core {
    pub(crate) fn new(storage: Storage, options: Options) -> Self {
        let live = Live::new(options);
        Self { storage, live, detached: None, last_detached: 0 }
    }

    /// Runs a script; what it committed is maintained commit by commit.
    pub(crate) fn run(
        &mut self,
        sql: &str,
        params: &Params,
        owner: TransactionOwner,
    ) -> (ScriptOutput, Result<(), Error>) {
        if let Err(error) = self.admit(owner) {
            return (ScriptOutput::default(), Err(error));
        }
        let Self { storage, live, .. } = self;
        live.direct_capture(&mut storage.session());
        let run = Script { sql, params, owner };
        storage.session().run(&run, &mut |session, sealed| live.commit(session, sealed))
    }

    /// Runs one statement that returns rows, which may write as well; one that only reads can be cancelled.
    pub(crate) fn query(
        &mut self,
        sql: &str,
        params: &Params,
        owner: TransactionOwner,
        cancel: &Cancel,
    ) -> Result<Rows, Error> {
        self.admit(owner)?;
        if self.only_reads(sql)? {
            return self.storage.session().query(sql, params, cancel);
        }
        let (outcome, ran) = self.run(sql, params, owner);
        ran.map(|()| outcome.rows.unwrap_or(Rows { columns: Arc::default(), rows: Vec::new() }))
    }

    /// Runs one statement and hands its rows on one by one, as they are read unless it writes; the names of the columns.
    pub(crate) fn query_each(&mut self, sql: &str, params: &Params, each: EachRow<'_>) -> Result<Arc<[String]>, Error> {
        self.admit(TransactionOwner::Script)?;
        if self.only_reads(sql)? {
            return self.storage.session().query_each(sql, params, each);
        }
        let Rows { columns, rows } = self.query(sql, params, TransactionOwner::Script, &Cancel::never())?;
        // It has enough, or there are no more.
        let _ = rows.iter().try_for_each(|row| each(&columns, row));
        Ok(columns)
    }

    /// Whether one statement certainly only reads, so that running it twice does no harm.
    pub(crate) fn only_reads(&mut self, sql: &str) -> Result<bool, Error> {
        match leading_keyword(sql) {
            Some(StatementKind::Empty) => Err(Error::NotOneStatement("none")),
            // Compiled, so that what is no single statement is refused before anything of it runs.
            Some(StatementKind::Select | StatementKind::With) | None => self.storage.session().is_readonly(sql),
            Some(StatementKind::Dml | StatementKind::Schema) => self.storage.session().is_readonly(sql).map(|_| false),
            // COMMIT is read-only to SQLite as well, and has to be sealed; a PRAGMA may take effect when it is compiled.
            Some(_) => Ok(false),
        }
    }

    /// Hands the connection to the application's code; its value or its panic.
    pub(crate) fn with_connection<T>(
        &mut self,
        body: impl FnOnce(&mut Connection) -> T,
    ) -> Result<std::thread::Result<T>, Error> {
        self.admit(TransactionOwner::Script)?;
        let Self { storage, live, .. } = self;
        live.direct_capture(&mut storage.session());
        storage.with_connection(body, &mut |session, sealed| live.commit(session, sealed))
    }

    /// Begins a transaction of the caller's.
    pub(crate) fn begin_transaction(&mut self, begin: &str) -> Result<(), Error> {
        if self.in_transaction() {
            return Err(Error::InTransaction);
        }
        self.storage.session().begin_wrapped(begin)
    }

    /// Begins one that stays open between calls; its number.
    pub(crate) fn begin_detached(&mut self, begin: &str) -> Result<u64, Error> {
        self.begin_transaction(begin)?;
        self.last_detached += 1;
        self.detached = Some(self.last_detached);
        Ok(self.last_detached)
    }

    /// Ends it. After a commit that has failed it can be rolled back.
    pub(crate) fn end_detached(&mut self, commit: bool) -> Result<(), Error> {
        self.end_transaction(commit)
    }

    /// The one that stays open between calls. SQLite may have rolled it back.
    pub(crate) fn detached(&mut self) -> Option<u64> {
        self.detached = self.detached.filter(|_| self.storage.session().is_within_transaction());
        self.detached
    }

    fn admit(&mut self, owner: TransactionOwner) -> Result<(), Error> {
        let is_foreign = owner != TransactionOwner::Caller && self.detached().is_some();
        if is_foreign { Err(Error::InTransaction) } else { Ok(()) }
    }

    /// Ends a transaction of the caller's.
    pub(crate) fn end_transaction(&mut self, commit: bool) -> Result<(), Error> {
        let Self { storage, live, .. } = self;
        let mut session = storage.session();
        if commit {
            session.commit_wrapped(&mut |session, sealed| live.commit(session, sealed))
        } else {
            session.rollback_wrapped()
        }
    }

    /// Lets commits wait to be written to the file.
    pub(crate) fn hold_commits(&mut self) {
        self.storage.session().hold_commits();
    }

    /// Writes the commits that wait.
    pub(crate) fn release_commits(&mut self) -> Result<(), Error> {
        self.storage.session().release_commits()
    }

    /// What the ledger knows of a write.
    pub(crate) fn recorded(&mut self, write: &WriteId<'_>) -> Result<Record, Error> {
        self.storage.session().recorded(write)
    }

    /// The newest write of a source that was done; 0 if the ledger has none.
    pub(crate) fn last_recorded(&mut self, source: &str) -> Result<u64, Error> {
        self.storage.session().last_recorded(source).map(Option::unwrap_or_default)
    }

    /// Stores what a write of the open transaction comes to.
    pub(crate) fn record(&mut self, write: &WriteId<'_>, answer: &[u8]) -> Result<(), Error> {
        self.storage.session().record(write, answer)
    }

    /// Forgets the sources that have written nothing for so long, within the open transaction.
    pub(crate) fn forget_idle_sources(&mut self, idle: Duration) -> Result<(), Error> {
        let mut session = self.storage.session();
        session.create_ledger()?;
        session.forget_idle_sources(idle)
    }

    /// The number that the open transaction will have as a commit.
    pub(crate) fn commit_to_be(&mut self) -> Result<CommitId, Error> {
        self.storage.session().commit_to_be()
    }

    /// Delivers what other connections committed, and what could not be read before; whether there was anything.
    pub(crate) fn poll(&mut self) -> Result<bool, Error> {
        if self.in_transaction() {
            return Ok(false);
        }
        self.at_one_state(|_, _, caught_up| Ok(caught_up))
    }

    /// Runs `body` on one committed state of the database, which the results have caught up with; it is told whether anything
    /// came of that.
    fn at_one_state<T>(
        &mut self,
        body: impl FnOnce(&mut Live, &mut Session<'_>, bool) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.in_transaction() {
            return Err(Error::InTransaction);
        }
        let Self { storage, live, .. } = self;
        let mut session = storage.session();
        let holds = !session.is_alone() && session.begin_reads();
        let done = catch_up(live, &mut session).and_then(|caught_up| body(live, &mut session, caught_up));
        session.end_reads(holds);
        done
    }

    /// Subscribes: the id and the result as of now.
    pub(crate) fn subscribe(
        &mut self,
        sql: &str,
        params: &Params,
        sink: Sink,
    ) -> Result<(SubscriptionId, Snapshot), Error> {
        self.at_one_state(|live, session, _| live.subscribe(session, sql, params, sink))
    }

    /// Gives a subscription other values for its parameters.
    pub(crate) fn rebind(&mut self, id: SubscriptionId, params: &Params) -> Result<(), Error> {
        self.at_one_state(|live, session, _| live.rebind(session, id, params))
    }

    /// Ends a subscription.
    pub(crate) fn unsubscribe(&mut self, id: SubscriptionId) {
        self.live.unsubscribe(id);
    }

    /// Explains a query that these parameters fit, or with NULL for all of them.
    pub(crate) fn explain(&mut self, sql: &str, params: &Params) -> Result<Explain, Error> {
        let Self { storage, live, .. } = self;
        let mut session = storage.session();
        let query = live.prepared.get(&mut session, sql)?;
        let slots = match params {
            Params::None => vec![Value::Null; query.slots.len()],
            given => slot_values(&query.slots, given)?,
        };
        let catalog = session.catalog()?;
        let template = live.bindings.live_template(&query);
        let metrics = match (&template, &query.planned) {
            (Some(_), Ok(planned)) => live.bindings.plan_metrics(planned),
            _ => None,
        };
        let idle = live.bindings.idle(&query);
        Ok(explain(&session, &query, &slots, &catalog, template, idle, metrics.as_ref()))
    }

    /// Describes a statement without running it.
    pub(crate) fn describe(&mut self, sql: &str) -> Result<Description, Error> {
        describe(&mut self.storage.session(), sql)
    }

    /// Whether a connection that only reads sees the same database.
    pub(super) fn can_be_read_beside(&mut self) -> bool {
        self.storage.session().can_be_read_beside()
    }

    /// What ends a statement from another thread, and whether one of the application's runs.
    pub(super) fn interrupt(&self) -> (Arc<Interrupt>, Arc<AtomicBool>) {
        self.storage.interrupt()
    }

    /// Sets how long a statement may run from now on.
    pub(super) fn set_statement_timeout(&self, timeout: Option<Duration>) {
        self.storage.set_statement_timeout(timeout);
    }

    /// The build of SQLite.
    pub(crate) fn sqlite_build(&mut self) -> Result<SqliteBuild, Error> {
        self.storage.session().sqlite_build()
    }

    /// Whether a subscription is maintained by a plan.
    pub(crate) fn is_planned(&self, id: SubscriptionId) -> bool {
        self.live.is_planned(id)
    }

    /// The last rows that a subscriber was told of.
    ///
    /// # Errors
    /// [`Error::Closed`] if it has none any more.
    pub(crate) fn result(&mut self, id: SubscriptionId) -> Result<Snapshot, Error> {
        let commit = self.commit();
        self.live.told_rows(id, commit).ok_or(Error::Closed("the subscription has no rows"))
    }

    /// Shows every change batch from now on.
    ///
    /// # Errors
    /// [`Error::InTransaction`]: rows that the open transaction has written may not have been captured.
    pub(crate) fn observe(&mut self, observer: ChangeObserver) -> Result<(), Error> {
        if self.in_transaction() {
            return Err(Error::InTransaction);
        }
        self.live.observer = Some(observer);
        Ok(())
    }

    /// Tells of every commit from now on.
    pub(crate) fn listen_to_commits(&mut self, listener: CommitListener) {
        self.live.commit_listener = Some(listener);
    }

    /// What the engine holds and has done so far.
    pub(crate) fn stats(&self) -> Stats {
        self.live.stats()
    }

    /// The events that wait for callbacks.
    pub(super) fn outbox(&self) -> Arc<Outbox> {
        Arc::clone(&self.live.subscribers.outbox)
    }

    /// Rolls back a transaction that nobody is left to end.
    pub(super) fn roll_back(&mut self) {
        // What there is to say of it, nobody is there to hear.
        if self.detached().is_some() {
            let _ = self.end_detached(false);
            return;
        }
        let _ = self.run("ROLLBACK", &Params::None, TransactionOwner::Script);
    }

    /// What a call did that wrote so many rows.
    pub(crate) fn executed(&mut self, changes: u64) -> Executed {
        Executed { commit: self.commit(), changes, last_insert_rowid: self.last_insert_rowid() }
    }

    /// The rowid of the last row that was inserted.
    pub(crate) fn last_insert_rowid(&mut self) -> i64 {
        self.storage.session().last_insert_rowid()
    }

    /// The number of the last commit.
    pub(crate) fn commit(&mut self) -> CommitId {
        self.storage.session().commit()
    }

    /// Whether a script has left a transaction open.
    pub(crate) fn in_transaction(&mut self) -> bool {
        self.detached().is_some() || self.storage.session().has_open_transaction()
    }
}

/// Delivers what other connections have committed by the state that is read now, and what could not be read before; whether there
/// was anything.
fn catch_up(live: &mut Live, session: &mut Session<'_>) -> Result<bool, Error> {
    if !session.notice_external_change()? {
        return Ok(live.try_again(session));
    }
    let sealed = session.seal_external_change()?;
    live.commit(session, &sealed);
    Ok(true)
}

impl Drop for Core {
    fn drop(&mut self) {
        self.live.subscribers.close();
    }
}
