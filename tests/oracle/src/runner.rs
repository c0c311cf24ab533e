//! Runs cases: steps in order, the engine's panics caught, everything counted.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::case::Case;
use crate::finding::{Fault, Finding};
use crate::harness::{Harness, Settings};
use crate::log::Log;
use crate::tally::Tally;

/// What a case gave.
#[derive(Clone, Debug)]
pub struct CaseReport {
    /// What was counted.
    pub tally: Tally,
    /// What was wrong, if anything.
    pub finding: Option<Finding>,
    /// What was delivered.
    pub log: Log,
}

/// Runs a case on a fresh engine beside a fresh oracle.
#[must_use]
pub fn run(case: &Case, settings: &Settings, log: Log) -> CaseReport {
    let settings = Settings { disabled: settings.disabled.or(case.disabled), ..settings.clone() };
    let mut harness = Harness::new(settings, log);
    let at = Cell::new(0);
    let finding = caught(|| steps(&mut harness, case, &at)).map(|finding| Finding { step: at.get(), ..finding });
    close(&harness, finding)
}

/// Sums up what a harness has done.
pub(crate) fn close(harness: &Harness, finding: Option<Finding>) -> CaseReport {
    let mut tally = harness.tally.clone();
    tally.cases = 1;
    let stats = harness.engine().stats().expect("no call of the engine is around this one");
    (tally.maintained, tally.rerun) = (stats.maintained, stats.requeries);
    (tally.refused, tally.refills) = (stats.refused, stats.refills);
    let finding = finding.filter(|finding| finding.fault != Fault::GaveUp && !harness.mirror().picks_rowids());
    match finding.as_ref().map(|finding| finding.fault) {
        None => {}
        Some(Fault::Crash) => tally.crashes += 1,
        Some(_) => tally.mismatches += 1,
    }
    CaseReport { tally, finding, log: harness.log.clone() }
}

/// Runs something that uses the engine; a panic of the engine is a finding like any other.
pub fn caught(body: impl FnOnce() -> Option<Finding>) -> Option<Finding> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().cloned();
        let message = message.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Some(Finding::new(Fault::Crash, "", message.unwrap_or_default()))
    })
}

fn steps(harness: &mut Harness, case: &Case, at: &Cell<usize>) -> Option<Finding> {
    for (index, step) in case.steps.iter().enumerate() {
        at.set(index);
        if let Err(finding) = harness.step(step) {
            return Some(finding);
        }
    }
    at.set(case.steps.len());
    harness.finish().err()
}
