//! Mutated replay files: lines of cases with bytes and tokens changed. Parsing gives a case or an error with its line;
//! playing the rest never makes the engine panic.
//!
//! One seed determines the run. `TIDEWATER_WILD_SECONDS` makes it longer.

use std::path::Path;
use std::time::{Duration, Instant};

use tidewater_oracle::case::{Case, Step};
use tidewater_oracle::finding::Fault;
use tidewater_oracle::generate::{Family, case_of};
use tidewater_oracle::harness::Settings;
use tidewater_oracle::log::Log;
use tidewater_oracle::random::Random;
use tidewater_oracle::runner;

/// Where chance begins.
const SEED: u64 = 0x71de;

/// Steps of a case that are played.
const STEPS: usize = 16;

/// What comes into the lines.
const PIECES: [&str; 16] = [
    "{",
    "}",
    "\"",
    "\\",
    "null",
    "[[",
    "\u{0}",
    "\"op\":\"exec\"",
    "\"params\":[1]",
    "\"params\":{\"a\":{\"blob\":\"0\"}}",
    "1e999",
    "\"sql\":\"\"",
    "\"id\":-1",
    "//",
    "SELECT ",
    ";",
];

/// A text with a few bytes of it changed, at the borders of characters.
fn damaged(text: &str, random: &mut Random) -> String {
    let mut text = text.to_owned();
    for _ in 0..random.between(1, 3) {
        let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let at = random.below(borders.len());
        let to = (at + random.between(0, 6)).min(borders.len() - 1);
        let piece = if random.chance(60) { *random.pick(&PIECES) } else { "" };
        text.replace_range(borders[at]..borders[to], piece);
    }
    text
}

/// A step's SQL with words left out, doubled or taken from another one.
fn reworded(step: &Step, other: &Step, random: &mut Random) -> Step {
    let (Step::Exec { sql: from, .. } | Step::Subscribe { sql: from, .. }) = other else { return step.clone() };
    let from: Vec<&str> = from.split_inclusive(' ').collect();
    let changed = |sql: &str, random: &mut Random| {
        let mut words: Vec<&str> = sql.split_inclusive(' ').collect();
        let at = random.below(words.len());
        let to = (at + random.between(0, 3)).min(words.len());
        let begin = random.below(from.len());
        let end = (begin + random.between(0, 3)).min(from.len());
        words.splice(at..to, from[begin..end].iter().copied());
        words.concat()
    };
    match step {
        Step::Exec { sql, params } => Step::Exec { sql: changed(sql, random), params: params.clone() },
        Step::Subscribe { id, sql, params } => {
            Step::Subscribe { id: *id, sql: changed(sql, random), params: params.clone() }
        }
        Step::Unsubscribe { .. } => step.clone(),
    }
}

fn seconds(default: u64) -> Duration {
    let named = std::env::var("TIDEWATER_WILD_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(named.unwrap_or(default))
}

#[test]
fn lines_that_are_no_case_are_told_and_what_is_one_never_panics() {
    let mut random = Random::new(SEED);
    let (mut read, mut refused, mut played, mut subscribed, mut other_findings) = (0u64, 0u64, 0u64, 0u64, 0u64);
    let end = Instant::now() + seconds(10);
    while Instant::now() < end {
        let family = *random.pick(&Family::ALL);
        let case = case_of(family, random.bits());
        for _ in 0..8 {
            let mut lines: Vec<String> = case.to_lines().lines().map(str::to_owned).collect();
            for _ in 0..random.between(1, 4) {
                let at = random.below(lines.len());
                lines[at] = damaged(&lines[at], &mut random);
            }
            match Case::from_lines(&lines.join("\n")) {
                Ok(_) => read += 1,
                Err(error) => {
                    assert!(error.starts_with("line "), "{error}");
                    refused += 1;
                }
            }
        }
        let mut wild = case.clone();
        wild.steps.truncate(STEPS);
        for _ in 0..random.between(1, 4) {
            let at = random.below(wild.steps.len());
            let other = random.pick(&case.steps);
            wild.steps[at] = reworded(&wild.steps[at], other, &mut random);
        }
        let report = runner::run(&wild, &Settings::default(), Log::hashed());
        played += 1;
        subscribed += report.tally.subscriptions;
        if let Some(finding) = report.finding {
            let lines = wild.to_lines();
            assert!(finding.fault != Fault::Crash, "{finding}\n{lines}");
            // A transaction may stay open, in which nobody can subscribe.
            if finding.fault != Fault::Rejected {
                other_findings += 1;
                keep(&format!("wild-{played}.jsonl"), &format!("// {}\n{lines}", finding.fault.name()));
            }
        }
    }
    println!(
        "wild: {read} files read, {refused} refused, {played} played with {subscribed} subscriptions, \
         {other_findings} to look at"
    );
    assert!(read > 100 && refused > 100 && played > 20 && subscribed > 20);
}

/// Writes a case where findings of campaigns lie as well.
fn keep(name: &str, text: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/oracle-kept");
    // A courtesy: a read-only target folder is no reason to fail.
    let _ = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join(name), text));
}
