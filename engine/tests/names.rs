//! What names mean, where SQLite's rules surprise: each query is maintained by a plan and compared with SQLite's rows in
//! their order after every commit.

use tidewater::{Engine, Event, Location, Options, PlanKind};

const SCHEMA: &str = "
    CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT COLLATE NOCASE, c TEXT);
    CREATE TABLE u(id INTEGER PRIMARY KEY, t_id INT, x INT);
    CREATE VIEW v AS SELECT id, a FROM t;
    INSERT INTO t VALUES (1, 7, 'b', 'y'), (2, 5, 'A', 'X'), (3, 6, 'a', 'x'), (4, 5, 'B', 'z');
    INSERT INTO u VALUES (1, 1, 10), (2, 2, 20), (3, 4, 30);";

const WRITES: [&str; 6] = [
    "INSERT INTO t VALUES (5, 1, 'c', 'w')",
    "UPDATE t SET a = 9 - a, c = upper(c) WHERE id > 1",
    "INSERT INTO u VALUES (4, 5, 5), (5, 3, 5)",
    "DELETE FROM t WHERE id = 2",
    "UPDATE u SET x = -x, t_id = 1",
    "DELETE FROM u WHERE id = 1",
];

/// Queries whose rows come in a fixed order, and whether a plan maintains them.
const QUERIES: [(&str, bool); 12] = [
    // An alias inside parentheses is lost, and the table has its own name again.
    ("SELECT u.id FROM u, (t AS lost) WHERE t.id = u.t_id ORDER BY u.id", true),
    // A sign before the number of a column changes nothing.
    ("SELECT id, a FROM t ORDER BY +2, +1", true),
    ("SELECT a, count(*) FROM t GROUP BY +1 ORDER BY 1", true),
    // A term of ORDER BY is an alias first, also under COLLATE.
    ("SELECT id, c AS b FROM t ORDER BY b COLLATE BINARY DESC, id LIMIT 3", true),
    ("SELECT id, lower(c) AS c FROM t ORDER BY c COLLATE NOCASE, id LIMIT 2", true),
    // What USING merges is shown once, so that the second column is t_id.
    ("SELECT * FROM (SELECT * FROM t JOIN u USING (id)) AS j ORDER BY 5, 1", true),
    // The first of several columns of a name that a wildcard shows decides about that one alone.
    ("SELECT DISTINCT v.*, u.x FROM v JOIN u ON u.t_id = v.id ORDER BY 1, 2, 3", true),
    // A CTE is read in the scopes around the place that names it.
    ("SELECT id, (WITH n AS (SELECT x AS m FROM u WHERE t_id = t.id) SELECT max(m) FROM n) FROM t ORDER BY id", true),
    (
        "SELECT id, (WITH o AS (SELECT t.a AS w), n AS (SELECT w + 1 AS m FROM o) SELECT m FROM n) FROM t ORDER BY id",
        true,
    ),
    // A join in parentheses has the names of its items alone in its conditions.
    (
        "SELECT t.id, w.x FROM t LEFT JOIN (u AS w JOIN v ON v.id = w.t_id AND a > 4) ON w.t_id = t.id ORDER BY 1, 2",
        true,
    ),
    // A column of the same name comes before an alias everywhere but in ORDER BY.
    ("SELECT id AS a, a AS id FROM t WHERE id > 1 GROUP BY id ORDER BY a", true),
    // Two CTEs that name each other's tables.
    (
        "WITH p AS (SELECT t_id AS k, sum(x) AS s FROM u GROUP BY t_id), q AS (SELECT k, s FROM p WHERE s > 4) SELECT t.id, q.s FROM q JOIN t ON t.id = q.k ORDER BY 1",
        true,
    ),
];

#[test]
fn names_mean_what_they_mean_to_sqlite() {
    for (sql, is_planned) in QUERIES {
        let options = Options::default().with_paranoid(true).with_cost_gate(false);
        let engine = Engine::open(Location::Memory, options).unwrap();
        engine.exec(SCHEMA, ()).unwrap();
        let explained = engine.explain(sql, ()).unwrap();
        assert_eq!(explained.plan == PlanKind::Incremental, is_planned, "{sql}: {:?}", explained.reason);
        let mut live = engine.subscribe(sql, ()).unwrap();
        let mut rows = live.snapshot().rows.to_vec();
        assert_eq!(rows, engine.query(sql, ()).unwrap().rows, "{sql}");
        for write in WRITES {
            engine.exec(write, ()).unwrap();
            while let Some(event) = live.try_next() {
                match event {
                    Event::Diff(diff) => diff.apply(&mut rows),
                    other => panic!("{sql}: {other:?}"),
                }
            }
            assert_eq!(rows, engine.query(sql, ()).unwrap().rows, "{sql}\n    after {write}");
        }
        assert_eq!((engine.stats().unwrap().divergences, engine.stats().unwrap().disagreements), (0, 0), "{sql}");
    }
}
