//! The messages that the actors of a browser exchange, defined once: the macro of [`form`] gives their JavaScript form, a test writes
//! their TypeScript types to `bindings/js/src/generated/protocol.ts` and fails when that file has drifted.
//!
//! # Actors
//! - **page client**: one in each tab for each database. It owns the application's subscriptions and unanswered requests.
//! - **worker**: one DedicatedWorker beside each page client, warm. The one that is told to and gets the storage lock is
//!   the **host**: it alone opens the database.
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
//! a port promises nothing about the death of its other end. Hence no acknowledgement that the host *posts* can prove
//! that a write was *not* done, and there is none. The proof is in the database, whose commit number rises with
//! every transaction that changes it, in the same transaction. So a page client treats a request of its own that has no answer so:
//! 1. Never posted: it is posted to the next host.
//! 2. `explain` and `stats`, which only read: they are posted again. So is a `rebind`, after the subscriptions: each subscribes
//!    with the parameters that its rows are of, the last ones of which a delivery or an answer told that they hold.
//! 3. A write that was posted: let `known` be the highest commit in any message so far, leaving out deliveries that have a
//!    `cause` (the answer counts, once it is there). If another host than the one it was posted to welcomes the page client,
//!    and found the database at `known` ([`HostToPage::Welcome`]'s `opened`), then nothing was committed since, so the write
//!    was not, and it is posted again. Otherwise it *may* have been committed, and it ends with [`codes::OUTCOME_UNKNOWN`].
//!
//! 4. A `query` that was posted, which may read or write: the page client does not read SQL. Where rule 3 posts a write again, it
//!    is posted as it was. Otherwise it is posted with `again`: the engine knows whether a statement certainly only reads, and
//!    the host runs those and answers all others [`codes::OUTCOME_UNKNOWN`]. Once posted so, it stays so.
//!
//! Rule 3 is sound: a host posts answers in the order of commits, so `known` is below the commit of an unanswered write; a new
//! host opens the database after the old one's death, so `opened` is not below any commit of the old one. It errs on the
//! side of `outcome_unknown`: commits of other tabs that did not concern this page client look the same as its own.
//! In [`StorageMode::Memory`] a new host starts with an empty database at commit 0: what was acknowledged is gone with the
//! old one, and the rule answers `outcome_unknown` unless nothing had been committed at all.
//! After `welcome` and these decisions `known` is `welcome`'s `commit`.
//!
//! Requests that are posted again keep their order and go before newer ones.
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
    Configuration, Delivery, ErrorInfo, HostToPage, PageToHost, PlanKind, Statement, StatementResult, Stats,
    SubscriptionEvent,
};
pub use explain::{Explain, Found, LiveStep, LiveTemplate, Route, RoutePredicate, Step, TableColumns, WantedIndex};
pub use form::{Form, Message};
pub use frame::Frame;
pub use ids::{CommitId, Epoch, InstanceId, RequestId, SubscriptionId, TabId, Term};

/// The version of everything in this crate. Actors of different versions do not talk: one that registers with another
/// version is answered `upgradeRequired`.
pub const PROTOCOL: u32 = 4;
