//! Generated histories: the bulk of the comparisons, and the proof that they compare something.

mod common;

use std::path::{Path, PathBuf};

use tidewater::Strategy;
use tidewater_oracle::campaign::{Budget, fuzz, replay};
use tidewater_oracle::harness::Settings;
use tidewater_oracle::log::Log;
use tidewater_oracle::run_case;

/// Subscription times commit that a run must have compared, in this file's largest campaign alone.
const FLOOR: u64 = 500_000;

/// Cases that reach the floor with room to spare.
const CASES: u64 = 8_000;

/// Where cases go that show something wrong: move them to `regressions/`, where they are run for ever.
fn kept() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/oracle-kept");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

#[test]
fn what_was_wrong_once_stays_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let campaign = replay(&folder, &Settings::default()).expect("regressions can be read");
    common::conclude("regressions", &campaign);
    assert!(campaign.tally.cases > 0, "no regression was found in {}", folder.display());
}

#[test]
fn every_subscription_is_sqlites_answer_at_every_commit() {
    let campaign = fuzz(common::seed(), Budget::new(common::time(900), CASES), &Settings::default(), Some(&kept()));
    common::conclude("generated", &campaign);
    let tally = &campaign.tally;
    assert!(tally.comparisons() >= FLOOR, "only {} comparisons", tally.comparisons());
    assert!(tally.moved_percent() >= 58, "only {} % of the subscriptions ever changed", tally.moved_percent());
    assert!(tally.invalid_percent() <= 4, "SQLite refuses {} % of the queries", tally.invalid_percent());
    assert!(tally.sampled * 100 <= tally.comparisons(), "too much is not compared");
    assert!(tally.tables > 0, "capture was not checked");
}

#[test]
fn requery_agrees_as_well() {
    let settings = Settings { strategy: Strategy::Requery, paranoid: true, ..Settings::default() };
    let campaign = fuzz(common::seed() + 1_000_000, Budget::new(common::time(60), 150), &settings, Some(&kept()));
    common::conclude("requery, paranoid", &campaign);
    assert_eq!(campaign.tally.incremental, 0);
}

#[test]
fn a_seed_gives_the_same_deliveries_each_time() {
    for seed in common::seed()..common::seed() + 40 {
        let [first, second] = [0, 1].map(|_| run_case(seed, &Settings::default(), Log::kept()).log);
        assert_eq!(first.text(), second.text(), "seed {seed}");
        assert!(first.text().is_some_and(|text| text.contains("subscribe")));
    }
}
