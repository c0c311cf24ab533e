//! LIMIT and window functions without partitions in FROM: the rows that are left are asked for again where a commit can have
//! changed them, and what is made of them follows from what changed among them.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{Engine, Location, Options, Params, PlanKind, Value};

const SCHEMA: &str = "
    CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE messages(id INTEGER PRIMARY KEY, channel INTEGER, author INTEGER, body TEXT COLLATE NOCASE, at INTEGER);
    CREATE VIEW latest AS SELECT id, author, body FROM messages ORDER BY at DESC, id DESC LIMIT 5;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
    INSERT INTO messages SELECT i, i % 3, i % 7, 'body ' || i, i / 4 FROM n;
    INSERT INTO users SELECT id, 'name ' || id FROM messages WHERE id < 7;";

const WRITES: [&str; 7] = [
    "INSERT INTO messages VALUES (900, 1, 2, 'new', 1000)",
    "UPDATE messages SET at = 3 WHERE id = 900",
    "UPDATE messages SET body = 'BODY 59' WHERE id = 59",
    "DELETE FROM messages WHERE id > 55",
    "UPDATE messages SET channel = 2 WHERE channel = 1",
    "UPDATE users SET name = 'other' WHERE id = 5",
    "DELETE FROM messages",
];

fn engine() -> Engine {
    let options = Options::default().with_paranoid(true).with_cost_gate(false);
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    engine
}

/// How many results the writes maintained, and how many they re-ran.
fn counts(sql: &str, params: Vec<Value>) -> (u64, u64) {
    let engine = engine();
    let explained = engine.explain(sql, Params::Positional(params.clone())).unwrap();
    assert_eq!(explained.plan, PlanKind::Incremental, "{sql}: {:?}", explained.reason);
    let live = engine.subscribe_with(sql, Params::Positional(params), |_, _| {}).unwrap();
    for write in WRITES {
        engine.exec(write, ()).unwrap();
    }
    drop(live);
    let stats = engine.stats().unwrap();
    assert_eq!((stats.divergences, stats.repairs), (0, 0), "{sql}");
    (stats.maintained, stats.requeries)
}

#[test]
fn the_rows_that_limit_leaves_in_from_are_maintained() {
    for sql in [
        "SELECT m.id, u.name FROM (SELECT id, author FROM messages ORDER BY at DESC, id DESC LIMIT 5) m JOIN users u ON u.id = m.author",
        "WITH m AS (SELECT * FROM messages WHERE channel = 1 ORDER BY at, id LIMIT 4 OFFSET 2) SELECT count(*), max(at) FROM m",
        "SELECT l.id, u.name FROM latest l LEFT JOIN users u ON u.id = l.author",
        "SELECT a.id, b.id FROM latest a JOIN latest b ON b.author = a.author",
        "SELECT u.name, s.size FROM (SELECT author, count(*) AS size FROM messages GROUP BY author ORDER BY count(*) DESC, author LIMIT 3) s JOIN users u ON u.id = s.author",
        "SELECT count(*) FROM (SELECT author FROM messages UNION SELECT id FROM users ORDER BY 1 DESC LIMIT 3)",
        "SELECT x.author FROM (SELECT DISTINCT author FROM messages WHERE channel = 1 ORDER BY author LIMIT 2) x",
        "SELECT m.id FROM (SELECT m.id FROM messages m LEFT JOIN users u ON u.id = m.author ORDER BY u.name IS NULL, m.id LIMIT 1 + 4) m",
        "SELECT name FROM users WHERE id IN (SELECT author FROM (SELECT author, id FROM messages ORDER BY id DESC LIMIT 3))",
        "SELECT x.id FROM (SELECT id FROM messages ORDER BY id LIMIT -1 OFFSET 50) x UNION ALL SELECT id FROM users",
    ] {
        let (maintained, requeries) = counts(sql, Vec::new());
        assert!(maintained >= 3 && requeries == 0, "{sql}: {maintained} {requeries}");
    }
    let sql = "SELECT m.id FROM (SELECT id FROM messages WHERE channel = ?2 ORDER BY at, id LIMIT ?1 OFFSET ?3) m";
    assert_eq!(counts(sql, vec![3.into(), 1.into(), 1.into()]).1, 0);
}

#[test]
fn a_limit_in_from_that_leaves_the_choice_to_sqlite_is_re_run() {
    let engine = engine();
    for sql in [
        "SELECT * FROM (SELECT id FROM messages ORDER BY at LIMIT 5)",
        "SELECT count(*) FROM (SELECT id FROM messages LIMIT 5)",
        "SELECT group_concat(id) FROM (SELECT id FROM messages ORDER BY id LIMIT 5)",
        "SELECT * FROM (SELECT id FROM messages ORDER BY id LIMIT (SELECT count(*) FROM users))",
    ] {
        assert_eq!(engine.explain(sql, ()).unwrap().plan, PlanKind::Requery, "{sql}");
    }
}

#[test]
fn a_window_over_all_rows_is_maintained_in_from() {
    for sql in [
        "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY at DESC, id) AS place FROM messages) WHERE place <= 3",
        "SELECT u.name, m.n FROM users u JOIN (SELECT id, author, count(*) OVER () AS n FROM messages) m ON m.author = u.id",
    ] {
        let (maintained, requeries) = counts(sql, Vec::new());
        assert!(maintained > 3 && requeries == 0, "{sql}: {maintained} {requeries}");
    }
    let tied =
        "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY at DESC) AS place FROM messages) WHERE place <= 3";
    assert!(counts(tied, Vec::new()).1 > 0);
}

#[test]
fn which_of_the_tied_rows_limit_takes_is_no_divergence() {
    let engine = Engine::open(Location::Memory, Options::default().with_paranoid(true)).unwrap();
    engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, x); INSERT INTO t VALUES (5, 1), (9, 1)", ()).unwrap();
    let live = engine.subscribe("SELECT id FROM t ORDER BY x LIMIT 1", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (3, 1)", ()).unwrap();
    engine.exec("DELETE FROM t WHERE id = 5", ()).unwrap();
    assert_eq!(engine.stats().unwrap().divergences, 0);
    assert_eq!(live.snapshot().rows.len(), 1);
}
