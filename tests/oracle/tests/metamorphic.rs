//! Relations between histories that hold whatever the right answer is: they need no second database.

use tidewater::Params;
use tidewater_oracle::case::{Case, Step};
use tidewater_oracle::generate;
use tidewater_oracle::harness::{Harness, Settings};
use tidewater_oracle::log::Log;

/// Histories that each relation is tried on.
const CASES: u64 = 60;

/// Plays a case and gives the harness as it stands then.
fn played(case: &Case) -> Harness {
    let mut harness = Harness::new(Settings::default(), Log::kept());
    for step in &case.steps {
        if let Err(finding) = harness.step(step) {
            panic!("{finding}");
        }
    }
    harness
}

/// Whether a step subscribes to the schema.
fn reads_schema(step: &Step) -> bool {
    matches!(step, Step::Subscribe { sql, .. } if sql.contains("sqlite_schema") || sql.contains("pragma_"))
}

/// Runs a script after a case and gives how many diffs it brought.
fn diffs_of(harness: &mut Harness, sql: &str) -> u64 {
    let before = harness.tally.diffs;
    harness.exec(sql, &Params::None).unwrap_or_else(|finding| panic!("{finding}"));
    harness.tally.diffs - before
}

#[test]
fn what_changes_no_row_sends_nothing() {
    let mut live = 0;
    for seed in 0..CASES {
        let case = generate::case(seed);
        // The schema itself shows a table more.
        if case.steps.iter().any(reads_schema) {
            continue;
        }
        let mut harness = played(&case);
        live += harness.live_count();
        for noise in [
            "CREATE TABLE noise(id INTEGER PRIMARY KEY, a)",
            "INSERT INTO noise VALUES (1, 'a'), (2, 'b')",
            "CREATE INDEX noise_a ON noise(a)",
            "UPDATE noise SET a = a",
            "DELETE FROM noise WHERE id = 1",
            "BEGIN; INSERT INTO noise VALUES (7, 7); ROLLBACK",
            "SAVEPOINT s; DELETE FROM noise; ROLLBACK TO s; RELEASE s",
            "ANALYZE",
            "DROP INDEX noise_a",
            "DROP TABLE noise",
        ] {
            assert_eq!(diffs_of(&mut harness, noise), 0, "seed {seed}: {noise}");
        }
    }
    assert!(live > 100, "only {live} subscriptions could have been disturbed");
}

#[test]
fn writes_in_one_commit_lead_where_they_lead_one_by_one() {
    for seed in 0..CASES {
        let rows = |merged: bool| {
            let mut case = generate::case(seed);
            let writes = [
                "INSERT OR IGNORE INTO t0 DEFAULT VALUES",
                "DELETE FROM t0 WHERE rowid % 2 = 0",
                "INSERT OR IGNORE INTO t0 DEFAULT VALUES",
            ];
            if merged {
                case.steps.push(Step::exec("BEGIN"));
            }
            case.steps.extend(writes.map(Step::exec));
            if merged {
                case.steps.push(Step::exec("COMMIT"));
            }
            played(&case).bags()
        };
        assert_eq!(rows(true), rows(false), "seed {seed}");
    }
}
