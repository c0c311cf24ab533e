//! Columns whose values no hook of SQLite's shows, and columns whose equal values may differ.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{Diff, Engine, Event, Location, Options, PlanKind, Stats, Subscription, ValueRef};

fn memory(schema: &str) -> Engine {
    let options = Options::default().with_paranoid(true).with_cost_gate(false);
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec(schema, ()).unwrap();
    engine
}

/// Subscribes to queries, all of which have a plan.
fn planned(engine: &Engine, queries: &[&str]) -> Vec<Subscription> {
    let subscribe = |sql: &&str| {
        let explained = engine.explain(sql, ()).unwrap();
        assert_eq!(explained.plan, PlanKind::Incremental, "{sql}: {:?}", explained.reason);
        engine.subscribe(sql, ()).unwrap()
    };
    queries.iter().map(subscribe).collect()
}

/// Runs statements, each a commit after which paranoid mode compares everything; what has happened since the schema.
fn run(engine: &Engine, statements: &[&str]) -> Stats {
    for sql in statements {
        engine.exec(sql, ()).unwrap();
        assert_eq!(engine.stats().unwrap().divergences, 0, "{sql}");
    }
    engine.stats().unwrap()
}

/// The values of the only column of a query that is subscribed to, as text.
fn values(engine: &Engine, sql: &str) -> Vec<String> {
    let live = engine.subscribe(sql, ()).unwrap();
    live.snapshot().rows.iter().map(|row| row.get(0).unwrap_or(ValueRef::Null).to_string()).collect()
}

const WRITES: [&str; 8] = [
    "INSERT INTO t(id, a, b) VALUES (1, 'One', 1), (2, 'two', 2.5), (3, NULL, 'x'), (4, 'ONE', '7')",
    "UPDATE t SET a = 'three' WHERE id = 3",
    "UPDATE t SET b = b + 1",
    "INSERT OR REPLACE INTO t(id, a, b) VALUES (2, 'one', -0.0), (5, 'five', 9223372036854775807)",
    "UPDATE t SET id = id + 10 WHERE id < 3",
    "BEGIN; UPDATE t SET a = 'x'; SAVEPOINT s; DELETE FROM t; ROLLBACK TO s; UPDATE t SET b = 3 WHERE id = 4; COMMIT",
    "DELETE FROM t WHERE id = 5",
    "DELETE FROM t",
];

const READS: [&str; 12] = [
    "SELECT * FROM t",
    "SELECT id FROM t WHERE v = 'ONE'",
    "SELECT v, count(*), sum(w) FROM t GROUP BY v",
    "SELECT DISTINCT w FROM t",
    "SELECT id, v FROM t ORDER BY w DESC, id LIMIT 2",
    "SELECT x.id, y.id FROM t AS x JOIN t AS y ON x.v = y.s",
    "SELECT x.id, y.id FROM t AS x LEFT JOIN t AS y ON x.w = y.w AND x.id < y.id",
    "SELECT x.id FROM t AS x JOIN u USING (v)",
    "SELECT id FROM t NATURAL JOIN u",
    "SELECT id FROM t WHERE w IN (SELECT w FROM t WHERE id > 2)",
    "SELECT v FROM t UNION SELECT v FROM u",
    "SELECT max(w), count(v) FROM t",
];

fn columns(options: &str) -> String {
    format!(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b,
             v TEXT COLLATE NOCASE AS (a), w REAL AS (b), s TEXT AS (lower(a) || typeof(b)) STORED){options};
         CREATE TABLE u(v TEXT COLLATE NOCASE); INSERT INTO u VALUES ('ONE'), ('x');"
    )
}

#[test]
fn virtual_columns_are_maintained() {
    for (options, more) in
        [("", ""), (" WITHOUT ROWID", ""), ("", "CREATE INDEX by_v ON t(v); CREATE INDEX by_w ON t(w)")]
    {
        let engine = memory(&(columns(options) + more));
        let _live = planned(&engine, &READS);
        let stats = run(&engine, &WRITES);
        // The sums of floats, and DISTINCT and UNION of rows that are equal and differ, go their own ways.
        assert!(stats.maintained > 3 * stats.requeries, "{options}: {stats:?}");
    }
}

#[test]
fn a_commit_of_the_inputs_alone_moves_the_virtual_column() {
    let engine =
        memory("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, v INT AS (a + b)); INSERT INTO t VALUES (1, 1, 1)");
    let mut live = planned(&engine, &["SELECT v FROM t WHERE v > 1"]).remove(0);
    run(&engine, &["UPDATE t SET a = 2, b = 0", "UPDATE t SET b = 2"]);
    assert!(matches!(live.try_next(), Some(Event::Diff(Diff { edits, .. })) if edits.len() == 1));
    assert_eq!(live.try_next(), None, "the first commit changed no value that is read");
    assert_eq!(values(&engine, "SELECT v FROM t WHERE v > 1"), ["4"]);
    assert_eq!(engine.stats().unwrap().requeries, 0);
}

#[test]
fn strict_tables_constraints_and_the_connections_settings_are_those_of_the_table() {
    let engine = memory(
        "CREATE TABLE p(id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);
         CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, p INTEGER NOT NULL REFERENCES p, a ANY UNIQUE CHECK (a <> 9),
                        v ANY AS (a LIKE 'A%'), CHECK (v IS NOT 5)) STRICT;
         CREATE TRIGGER r AFTER INSERT ON t BEGIN UPDATE t SET a = a || '!' WHERE id = new.id; END;",
    );
    let _live = planned(&engine, &["SELECT v FROM t"]);
    run(&engine, &["INSERT INTO t(p, a) VALUES (1, 'a'), (1, 'A'), (1, NULL)", "DELETE FROM t WHERE id = 3"]);
    assert_eq!(values(&engine, "SELECT v FROM t"), ["1", "1"]);
    assert_eq!(engine.stats().unwrap().requeries, 0);
    // With this, SQLite computes the column still and takes no new table that has it.
    run(&engine, &["PRAGMA case_sensitive_like = ON", "INSERT INTO t(p, a) VALUES (1, 'ab')"]);
    assert_eq!(values(&engine, "SELECT v FROM t"), ["0", "1", "0"]);
    let reason = engine.explain("SELECT v FROM t", ()).unwrap().reason.unwrap();
    assert!(reason.starts_with("no hook reports the virtual columns of t"), "{reason}");
    run(&engine, &["PRAGMA case_sensitive_like = OFF", "INSERT INTO t(p, a) VALUES (1, 'Ab')"]);
    assert_eq!(values(&engine, "SELECT v FROM t"), ["1", "1", "1", "1"]);
    planned(&engine, &["SELECT v FROM t"]);
}

#[test]
fn altered_tables_have_other_virtual_columns() {
    let engine = memory("CREATE TABLE t(id INTEGER PRIMARY KEY, a, v AS (a * 2)); INSERT INTO t(a) VALUES (1)");
    let _live = planned(&engine, &["SELECT v FROM t"]);
    let statements = [
        "INSERT INTO t(a) VALUES (2)",
        "ALTER TABLE t ADD COLUMN more DEFAULT 3",
        "INSERT INTO t(a) VALUES (3)",
        "ALTER TABLE t RENAME COLUMN a TO z",
        "INSERT INTO t(z) VALUES (4)",
        "ALTER TABLE t DROP COLUMN v; ALTER TABLE t ADD COLUMN v AS (z * 100)",
        "INSERT INTO t(z) VALUES (5)",
    ];
    run(&engine, &statements);
    assert_eq!(values(&engine, "SELECT v FROM t"), ["100", "200", "300", "400", "500"]);
    // Explained in the middle of a transaction that is rolled back, the table is what it was all the same.
    engine.exec_each("BEGIN; ALTER TABLE t DROP COLUMN v; ALTER TABLE t ADD COLUMN v AS (z * 7)", ()).unwrap();
    engine.explain("SELECT v FROM t WHERE z > 0", ()).unwrap();
    engine.exec("ROLLBACK", ()).unwrap();
    run(&engine, &["INSERT INTO t(z) VALUES (6)"]);
    assert_eq!(values(&engine, "SELECT v FROM t").last().unwrap(), "600");
}

#[test]
fn a_virtual_column_that_has_no_value_is_asked_of_sqlite() {
    // SQLite computes the column of every row that is written, but not of those that are there when it is added.
    let engine = memory(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, -1), (20, -9223372036854775808);
         ALTER TABLE t ADD COLUMN v AS (abs(a))",
    );
    let sql = "SELECT v FROM t WHERE id + 0 < 10";
    let _live = planned(&engine, &[sql]);
    let stats = run(&engine, &["UPDATE t SET a = id - 3"]);
    assert_eq!((stats.given_up, values(&engine, sql)), (1, vec!["2".to_owned()]));
    let stats = run(&engine, &["UPDATE t SET a = 4"]);
    assert_eq!((stats.given_up, values(&engine, sql)), (1, vec!["4".to_owned()]));
}

#[test]
fn json_that_sqlite_knows_to_be_json_is_asked_of_sqlite() {
    let engine = memory("CREATE TABLE t(id INTEGER PRIMARY KEY, a, v AS (a -> '$'))");
    let _live = planned(&engine, &["SELECT v FROM t", "SELECT json_array(a) FROM t"]);
    let sql = "SELECT json_array(v) FROM t";
    assert_eq!(engine.explain(sql, ()).unwrap().plan, PlanKind::Requery);
    let _nested = engine.subscribe(sql, ()).unwrap();
    run(&engine, &["INSERT INTO t(a) VALUES ('[1]')", "UPDATE t SET a = '[2]'"]);
    assert_eq!(values(&engine, sql), ["'[[2]]'"]);
}

#[test]
fn equal_rows_are_maintained_until_two_of_them_differ() {
    let engine = memory("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT COLLATE NOCASE)");
    let _live = planned(&engine, &["SELECT DISTINCT a FROM t", "SELECT DISTINCT b FROM t"]);
    let stats =
        run(&engine, &["INSERT INTO t VALUES (1, 1, 'a'), (2, 1, 'a'), (3, 1.5, 'b')", "UPDATE t SET b = upper(b)"]);
    assert_eq!(stats.given_up, 0, "all of them changed at once");
    let stats = run(&engine, &["UPDATE t SET a = 1.0 WHERE id = 2", "UPDATE t SET b = 'a' WHERE id = 1"]);
    assert_eq!(stats.given_up, 2);
    let before = run(&engine, &["UPDATE t SET a = 1, b = 'A' WHERE id < 3", "UPDATE t SET a = NULL WHERE id = 3"]);
    let stats = run(&engine, &["DELETE FROM t WHERE id = 1", "DELETE FROM t", "INSERT INTO t VALUES (1, 1, 'a')"]);
    assert!(stats.maintained > before.maintained, "{stats:?}");
}
