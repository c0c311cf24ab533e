//! What is behind the engine's lock: each sealed commit is routed, the affected results are brought up to date, and every
//! subscriber is told.
//!
//! [`Core`] is storage with the [`Live`](subscriptions::Live) queries; a [`Handle`] shares it and delivers. The live queries are
//! the subscribers with their sinks, the prepared queries, and the [`Bindings`](bindings::Bindings): a registry of who
//! subscribes to what, the plans at work, and the metrics.

mod binding;
mod bindings;
mod callback;
mod commit;
mod core;
mod describe;
mod handle;
mod hydrate;
mod images;
mod interrupt;
mod mailbox;
mod maintain;
mod outbox;
mod paranoid;
mod plans;
mod provenance;
mod rebind;
mod registry;
mod row_source;
mod schema;
mod sink;
mod subscribers;
mod subscriptions;
mod thread;

pub(crate) use callback::Callback;
pub(crate) use core::Core;
pub(crate) use handle::{Handle, WeakHandle};
pub use interrupt::InterruptHandle;
pub(crate) use mailbox::Mailbox;
#[cfg(test)]
pub(crate) use registry::Registry;
pub(crate) use sink::Sink;
