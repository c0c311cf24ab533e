//! Window functions: a partition is asked for again where no rows of it are tied, and the query is re-run where some are and
//! that shows.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

mod common;

use common::Checked;
use tidewater::{Engine, Location, Options, PlanKind, Row};

const SCHEMA: &str = "
    CREATE TABLE pay(id INTEGER PRIMARY KEY, team INTEGER NOT NULL, amount INTEGER NOT NULL, name TEXT);
    CREATE INDEX pay_by_name ON pay(team, name);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
    INSERT INTO pay SELECT i, i % 10, i * 7, 'name ' || (1000 - i) FROM n;";

/// How many commits a subscription was maintained and re-run for; the last ones make ties.
fn counts(sql: &str) -> [(u64, u64); 2] {
    let options = Options::default().with_paranoid(true).with_cost_gate(false);
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    assert_eq!(engine.explain(sql, ()).unwrap().plan, PlanKind::Incremental, "{sql}");
    let live = engine.subscribe_with(sql, (), |_, _| {}).unwrap();
    let counted = |writes: &[&str]| {
        let before = engine.stats().unwrap();
        for write in writes {
            engine.exec(write, ()).unwrap();
        }
        let after = engine.stats().unwrap();
        (after.maintained - before.maintained, after.requeries - before.requeries)
    };
    let untied = counted(&["INSERT INTO pay VALUES (900, 3, 5, 'x')", "UPDATE pay SET amount = 6 WHERE id = 900"]);
    let tied = counted(&[
        "INSERT INTO pay VALUES (901, 3, 6, 'a')",
        "INSERT INTO pay VALUES (902, 3, 6, 'b')",
        "DELETE FROM pay WHERE id = 901",
    ]);
    assert_eq!((engine.stats().unwrap().divergences, engine.stats().unwrap().repairs), (0, 0), "{sql}");
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
    assert_eq!(engine.stats().unwrap().requeries, 0);
    engine.exec("DELETE FROM pay WHERE id = 3", ()).unwrap();
    assert_eq!(engine.stats().unwrap().requeries, 1);
    let rows: Vec<Row> = engine.query(sql, [3]).unwrap().rows;
    assert_eq!(rows.len(), 19);
}

const PLAYS: &str = "
    CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, club TEXT);
    CREATE TABLE plays(id INTEGER PRIMARY KEY, user INTEGER, game TEXT, points, at TEXT, score REAL);
    INSERT INTO users VALUES (1, 'Ann', 'x'), (2, 'ann', 'X'), (3, 'Bob', NULL), (4, NULL, 'x'), (5, 'eve', 'y');
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
    INSERT INTO plays SELECT i, nullif(i % 7, 6), char(97 + i % 3), iif(i % 5, i % 11, i * 0.1), '2024-01-0' || (1 + i % 4), i * 0.1
    FROM n;";

/// Ties and no ties, NULLs, numbers of both kinds, texts among numbers.
const PLAYED: [&str; 10] = [
    "INSERT INTO plays VALUES (901, 3, 'a', 2, '2024-01-02', 0.7)",
    "INSERT INTO plays VALUES (902, NULL, 'b', NULL, NULL, NULL), (903, 2, NULL, 2.0, '2024-01-09', 1e3)",
    "UPDATE plays SET user = 5 WHERE id IN (5, 6, 7, 8)",
    "UPDATE plays SET points = '3' WHERE id = 12",
    "UPDATE plays SET points = points + 1, score = -score WHERE id % 4 = 0",
    "DELETE FROM plays WHERE user = 1",
    "UPDATE users SET name = 'ANN', club = 'y' WHERE id = 3",
    "DELETE FROM plays WHERE id % 2 = 0",
    "DELETE FROM plays",
    "INSERT INTO plays VALUES (1, 1, 'a', 0.5, '2024-01-01', 0.1), (2, 2, 'a', 0.5, '2024-01-01', 0.1)",
];

fn maintained(queries: &[&'static str]) {
    for sql in queries {
        let (maintained, requeries) = Checked::of(PLAYS, sql).counts(&PLAYED);
        assert!(maintained > 4 && requeries == 0, "{sql}: {maintained} {requeries}");
    }
}

#[test]
fn windows_over_groups_read_the_groups() {
    maintained(&[
        "SELECT user, count(*) AS n, rank() OVER (ORDER BY count(*) DESC) FROM plays GROUP BY user",
        "SELECT user, row_number() OVER (ORDER BY count(*) DESC, user) AS place FROM plays GROUP BY user
         HAVING count(points) > 1 ORDER BY place LIMIT 3",
        "SELECT user, game, count(*), rank() OVER (PARTITION BY game ORDER BY count(*), user) FROM plays GROUP BY user, game",
        "SELECT user, dense_rank() OVER (PARTITION BY count(*) ORDER BY user) + count(*) FROM plays GROUP BY user",
        "SELECT user, 100.0 * count(*) / sum(count(*)) OVER (), max(count(*)) OVER () FROM plays GROUP BY user",
        "SELECT date(at) AS day, count(*), sum(count(*)) OVER (ORDER BY date(at)) FROM plays GROUP BY day",
        "SELECT user, sum(count(*)) FILTER (WHERE user > 2) OVER w, lag(count(*)) OVER w FROM plays GROUP BY user
         WINDOW w AS (ORDER BY user DESC)",
        "SELECT user, count(DISTINCT game), ntile(2) OVER (ORDER BY user) FROM plays WHERE id > 3 GROUP BY user",
        "SELECT count(*), rank() OVER (ORDER BY count(*)) FROM plays",
        "SELECT DISTINCT rank() OVER (ORDER BY count(*) / 4) FROM plays GROUP BY user",
        "SELECT user FROM plays GROUP BY user ORDER BY rank() OVER (ORDER BY count(*)), user",
        "SELECT u.id, u.name, count(*), rank() OVER (ORDER BY count(*) DESC) FROM users u JOIN plays p ON p.user = u.id
         GROUP BY u.id",
        "SELECT u.id, u.club, count(p.id), row_number() OVER (PARTITION BY u.club ORDER BY u.id) FROM users u
         LEFT JOIN plays p ON p.user = u.id GROUP BY u.id",
        "SELECT user, group_concat(id ORDER BY id), rank() OVER (ORDER BY group_concat(id ORDER BY id)) FROM plays GROUP BY user",
        "SELECT p.game, rank() OVER (ORDER BY count(*)), count(u.club) FROM plays p LEFT JOIN users u ON u.id = p.user
         GROUP BY p.game, u.id IS NULL",
    ]);
}

#[test]
fn windows_over_groups_that_are_loose_are_checked() {
    for sql in [
        "SELECT name, count(*), rank() OVER (ORDER BY count(*) DESC) FROM users GROUP BY name",
        "SELECT user, max(points), rank() OVER (ORDER BY max(points)) FROM plays GROUP BY user",
        "SELECT user, sum(points), rank() OVER (ORDER BY sum(points)), row_number() OVER (ORDER BY sum(points)) FROM plays
         GROUP BY user",
    ] {
        let checked = Checked::of(PLAYS, sql);
        checked.counts(&PLAYED);
        checked.counts(&["INSERT INTO users VALUES (6, 'ANN', NULL)", "UPDATE users SET name = id"]);
    }
}

#[test]
fn windows_over_all_rows_of_what_is_maintained_read_it() {
    maintained(&[
        "SELECT game, row_number() OVER (ORDER BY game, user) FROM (SELECT DISTINCT game, user FROM plays)",
        "SELECT n, rank() OVER (ORDER BY n) FROM (SELECT user, count(*) AS n FROM plays GROUP BY user) WHERE n > 2",
        "SELECT id, rank() OVER (ORDER BY id) FROM (SELECT id FROM users UNION SELECT user FROM plays)",
        "SELECT u.name, rank() OVER (ORDER BY p.points) FROM users u LEFT JOIN plays p ON p.user = u.id",
        "SELECT u.name, p.points, rank() OVER (ORDER BY p.id) FROM users u FULL JOIN plays p ON p.user = u.id",
        "WITH RECURSIVE up(n) AS (SELECT user FROM plays UNION SELECT n + 1 FROM up WHERE n < 9)
         SELECT n, count(*) OVER (ORDER BY n) FROM up",
    ]);
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec(PLAYS, ()).unwrap();
    // A plan could only ask for these again.
    for sql in [
        "SELECT id, rank() OVER (ORDER BY points) FROM plays WHERE game = 'a'",
        "SELECT p.id, rank() OVER (ORDER BY points) FROM plays p JOIN users u ON u.id = p.user",
        "SELECT id, rank() OVER (ORDER BY id) FROM (SELECT id FROM users UNION ALL SELECT user FROM plays)",
    ] {
        assert_eq!(
            engine.explain(sql, ()).unwrap().reason.as_deref(),
            Some("a window function runs over the whole result"),
            "{sql}"
        );
    }
}

#[test]
fn sums_of_floats_in_no_certain_order_are_sqlites_where_they_round_by_it() {
    let far = "INSERT INTO plays VALUES (1001, 3, 'a', 1, '2024-01-01', 1e17), (1002, 3, 'a', 1, '2024-01-01', 0.3),
               (1003, 3, 'a', 1, '2024-01-01', -1e17), (1004, 3, 'a', 1, '2024-01-01', 0.7)";
    for sql in [
        "SELECT id, sum(score) OVER (PARTITION BY user) FROM plays",
        "SELECT id, total(score) OVER (PARTITION BY user ORDER BY points) FROM plays",
        "SELECT id, avg(score) OVER (PARTITION BY user ORDER BY points RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM plays",
        "SELECT id, round(sum(score) FILTER (WHERE id > 2) OVER (PARTITION BY user ORDER BY at GROUPS 1 PRECEDING EXCLUDE TIES), 2)
         FROM plays",
        "SELECT user, sum(score) OVER () FROM (SELECT DISTINCT user, score, points FROM plays)",
    ] {
        let checked = Checked::of(PLAYS, sql);
        assert_eq!(checked.counts(&PLAYED[..5]).1, 0, "{sql}");
        assert!(checked.counts(&[far, "UPDATE plays SET game = 'b', score = 0.4 WHERE id = 1002"]).1 > 0, "{sql}");
        checked.counts(&PLAYED[5..]);
    }
    // Here each row has its place.
    for sql in [
        "SELECT id, sum(score) OVER (PARTITION BY user ORDER BY id) FROM plays",
        "SELECT user, game, sum(sum(score)) OVER (PARTITION BY user ORDER BY game) FROM plays GROUP BY user, game",
    ] {
        let checked = Checked::of(PLAYS, sql);
        assert_eq!(checked.counts(&["UPDATE plays SET points = 7", "UPDATE plays SET score = 0.1 * id"]).1, 0, "{sql}");
    }
    assert_eq!(
        Checked::of(PLAYS, "SELECT id, sum(score) OVER (PARTITION BY user ORDER BY id) FROM plays").counts(&[far]),
        (1, 0)
    );
}
