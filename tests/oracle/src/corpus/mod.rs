//! Turns recorded files of writes and queries into subscription tests: every SELECT becomes a subscription, and every write
//! a commit after which all subscriptions are compared.

mod play;
mod slt;
mod standing;
mod variant;

pub use play::{Policy, Schedule, play};
pub use slt::{Record, databases, parse};
pub use standing::{StandingQueries, play_standing};
pub use variant::Variant;
