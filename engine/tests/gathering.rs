//! Writes to the WAL that wait for the end of their transaction: what a call has committed is in the files when it returns.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use tidewater::{Engine, Error, Options};

fn open(path: &Path) -> Engine {
    Engine::open(path, Options::default().with_exclusive(true)).unwrap()
}

fn wal(path: &Path) -> PathBuf {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    wal.into()
}

fn count(engine: &Engine) -> i64 {
    engine.query_one::<(i64,)>("SELECT count(*) FROM t", ()).unwrap().unwrap().0
}

/// The rows that somebody finds who opens the files as they are now, as after a crash.
fn after_a_crash(path: &Path, folder: &Path) -> i64 {
    let copy = folder.join("copy.db");
    std::fs::copy(path, &copy).unwrap();
    std::fs::copy(wal(path), wal(&copy)).unwrap();
    let engine = Engine::open(copy.as_path(), Options::default()).unwrap();
    let check: String = engine.query_one::<(String,)>("PRAGMA integrity_check", ()).unwrap().unwrap().0;
    assert_eq!(check, "ok");
    count(&engine)
}

#[test]
fn what_is_committed_is_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.db");
    let engine = open(&path);
    engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT); CREATE INDEX t_body ON t(body)", ()).unwrap();
    for n in 0..300 {
        // Small and large, across checkpoints, with transactions that are undone and savepoints in between.
        match n % 7 {
            0 => drop(engine.exec("BEGIN; DELETE FROM t; ROLLBACK", ())),
            1 => {
                let large = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 2000) \
                    INSERT INTO t(body) SELECT randomblob(700) FROM n";
                engine.exec(large, ()).unwrap();
                engine.exec("DELETE FROM t WHERE id > (SELECT max(id) FROM t) - 1999", ()).unwrap();
            }
            2 => drop(engine.exec("INSERT INTO t(id) VALUES (1), (1)", ())),
            3 => drop(engine.exec("PRAGMA wal_checkpoint(TRUNCATE)", ())),
            _ => drop(engine.exec("INSERT INTO t(body) VALUES (hex(randomblob(40)))", ()).unwrap()),
        }
        assert_eq!(after_a_crash(&path, folder.path()), count(&engine), "after {n}");
    }
    let rows = count(&engine);
    drop(engine);
    assert_eq!(count(&Engine::open(path.as_path(), Options::default()).unwrap()), rows);
}

/// A cache that is too small for a transaction: its pages are written and read again before it commits, and written over when it is
/// undone.
#[test]
fn a_transaction_that_spills_is_read_back_and_undone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.db");
    let engine = open(&path);
    engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB)", ()).unwrap();
    engine.exec("PRAGMA cache_size = 5", ()).unwrap();
    let fill = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 500) \
        INSERT INTO t(body) SELECT zeroblob(3000) FROM n";
    for round in 0..10 {
        let undone = engine.transaction(|transaction| {
            transaction.exec(fill, ())?;
            transaction.exec("UPDATE t SET body = randomblob(2000) WHERE id % 3 = 0", ())?;
            let read = transaction.query("SELECT sum(length(body)) FROM t", ())?;
            assert_eq!(read.rows.len(), 1);
            if round % 2 == 0 { Err(Error::InTransaction) } else { Ok(()) }
        });
        assert_eq!(undone.is_err(), round % 2 == 0, "{undone:?}");
        assert_eq!(count(&engine), (round + 1) / 2 * 500, "after {round}");
        assert_eq!(after_a_crash(&path, folder.path()), count(&engine), "after {round}");
    }
}

/// How often this thread has written to a file.
#[cfg(target_os = "linux")]
fn writes() -> u64 {
    let io = std::fs::read_to_string("/proc/thread-self/io").unwrap();
    io.lines().find_map(|line| line.strip_prefix("syscw: ")).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_small_commit_is_one_write() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder.path().join("file.db"));
    engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT); CREATE INDEX t_body ON t(body)", ()).unwrap();
    engine.exec("INSERT INTO t(body) VALUES ('a')", ()).unwrap();
    let before = writes();
    for n in 0..100 {
        engine.exec("INSERT INTO t(body) VALUES (?)", [n]).unwrap();
    }
    // Two pages a commit, each with a header: four writes without gathering.
    assert!(writes() - before <= 105, "{}", writes() - before);
}
