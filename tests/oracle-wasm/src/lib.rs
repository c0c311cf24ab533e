//! The oracle in a browser: a seed's case is played as natively, and its log has to come out the same.
#![cfg(target_arch = "wasm32")]

use tidewater_oracle::harness::Settings;
use tidewater_oracle::log::Log;
use tidewater_oracle::{run_case, runner::CaseReport};
use wasm_bindgen::prelude::*;

/// Lets a panic say what it is: wasm itself only says `unreachable`.
#[wasm_bindgen(start)]
fn start() {
    std::panic::set_hook(Box::new(|panic| wasm_bindgen::throw_str(&panic.to_string())));
}

/// What a case gave.
#[wasm_bindgen]
pub struct Played {
    report: CaseReport,
}

#[wasm_bindgen]
impl Played {
    /// The hash of the log of everything delivered.
    #[wasm_bindgen(getter)]
    pub fn hash(&self) -> String {
        self.report.log.hash_text()
    }

    /// The log itself, if it was kept.
    #[wasm_bindgen(getter)]
    pub fn log(&self) -> Option<String> {
        self.report.log.text().map(str::to_owned)
    }

    /// What was wrong, if anything was.
    #[wasm_bindgen(getter)]
    pub fn finding(&self) -> Option<String> {
        self.report.finding.as_ref().map(ToString::to_string)
    }

    /// Subscriptions times commits that were compared with SQLite.
    #[wasm_bindgen(getter)]
    pub fn comparisons(&self) -> f64 {
        self.report.tally.comparisons() as f64
    }
}

/// Plays the case of a seed.
#[wasm_bindgen]
pub fn play(seed: u32, keep: bool) -> Played {
    let log = if keep { Log::kept() } else { Log::hashed() };
    Played { report: run_case(u64::from(seed), &Settings::default(), log) }
}
