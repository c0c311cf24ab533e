//! The worker of a tab, which can become the host.

mod answer;
mod explanation;
mod leadership;
mod service;

#[cfg(target_arch = "wasm32")]
mod actor;
#[cfg(target_arch = "wasm32")]
mod storage;

#[cfg(test)]
mod service_tests;

pub use leadership::{Leadership, Opening, Order};
pub use service::{Outgoing, Service};
