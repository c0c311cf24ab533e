//! Recorded corpora, if they are there: thousands of files that others wrote, each SELECT of them a subscription.

mod common;

use std::path::PathBuf;

use tidewater_oracle::campaign::{Budget, Campaign, Selection, corpus, corpus_folder, standing};
use tidewater_oracle::corpus::{Policy, Variant};
use tidewater_oracle::harness::Settings;

/// A set of the corpora; `None`, with a word about it, where they are not.
fn set(name: &str) -> Option<PathBuf> {
    let folder = corpus_folder().map(|folder| folder.join(name)).filter(|folder| folder.is_dir());
    if folder.is_none() {
        println!("skipped: no corpus `{name}`; name its folder in TIDEWATER_CORPUS");
    }
    folder
}

/// Plays a part of a set in all variants, early and late.
fn sample(name: &str, subscriptions: usize, one_in: usize, seconds: u64) {
    let Some(folder) = set(name) else { return };
    let mut all = Campaign::default();
    for (round, variant) in Variant::ALL.into_iter().enumerate() {
        for policy in [Policy::Early, Policy::Late] {
            let seed = common::seed() + round as u64;
            let selection = Selection { variant, policy, subscriptions, one_in, seed };
            let budget = Budget::new(common::time(seconds) / 12, u64::MAX);
            let campaign = corpus(&folder, &selection, budget, &Settings::default()).expect("the corpus can be read");
            all.tally.include(&campaign.tally);
            all.findings.extend(campaign.findings);
        }
    }
    common::conclude(name, &all);
    assert!(all.tally.comparisons() > 0, "nothing of {name} was compared");
}

#[test]
fn maintained_views_of_others() {
    sample("ivm", 60, 1, 60);
}

#[test]
fn sqlites_own_tests() {
    sample("sqlite-tcl", 60, 1, 150);
}

#[test]
fn another_engines_bug_reports() {
    sample("turso-sqltest", 60, 1, 60);
}

#[test]
fn what_fuzzers_kept() {
    sample("sqlite-fuzz", 60, 1, 40);
}

#[test]
fn sqllogictest() {
    sample("slt", 25, 2, 150);
}

#[test]
fn standing_queries() {
    for (name, transactions) in [("chinook", 300), ("sakila", 300), ("nexmark", 200), ("ssb", 60), ("tpch", 40)] {
        let Some(folder) = set(&format!("db/{name}")) else { return };
        let campaign = standing(&folder, transactions, &Settings { allowance: 20_000, ..Settings::default() })
            .expect("the set can be read");
        common::conclude(name, &campaign);
        assert!(campaign.tally.comparisons() > 0);
    }
}
