//! The control plane: who is there, who is the host, how to reach it.

use crate::form::message;
use crate::{Epoch, ErrorInfo, InstanceId, TabId, Term};

message! {
    /// Where the database is kept.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum StorageMode {
        /// In the origin private file system: it persists.
        Opfs,
        /// In the host's memory: it is gone when the host is.
        Memory,
    }
}

message! {
    /// From a page client to the coordinator.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum PageToCoordinator tagged "type" {
        /// The first message. It transfers a port whose other end the page client gave to its worker. Sent again to
        /// every new coordinator.
        Register {
            /// The tab.
            tab: TabId,
            /// [`PROTOCOL`](crate::PROTOCOL) of the page client.
            protocol: u32,
            /// Whether `document.visibilityState` is `visible`.
            visible: bool,
            /// How long ago it was last visible, in milliseconds; absent if it never was. No time: no two clocks agree.
            hidden_for: Option<u64>,
            /// Whether its page client has registered before, as another tab: then it brings no news to a database that cannot be opened.
            returning: bool,
            /// The highest epoch it has heard of; 0 if none.
            epoch: Epoch,
        },
        /// `visibilitychange` fired.
        Visibility {
            /// Whether the page is visible now.
            visible: bool,
        },
        /// The page client is closing, being hidden for good or frozen; it has terminated its worker.
        Goodbye,
    }
}

message! {
    /// From the coordinator to a page client.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum CoordinatorToPage tagged "type" {
        /// A coordinator is there that does not know the receiver, who has to register. The bus brings it to everybody when a
        /// coordinator starts; a port brings it in answer to a message from a tab that has not registered.
        CoordinatorStarted {
            /// The coordinator.
            instance: InstanceId,
        },
        /// The answer to `register`: the page client now queues for the lock of `instance`.
        Registered {
            /// The coordinator.
            instance: InstanceId,
        },
        /// The coordinator speaks another version; the tab is not registered.
        UpgradeRequired {
            /// The coordinator's version: if it is the higher one, this page has to be reloaded, else the other tabs.
            protocol: u32,
        },
        /// Another coordinator serves the database, and the name of a [lock](crate::names::coordinator_at) tells where it is. The
        /// sender ends.
        Elsewhere,
        /// There is a host. The message transfers a port to it (on the bus: address it by `host` and `epoch`), on which
        /// the page client says [`PageToHost::Hello`](crate::PageToHost::Hello) and nothing else before it is welcome. It
        /// replaces a connection to another host or epoch, and one that was not welcomed yet; one that was, to the same
        /// host and epoch, stays, and the new port is closed (a new coordinator introduces everybody again).
        Connect {
            /// The tab whose worker is the host.
            host: TabId,
            /// The term in which it became the host.
            term: Term,
            /// Its epoch.
            epoch: Epoch,
            /// Where it keeps the database.
            storage: StorageMode,
        },
        /// The host is gone; unanswered requests wait for the next `connect`.
        HostLost {
            /// The tab whose worker was the host.
            host: TabId,
            /// Its epoch.
            epoch: Epoch,
        },
        /// The page client's worker is dead. A page client that did not notice says goodbye, starts another worker and registers
        /// as a new tab.
        WorkerLost,
        /// Something that an application may want to show has changed.
        Status {
            /// How things stand.
            status: Status,
        },
    }
}

message! {
    /// How the coordinator sees the database.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Status {
        /// The state of the host.
        pub state: HostState,
        /// The tab that is the host, in the states `ready` and `stalled`.
        pub host: Option<TabId>,
        /// The term of the host, or of the last one.
        pub term: Term,
        /// The latest epoch heard of.
        pub epoch: Epoch,
        /// Where the database is kept, once that is decided.
        pub storage: Option<StorageMode>,
        /// The number of registered tabs.
        pub tabs: u32,
        /// Why there is no host, in the states `busy` and `unavailable`.
        pub error: Option<ErrorInfo>,
    }
}

message! {
    /// The state of the host, in [`Status`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum HostState {
        /// No tab can become the host yet.
        Waiting,
        /// A worker is becoming the host.
        Electing,
        /// The storage is held by somebody who has not registered here: another version of the application, a tab that is
        /// slow to die or frozen. It is waited for, never replaced.
        Busy,
        /// There is a host and it answers.
        Ready,
        /// There is a host, but it does not answer: it runs a long statement or its tab is frozen.
        Stalled,
        /// Every attempt failed; the next one comes with the next tab, or much later.
        Unavailable,
    }
}

message! {
    /// From a worker to the coordinator.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum WorkerToCoordinator tagged "type" {
        /// The first message on its port, sent once it holds its lock. Sent again to every new coordinator.
        Register {
            /// The tab.
            tab: TabId,
            /// [`PROTOCOL`](crate::PROTOCOL) of the worker.
            protocol: u32,
            /// What an earlier coordinator made it.
            hosting: Option<Hosting>,
        },
        /// The worker holds the storage and serves.
        HostReady {
            /// The term it was given.
            term: Term,
            /// The epoch it wrote into the database.
            epoch: Epoch,
            /// Where it keeps the database.
            storage: StorageMode,
        },
        /// The worker could not become the host and holds nothing; it can be asked again.
        HostFailed {
            /// The term it was given.
            term: Term,
            /// What stood in the way.
            reason: HostFailure,
            /// The error, for people.
            message: String,
        },
        /// The worker was told to retire, and holds nothing any more.
        HostDown {
            /// The term that ends.
            term: Term,
        },
        /// Its last words: its instance panicked or trapped, and it closes. What it held is free when its lock is.
        Poisoned {
            /// What happened.
            error: ErrorInfo,
        },
        /// The answer to `ping`.
        Pong {
            /// The ping's.
            nonce: u64,
        },
    }
}

message! {
    /// What a worker tells a new coordinator about its leadership.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Hosting tagged "state" {
        /// It was told to become the host; `hostReady` or `hostFailed` follows.
        Opening {
            /// The term it was given.
            term: Term,
        },
        /// It is the host. Ports that page clients have to it keep working.
        Ready {
            /// The term it was given.
            term: Term,
            /// Its epoch.
            epoch: Epoch,
            /// Where it keeps the database.
            storage: StorageMode,
        },
    }
}

message! {
    /// Why a worker could not become the host.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum HostFailure {
        /// Somebody else holds the storage lock, or the files (NoModificationAllowedError) for longer than the worker retried.
        Busy,
        /// The storage mode does not exist here (SecurityError, NotSupported). Reported only while holding the storage lock.
        Unavailable,
        /// Anything else: the database is corrupt, the disk is full, the WebAssembly module does not load.
        Failed,
    }
}

message! {
    /// From the coordinator to a worker.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum CoordinatorToWorker tagged "type" {
        /// As for page clients. Over a port the page client brings a new port; over the bus the worker registers by itself.
        CoordinatorStarted {
            /// The coordinator.
            instance: InstanceId,
        },
        /// The answer to `register`.
        Registered {
            /// The coordinator.
            instance: InstanceId,
        },
        /// The coordinator speaks another version; the worker stays unused.
        UpgradeRequired {
            /// The coordinator's version.
            protocol: u32,
        },
        /// The worker is likely to become the host next: prepare, so that it takes no longer than it must.
        StandBy,
        /// Take the storage lock with `ifAvailable`, open the database and answer `hostReady` or `hostFailed`. While opening the files
        /// retry on NoModificationAllowedError for up to 5 seconds; on any failure release the lock before answering. A worker
        /// that is becoming the host already goes on in the new term, also if it was told to retire; one that is the host answers
        /// `hostReady` as it is.
        BecomeHost {
            /// The attempt.
            term: Term,
            /// Where to keep the database; there is no falling back from it.
            storage: StorageMode,
            /// The epoch must be higher than this one and than the one stored in the database.
            after: Epoch,
        },
        /// Close the database, release the storage lock and answer `hostDown`; while opening, do so once it is open. A term that
        /// is not the worker's is answered at once.
        Retire {
            /// The term that shall end.
            term: Term,
        },
        /// A page client wants to talk to the host of `term`; the message transfers the port. Unless the worker is that host
        /// it closes the port. A former port of the same page client is closed, at once if no `hello` has arrived on it, else when
        /// one arrives on the new port.
        Connect {
            /// The page client.
            client: TabId,
            /// The term of the host that is meant.
            term: Term,
        },
        /// A page client is gone: drop its port, its subscriptions and its waiting requests.
        Disconnect {
            /// The page client.
            client: TabId,
        },
        /// Answer `pong`.
        Ping {
            /// To be repeated in the answer.
            nonce: u64,
        },
    }
}
