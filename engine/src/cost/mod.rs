//! What maintaining costs and may cost: pure policy, without a lock and without SQLite.

mod backoff;
mod budget;
mod gate;
mod metrics;

pub(crate) use backoff::Backoff;
pub(crate) use budget::Budget;
pub(crate) use gate::Plans;
pub(crate) use metrics::{Counts, Standings};
