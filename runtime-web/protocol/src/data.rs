//! The data plane: requests, answers, subscriptions and deliveries between a page client and the host.
//!
//! Both gather what there is to say at a time: a page client posts a list, the host a [`Packet`]. A page client that misses a packet, or
//! cannot read one, says hello `restart` on the same port; then everything begins again as with another host, and nothing is lost.
//!
//! A port keeps order. The host handles a page client's requests in the order in which they were posted, and posts the
//! delivery of a commit before the answer to the write that made it.

use crate::form::message;
use crate::{ClientId, CommitId, DatabaseId, Epoch, Explain, Frame, RequestId, Seq, StorageMode, SubscriptionId};

message! {
    /// An error as an answer.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ErrorInfo {
        /// A stable code: one of [`codes`](crate::codes) or of the engine's.
        pub code: String,
        /// The error, for people.
        pub message: String,
        /// SQLite's extended result code, if it is SQLite's error.
        pub sqlite: Option<u32>,
        /// Where in the SQL the error is, in bytes of UTF-8, if that is known.
        pub offset: Option<u32>,
    }
}

impl ErrorInfo {
    /// An error that is not SQLite's.
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), sqlite: None, offset: None }
    }
}

message! {
    /// One statement of a `transaction`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Statement {
        /// The SQL.
        pub sql: String,
        /// A [parameter frame](crate::frame), unless there are none.
        pub params: Option<Frame>,
    }
}

message! {
    /// How an application wants its database to be set. A page client gives it to its own worker, which opens the database with it as
    /// the host, and says it to each host in its hello: no two tabs can have different ones.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Configuration {
        /// Whether foreign keys are enforced.
        pub foreign_keys: bool,
    }
}

message! {
    /// From a page client to the host.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum PageToHost tagged "type" {
        /// The first message on a port; `welcome` or `refused` answers it. It comes again for each further schema script, and on
        /// the bus from a page client that was introduced twice: each is answered. Requests wait until none is unanswered.
        Hello {
            /// The page client.
            client: ClientId,
            /// [`PROTOCOL`](crate::PROTOCOL) of the page client.
            protocol: u32,
            /// To be repeated in the answer; never used again on a port.
            nonce: u64,
            /// Whether everything begins again: the host forgets the subscriptions of the page client, which comes with them again.
            restart: bool,
            /// How the database is to be set.
            configuration: Configuration,
            /// A schema script of the application, to be run before anything else; it must be repeatable.
            schema: Option<String>,
        },
        /// Run one or several statements in one transaction; `executed` answers it.
        Exec {
            /// The request.
            request: RequestId,
            /// Its place among the client's requests that may write.
            seq: Seq,
            /// The client knows what came of all those up to this one.
            acknowledged: Seq,
            /// The statements.
            sql: String,
            /// A parameter frame, unless there are none.
            params: Option<Frame>,
            /// For how many milliseconds a statement of it may run; the host's default if nothing is said.
            timeout: Option<u64>,
        },
        /// Run one statement and give its rows; `queried` answers it.
        Query {
            /// The request.
            request: RequestId,
            /// Its place among the client's requests that may write.
            seq: Seq,
            /// The client knows what came of all those up to this one.
            acknowledged: Seq,
            /// The statement.
            sql: String,
            /// A parameter frame, unless there are none.
            params: Option<Frame>,
            /// For how many milliseconds a statement of it may run; the host's default if nothing is said.
            timeout: Option<u64>,
        },
        /// Run statements in one transaction, all or none; `transacted` answers it.
        Transaction {
            /// The request.
            request: RequestId,
            /// Its place among the client's requests that may write.
            seq: Seq,
            /// The client knows what came of all those up to this one.
            acknowledged: Seq,
            /// The statements, in order.
            statements: Vec<Statement>,
            /// For how many milliseconds a statement of it may run; the host's default if nothing is said.
            timeout: Option<u64>,
        },
        /// Begin a transaction that stays open until `commit` or `rollBack`; `begun` answers it. While it is open the host does what belongs to
        /// it and nothing else, so it has a lease: it ends when nothing is asked of it for 5 seconds, and after 30 seconds at the latest.
        Begin {
            /// The request, by which the transaction is known.
            request: RequestId,
        },
        /// Run statements in an open transaction; `stepped` answers it. It does not wait for what was asked for before.
        Step {
            /// The request.
            request: RequestId,
            /// The `begin`.
            transaction: RequestId,
            /// The statements.
            sql: String,
            /// A parameter frame, unless there are none.
            params: Option<Frame>,
            /// For how many milliseconds a statement of it may run; the host's default if nothing is said.
            timeout: Option<u64>,
        },
        /// Commit an open transaction; `executed` answers it.
        Commit {
            /// The request.
            request: RequestId,
            /// The `begin`.
            transaction: RequestId,
            /// Its place among the client's commits, which are counted by themselves: they do not wait for the requests before.
            seq: Seq,
        },
        /// Undo an open transaction; `rolledBack` answers it, also where there is none.
        RollBack {
            /// The request.
            request: RequestId,
            /// The `begin`.
            transaction: RequestId,
        },
        /// Say how a statement would be maintained; `explained` answers it.
        Explain {
            /// The request.
            request: RequestId,
            /// The statement.
            sql: String,
            /// A parameter frame, unless there are none.
            params: Option<Frame>,
        },
        /// Ask for the engine's counters; `counted` answers it.
        Stats {
            /// The request.
            request: RequestId,
        },
        /// Subscribe; `subscribed`, or a `delivery` with an `error` event for it, answers it.
        Subscribe {
            /// The subscription.
            subscription: SubscriptionId,
            /// The statement.
            sql: String,
            /// A parameter frame, unless there are none.
            params: Option<Frame>,
            /// Whether it had a result from a former host. Then a query that has no answer for the data as they are does not end it:
            /// it has one again once they are others.
            resumed: bool,
        },
        /// Give a subscription other parameters, in place; `rebound` answers it, after the delivery of the edits from the rows that
        /// it had to those that it has. If the new ones do not fit or the query fails with them, it stays as it was.
        Rebind {
            /// The request.
            request: RequestId,
            /// The subscription.
            subscription: SubscriptionId,
            /// A parameter frame, unless there are none.
            params: Option<Frame>,
        },
        /// End a subscription; deliveries that crossed this message may still name it.
        Unsubscribe {
            /// The subscription.
            subscription: SubscriptionId,
        },
        /// Tell of each commit from now on: `committed`, the first with the last commit and no tables.
        Listen,
        /// A packet that was to be confirmed has arrived.
        Confirm {
            /// Its number.
            number: u64,
        },
    }
}

message! {
    /// What the host posts to a page client at a time.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Packet {
        /// Counted up by one on a port.
        pub number: u64,
        /// Whether `confirm` is to answer it. While too much is not confirmed, the host does nothing that the page client asks for and
        /// delivers nothing; then it delivers at once what was missed.
        pub confirm: bool,
        /// The messages, in order.
        pub messages: Vec<HostToPage>,
    }
}

message! {
    /// From the host to a page client.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum HostToPage tagged "type" {
        /// The answer to `hello`; its schema script has run.
        Welcome {
            /// The hello's.
            nonce: u64,
            /// The host's epoch.
            epoch: Epoch,
            /// Where the database is kept.
            storage: StorageMode,
            /// The database. If it is another one than before, none of the client's requests was done in it.
            database: DatabaseId,
            /// The client's newest request that the database has a record of; 0 if there is none. It answers that one and those before it
            /// from the record, and does those after it.
            applied: Seq,
            /// The latest commit.
            commit: CommitId,
        },
        /// `hello` is refused: another protocol or configuration, or its schema script failed. Before a hello is welcome nothing else is answered.
        Refused {
            /// The hello's.
            nonce: u64,
            /// Why.
            error: ErrorInfo,
        },
        /// A transaction is open.
        Begun {
            /// The request.
            request: RequestId,
        },
        /// What statements in an open transaction did.
        Stepped {
            /// The request.
            request: RequestId,
            /// The result: of several statements, the rows of the last one that returns any.
            result: StatementResult,
        },
        /// A transaction is undone.
        RolledBack {
            /// The request.
            request: RequestId,
        },
        /// `exec` or `commit` is done and durable.
        Executed {
            /// The request.
            request: RequestId,
            /// The latest commit, which is the request's own if it changed anything.
            commit: CommitId,
            /// The number of rows changed.
            changes: u64,
        },
        /// The result of `query`; what it wrote is durable.
        Queried {
            /// The request.
            request: RequestId,
            /// The latest commit, which is the request's own if it changed anything.
            commit: CommitId,
            /// The columns' names.
            columns: Vec<String>,
            /// A [rows frame](crate::frame).
            rows: Frame,
        },
        /// `transaction` is done and durable.
        Transacted {
            /// The request.
            request: RequestId,
            /// The latest commit, which is the request's own if it changed anything.
            commit: CommitId,
            /// One result a statement, in order.
            results: Vec<StatementResult>,
        },
        /// The answer to `explain`.
        Explained {
            /// The request.
            request: RequestId,
            /// What the engine says.
            explain: Box<Explain>,
        },
        /// The answer to `stats`.
        Counted {
            /// The request.
            request: RequestId,
            /// The counters.
            stats: Stats,
        },
        /// The request failed and changed nothing.
        Failed {
            /// The request.
            request: RequestId,
            /// Why.
            error: ErrorInfo,
        },
        /// The first result of a subscription, or the present one for a page client that had it from a former host.
        Subscribed {
            /// The subscription.
            subscription: SubscriptionId,
            /// The commit that the rows are as of.
            commit: CommitId,
            /// The columns' names.
            columns: Vec<String>,
            /// How the result is maintained.
            plan: PlanKind,
            /// A rows frame.
            rows: Frame,
        },
        /// `rebind` is done: from now on the subscription has the new parameters, also with the hosts to come.
        Rebound {
            /// The request.
            request: RequestId,
            /// The commit that its rows are as of.
            commit: CommitId,
        },
        /// What one commit means for all subscriptions of this page client, whole.
        Delivery(Delivery),
        /// There was a commit, or there were several that the page client was not told of one by one. Their deliveries came before.
        Committed {
            /// The last one.
            commit: CommitId,
            /// The tables that were written; those of attached databases with the name of the database.
            tables: Vec<String>,
            /// Whether other tables may have changed as well, as when the schema does.
            is_partial: bool,
            /// The receiver's own request that made the commit. Its answer follows.
            cause: Option<RequestId>,
        },
    }
}

message! {
    /// What one commit means for all subscriptions of one page client. A page client applies all of it before it tells the
    /// application any of it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Delivery {
        /// A [delivery frame](crate::frame): the commit, and the edits of each subscription that has any.
        pub edits: Frame,
        /// Subscriptions to which something else than edits happened.
        pub events: Vec<SubscriptionEvent>,
        /// The receiver's own request that made the commit or, of a `rebind`, the edits. Its answer follows.
        pub cause: Option<RequestId>,
    }
}

message! {
    /// Something else than edits that happened to a subscription, in a [`Delivery`].
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum SubscriptionEvent tagged "type" {
        /// The result again: a change of the schema changed its columns, or it has an answer again.
        Columns {
            /// The subscription.
            subscription: SubscriptionId,
            /// The columns' names.
            columns: Vec<String>,
            /// A rows frame.
            rows: Frame,
        },
        /// It could not be subscribed or evaluated.
        Error {
            /// The subscription.
            subscription: SubscriptionId,
            /// Why.
            error: ErrorInfo,
            /// Whether it has ended; otherwise it goes on with its old rows.
            closed: bool,
        },
    }
}

message! {
    /// What one statement of a `transaction` did.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct StatementResult {
        /// The number of rows changed.
        pub changes: u64,
        /// The columns' names; none if the statement returns no rows.
        pub columns: Vec<String>,
        /// A rows frame, if the statement returns rows.
        pub rows: Option<Frame>,
    }
}

message! {
    /// How a result is maintained.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum PlanKind {
        /// From the changes.
        Incremental,
        /// By running the query again when a change can affect it.
        Requery,
    }
}

message! {
    /// The engine's counters, of this host since it opened the database.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Stats {
        /// Commits made.
        pub commits: u64,
        /// Live subscriptions.
        pub subscriptions: u64,
        /// Live templates.
        pub templates: u64,
        /// Live bindings.
        pub bindings: u64,
        /// Live dataflows.
        pub dataflows: u64,
        /// Bytes of all that is held: the results, and what plans remember beside them.
        pub state_bytes: u64,
        /// Bytes of what plans remember beside the results.
        pub remembered_bytes: u64,
        /// What they may be, if there is a limit.
        pub memory_budget: Option<u64>,
        /// How often what a plan remembered was dropped because all together was too much.
        pub evicted: u64,
        /// Times that a query was run again.
        pub requeries: u64,
        /// Results brought up to date from what a commit changed.
        pub maintained: u64,
        /// Results evaluated again because maintaining them would have cost more.
        pub refused: u64,
        /// Results evaluated again because a statement of their plan failed or maintaining them became too expensive.
        pub given_up: u64,
        /// Changed rows that came in.
        pub rows_in: u64,
        /// Changed rows that went out.
        pub rows_out: u64,
    }
}
