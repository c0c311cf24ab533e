//! Generated histories: the bulk of the comparisons, and the proof that they compare something.

mod common;

use std::path::{Path, PathBuf};

use tidewater::{PlannerFeature, SumStore};
use tidewater_oracle::campaign::{AT_ONCE, Budget, Fuzz, fuzz, replay, skeletons};
use tidewater_oracle::generate::{Family, case_of};
use tidewater_oracle::harness::{Settings, Way};
use tidewater_oracle::log::Log;
use tidewater_oracle::{run_case, runner};

/// The number of comparisons that this file's largest campaign must make.
const FLOOR: u64 = 250_000;

/// A number of cases that clearly exceeds the minimum.
const CASES: u64 = 2_500;

/// Cases of all families, each played in every way.
const PLAYED: u64 = 1_800;

/// The number of plays with disabled planner features.
const FORCED: u64 = 1_700;

/// The minimum share of subscriptions, in percent, that plans maintain when they begin: a plan that cannot give the first rows
/// does not count. Raise it when the engine learns more.
const INCREMENTAL: [(Family, u64); 14] = [
    (Family::Mixed, 87),
    (Family::Scalar, 96),
    (Family::Inner, 95),
    (Family::Outer, 95),
    (Family::Aggregate, 93),
    (Family::Distinct, 90),
    (Family::Compound, 94),
    (Family::Subquery, 88),
    (Family::Derived, 91),
    (Family::Order, 94),
    (Family::Limit, 94),
    (Family::Window, 60),
    (Family::Recursive, 95),
    (Family::Values, 94),
];

/// The folder for failing cases; move them to `regressions/`, where every run plays them.
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
    let mixed = Fuzz { ways: vec![Way::Always], ..Fuzz::of(Family::Mixed, common::seed()) };
    let campaign = fuzz(&mixed, Budget::new(common::time(900), CASES), &Settings::default(), Some(&kept()));
    common::conclude("generated", &campaign);
    let tally = &campaign.tally;
    assert!(tally.comparisons() >= FLOOR, "only {} comparisons", tally.comparisons());
    assert!(tally.moved_percent() >= 58, "only {} % of the subscriptions ever changed", tally.moved_percent());
    assert!(tally.invalid_percent() <= 4, "SQLite refuses {} % of the queries", tally.invalid_percent());
    assert!(tally.sampled * 100 <= tally.comparisons(), "too much is not compared");
    assert!(tally.plan_dependent * 1000 <= tally.comparisons(), "{} failures are ours alone", tally.plan_dependent);
}

#[test]
fn each_family_is_right_whichever_way_it_is_maintained() {
    let all = Fuzz::all(common::seed() + 3_000_000);
    let campaign = fuzz(&all, Budget::new(common::time(900), PLAYED), &Settings::default(), Some(&kept()));
    common::conclude("families", &campaign);
    assert!(campaign.tally.tables > 0, "capture was not checked");
    assert!(
        campaign.tally.moved_percent() >= 58,
        "only {} % of the subscriptions moved",
        campaign.tally.moved_percent()
    );
    for (family, tally) in campaign.shares.always() {
        let floor = INCREMENTAL.iter().find(|(known, _)| *known == family).map_or(100, |(_, floor)| *floor);
        let share = tally.incremental_percent();
        assert!(share >= floor, "plans maintain {share} % of {family}, and were to maintain {floor} %");
        assert!(tally.moved_percent() >= 40, "only {} % of {family} ever changed", tally.moved_percent());
        assert!(tally.subscriptions > 200, "{family} is hardly there");
    }
    assert_eq!(campaign.shares.always().count(), Family::ALL.len());
}

#[test]
fn whatever_the_planner_leaves_out_the_results_are_the_same() {
    let forced = Fuzz { ways: Vec::new(), forced: 4, ..Fuzz::all(common::seed() + 4_000_000) };
    let campaign = fuzz(&forced, Budget::new(common::time(120), FORCED), &Settings::default(), Some(&kept()));
    common::conclude("forced", &campaign);
    assert_eq!(campaign.forcings.by_feature().count(), PlannerFeature::ALL.len(), "some feature was never disabled");
    for (feature, tally) in campaign.forcings.by_feature() {
        let name = feature.name();
        assert!(
            tally.comparisons() > 2_000,
            "with {name} disabled there were only {} comparisons",
            tally.comparisons()
        );
        assert!(tally.maintained > 500, "with {name} disabled plans maintain hardly anything");
    }
}

#[test]
fn skeletons_are_right_at_every_step_of_the_walk() {
    let campaign = skeletons(AT_ONCE, &Way::ALL, &Settings::default(), Some(&kept()));
    common::conclude("skeletons", &campaign);
    let tally = &campaign.tally;
    assert_eq!((tally.invalid, tally.too_slow, tally.closed, tally.failing), (0, 0, 0, 0), "all skeletons are walked");
    assert!(tally.moved_percent() >= 54, "only {} % of the skeletons ever changed", tally.moved_percent());
    assert!(tally.comparisons() >= 300_000, "only {} comparisons", tally.comparisons());
}

#[test]
fn requery_agrees_as_well() {
    let settings = Settings { paranoid: true, ..Settings::default() };
    let requery = Fuzz { ways: vec![Way::Requery], ..Fuzz::of(Family::Mixed, common::seed() + 1_000_000) };
    let campaign = fuzz(&requery, Budget::new(common::time(60), 150), &settings, Some(&kept()));
    common::conclude("requery, paranoid", &campaign);
    assert_eq!((campaign.tally.incremental, campaign.tally.maintained), (0, 0));
}

#[test]
fn the_engines_own_comparison_agrees() {
    let settings = Settings { paranoid: true, ..Settings::default() };
    let campaign = fuzz(
        &Fuzz::of(Family::Mixed, common::seed() + 2_000_000),
        Budget::new(common::time(60), 150),
        &settings,
        Some(&kept()),
    );
    common::conclude("paranoid", &campaign);
}

#[test]
fn a_seed_gives_the_same_deliveries_each_time() {
    for seed in common::seed()..common::seed() + 40 {
        let [first, second] = [0, 1].map(|_| run_case(seed, &Settings::default(), Log::kept()).log);
        assert_eq!(first.text(), second.text(), "seed {seed}");
        assert!(first.text().is_some_and(|text| text.contains("subscribe")));
    }
}

/// Differential-dataflow and a hash table keep the same sums, so that a browser, which has the latter, delivers what is tested here.
#[test]
fn both_stores_of_sums_give_the_same_deliveries() {
    assert_ne!(SumStore::default(), SumStore::HashTable, "the feature `differential` is off");
    let stores = [SumStore::default(), SumStore::HashTable];
    let mut maintained = 0;
    for family in [Family::Aggregate, Family::Distinct, Family::Compound, Family::Derived] {
        for seed in common::seed()..common::seed() + 40 {
            let case = case_of(family, seed);
            let [differential, hash_table] =
                stores.map(|sums| runner::run(&case, &Settings { sums, ..Settings::default() }, Log::kept()));
            assert_eq!(differential.log.text(), hash_table.log.text(), "{family}, seed {seed}");
            assert_eq!(differential.finding, None, "{family}, seed {seed}");
            maintained += hash_table.tally.maintained;
        }
    }
    assert!(maintained > 1_000, "plans maintained only {maintained} commits");
}
