//! What the worker of a tab decides, no browser anywhere: when it becomes the host and when it stops, which page client
//! talks on which port, what requests do to the database, how long files are waited for that somebody else holds.
//!
//! The crate `tidewater-worker` has the ports, locks and files, and does what is decided here.

mod answer;
mod commits;
mod connections;
mod explanation;
mod files;
mod flow;
mod host;
#[cfg(test)]
mod host_tests;
mod leadership;
mod listening;
mod missed;
mod open;
mod record;
mod scheduler;
mod service;
#[cfg(test)]
mod service_tests;
mod subscriptions;
mod transactions;
#[cfg(test)]
mod transactions_tests;
mod warm_up;
mod writes;
#[cfg(test)]
mod writes_tests;

pub use connections::{Connections, PortNumber};
pub use files::{Patience, RETRY_EVERY, Refusal, patience};
pub use host::{Host, Turn};
pub use leadership::{Leadership, Opened, Opening, Order, Retired};
pub use service::{Outgoing, Service, options};
pub use warm_up::warm_up;
