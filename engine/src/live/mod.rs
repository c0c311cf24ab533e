//! What is behind the engine's lock: each sealed commit is routed, the affected results are brought up to date, and every
//! subscriber is told.

mod core;
mod handle;
mod mailbox;
mod maintenance;
mod provenance;
mod rebind;
mod registry;
mod row_source;
mod state;

pub(crate) use core::Core;
pub(crate) use handle::{Handle, WeakHandle};
pub(crate) use mailbox::Mailbox;
#[cfg(test)]
pub(crate) use registry::Registry;
pub(crate) use state::Sink;
