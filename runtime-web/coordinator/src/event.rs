//! What happens to a coordinator and what it wants done.

use tidewater_protocol::{CoordinatorToPage, CoordinatorToWorker, PageToCoordinator, TabId, WorkerToCoordinator};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A page client sent a message.
    FromPage {
        /// Its tab.
        tab: TabId,
        /// The message.
        message: PageToCoordinator,
    },
    /// A worker sent a message.
    FromWorker {
        /// Its tab.
        tab: TabId,
        /// The message.
        message: WorkerToCoordinator,
    },
    /// The lock of a watched page client was granted: it is dead.
    PageGone {
        /// Its tab.
        tab: TabId,
    },
    /// The lock of a watched worker was granted: it is dead.
    WorkerGone {
        /// Its tab.
        tab: TabId,
    },
    /// The [deadline](crate::Coordinator::next_deadline) has come.
    Deadline,
}

/// Something to do, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send a message to a page client.
    ToPage {
        /// Its tab.
        tab: TabId,
        /// The message.
        message: CoordinatorToPage,
    },
    /// Send a message to a worker.
    ToWorker {
        /// Its tab.
        tab: TabId,
        /// The message.
        message: CoordinatorToWorker,
    },
    /// Make a MessageChannel and send each message with one of its ports; on the bus, only send them.
    Introduce {
        /// The page client's tab.
        client: TabId,
        /// The message for the page client.
        to_client: CoordinatorToPage,
        /// The host's tab.
        host: TabId,
        /// The message for the host.
        to_host: CoordinatorToWorker,
    },
    /// Request the lock of a page client in mode `shared`, unless that is already done; on the grant tell `pageGone`.
    WatchPage {
        /// Its tab.
        tab: TabId,
    },
    /// Request the lock of a worker in mode `shared`, unless that is already done; on the grant tell `workerGone`.
    WatchWorker {
        /// Its tab.
        tab: TabId,
    },
    /// Nothing more will be sent to the tab: withdraw the requests for its locks and drop its ports.
    Forget {
        /// The tab.
        tab: TabId,
    },
}
