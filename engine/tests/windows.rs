//! Window functions: a partition is asked for anew where no rows of it are tied, and the query is re-run where some are and
//! that shows.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{Engine, Location, Options, Plan, Row};

const SCHEMA: &str = "
    CREATE TABLE pay(id INTEGER PRIMARY KEY, team INTEGER NOT NULL, amount INTEGER NOT NULL, name TEXT);
    CREATE INDEX pay_by_name ON pay(team, name);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
    INSERT INTO pay SELECT i, i % 10, i * 7, 'name ' || (1000 - i) FROM n;";

/// How many commits a subscription was maintained and re-run for, the last of which make ties.
fn counts(sql: &str) -> [(u64, u64); 2] {
    let options = Options::default().with_paranoid(true).with_cost_gate(false);
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    assert_eq!(engine.explain(sql, ()).unwrap().plan, Plan::Incremental, "{sql}");
    let live = engine.subscribe_with(sql, (), |_, _| {}).unwrap();
    let counted = |writes: &[&str]| {
        let before = engine.stats();
        for write in writes {
            engine.exec(write, ()).unwrap();
        }
        let after = engine.stats();
        (after.maintained - before.maintained, after.requeries - before.requeries)
    };
    let untied = counted(&["INSERT INTO pay VALUES (900, 3, 5, 'x')", "UPDATE pay SET amount = 6 WHERE id = 900"]);
    let tied = counted(&[
        "INSERT INTO pay VALUES (901, 3, 6, 'a')",
        "INSERT INTO pay VALUES (902, 3, 6, 'b')",
        "DELETE FROM pay WHERE id = 901",
    ]);
    assert_eq!((engine.stats().divergences, engine.stats().repairs), (0, 0), "{sql}");
    drop(live);
    [untied, tied]
}

#[test]
fn rows_that_are_tied_are_left_to_sqlite_where_that_shows() {
    for sql in [
        "SELECT id, row_number() OVER (PARTITION BY team ORDER BY amount) FROM pay",
        "SELECT id, lag(name) OVER (PARTITION BY team ORDER BY amount) FROM pay",
        "SELECT id, sum(amount) OVER (PARTITION BY team ORDER BY amount ROWS 2 PRECEDING) FROM pay",
    ] {
        let [untied, tied] = counts(sql);
        assert_eq!(untied, (2, 0), "{sql}");
        assert!(tied.1 > 0, "{sql}: {tied:?}");
    }
}

#[test]
fn rows_that_are_tied_do_not_matter_where_peers_are_taken_together_or_none_can_be() {
    for sql in [
        "SELECT id, rank() OVER (PARTITION BY team ORDER BY amount) FROM pay",
        "SELECT id, count(*) OVER (PARTITION BY team), max(amount) OVER (PARTITION BY team) FROM pay",
        "SELECT id, sum(amount) OVER (PARTITION BY team ORDER BY amount) FROM pay",
        "SELECT id, row_number() OVER (PARTITION BY team ORDER BY amount, id) FROM pay",
    ] {
        assert_eq!(counts(sql), [(2, 0), (3, 0)], "{sql}");
    }
}

#[test]
fn a_window_that_decides_its_order_is_routed_by_what_is_asked_for() {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    let sql = "SELECT id, row_number() OVER (ORDER BY amount, id) FROM pay WHERE team = ?";
    let live = engine.subscribe(sql, [3]).unwrap();
    assert_eq!(live.snapshot().rows.len(), 20);
    engine.exec("DELETE FROM pay WHERE team = 4", ()).unwrap();
    assert_eq!(engine.stats().requeries, 0);
    engine.exec("DELETE FROM pay WHERE id = 3", ()).unwrap();
    assert_eq!(engine.stats().requeries, 1);
    let rows: Vec<Row> = engine.query(sql, [3]).unwrap().rows;
    assert_eq!(rows.len(), 19);
}
