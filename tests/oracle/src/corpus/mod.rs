//! Recorded stories of writes and queries, turned into subscription tests: every SELECT that a file asks becomes a
//! subscription, and every write a commit after which all of them are compared.

mod play;
mod slt;
mod standing;
mod variant;

pub use play::{Plan, Policy, play};
pub use slt::{Record, databases, parse};
pub use standing::{Standing, play_standing};
pub use variant::Variant;
