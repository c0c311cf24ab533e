//! Makes queries ready to be subscribed to, and keeps those that were made ready last.

mod query;
mod recent;

pub(crate) use query::{Form, Planned};
pub(crate) use recent::Recent;
