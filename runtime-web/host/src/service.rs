//! What requests do: the engine on one side, page clients by their ids on the other, no browser anywhere.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidewater::{Engine, Error, Options, Watch};
use tidewater_protocol::{
    ById, ClientId, CommitId, Configuration, DatabaseId, Epoch, ErrorInfo, Frame, HostToPage, PROTOCOL, PageToHost,
    RequestId, Seq, StorageMode, SubscriptionId, TabId, codes,
};

use crate::answer::Happened;
use crate::commits::Heard;
use crate::missed::Missed;
use crate::open::Open;
use crate::record::Write;
use crate::{answer, explanation};

/// What plans may remember beside the results, in bytes: all tabs of an origin share the memory of one worker.
const MEMORY_BUDGET: usize = 256 << 20;

/// What the rows of one result may take, in bytes. They are there twice when they are sent, and an engine that has no memory left dies, for all
/// tabs.
const MOST_RESULT_BYTES: usize = 256 << 20;

/// How long a statement may run if its request says nothing: all tabs wait for it.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// For how long the ledger keeps what it knows of a client that writes nothing. A page that was frozen for longer has to be told that nobody
/// knows what came of the writes that it had under way.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// The options that a host opens its database with. `configuration` is what the application asks for; `clock` gives the time since
/// some moment.
#[must_use]
pub fn options(clock: fn() -> Duration, configuration: Configuration) -> Options {
    let Configuration { foreign_keys } = configuration;
    Options::default()
        .with_foreign_keys(foreign_keys)
        .with_memory_budget(MEMORY_BUDGET)
        .with_most_result_bytes(MOST_RESULT_BYTES)
        .with_clock(clock)
        .with_statement_timeout(STATEMENT_TIMEOUT)
        .with_replaceable(true)
}

/// A message to be posted.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// To whom.
    pub client: TabId,
    /// What.
    pub message: HostToPage,
}

/// The open database and everybody it serves.
#[derive(Debug)]
pub struct Service {
    pub(crate) engine: Engine,
    database: DatabaseId,
    epoch: Epoch,
    storage: StorageMode,
    configuration: Configuration,
    pub(crate) clients: ById<TabId, Client>,
    /// What the ledger has of each client. It is read once: nobody else writes to the database.
    pub(crate) recorded: RefCell<ById<ClientId, Recorded>>,
    /// The commit at which failing subscriptions were tried last.
    pub(crate) tried: CommitId,
    pub(crate) happened: Arc<Mutex<Vec<Happened>>>,
    /// What the engine tells of commits, once somebody listens.
    pub(crate) heard: Option<Heard>,
    /// The transaction that stays open, if one does.
    pub(crate) open: Option<Open>,
}

/// What the ledger has of a client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recorded {
    /// The newest write.
    pub(crate) applied: Seq,
    /// Up to which number answers were forgotten.
    pub(crate) forgotten: Seq,
}

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: ClientId,
    pub(crate) watches: ById<SubscriptionId, Watch>,
    /// Those of a former host that have no answer for the data as they are.
    pub(crate) failing: Vec<(SubscriptionId, Query)>,
    /// Whether it is told of commits.
    pub(crate) listens: bool,
    /// What it has not been told of, while nothing is delivered to it.
    pub(crate) missed: Option<Missed>,
}

impl Client {
    fn new(id: ClientId) -> Self {
        Self { id, watches: ById::default(), failing: Vec::new(), listens: false, missed: None }
    }

    pub(crate) fn forget_failing(&mut self, subscription: SubscriptionId) {
        self.failing.retain(|(id, _)| *id != subscription);
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) sql: String,
    pub(crate) params: Option<Frame>,
}

/// The host's own tables: its epoch, what the database is called, and the schema scripts that have run. Applications see them as they see any
/// table.
const TABLES: &str = "CREATE TABLE IF NOT EXISTS tidewater_host(epoch INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS tidewater_database(id TEXT NOT NULL);
    INSERT INTO tidewater_database SELECT hex(randomblob(16)) WHERE NOT EXISTS (SELECT 1 FROM tidewater_database);
    CREATE TABLE IF NOT EXISTS tidewater_schema(script TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID;";

impl Service {
    /// Begins to serve a database that was just opened with this configuration, as the host of the next epoch.
    ///
    /// # Errors
    /// What SQLite says of writing the epoch.
    pub fn begin(
        engine: Engine,
        storage: StorageMode,
        configuration: Configuration,
        after: Epoch,
    ) -> Result<Self, Error> {
        let ((epoch, database), _) = engine.transaction(|transaction| {
            transaction.exec(TABLES, ())?;
            transaction.forget_idle_sources(KEPT_FOR)?;
            let database = answer::text(&transaction.query("SELECT id FROM tidewater_database", ())?);
            let stored = transaction.query("SELECT max(epoch) FROM tidewater_host", ())?;
            let epoch = after.max(answer::epoch(&stored)).next();
            transaction.exec("DELETE FROM tidewater_host", ())?;
            transaction.exec("INSERT INTO tidewater_host VALUES (?)", [answer::integer(epoch.0)])?;
            Ok((epoch, DatabaseId(database)))
        })?;
        let (clients, recorded, happened) = (ById::default(), RefCell::default(), Arc::default());
        let tried = CommitId(engine.last_commit().0);
        Ok(Self {
            engine,
            database,
            epoch,
            storage,
            configuration,
            clients,
            recorded,
            tried,
            happened,
            heard: None,
            open: None,
        })
    }

    /// This host's epoch.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Where the database is kept.
    #[must_use]
    pub fn storage(&self) -> StorageMode {
        self.storage
    }

    /// The page clients that have said hello.
    #[must_use]
    pub fn clients(&self) -> Vec<TabId> {
        self.clients.iter().map(|(client, _)| client.clone()).collect()
    }

    /// Lets what is committed wait to be written to the file.
    pub(crate) fn hold_commits(&self) {
        // Refused only inside a call of the engine, and this is none.
        let _ = self.engine.hold_commits();
    }

    /// Writes it.
    pub(crate) fn release_commits(&self) -> Result<(), Error> {
        self.engine.release_commits()
    }

    /// Forgets a page client and its subscriptions.
    pub fn leave(&mut self, client: &TabId) {
        let Some(Client { id, .. }) = self.clients.remove(client) else { return };
        self.open.take_if(|open| open.client == *client);
        // A page that has another tab id by now may have said hello under it before this one was seen to be gone.
        if self.clients.iter().all(|(_, client)| client.id != id) {
            self.recorded.get_mut().remove(&id);
        }
    }

    /// Does what a page client asks for. The messages are to be posted in their order: deliveries come before the answer.
    pub fn receive(&mut self, client: &TabId, message: PageToHost) -> Vec<Outgoing> {
        let cause = request_of(&message);
        self.limit(&message);
        let answer = match message {
            PageToHost::Hello { client: id, protocol, nonce, configuration, schema, .. } => {
                Some(match self.hello(client, id, protocol, configuration, schema.as_deref()) {
                    Ok(applied) => self.welcome(nonce, applied),
                    Err(error) => HostToPage::Refused { nonce, error },
                })
            }
            _ if !self.clients.contains(client) => {
                cause.map(|request| failed(request, bad_message("a request before hello")))
            }
            PageToHost::Exec { request, seq, acknowledged, sql, params, .. } => {
                self.write(client, request, seq, acknowledged, |write| self.exec(write, &sql, params.as_ref()))
            }
            PageToHost::Query { request, seq, acknowledged, sql, params, .. } => {
                self.write(client, request, seq, acknowledged, |write| self.query(write, &sql, params.as_ref()))
            }
            PageToHost::Transaction { request, seq, acknowledged, statements, .. } => {
                self.write(client, request, seq, acknowledged, |write| self.transaction(write, &statements))
            }
            PageToHost::Begin { request } => Some(self.open_transaction(client, request)),
            PageToHost::Step { request, transaction, sql, params, .. } => {
                Some(self.run_in_transaction(client, request, transaction, &sql, params.as_ref()))
            }
            PageToHost::Commit { request, transaction, seq } => {
                Some(self.commit_transaction(client, request, transaction, seq))
            }
            PageToHost::RollBack { request, transaction } => {
                self.open.take_if(|open| open.is(client, transaction));
                Some(HostToPage::RolledBack { request })
            }
            PageToHost::Explain { request, sql, params } => Some(self.explain(request, &sql, params.as_ref())),
            PageToHost::Stats { request } => Some(match self.engine.stats() {
                Ok(stats) => HostToPage::Counted { request, stats: answer::stats(&stats) },
                Err(error) => failed(request, answer::error(&error)),
            }),
            PageToHost::Subscribe { subscription, sql, params, resumed } => {
                Some(self.subscribe(client, subscription, Query { sql, params }, resumed))
            }
            PageToHost::Rebind { request, subscription, params } => {
                Some(self.rebind(client, request, subscription, params))
            }
            PageToHost::Unsubscribe { subscription } => {
                self.unsubscribe(client, subscription);
                None
            }
            PageToHost::Listen => self.listen(client),
            // Of the connection, not of the database.
            PageToHost::Confirm { .. } => None,
        };
        let mut outgoing = self.deliveries(client, cause);
        outgoing.extend(answer.map(|message| Outgoing { client: client.clone(), message }));
        outgoing
    }

    /// Sets how long statements of a request may run. A schema script takes as long as the database is large.
    fn limit(&self, message: &PageToHost) {
        let timeout = match message {
            PageToHost::Hello { .. } => None,
            PageToHost::Exec { timeout: Some(timeout), .. }
            | PageToHost::Query { timeout: Some(timeout), .. }
            | PageToHost::Step { timeout: Some(timeout), .. }
            | PageToHost::Transaction { timeout: Some(timeout), .. } => Some(Duration::from_millis(*timeout)),
            _ => Some(STATEMENT_TIMEOUT),
        };
        // Refused only inside a call of the engine, and this is none.
        let _ = self.engine.set_statement_timeout(timeout);
    }

    fn write(
        &self,
        client: &TabId,
        request: RequestId,
        seq: Seq,
        acknowledged: Seq,
        does: impl FnOnce(&Write<'_>) -> HostToPage,
    ) -> Option<HostToPage> {
        let client = &self.clients.get(client)?.id;
        Some(does(&Write { client, request, seq, acknowledged }))
    }

    /// The newest write of the client that was done.
    fn hello(
        &mut self,
        client: &TabId,
        id: ClientId,
        protocol: u32,
        configuration: Configuration,
        schema: Option<&str>,
    ) -> Result<Seq, ErrorInfo> {
        let refused = |code, message: String| Err(ErrorInfo::new(code, message));
        if protocol != PROTOCOL {
            let message = format!("the host speaks protocol {PROTOCOL}, the page {protocol}");
            return refused(codes::UPGRADE_REQUIRED, message);
        }
        if configuration != self.configuration {
            let (here, there) = (described(self.configuration), described(configuration));
            let message = format!("another tab has opened the database with {here}, this one with {there}");
            return refused(codes::CONFIGURATION_MISMATCH, message);
        }
        if let Some(schema) = schema {
            self.run_schema(schema).map_err(|error| answer::error(&error))?;
        }
        let applied = Seq(self.engine.last_recorded(&id.0).map_err(|error| answer::error(&error))?);
        self.recorded.get_mut().get_or_insert_with(&id, || Recorded { applied, forgotten: Seq(0) });
        self.clients.get_or_insert_with(client, || Client::new(id));
        Ok(applied)
    }

    fn welcome(&self, nonce: u64, applied: Seq) -> HostToPage {
        let (epoch, storage, database, commit) = (self.epoch, self.storage, self.database.clone(), self.commit());
        HostToPage::Welcome { nonce, epoch, storage, database, applied, commit }
    }

    /// A script runs once for each distinct text, whatever number of tabs brings it.
    fn run_schema(&self, script: &str) -> Result<(), Error> {
        let known = self.engine.query("SELECT 1 FROM tidewater_schema WHERE script = ?", [script])?;
        if !known.rows.is_empty() {
            return Ok(());
        }
        self.engine.transaction(|transaction| {
            transaction.exec(script, ())?;
            transaction.exec("INSERT INTO tidewater_schema VALUES (?)", [script])
        })?;
        Ok(())
    }

    fn explain(&self, request: RequestId, sql: &str, params: Option<&Frame>) -> HostToPage {
        let explained = answer::params(params)
            .and_then(|params| self.engine.explain(sql, params).map_err(|error| answer::error(&error)));
        match explained {
            Ok(explain) => HostToPage::Explained { request, explain: Box::new(explanation::explain(explain)) },
            Err(error) => failed(request, error),
        }
    }

    pub(crate) fn commit(&self) -> CommitId {
        CommitId(self.engine.last_commit().0)
    }
}

fn described(Configuration { foreign_keys }: Configuration) -> String {
    format!("foreignKeys: {foreign_keys}")
}

fn request_of(message: &PageToHost) -> Option<RequestId> {
    match message {
        PageToHost::Exec { request, .. }
        | PageToHost::Query { request, .. }
        | PageToHost::Transaction { request, .. }
        | PageToHost::Begin { request }
        | PageToHost::Step { request, .. }
        | PageToHost::Commit { request, .. }
        | PageToHost::RollBack { request, .. }
        | PageToHost::Explain { request, .. }
        | PageToHost::Rebind { request, .. }
        | PageToHost::Stats { request } => Some(*request),
        PageToHost::Hello { .. }
        | PageToHost::Subscribe { .. }
        | PageToHost::Unsubscribe { .. }
        | PageToHost::Listen
        | PageToHost::Confirm { .. } => None,
    }
}

pub(crate) fn failed(request: RequestId, error: ErrorInfo) -> HostToPage {
    HostToPage::Failed { request, error }
}

/// The answer to a request that is no message of the protocol.
pub(crate) fn malformed(request: RequestId) -> HostToPage {
    failed(request, bad_message("the request is no message of the protocol"))
}

fn bad_message(message: &str) -> ErrorInfo {
    ErrorInfo::new(codes::BAD_MESSAGE, message)
}
