//! Commits that change more rows of a table than are worth looking at one by one: whatever reads the table is evaluated again, and
//! nothing else is.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{Engine, Event, Location, Options, Params, PlanKind, Row, Subscription, Value};

/// More rows than capture keeps for a query that reads few rows.
const MANY: u64 = 5_000;

/// A subscription with what its edits have come to.
struct Followed {
    sql: &'static str,
    live: Subscription,
    rows: Vec<Row>,
}

impl Followed {
    fn all(engine: &Engine, queries: &[&'static str]) -> Vec<Self> {
        let follow = |sql: &&'static str| {
            let live = engine.subscribe(sql, ()).unwrap();
            let rows = live.snapshot().rows.to_vec();
            Self { sql, live, rows }
        };
        queries.iter().map(follow).collect()
    }

    fn check(&mut self, engine: &Engine, after: &str) {
        while let Some(event) = self.live.try_next() {
            let Event::Diff(diff) = event else { panic!("{after}: {event:?}") };
            diff.apply(&mut self.rows);
        }
        let fresh = engine.query(self.sql, ()).unwrap().rows;
        assert_eq!(self.rows, fresh, "{} after {after}", self.sql);
    }
}

fn keeping(rows: usize) -> Engine {
    let options = Options::default().with_cost_gate(false).with_most_captured_rows(rows);
    Engine::open(Location::Memory, options).unwrap()
}

fn requeries(engine: &Engine) -> u64 {
    engine.stats().unwrap().requeries
}

const SCHEMA: &str = "
    CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, c, d AS (c + 1));
    CREATE TABLE s(t REFERENCES t(id) ON DELETE CASCADE ON UPDATE CASCADE, x UNIQUE);
    CREATE TABLE w(k TEXT, n, PRIMARY KEY (k, n)) WITHOUT ROWID;
    CREATE TRIGGER follows AFTER UPDATE OF b ON t BEGIN UPDATE s SET x = new.b WHERE t = new.id; END;
    WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 12)
        INSERT INTO t(id, a, b, c) SELECT i, i % 3, i, i FROM n;
    INSERT INTO s SELECT id, -id FROM t WHERE id % 2;
    INSERT INTO w SELECT 'k' || id % 2, id FROM t WHERE id < 9";

const QUERIES: &[&str] = &[
    "SELECT id, a FROM t WHERE a = 1 ORDER BY id",
    "SELECT id, b FROM t ORDER BY b DESC, id LIMIT 3",
    "SELECT a, count(*), sum(c) FROM t GROUP BY a ORDER BY a",
    "SELECT t.id, s.x FROM t JOIN s ON s.t = t.id WHERE t.a = 2 ORDER BY 1, 2",
    "SELECT t.id, s.x FROM t LEFT JOIN s ON s.t = t.id ORDER BY 1, 2",
    "SELECT DISTINCT c % 2 FROM t ORDER BY 1",
    "SELECT id, d FROM t WHERE d > 5 ORDER BY id",
    "SELECT id FROM t WHERE id BETWEEN 3 AND 6 ORDER BY id",
    "SELECT one.id, two.id FROM t one JOIN t two ON two.a = one.id WHERE one.id = 1 ORDER BY 1, 2",
    "SELECT k, max(n) FROM w GROUP BY k ORDER BY k",
    "SELECT count(*) FROM s",
];

const WRITES: &[&str] = &[
    "UPDATE t SET c = c + 1",
    "UPDATE t SET b = b * 2 WHERE id < 7",
    "UPDATE t SET a = a, b = b",
    "UPDATE t SET c = 1 WHERE id = 1; UPDATE t SET a = a + 1; UPDATE t SET b = 100 WHERE id = 2",
    "INSERT INTO t(id, a, b, c) SELECT id + 100, a, b, c FROM t",
    "DELETE FROM t WHERE id > 105",
    "INSERT INTO t(id, a) SELECT id, 9 FROM t WHERE true ON CONFLICT(id) DO UPDATE SET a = excluded.a % 4, c = -c",
    "UPDATE t SET c = 5; INSERT INTO t(id) VALUES (500); DELETE FROM t WHERE id = 500",
    "UPDATE t SET id = id + 1000 WHERE id < 4",
    "REPLACE INTO t(id, a, b, c) SELECT id, 1, 2, 3 FROM t WHERE id < 10",
    "UPDATE w SET n = n + 10",
    "UPDATE w SET k = upper(k); DELETE FROM w WHERE n = 11",
    "BEGIN; SAVEPOINT one; UPDATE t SET c = 77; ROLLBACK TO one; UPDATE t SET b = 3 WHERE id = 5; COMMIT",
    "BEGIN; UPDATE t SET a = 8 WHERE id = 5; SAVEPOINT one; DELETE FROM t; ROLLBACK TO one; COMMIT",
    "BEGIN; UPDATE t SET a = 8; ROLLBACK; UPDATE t SET a = 6 WHERE id = 5",
    "DELETE FROM s",
    "DELETE FROM t",
];

#[test]
fn results_are_right_however_few_rows_are_kept() {
    for most in 0..4 {
        let engine = keeping(most);
        engine.exec(SCHEMA, ()).unwrap();
        let mut followed = Followed::all(&engine, QUERIES);
        for write in WRITES {
            // Each statement of it commits, but for those between BEGIN and COMMIT.
            engine.exec_each(write, ()).unwrap();
            followed.iter_mut().for_each(|followed| followed.check(&engine, write));
        }
        for write in WRITES.iter().filter(|write| !write.contains("BEGIN")) {
            engine.transaction(|transaction| transaction.exec(write, ()).map(drop)).unwrap();
            followed.iter_mut().for_each(|followed| followed.check(&engine, write));
        }
        assert!(requeries(&engine) > 0, "with {most} rows");
        assert_eq!(engine.stats().unwrap().repairs, 0);
    }
}

#[test]
fn a_statement_that_fails_in_a_transaction_leaves_what_was_there() {
    for most in 0..3 {
        let engine = keeping(most);
        engine.exec(SCHEMA, ()).unwrap();
        let mut followed = Followed::all(&engine, QUERIES);
        engine.exec("BEGIN", ()).unwrap();
        engine.exec("UPDATE t SET c = 3 WHERE id < 4", ()).unwrap();
        assert!(engine.exec("UPDATE s SET x = 1", ()).is_err(), "x is unique");
        assert!(engine.exec("UPDATE OR FAIL s SET x = abs(x) % 5", ()).is_err(), "some rows are kept");
        engine.exec("COMMIT", ()).unwrap();
        followed.iter_mut().for_each(|followed| followed.check(&engine, "what failed"));
    }
}

fn filled() -> Engine {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    let schema = "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, c); CREATE INDEX by_a ON t(a);
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
            INSERT INTO t SELECT i, i % 100, 'text', 0 FROM n";
    engine.exec(schema, ()).unwrap();
    engine
}

fn update(engine: &Engine, column: &str, rows: u64) {
    let sql = format!("UPDATE t SET {column} = {column} || '!' WHERE id <= ?");
    engine.exec(&sql, [Value::from(i64::try_from(rows).unwrap())]).unwrap();
}

#[test]
fn many_rows_are_given_up_where_evaluating_again_costs_little() {
    let engine = filled();
    let mut window = engine.subscribe("SELECT id, b FROM t WHERE a = 7 ORDER BY id LIMIT 10", Params::None).unwrap();
    update(&engine, "b", 100);
    let before = engine.stats().unwrap();
    assert_eq!((before.requeries, before.refused), (0, 0));
    update(&engine, "b", MANY);
    let after = engine.stats().unwrap();
    assert_eq!((after.requeries, after.refused, after.rows_in), (1, 1, before.rows_in + MANY));
    assert_eq!(window.try_next().map(|event| event.diff().is_some()), Some(true));
    assert!(window.plan() == PlanKind::Incremental, "its plan goes on");
    update(&engine, "b", 10);
    assert_eq!((requeries(&engine), window.try_next().is_some()), (1, true));
}

#[test]
fn what_reads_other_columns_is_not_evaluated_again() {
    let engine = filled();
    let _window = engine.subscribe("SELECT id, b FROM t WHERE a = 7 ORDER BY id LIMIT 10", ()).unwrap();
    let mut others = ["SELECT count(*) FROM t", "SELECT sum(c) FROM t", "SELECT a, count(*) FROM t GROUP BY a"]
        .map(|sql| engine.subscribe(sql, ()).unwrap());
    update(&engine, "b", MANY);
    assert_eq!(requeries(&engine), 1, "the window alone");
    assert!(others.iter_mut().all(|other| other.try_next().is_none()));
}

#[test]
fn rows_are_kept_where_evaluating_again_costs_more() {
    let engine = filled();
    let sum = engine.subscribe("SELECT a, sum(id), count(*) FROM t GROUP BY a", ()).unwrap();
    assert!(sum.plan() == PlanKind::Incremental);
    engine.exec("INSERT INTO t(a) SELECT 1 FROM t LIMIT 1500", ()).unwrap();
    assert_eq!(requeries(&engine), 0);
}

#[test]
fn who_sees_change_batches_sees_every_row() {
    let engine = filled();
    let _window = engine.subscribe("SELECT id, b FROM t WHERE a = 7 ORDER BY id LIMIT 10", ()).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    engine.on_change(move |_, batch| sender.send(batch.len()).unwrap()).unwrap();
    update(&engine, "b", MANY);
    assert_eq!(receiver.try_recv(), Ok(usize::try_from(MANY).unwrap()));
}
