//! What the oracle's tests share: seeds and times from the environment, and the summary that a run leaves behind.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use tidewater_oracle::campaign::Campaign;

/// The seed of everything random: `TIDEWATER_ORACLE_SEED`, or always the same.
pub fn seed() -> u64 {
    number("TIDEWATER_ORACLE_SEED").unwrap_or(0x71de)
}

/// How long a campaign may take: `TIDEWATER_ORACLE_SECONDS`, or what it asks for.
pub fn time(default: u64) -> Duration {
    Duration::from_secs(number("TIDEWATER_ORACLE_SECONDS").unwrap_or(default))
}

/// Says what was done, on the terminal and in `target/oracle-summary.txt`, then fails if anything was found.
pub fn conclude(name: &str, campaign: &Campaign) {
    let line = format!("{name}: {}\n{}{}", campaign.tally, campaign.shares, campaign.forcings).trim_end().to_owned();
    println!("{line}");
    let summary = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/oracle-summary.txt");
    // The summary is a courtesy: a read-only target folder is no reason to fail.
    if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(summary) {
        let _ = writeln!(file, "{line}");
    }
    assert!(campaign.findings.is_empty(), "{}", campaign.report());
    assert_eq!(campaign.tally.needless_moves, 0, "diffs that only move rows of queries without ORDER BY");
    assert_eq!(campaign.tally.rejected, 0, "the engine rejects what SQLite accepts");
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
