//! The oracle: SQLite itself says what every subscription must hold after every commit, and this crate asks it.
//!
//! [`generate`] makes histories from seeds, [`corpus`] reads them from files, [`runner`] plays them on an engine beside a
//! second SQLite database, [`compare`] judges, [`shrink`] makes what is wrong small. No clock, no file and no thread is
//! used here, so the same seeds run in a browser.

#[cfg(not(target_family = "wasm"))]
pub mod campaign;
mod capture;
pub mod case;
pub mod compare;
pub mod corpus;
pub mod finding;
pub mod forcing;
pub mod generate;
pub mod harness;
mod hygiene;
mod live;
pub mod log;
pub mod mirror;
pub mod random;
pub mod runner;
pub mod shadow;
pub mod shares;
pub mod shrink;
pub mod skeleton;
pub mod tally;
mod text;

use harness::Settings;
use log::Log;
use runner::CaseReport;

/// Plays the case of a seed.
#[must_use]
pub fn run_case(seed: u64, settings: &Settings, log: Log) -> CaseReport {
    runner::run(&generate::case(seed), settings, log)
}
