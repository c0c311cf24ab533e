//! Prepares queries to be subscribed to, and keeps those that were prepared last.

mod cache;
mod query;
mod recent;

pub(crate) use cache::PreparedQueries;
pub(crate) use query::{Planned, PreparedQuery};
#[cfg(test)]
pub(crate) use recent::RecentQueries;

#[cfg(test)]
mod tests;
