//! A disk that fails at any operation, and a power cut at any byte: after reopening, what was acknowledged is there, everything else is
//! absent whole, and the ledger says so.
//!
//! With `TIDEWATER_DISK_FAULTS` set, every operation fails and the power is cut at every 97th byte; else a third of that and less.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "common/failing_vfs.rs"]
mod failing_vfs;

use std::path::{Path, PathBuf};

use failing_vfs::Fault;
use tidewater::rusqlite::ffi;
use tidewater::{Engine, Error, Options, Record, WriteId};

const SCHEMA: &str = "PRAGMA wal_autocheckpoint = 40";
const TABLES: &str = "CREATE TABLE t(seq INTEGER PRIMARY KEY, body BLOB); CREATE INDEX t_body ON t(body)";
const WRITES: u64 = 30;

fn write(seq: u64) -> WriteId<'static> {
    WriteId { source: "a", seq, acknowledged: seq.saturating_sub(4) }
}

/// A write of two rows in two tables' pages; every fifth is large.
fn ask(engine: &Engine, seq: u64) -> Result<(), Error> {
    let length = if seq.is_multiple_of(5) { 20_000 } else { 100 };
    let sql = format!("INSERT INTO t VALUES ({seq}, randomblob({length})), ({seq} + 1000, randomblob(50))");
    engine.exec_once(&write(seq), &sql, ()).map(drop)
}

fn open(path: &Path) -> Result<Engine, Error> {
    let vfs = failing_vfs::NAME.to_str().unwrap();
    let engine = Engine::open(path, Options::default().with_vfs(vfs).with_exclusive(true))?;
    engine.exec(SCHEMA, ())?;
    Ok(engine)
}

fn created(path: &Path) -> Engine {
    failing_vfs::register();
    failing_vfs::inject(Fault::Never, 0);
    let engine = open(path).unwrap();
    engine.exec(TABLES, ()).unwrap();
    engine
}

/// What becomes of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    /// It has changed nothing.
    Failed,
    /// The engine was given up before anybody was told.
    Unknown,
}

/// Checks what somebody finds who opens the files after a crash.
fn check(path: &Path, outcomes: &[Outcome], what: &str) {
    let engine = Engine::open(path, Options::default()).unwrap();
    let (intact,): (String,) = engine.query_one("PRAGMA integrity_check", ()).unwrap().unwrap();
    assert_eq!(intact, "ok", "{what}");
    let rows = engine.query_as::<(u64,)>("SELECT seq FROM t", ()).unwrap();
    let there = |seq| rows.contains(&(seq,));
    let last = engine.last_recorded("a").unwrap();
    for (seq, outcome) in (1..).zip(outcomes) {
        assert_eq!(there(seq), there(seq + 1_000), "{what}: {seq} is there in part");
        match outcome {
            Outcome::Done => assert!(there(seq), "{what}: {seq} was acknowledged and is lost"),
            Outcome::Failed => assert!(!there(seq), "{what}: {seq} failed and is there"),
            Outcome::Unknown => {}
        }
        match engine.recorded(&write(seq)).unwrap() {
            Record::New => assert!(!there(seq) && seq > last, "{what}: {seq} is there and not recorded"),
            Record::Done(_) => assert!(there(seq), "{what}: {seq} is recorded and not there"),
            Record::Passed => assert!(seq < last, "{what}: {seq}"),
        }
    }
}

/// The files as they are, as a crash would leave them.
fn crash(path: &Path, folder: &Path) -> PathBuf {
    let copy = folder.join("crashed.db");
    for suffix in ["", "-wal"] {
        let file = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        if file(path).exists() {
            std::fs::copy(file(path), file(&copy)).unwrap();
        } else {
            let _ = std::fs::remove_file(file(&copy));
        }
    }
    copy
}

fn is_thorough() -> bool {
    std::env::var_os("TIDEWATER_DISK_FAULTS").is_some()
}

/// Each write by itself; after a failure the engine goes on.
fn one_by_one(engine: &Engine) -> Vec<Outcome> {
    let outcome = |seq| if ask(engine, seq).is_ok() { Outcome::Done } else { Outcome::Failed };
    (1..=WRITES).map(outcome).collect()
}

/// Several commits are held and released together; if that fails, the engine is given up.
fn by_turns(engine: &Engine) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for turn in 0..WRITES / 6 {
        engine.hold_commits().unwrap();
        let asked = (1..=6).map(|n| ask(engine, turn * 6 + n).is_ok()).collect::<Vec<_>>();
        let released = engine.release_commits();
        outcomes.extend(asked.into_iter().map(|done| match (done, &released) {
            (true, Ok(())) => Outcome::Done,
            (false, Ok(())) => Outcome::Failed,
            (_, Err(_)) => Outcome::Unknown,
        }));
        if released.is_err() {
            break;
        }
    }
    outcomes
}

#[test]
fn a_disk_that_fails_at_any_operation_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let (mut failures, mut runs) = (0, 0);
    for (name, run) in [("one by one", one_by_one as fn(&Engine) -> Vec<Outcome>), ("by turns", by_turns)] {
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_WRITE] {
            for kind in [Fault::Once as fn(u64) -> Fault, Fault::From] {
                for number in (0..).step_by(if is_thorough() { 1 } else { 3 }) {
                    let path = folder.path().join(format!("{runs}.db"));
                    let engine = created(&path);
                    failing_vfs::inject(kind(number), code);
                    let outcomes = run(&engine);
                    let is_past_the_end = failing_vfs::operations() <= number;
                    failing_vfs::inject(Fault::Never, 0);
                    failures += usize::from(outcomes.iter().any(|outcome| *outcome != Outcome::Done));
                    runs += 1;
                    check(&crash(&path, folder.path()), &outcomes, &format!("{name}, {code}, {:?}", kind(number)));
                    drop(engine);
                    std::fs::remove_file(path).unwrap();
                    if is_past_the_end {
                        break;
                    }
                }
            }
        }
    }
    println!("{runs} runs, in {failures} of which something failed");
    assert!(failures > 100, "{failures} of {runs}");
}

#[test]
fn a_power_cut_at_any_byte_leaves_whole_commits() {
    let step = if is_thorough() { 97 } else { 1_999 };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.db");
    let engine = created(&path);
    engine.exec("PRAGMA wal_checkpoint(TRUNCATE)", ()).unwrap();
    engine.exec("PRAGMA wal_autocheckpoint = 0", ()).unwrap();
    let wal = PathBuf::from(format!("{}-wal", path.display()));
    let length = |wal: &Path| std::fs::metadata(wal).unwrap().len();
    // The commits are whole up to these bytes.
    let mut ends = Vec::new();
    for seq in 1..=WRITES {
        ask(&engine, seq).unwrap();
        ends.push(length(&wal));
    }
    let bytes = std::fs::read(&wal).unwrap();
    let copy = crash(&path, folder.path());
    let copied = PathBuf::from(format!("{}-wal", copy.display()));
    let database = std::fs::read(&copy).unwrap();
    let mut cuts = 0;
    for cut in (0..bytes.len()).step_by(step) {
        // What comes after is missing, or is what was there before.
        for garbage in [false, true] {
            let mut torn = bytes[..cut].to_vec();
            if garbage {
                torn.resize(bytes.len(), 0xa5);
            }
            std::fs::write(&copied, torn).unwrap();
            std::fs::write(&copy, &database).unwrap();
            let whole = |end: &u64| if *end <= cut as u64 { Outcome::Done } else { Outcome::Failed };
            check(&copy, &ends.iter().map(whole).collect::<Vec<_>>(), &format!("cut at {cut}"));
            cuts += 1;
        }
    }
    println!("{cuts} power cuts");
    assert!(cuts > 100);
}
