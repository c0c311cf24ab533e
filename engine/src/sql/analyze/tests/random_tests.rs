//! Columns and predicates against random writes: a commit that is said not to affect an answer does not change it.

use super::watch_tests::Watch;
use crate::api::options::{Location, Options};
use crate::storage::{Script, SealedCommit, Session, Storage, TransactionOwner};
use crate::types::Params;

const SCHEMA: &str = "
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT COLLATE NOCASE, c);
CREATE TABLE u(id INT PRIMARY KEY, t_id INT, x, y TEXT);
CREATE TABLE w(p, q, r, PRIMARY KEY (p, q)) WITHOUT ROWID;
CREATE TABLE g(a, v AS (a || 'x') VIRTUAL, s AS (a || 'y') STORED);
CREATE INDEX t_by_a ON t(a);
CREATE INDEX u_by_t_id ON u(t_id);
CREATE VIEW tv AS SELECT id, c FROM t WHERE a = 1;
CREATE VIEW uv AS SELECT tv.id AS tid, u.x FROM tv LEFT JOIN u ON u.t_id = tv.id AND u.x IS NULL;
";

/// Values that SQL may take for one another, and some that it does not.
const VALUES: [&str; 10] = ["NULL", "0", "1", "1.0", "2", "1.5", "'1'", "'a'", "'A'", "x'31'"];

/// Conditions with places for a column of each table and a value.
const FILTERS: [&str; 20] = [
    "T.a = ?",
    "? = T.b",
    "T.c IS ?",
    "U.x IS NOT DISTINCT FROM ?",
    "U.y = ? COLLATE NOCASE",
    "T.c IN (?, 2)",
    "U.t_id = ? OR U.t_id = 2",
    "T.a = ? AND U.x = 1",
    "NOT T.a = ?",
    "T.rowid = ?",
    "U.rowid = ?",
    "U.id = ?",
    "(T.a = ?) IS NULL",
    "T.a > ?",
    "? >= T.b",
    "T.c BETWEEN ? AND ?",
    "U.x < ? COLLATE NOCASE",
    "U.y <= ? AND U.t_id > ?",
    "T.rowid < ? OR T.id < 2",
    "EXISTS (SELECT 1 FROM w WHERE w.p = ? AND w.q = T.a)",
];

/// What is selected from where; the condition takes the place of `CONDITION`.
const SELECTS: [&str; 12] = [
    "SELECT T.a, U.x FROM t T, u U WHERE CONDITION",
    "SELECT T.b, U.y FROM t T JOIN u U ON CONDITION",
    "SELECT T.id, U.x FROM t T LEFT JOIN u U ON T.id = U.t_id WHERE CONDITION",
    "SELECT T.id, U.x FROM t T LEFT JOIN u U ON T.id = U.t_id AND CONDITION",
    "SELECT T.c, U.id FROM t T RIGHT JOIN u U ON T.id = U.t_id WHERE CONDITION",
    "SELECT T.c, U.id FROM t T FULL JOIN u U ON CONDITION",
    "SELECT T.a, r FROM w JOIN (t T LEFT JOIN u U ON U.x = T.c) ON p = T.a WHERE CONDITION",
    "SELECT count(*), max(T.id) FROM t T JOIN u U ON T.a = U.t_id WHERE CONDITION",
    "SELECT (SELECT count(*) FROM u U WHERE CONDITION) FROM t T",
    "SELECT T.a FROM t T WHERE T.a IN (SELECT U.x FROM u U WHERE CONDITION)",
    "WITH m AS (SELECT T.id AS i, U.x AS z FROM t T LEFT JOIN u U ON CONDITION) SELECT z FROM m WHERE i = 1",
    "SELECT T.a, U.x FROM t T CROSS JOIN u U LEFT JOIN w ON w.p = T.a AND CONDITION WHERE T.a = 1",
];

const OTHERS: [&str; 6] = [
    "SELECT * FROM tv WHERE id = 1",
    "SELECT * FROM uv",
    "SELECT v FROM g WHERE v = '1x'",
    "SELECT a FROM g WHERE s = '1y'",
    "SELECT rowid, s FROM g",
    "SELECT p FROM w WHERE r = 1 AND q = 1 UNION ALL SELECT a FROM t WHERE b = 'a'",
];

/// Queries of one template with many values: joins lead to each.
const JOINS: [&str; 6] = [
    "SELECT T.b FROM t T JOIN u U ON U.t_id = T.a WHERE U.y = ?",
    "SELECT T.b, U.x FROM u U, t T, t V WHERE T.id = V.a AND V.a = U.t_id AND U.y = ?",
    "SELECT count(*) FROM u U JOIN t T ON T.id = U.id WHERE T.c = ?",
    "SELECT T.b FROM t T WHERE EXISTS (SELECT 1 FROM u U JOIN t V ON V.id = U.t_id WHERE V.b = ? AND U.id = T.id)",
    "SELECT T.id, V.c FROM t T JOIN t V USING (a) LEFT JOIN u U ON U.x = T.id WHERE V.b = ?",
    "SELECT W.r FROM w W JOIN w X ON X.p = W.q LEFT JOIN t T ON T.a = X.q AND T.c = 1 WHERE X.r IS ?",
];

const WRITES: [&str; 18] = [
    "INSERT OR IGNORE INTO t VALUES (NULL, ?, ?, ?)",
    "INSERT OR REPLACE INTO u VALUES (?, ?, ?, ?)",
    "INSERT OR REPLACE INTO w SELECT coalesce(?, 0), coalesce(?, 0), ?",
    "INSERT INTO g(a) VALUES (?)",
    "UPDATE t SET a = ? WHERE id % 2",
    "UPDATE t SET b = ? WHERE a = ?",
    "UPDATE t SET c = ? WHERE id = (SELECT max(id) FROM t)",
    "UPDATE u SET x = ? WHERE t_id = ?",
    "UPDATE u SET y = ? WHERE x IS ?",
    "UPDATE OR IGNORE u SET id = ? WHERE x = ?",
    "UPDATE g SET a = ? WHERE a IS ?",
    "DELETE FROM t WHERE c IS ?",
    "DELETE FROM u WHERE y IS ?",
    "UPDATE OR IGNORE t SET id = id + 1 WHERE a = ?",
    "BEGIN; DELETE FROM t WHERE a = ?; UPDATE u SET t_id = ? WHERE x = ?; COMMIT",
    "BEGIN; UPDATE t SET a = ? WHERE id % 3 = 1; DELETE FROM u WHERE t_id = ?; COMMIT",
    "BEGIN; DELETE FROM u WHERE y IS ?; DELETE FROM t WHERE id % 3 = 0; COMMIT",
    "BEGIN; DELETE FROM w WHERE p = ?; INSERT OR REPLACE INTO t VALUES (1, ?, ?, ?); COMMIT",
];

/// A small generator: the seed alone decides a history.
struct Dice(u64);

impl Dice {
    fn roll<'a>(&mut self, sides: &[&'a str]) -> &'a str {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        sides[usize::try_from(self.0 >> 33).expect("31 bits") % sides.len()]
    }

    /// The text with a value for each `?`.
    fn filled(&mut self, text: &str) -> String {
        let mut parts = text.split('?');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |filled, part| filled + self.roll(&VALUES) + part)
    }
}

#[test]
fn a_commit_that_is_said_not_to_affect_an_answer_does_not_change_it() {
    let (mut spared, mut spared_readers, mut lookups) = (0, 0, 0);
    for seed in 0..30 {
        let mut dice = Dice(seed);
        let mut storage = Storage::open(&Location::Memory, &Options::default()).expect("an in-memory database");
        let mut watch = Watch::default();
        let mut session = storage.session();
        let run = Script { sql: SCHEMA, params: &Params::None, owner: TransactionOwner::Script };
        session.run(&run, &mut |_, _| true).1.expect("the schema");
        for _ in 0..40 {
            let condition = dice.roll(&FILTERS);
            let sql = dice.roll(&SELECTS).replace("CONDITION", condition);
            watch.add(&dice.filled(&sql), &mut session);
        }
        for value in VALUES {
            let sql = JOINS[usize::try_from(seed).expect("a seed") % JOINS.len()];
            watch.add(&sql.replace('?', value), &mut session);
        }
        OTHERS.iter().for_each(|sql| watch.add(sql, &mut session));
        for _ in 0..80 {
            let write = dice.roll(&WRITES);
            let write = dice.filled(write);
            let run = Script { sql: &write, params: &Params::None, owner: TransactionOwner::Script };
            let mut on_commit = |session: &mut Session<'_>, sealed: &SealedCommit| {
                watch.commit(session, sealed);
                true
            };
            // A constraint may refuse it.
            let _ = session.run(&run, &mut on_commit);
        }
        assert!(watch.wrong.is_empty(), "seed {seed}: {:#?}", watch.wrong);
        spared += watch.spared;
        spared_readers += watch.spared_readers;
        lookups += watch.lookups;
    }
    eprintln!("{spared} answers left alone, {spared_readers} of them of queries that read a table that changed");
    assert!(spared_readers > 10_000, "only {spared_readers}");
    assert!(lookups > 200, "joins were followed {lookups} times");
}
