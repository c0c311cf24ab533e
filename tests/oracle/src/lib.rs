//! The oracle: after every commit, compares every subscription with what SQLite returns.
//!
//! [`generate`] makes histories from seeds, [`corpus`] reads them from files, [`runner`] plays them on an engine and on a
//! second SQLite database, [`compare`] compares results, [`shrink`] shrinks failing cases. The crate uses no clock, files
//! or threads outside [`campaign`] and the programs, so the same seeds run in a browser.

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
