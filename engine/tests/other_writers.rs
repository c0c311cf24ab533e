//! Other connections that write: every result is of one committed state, however commits fall between ours and our reads.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tidewater::{Engine, Event, Options, Row, Stats, Watch};

const SCHEMA: &str = "
    CREATE TABLE p(id INTEGER PRIMARY KEY, name TEXT, n INTEGER);
    CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER, n INTEGER);
    CREATE INDEX c_by_p ON c(p);
    INSERT INTO p VALUES (1, 'a', 0), (2, 'b', 0), (3, 'c', 0), (4, 'd', 0);
    INSERT INTO c VALUES (1, 1, 0), (2, 1, 0), (3, 2, 0), (4, 3, 0), (5, 4, 0);
";

const QUERIES: [&str; 6] = [
    "SELECT p.name, p.n, c.n FROM p JOIN c ON c.p = p.id ORDER BY p.id, c.id",
    "SELECT p.name, count(*), sum(c.n), max(c.n) FROM p JOIN c ON c.p = p.id GROUP BY p.name ORDER BY 1",
    "SELECT p.id, p.n, (SELECT sum(n) FROM c WHERE c.p = p.id) FROM p ORDER BY p.n DESC, p.id LIMIT 3",
    "SELECT p.id, c.id FROM p LEFT JOIN c ON c.p = p.id AND c.n = p.n ORDER BY 1, 2",
    "SELECT n FROM p UNION SELECT n FROM c ORDER BY 1",
    "SELECT name FROM p WHERE EXISTS (SELECT 1 FROM c WHERE c.p = p.id AND c.n > p.n) ORDER BY 1",
];

fn options() -> Options {
    Options::default().with_paranoid(true).with_cost_gate(false).with_busy_timeout(Duration::from_secs(20))
}

/// The lists that a callback keeps current.
fn follow(engine: &Engine) -> Vec<(Watch, Arc<Mutex<Vec<Row>>>)> {
    let follow = |sql: &&str| {
        let rows: Arc<Mutex<Vec<Row>>> = Arc::default();
        let kept = Arc::clone(&rows);
        // No event comes before the lock is free.
        let mut list = rows.lock().unwrap();
        let watch = engine
            .subscribe_with(*sql, (), move |_, event| match event {
                Event::Diff(diff) | Event::Recovered(diff) => diff.apply(&mut kept.lock().unwrap()),
                Event::Columns(snapshot) => *kept.lock().unwrap() = snapshot.rows.to_vec(),
                _ => {}
            })
            .unwrap();
        *list = watch.snapshot().rows.to_vec();
        drop(list);
        (watch, rows)
    };
    QUERIES.iter().map(follow).collect()
}

fn check(engine: &Engine, lists: &[(Watch, Arc<Mutex<Vec<Row>>>)]) {
    while engine.poll().unwrap() {}
    for (sql, (_, rows)) in QUERIES.iter().zip(lists) {
        assert_eq!(*rows.lock().unwrap(), engine.query(*sql, ()).unwrap().rows, "{sql}");
    }
}

#[test]
fn a_commit_between_ours_and_our_reads_is_seen_whole() {
    for journal in ["DELETE", "WAL"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("main.db");
        let engine = Engine::open(path.as_path(), options()).unwrap();
        engine.exec(&format!("PRAGMA journal_mode = {journal}"), ()).unwrap();
        engine.exec(SCHEMA, ()).unwrap();
        let lists = follow(&engine);
        let other = Connection::open(&path).unwrap();
        other.busy_timeout(Duration::from_secs(20)).unwrap();
        let is_on = Arc::new(AtomicBool::new(true));
        let on = Arc::clone(&is_on);
        let mut number = 100;
        engine
            .on_change(move |_, _| {
                if on.load(Ordering::SeqCst) {
                    number += 1;
                    other.execute("UPDATE p SET n = ?1, name = name || 'x' WHERE id = ?1 % 4 + 1", [number]).unwrap();
                    other.execute("UPDATE c SET n = ?1, p = ?1 % 4 + 1 WHERE id = ?1 % 5 + 1", [number]).unwrap();
                }
            })
            .unwrap();
        for number in 0..40 {
            engine.exec("UPDATE c SET n = n + 1, p = ?1 % 4 + 1 WHERE id = ?1 % 5 + 1", [number]).unwrap();
            for (sql, (_, rows)) in QUERIES.iter().zip(&lists) {
                let fresh = engine.query(*sql, ()).unwrap().rows;
                assert_eq!(*rows.lock().unwrap(), fresh, "{journal}, write {number}: {sql}");
            }
        }
        is_on.store(false, Ordering::SeqCst);
        check(&engine, &lists);
        assert_eq!(engine.stats().unwrap().divergences, 0, "{journal}");
    }
}

/// Each writes the file in its own way; the engines compare each result with SQLite at each commit.
#[test]
fn two_engines_and_a_third_writer_never_disagree_with_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let setup = Engine::open(path.as_path(), options()).unwrap();
    setup.exec("PRAGMA journal_mode = WAL", ()).unwrap();
    setup.exec(SCHEMA, ()).unwrap();
    drop(setup);
    let commits: u64 = std::env::var("TIDEWATER_STRESS").map_or(Ok(60), |commits| commits.parse()).unwrap();
    let path = path.as_path();
    let start = Barrier::new(3);
    let stats: Vec<Stats> = thread::scope(|scope| {
        let start = &start;
        let engine = |seed| scope.spawn(move || write_and_follow(path, seed, commits, start));
        let engines: Vec<_> = (0..2).map(engine).collect();
        scope.spawn(|| write_beside(path, commits, start));
        engines.into_iter().map(|engine| engine.join().unwrap()).collect()
    });
    for stats in stats {
        assert_eq!((stats.divergences, stats.repairs), (0, 0), "{stats:?}");
        assert!(stats.requeries > 0, "no commit of another came between: {stats:?}");
    }
}

fn write_and_follow(path: &Path, seed: u64, commits: u64, start: &Barrier) -> Stats {
    let engine = Engine::open(path, options()).unwrap();
    let lists = follow(&engine);
    start.wait();
    for number in (0..commits as i64).map(|number| number * 7 + seed as i64) {
        engine
            .transaction(|transaction| {
                transaction.exec("UPDATE p SET n = n + 1 WHERE id = ?1 % 4 + 1", [number])?;
                transaction.exec("UPDATE c SET n = ?1 % 3, p = ?1 % 4 + 1 WHERE id = ?1 % 5 + 1", [number])
            })
            .unwrap();
    }
    check(&engine, &lists);
    engine.stats().unwrap()
}

fn write_beside(path: &Path, commits: u64, start: &Barrier) {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(20)).unwrap();
    start.wait();
    for number in 0..commits as i64 {
        connection.execute("UPDATE c SET n = n + 1 WHERE id = ?1 % 5 + 1", [number]).unwrap();
        connection.execute("UPDATE p SET name = substr(name, 1, 1) || ?1 WHERE id = ?1 % 4 + 1", [number]).unwrap();
    }
}

#[test]
fn the_first_commit_to_an_attached_file_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attached.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE o(a)").unwrap();
    let engine = Engine::open(folder.path().join("main.db"), Options::default()).unwrap();
    engine.exec("ATTACH ? AS attached", [path.to_str().unwrap()]).unwrap();
    let mut rows = engine.subscribe("SELECT a FROM attached.o", ()).unwrap();
    other.execute_batch("INSERT INTO o VALUES (1)").unwrap();
    assert!(engine.poll().unwrap());
    assert!(rows.try_next().is_some());
}
