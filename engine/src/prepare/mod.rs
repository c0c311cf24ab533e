//! Prepares queries to be subscribed to, and keeps those that were prepared last.

mod query;
mod recent;

pub(crate) use query::{Planned, PreparedQuery};
pub(crate) use recent::RecentQueries;

#[cfg(test)]
mod tests;
