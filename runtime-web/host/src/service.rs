//! What requests do: the engine on one side, page clients by their ids on the other, no browser anywhere.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tidewater::{Engine, Error, Event, Options, Watch};
use tidewater_protocol::{
    ById, CommitId, Configuration, Delivery, Epoch, ErrorInfo, Frame, HostToPage, PROTOCOL, PageToHost, RequestId,
    Statement, StorageMode, SubscriptionEvent, SubscriptionId, TabId, codes,
};

use crate::answer::Happened;
use crate::{answer, explanation};

/// What plans may remember beside the results, in bytes: all tabs of an origin share the memory of one worker.
const MEMORY_BUDGET: usize = 256 << 20;

/// What the rows of one result may take, in bytes. They are there twice when they are sent, and an engine that has no memory left dies, for all
/// tabs.
const MOST_RESULT_BYTES: usize = 256 << 20;

/// How long a statement may run if its request says nothing: all tabs wait for it.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

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
    engine: Engine,
    epoch: Epoch,
    storage: StorageMode,
    configuration: Configuration,
    opened: CommitId,
    clients: ById<TabId, Client>,
    /// The commit at which failing subscriptions were tried last.
    tried: CommitId,
    happened: Arc<Mutex<Vec<Happened>>>,
}

#[derive(Debug, Default)]
struct Client {
    watches: ById<SubscriptionId, Watch>,
    /// Those of a former host that have no answer for the data as they are.
    failing: Vec<(SubscriptionId, Query)>,
}

impl Client {
    fn forget_failing(&mut self, subscription: SubscriptionId) {
        self.failing.retain(|(id, _)| *id != subscription);
    }
}

#[derive(Clone, Debug)]
struct Query {
    sql: String,
    params: Option<Frame>,
}

/// The host's own tables: its epoch, and the schema scripts that have run. Applications see them as they see any table.
const TABLES: &str = "CREATE TABLE IF NOT EXISTS tidewater_host(epoch INTEGER NOT NULL);
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
        let opened = CommitId(engine.last_commit().0);
        let (epoch, _) = engine.transaction(|transaction| {
            transaction.exec(TABLES, ())?;
            let stored = transaction.query("SELECT max(epoch) FROM tidewater_host", ())?;
            let epoch = after.max(answer::epoch(&stored)).next();
            transaction.exec("DELETE FROM tidewater_host", ())?;
            transaction.exec("INSERT INTO tidewater_host VALUES (?)", [answer::integer(epoch.0)])?;
            Ok(epoch)
        })?;
        let (clients, tried, happened) = (ById::default(), opened, Arc::default());
        Ok(Self { engine, epoch, storage, configuration, opened, clients, tried, happened })
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

    /// Forgets a page client and its subscriptions.
    pub fn leave(&mut self, client: &TabId) {
        self.clients.remove(client);
    }

    /// Does what a page client asks for. The messages are to be posted in their order: deliveries come before the answer.
    pub fn receive(&mut self, client: &TabId, message: PageToHost) -> Vec<Outgoing> {
        let cause = request_of(&message);
        self.limit(&message);
        let answer = match message {
            PageToHost::Hello { protocol, nonce, configuration, schema, .. } => {
                Some(match self.hello(client, protocol, configuration, schema.as_deref()) {
                    Ok(()) => self.welcome(nonce),
                    Err(error) => HostToPage::Refused { nonce, error },
                })
            }
            _ if !self.clients.contains(client) => {
                cause.map(|request| failed(request, bad_message("a request before hello")))
            }
            PageToHost::Exec { request, sql, params, .. } => Some(self.exec(request, &sql, params.as_ref())),
            PageToHost::Query { request, sql, params, again, .. } => {
                Some(self.query(request, &sql, params.as_ref(), again))
            }
            PageToHost::Transaction { request, statements, .. } => Some(self.transaction(request, &statements)),
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
            | PageToHost::Transaction { timeout: Some(timeout), .. } => Some(Duration::from_millis(*timeout)),
            _ => Some(STATEMENT_TIMEOUT),
        };
        // Refused only inside a call of the engine, and this is none.
        let _ = self.engine.set_statement_timeout(timeout);
    }

    fn hello(
        &mut self,
        client: &TabId,
        protocol: u32,
        configuration: Configuration,
        schema: Option<&str>,
    ) -> Result<(), ErrorInfo> {
        let refused = |code: &str, message| Err(ErrorInfo { code: code.to_owned(), message });
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
        self.clients.get_or_insert_with(client, Client::default);
        Ok(())
    }

    fn welcome(&self, nonce: u64) -> HostToPage {
        let (epoch, storage, opened, commit) = (self.epoch, self.storage, self.opened, self.commit());
        HostToPage::Welcome { nonce, epoch, storage, opened, commit }
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

    fn exec(&self, request: RequestId, sql: &str, params: Option<&Frame>) -> HostToPage {
        let executed = answer::params(params).and_then(|params| {
            let executed = self.engine.exec(sql, params).map_err(|error| answer::error(&error));
            self.end_open_transaction()?;
            executed
        });
        match executed {
            Ok(executed) => {
                HostToPage::Executed { request, commit: CommitId(executed.commit.0), changes: executed.changes }
            }
            Err(error) => failed(request, error),
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

    fn query(&self, request: RequestId, sql: &str, params: Option<&Frame>, again: bool) -> HostToPage {
        let queried = answer::params(params).and_then(|params| {
            if again && !self.engine.only_reads(sql).map_err(|error| answer::error(&error))? {
                let message = "the active tab was lost while it may have been committing this statement".to_owned();
                return Err(ErrorInfo { code: codes::OUTCOME_UNKNOWN.to_owned(), message });
            }
            let rows = self.engine.query(sql, params).map_err(|error| answer::error(&error));
            self.end_open_transaction()?;
            let rows = rows?;
            Ok((answer::rows(&rows.rows)?, rows.columns))
        });
        match queried {
            Ok((rows, columns)) => {
                HostToPage::Queried { request, commit: self.commit(), columns: columns.to_vec(), rows }
            }
            Err(error) => failed(request, error),
        }
    }

    fn transaction(&self, request: RequestId, statements: &[Statement]) -> HostToPage {
        let params: Result<Vec<_>, _> =
            statements.iter().map(|statement| answer::params(statement.params.as_ref())).collect();
        let transacted = params.and_then(|params| {
            let ran = self.engine.transaction(|transaction| {
                statements
                    .iter()
                    .zip(params)
                    .map(|(statement, params)| transaction.run(&statement.sql, params))
                    .collect::<Result<Vec<_>, Error>>()
            });
            let (results, executed) = ran.map_err(|error| answer::error(&error))?;
            let results: Result<Vec<_>, _> = results.into_iter().map(answer::statement_result).collect();
            Ok((results?, executed.commit))
        });
        match transacted {
            Ok((results, commit)) => HostToPage::Transacted { request, commit: CommitId(commit.0), results },
            Err(error) => failed(request, error),
        }
    }

    fn explain(&self, request: RequestId, sql: &str, params: Option<&Frame>) -> HostToPage {
        let explained = answer::params(params)
            .and_then(|params| self.engine.explain(sql, params).map_err(|error| answer::error(&error)));
        match explained {
            Ok(explain) => HostToPage::Explained { request, explain: Box::new(explanation::explain(explain)) },
            Err(error) => failed(request, error),
        }
    }

    fn subscribe(&mut self, client: &TabId, subscription: SubscriptionId, query: Query, resumed: bool) -> HostToPage {
        let watch = self.watch(client, subscription, &query);
        let subscribed = watch.and_then(|mut watch| Ok((answer::subscribed(subscription, &mut watch)?, watch)));
        match subscribed {
            Ok((message, watch)) => {
                if let Some(client) = self.clients.get_mut(client) {
                    client.watches.insert(subscription, watch);
                }
                message
            }
            Err(error) => {
                let is_over = !resumed || !self.can_recover(&query);
                if !is_over && let Some(client) = self.clients.get_mut(client) {
                    client.forget_failing(subscription);
                    client.failing.push((subscription, query));
                }
                let event = answer::subscription_error(subscription, error, is_over);
                HostToPage::Delivery(answer::delivery(self.commit(), None, &[], vec![event]))
            }
        }
    }

    fn watch(&self, client: &TabId, subscription: SubscriptionId, query: &Query) -> Result<Watch, ErrorInfo> {
        let params = answer::params(query.params.as_ref())?;
        let happened = Arc::clone(&self.happened);
        let owner = client.clone();
        let callback = move |_, event: &Event| {
            let happening = Happened { client: owner.clone(), subscription, event: event.clone() };
            happened.lock().unwrap_or_else(PoisonError::into_inner).push(happening);
        };
        self.engine.subscribe_with(&query.sql, params, callback).map_err(|error| answer::error(&error))
    }

    /// The edits, if there are any, are a delivery before the answer, as those of a write are.
    fn rebind(
        &mut self,
        client: &TabId,
        request: RequestId,
        subscription: SubscriptionId,
        params: Option<Frame>,
    ) -> HostToPage {
        let known = self.clients.get(client);
        let failing = known.and_then(|client| client.failing.iter().find(|(id, _)| *id == subscription));
        let failing = failing.map(|(_, query)| query.clone());
        let rebound = match (known.and_then(|client| client.watches.get(&subscription)), failing) {
            (Some(watch), _) => answer::params(params.as_ref())
                .and_then(|params| watch.rebind(params).map_err(|error| answer::error(&error))),
            (None, Some(query)) => self.rebind_failing(client, subscription, Query { params, ..query }),
            (None, None) => {
                Err(ErrorInfo { code: codes::CLOSED.to_owned(), message: "the subscription has ended".to_owned() })
            }
        };
        match rebound {
            Ok(()) => HostToPage::Rebound { request, commit: self.commit() },
            Err(error) => failed(request, error),
        }
    }

    /// A subscription of a former host that has no answer gets one by its new parameters, or waits on with the old ones.
    fn rebind_failing(&mut self, client: &TabId, subscription: SubscriptionId, query: Query) -> Result<(), ErrorInfo> {
        let mut watch = self.watch(client, subscription, &query)?;
        let result = watch.take_snapshot();
        let event = Happened { client: client.clone(), subscription, event: Event::Columns(result) };
        self.happened.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        if let Some(client) = self.clients.get_mut(client) {
            client.forget_failing(subscription);
            client.watches.insert(subscription, watch);
        }
        Ok(())
    }

    /// Whether it is the data that a query fails of, and not the query.
    fn can_recover(&self, query: &Query) -> bool {
        answer::params(query.params.as_ref()).is_ok_and(|params| self.engine.explain(&query.sql, params).is_ok())
    }

    /// Tries failing subscriptions again if there was a commit; gives those of each client that have an answer or never will.
    fn recovered(&mut self) -> Vec<(TabId, Vec<SubscriptionEvent>)> {
        let mut recovered: Vec<(TabId, Vec<SubscriptionEvent>)> = Vec::new();
        let now = self.commit();
        if std::mem::replace(&mut self.tried, now) == now {
            return recovered;
        }
        let failing = self.clients.iter_mut().flat_map(|(id, client)| {
            let failing = std::mem::take(&mut client.failing);
            failing.into_iter().map(|(subscription, query)| (id.clone(), subscription, query))
        });
        for (client, subscription, query) in failing.collect::<Vec<_>>() {
            // Those of one client come together.
            if recovered.last().is_none_or(|(last, _)| *last != client) {
                recovered.push((client.clone(), Vec::new()));
            }
            let Some((_, found)) = recovered.last_mut() else { continue };
            match self.subscribe(&client, subscription, query, true) {
                HostToPage::Subscribed { columns, rows, .. } => {
                    let event = SubscriptionEvent::Columns { subscription, columns, rows };
                    found.push(event);
                }
                HostToPage::Delivery(Delivery { events, .. }) => {
                    let ended =
                        |event: &SubscriptionEvent| matches!(event, SubscriptionEvent::Error { closed: true, .. });
                    found.extend(events.into_iter().filter(ended));
                }
                _ => {}
            }
        }
        recovered.retain(|(_, events)| !events.is_empty());
        recovered
    }

    fn unsubscribe(&mut self, client: &TabId, subscription: SubscriptionId) {
        if let Some(client) = self.clients.get_mut(client) {
            client.watches.remove(&subscription);
            client.forget_failing(subscription);
        }
    }

    /// What has happened since the last call, one delivery a commit a client, in the order of commits.
    fn deliveries(&mut self, requester: &TabId, cause: Option<RequestId>) -> Vec<Outgoing> {
        let mut recovered = self.recovered();
        let happened = std::mem::take(&mut *self.happened.lock().unwrap_or_else(PoisonError::into_inner));
        let mut grouped: ById<(CommitId, TabId), Vec<Happened>> = ById::default();
        for happening in happened {
            let is_subscribed = self
                .clients
                .get(&happening.client)
                .is_some_and(|client| client.watches.contains(&happening.subscription));
            if is_subscribed {
                let key = (CommitId(happening.event.commit().0), happening.client.clone());
                grouped.get_or_insert_with(&key, Vec::new).push(happening);
            }
        }
        let now = self.commit();
        for (client, _) in &recovered {
            grouped.get_or_insert_with(&(now, client.clone()), Vec::new);
        }
        let mut outgoing = Vec::new();
        for ((commit, client), happened) in grouped {
            let cause = cause.filter(|_| client == *requester);
            let events = recovered.iter_mut().find(|(other, _)| commit == now && *other == client);
            let events = events.map(|(_, events)| std::mem::take(events)).unwrap_or_default();
            let delivery = answer::delivery(commit, cause, &happened, events);
            self.drop_closed(&client, &happened);
            outgoing.push(Outgoing { client, message: HostToPage::Delivery(delivery) });
        }
        outgoing
    }

    fn drop_closed(&mut self, client: &TabId, happened: &[Happened]) {
        for happening in happened {
            if matches!(happening.event, Event::Error { closed: true, .. }) {
                self.unsubscribe(client, happening.subscription);
            }
        }
    }

    fn commit(&self) -> CommitId {
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
        | PageToHost::Explain { request, .. }
        | PageToHost::Rebind { request, .. }
        | PageToHost::Stats { request } => Some(*request),
        PageToHost::Hello { .. } | PageToHost::Subscribe { .. } | PageToHost::Unsubscribe { .. } => None,
    }
}

fn failed(request: RequestId, error: ErrorInfo) -> HostToPage {
    HostToPage::Failed { request, error }
}

/// The answer to a request that is no message of the protocol.
pub(crate) fn malformed(request: RequestId) -> HostToPage {
    failed(request, bad_message("the request is no message of the protocol"))
}

fn bad_message(message: &str) -> ErrorInfo {
    ErrorInfo { code: codes::BAD_MESSAGE.to_owned(), message: message.to_owned() }
}
