//! The messages that the actors of a browser exchange, defined once: the macro of [`form`] gives their JavaScript form, a test writes
//! their TypeScript types to `bindings/js/src/generated/protocol.ts` and fails when that file has drifted.
//!
//! # Actors
//! - **page client**: one in each tab for each database. It owns the application's subscriptions and unanswered requests.
//! - **worker**: one DedicatedWorker beside each page client. The worker that the coordinator chooses and that gets the storage lock is the
//!   **host**: only it opens the database. A worker loads the engine when it is likely to become the host.
//! - **coordinator**: one SharedWorker for each database (without SharedWorker: one DedicatedWorker of some tab, chosen by
//!   the lock [`names::coordinator`]). It knows the tabs, picks the host and introduces page clients to it. It keeps
//!   nothing that the others cannot tell it again, so its death loses nothing.
//!
//! Page client and worker of a tab share one [`TabId`], drawn at random when they start together. Neither outlives the
//! other under that id: a page that has to replace a worker (after a panic, on `resume`, on `pageshow` of a page that was
//! frozen) says goodbye, draws a new [`TabId`] and registers as a new tab. A tab's death is therefore final, and no
//! message of a former life can be taken for one of the present.
//!
//! # Channels
//! | between | messages | carried by |
//! | --- | --- | --- |
//! | page client and coordinator | [`PageToCoordinator`], [`CoordinatorToPage`] | the SharedWorker's port |
//! | worker and coordinator | [`WorkerToCoordinator`], [`CoordinatorToWorker`] | a port transferred with [`PageToCoordinator::Register`] |
//! | page client and host | [`PageToHost`], [`HostToPage`] | a port transferred with the two `Connect` messages |
//!
//! Ports travel in a message's transfer list and are read from `event.ports[0]`; the messages themselves hold plain data
//! only. Without SharedWorker ports cannot be passed on, and everything goes over one BroadcastChannel in an [`Envelope`].
//!
//! # Liveness
//! Every page client holds the lock [`names::page`], every worker [`names::worker`], from before it registers until it
//! dies; the coordinator requests both and takes the grant for the news of a death. The coordinator holds
//! [`names::coordinator_instance`] from before its first answer; page clients request it once `registered` tells them the
//! instance, and on the grant connect and register again. Until `registered` comes they cannot: after 2 seconds without
//! it they connect again. Holders hold in mode `exclusive`; those who wait for a death request in mode `shared`, so that all are granted
//! at once and a frozen one holds up nobody, and let go immediately.
//!
//! On `freeze` and `pagehide` a page client terminates its worker, withdraws its requests and says goodbye.
//!
//! On the bus a starting coordinator greets everybody with `coordinatorStarted`, and everybody who hears it registers, with
//! whichever coordinator lives. This relies on a BroadcastChannel bringing each receiver everything in the order in which it was posted.
//!
//! # What becomes of a request when the host dies
//! A message that was posted may have been handled or not, and an answer that was posted may be lost with its process:
//! a port promises nothing about the death of its other end. So the database itself knows what was done: with each write the host stores in the
//! same transaction, in the **ledger** of the engine, the client, the request's [`Seq`], and the answer.
//!
//! A page client posts the requests that may write (`exec`, `query`, `transaction`) with [`Seq`]s that rise, and to each new host
//! all those again that have no answer, in the order of these numbers and before newer ones. The host does so:
//! 1. A number above the client's newest in the ledger: it does what is asked for and stores the answer in the same transaction. If that fails,
//!    it stores the error in a transaction of its own.
//! 2. A number that is in the ledger: it answers from there, and does nothing.
//! 3. Any other: a `query` that certainly only reads, it runs; these are not stored. Everything else was acknowledged, or failed
//!    while the disk was full: [`codes::OUTCOME_UNKNOWN`].
//!
//! Invariant: a request is in the ledger if and only if its transaction was committed, since both are one commit; and the newest number of a client
//! in the ledger never falls, since its row stays until the client has written nothing for a day. Hence a write whose answer was
//! lost is answered (2), one that was not done is done (1), and none is done twice.
//!
//! With each request the page client says up to which number it knows all answers; these are deleted. A number may be
//! left out: a port delivers everything in order or, when its other end is dead, nothing more.
//!
//! Three cases are outside of this. A statement that no transaction contains (VACUUM, most PRAGMAs) and a script with a BEGIN of its own
//! are stored before they run and again when they are done: if the host dies in between, the answer is [`codes::OUTCOME_UNKNOWN`]. A page that was frozen for more than a
//! day with writes under way may find its rows deleted; `welcome` shows it, and they end with [`codes::SESSION_EXPIRED`]. And in
//! [`StorageMode::Memory`] a new host starts with an empty database, as [`DatabaseId`] tells: what has no answer is done there.
//!
//! A transaction that stays open (`begin`) dies with its host, and nothing of it was done. Its `commit` is recorded as any write is, but under
//! numbers of its own: it overtakes what the page client asked for before, which waits for the transaction to end. If a new host is asked for
//! a commit that is in the ledger, it answers from there; otherwise the transaction is lost.
//!
//! `explain` and `stats` only read, and are posted again. So is a `rebind`, after the subscriptions: each subscribes
//! with the parameters that its rows are of, the last ones of which a delivery or an answer told that they hold.
//!
//! # Numbers
//! Ids and counters are `u64` here and JavaScript numbers there, exact up to 2^53: at a million commits a
//! second that is 285 years. SQLite's 64-bit integers never travel as numbers of a message, only inside a [`Frame`].

pub mod codes;
pub mod form;
pub mod frame;
pub mod names;

mod bus;
mod by_id;
mod control;
mod data;
mod explain;
mod ids;
#[cfg(test)]
mod message_tests;
#[cfg(test)]
mod typescript_tests;

pub use bus::{Address, BusMessage, Envelope};
pub use by_id::ById;
pub use control::{
    CoordinatorToPage, CoordinatorToWorker, HostFailure, HostState, Hosting, PageToCoordinator, Status, StorageMode,
    WorkerToCoordinator,
};
pub use data::{
    Configuration, Delivery, ErrorInfo, HostToPage, Packet, PageToHost, PlanKind, Statement, StatementResult, Stats,
    SubscriptionEvent,
};
pub use explain::{Explain, Found, LiveStep, LiveTemplate, Route, RoutePredicate, Step, TableColumns, WantedIndex};
pub use form::{Form, Message};
pub use frame::Frame;
pub use ids::{ClientId, CommitId, DatabaseId, Epoch, InstanceId, RequestId, Seq, SubscriptionId, TabId, Term};

/// The version of everything in this crate. Actors of different versions do not talk: one that registers with another
/// version is answered `upgradeRequired`.
pub const PROTOCOL: u32 = 6;
