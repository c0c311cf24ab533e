//! The one channel of the fallback without SharedWorker: everything in envelopes over a BroadcastChannel.

use crate::form::message;
use crate::{
    CoordinatorToPage, CoordinatorToWorker, Epoch, InstanceId, Packet, PageToCoordinator, PageToHost, TabId,
    WorkerToCoordinator,
};

message! {
    /// A message with its way. Everybody hears every envelope and drops those that are not for them.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Envelope {
        /// The sender.
        pub from: Address,
        /// The receiver.
        pub to: Address,
        /// The message.
        pub message: BusMessage,
    }
}

message! {
    /// Somebody on the bus.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    pub enum Address tagged "type" {
        /// The coordinator.
        Coordinator,
        /// The page client of a tab.
        Page {
            /// The tab.
            tab: TabId,
        },
        /// The worker of a tab.
        Worker {
            /// The tab.
            tab: TabId,
        },
        /// All page clients and workers.
        Everyone,
    }
}

message! {
    /// A message of any channel. Epochs and instances stand for the ports that there are not: on the data plane page clients
    /// and hosts drop messages of an epoch that is not the one they are in; on the control plane page clients and workers drop
    /// all messages but `coordinatorStarted` of a coordinator that is not the one whose `registered` they heard last.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum BusMessage tagged "channel" {
        /// From a page client to the coordinator.
        PageToCoordinator {
            /// The message.
            message: PageToCoordinator,
        },
        /// From the coordinator to a page client, or to everyone.
        CoordinatorToPage {
            /// The coordinator.
            instance: InstanceId,
            /// The message.
            message: CoordinatorToPage,
        },
        /// From a worker to the coordinator.
        WorkerToCoordinator {
            /// The message.
            message: WorkerToCoordinator,
        },
        /// From the coordinator to a worker, or to everyone.
        CoordinatorToWorker {
            /// The coordinator.
            instance: InstanceId,
            /// The message.
            message: CoordinatorToWorker,
        },
        /// From a page client to the host.
        PageToHost {
            /// The host's epoch.
            epoch: Epoch,
            /// The messages, in order.
            message: Vec<PageToHost>,
        },
        /// From the host to a page client.
        HostToPage {
            /// The host's epoch.
            epoch: Epoch,
            /// The messages.
            message: Packet,
        },
    }
}
