//! Measures what subscriptions cost as ratios to what they replace. Both sides are measured alternately in one run, and
//! each ratio has a target. Nothing here depends on how the engine maintains a result.
//!
//! [`run`] takes the clock and the databases from its caller (a [`World`]), so the same lines are measured natively and in
//! a browser. [`native`] is the caller with files and a clock.

pub mod chat;
mod chinook;
mod failure;
mod lines;
pub mod measure;
pub mod memory;
#[cfg(not(target_family = "wasm"))]
pub mod native;
mod query;
pub mod report;
pub mod soak;
mod trio;
mod units;
mod world;

pub use chinook::Chinook;
pub use failure::{Failure, Outcome};
pub use lines::{GROUPS, run};
pub use query::{Class, Query, Statement, Write};
pub use trio::{Raw, Trio, configure, edit_count, select, time_write, watch};
pub use world::{Data, Settings, World};
