//! Random scripts through `tidewater replay` and through SQLite alone: after every answer, what a subscriber has made of
//! the events must be what SQLite returns. Queries and writes are small; it is the protocol that is tried here.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::{Value, json};
use support::{Replay, Reply, Subscriber};

const SCRIPTS: usize = 120;
const REQUESTS: usize = 60;
const SUBSCRIPTIONS_AT_FIRST: usize = 6;

const SCHEMA: &str = "\
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT COLLATE NOCASE);
CREATE TABLE u(id INTEGER PRIMARY KEY, t_id INTEGER, v REAL UNIQUE);
CREATE INDEX u_t ON u(t_id);
CREATE VIEW w AS SELECT id, a FROM t WHERE a IS NOT NULL;
CREATE TABLE log(what TEXT, id INTEGER);
CREATE TRIGGER gone AFTER DELETE ON t BEGIN INSERT INTO log VALUES ('gone', old.id); DELETE FROM u WHERE t_id = old.id; END";

/// Queries, and whether their ORDER BY decides the place of every row.
const QUERIES: &[(&str, bool)] = &[
    ("SELECT * FROM t ORDER BY id", true),
    ("SELECT a, b FROM t", false),
    ("SELECT id, a FROM t WHERE a = ?1", false),
    ("SELECT id FROM t WHERE b = 'X' ORDER BY id DESC", true),
    ("SELECT count(*), sum(a), min(v), max(length(b)) FROM t LEFT JOIN u ON u.t_id = t.id", false),
    ("SELECT typeof(a), count(*) FROM t GROUP BY 1 ORDER BY 1", true),
    ("SELECT t.id, u.id, v FROM t JOIN u ON u.t_id = t.id WHERE v > ?1", false),
    ("SELECT t.b, u.v FROM t LEFT JOIN u ON u.t_id = t.id ORDER BY t.id, u.id", true),
    ("SELECT DISTINCT typeof(a), a FROM t", false),
    ("SELECT id, v FROM u ORDER BY v DESC, id LIMIT 3", true),
    ("SELECT id, v FROM u ORDER BY v, id LIMIT 3 OFFSET 2", true),
    ("SELECT id FROM t WHERE id NOT IN (SELECT t_id FROM u WHERE t_id IS NOT NULL)", false),
    ("SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id AND u.v >= ?1)", false),
    ("SELECT typeof(a), a FROM t UNION SELECT typeof(v), v FROM u", false),
    ("SELECT id FROM t EXCEPT SELECT t_id FROM u", false),
    ("SELECT w.id, what FROM w LEFT JOIN log USING (id)", false),
    ("SELECT what, id, count(*) FROM log GROUP BY id ORDER BY id", true),
    ("SELECT id, row_number() OVER (ORDER BY id) FROM t ORDER BY id", true),
    (
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION SELECT n + 1 FROM c WHERE n < (SELECT count(*) FROM t)) SELECT n FROM c",
        false,
    ),
];

/// Small deterministic randomness: a failing seed fails again.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) >> 33).unwrap() % bound
    }

    fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    fn literal(&mut self) -> &'static str {
        self.pick(&["NULL", "0", "1", "2", "-3", "1.0", "2.5", "'1'", "'x'", "'X'", "x'31'", "''"])
    }

    fn write(&mut self) -> String {
        let (id, other) = (self.below(8) + 1, self.below(8) + 1);
        match self.below(10) {
            0 | 1 => format!("INSERT OR IGNORE INTO t(id, a, b) VALUES ({id}, {}, {})", self.literal(), self.literal()),
            2 => format!("INSERT OR REPLACE INTO t(id, a, b) VALUES ({id}, {}, {})", self.literal(), self.literal()),
            3 => format!("INSERT INTO u VALUES ({id}, {other}, {}.25)", self.below(20)),
            4 => format!("INSERT OR REPLACE INTO u VALUES ({id}, {other}, {}.5)", self.below(6)),
            5 => format!("UPDATE t SET a = {}, b = {} WHERE id <> {id}", self.literal(), self.literal()),
            6 => format!("UPDATE u SET t_id = {other}, v = v + {} WHERE id >= {id}", self.below(3)),
            7 => format!("DELETE FROM {} WHERE id = {id}", self.pick(&["t", "u"])),
            8 => format!("INSERT OR ROLLBACK INTO u VALUES ({id}, {other}, {}.75)", self.below(3)),
            _ => format!("INSERT OR FAIL INTO u VALUES ({id}, 1, 100.0 + {other}), (NULL, 2, 3.5), (NULL, 2, 3.5)"),
        }
    }
}

/// SQLite alone, doing what the contract says a request does.
struct Reference {
    connection: Connection,
}

impl Reference {
    /// Runs a script; how many rows it changed, or `None` if it failed.
    fn exec(&self, script: &str) -> Option<u64> {
        let begins = script.starts_with("BEGIN") || script.starts_with("SAVEPOINT");
        let wrapped = self.connection.is_autocommit() && !begins;
        if wrapped {
            self.run("BEGIN").unwrap();
        }
        let ran = script.split(';').try_fold(0, |changes, statement| Some(changes + self.run(statement)?));
        if wrapped && !self.connection.is_autocommit() {
            // What a lone OR FAIL kept stays; a longer script is all or nothing.
            let keeps = ran.is_some() || script.contains("OR FAIL") && !script.contains(';');
            self.run(if keeps { "COMMIT" } else { "ROLLBACK" }).unwrap();
        }
        ran
    }

    fn run(&self, statement: &str) -> Option<u64> {
        self.connection.execute_batch(statement).ok()?;
        let writes = ["INSERT", "UPDATE", "DELETE"].iter().any(|verb| statement.trim_start().starts_with(verb));
        Some(if writes { self.connection.changes() } else { 0 })
    }

    fn rows(&self, sql: &str, parameter: Option<&Value>) -> Vec<Value> {
        let mut statement = self.connection.prepare(sql).unwrap();
        if statement.parameter_count() > 0 {
            statement.raw_bind_parameter(1, parameter.and_then(Value::as_i64)).unwrap();
        }
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            found.push((0..columns).map(|column| wire(row.get_ref(column).unwrap())).collect());
        }
        found
    }
}

fn wire(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => json!(value),
        // By way of text, so that both sides go through the same reader.
        ValueRef::Real(value) => serde_json::from_str(&json!(value).to_string()).unwrap(),
        ValueRef::Text(bytes) => json!(std::str::from_utf8(bytes).unwrap()),
        ValueRef::Blob(bytes) => json!({"blob": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()}),
    }
}

struct Live {
    id: String,
    query: usize,
    parameter: Value,
}

struct Run {
    random: Random,
    replay: Replay,
    reference: Reference,
    subscriber: Subscriber,
    live: Vec<Live>,
    last_commit: u64,
    diffs: usize,
}

impl Run {
    fn new(seed: u64, flags: &[&str]) -> Self {
        let mut replay = Replay::start(flags);
        let reference = Reference { connection: Connection::open_in_memory().unwrap() };
        let last_commit = replay.exec(SCHEMA).commit();
        reference.connection.execute_batch(SCHEMA).unwrap();
        Self {
            random: Random(seed),
            replay,
            reference,
            subscriber: Subscriber::default(),
            live: Vec::new(),
            last_commit,
            diffs: 0,
        }
    }

    fn step(&mut self, step: usize) {
        let in_transaction = !self.reference.connection.is_autocommit();
        match self.random.below(10) {
            0 | 1 if !in_transaction => self.subscribe(step),
            2 if !self.live.is_empty() => self.unsubscribe(),
            3 => {
                let script = if in_transaction { self.random.pick(&["COMMIT", "COMMIT", "ROLLBACK"]) } else { "BEGIN" };
                self.exec(script);
            }
            4 => self.nested(),
            5 => self.exec(["INSERT INTO t VALUES (1, 1, 1); no sql", "", "-- nothing"][step % 3]),
            6 if step.is_multiple_of(9) => self.exec(&format!("ALTER TABLE t ADD COLUMN c{step} DEFAULT {step}")),
            6 => {
                let writes: Vec<String> = (0..3).map(|_| self.random.write()).collect();
                self.exec(&writes.join("; "));
            }
            _ => {
                let write = self.random.write();
                self.exec(&write);
            }
        }
    }

    /// Transactions and savepoints within one script.
    fn nested(&mut self) {
        let [one, two, three] = [self.random.write(), self.random.write(), self.random.write()];
        let script = if self.reference.connection.is_autocommit() {
            match self.random.below(4) {
                0 => format!("BEGIN; {one}; COMMIT; BEGIN; {two}; COMMIT"),
                1 => format!("BEGIN; {one}; ROLLBACK; BEGIN; {two}; {three}; COMMIT"),
                2 => format!("SAVEPOINT a; {one}; SAVEPOINT b; {two}; ROLLBACK TO b; {three}; RELEASE a"),
                _ => format!("BEGIN; {one}; SAVEPOINT a; {two}"),
            }
        } else {
            match self.random.below(3) {
                0 => format!("SAVEPOINT a; {one}; ROLLBACK TO a; {two}; RELEASE a"),
                1 => format!("SAVEPOINT a; {one}; SAVEPOINT b; {two}; RELEASE b; ROLLBACK TO a"),
                _ => format!("{one}; {two}; COMMIT"),
            }
        };
        self.exec(&script);
    }

    fn subscribe(&mut self, step: usize) {
        let query = self.random.below(QUERIES.len());
        let parameter = json!(self.random.below(4));
        let id = format!("{step}");
        let sql = QUERIES[query].0;
        let params = if sql.contains("?1") { json!([parameter]) } else { Value::Null };
        let reply = self.replay.ask(&json!({"op": "subscribe", "id": id, "sql": sql, "params": params}));
        // A failed exec does not say which commit it left behind, and OR FAIL leaves one.
        assert!(reply.commit() >= self.last_commit, "{sql}");
        self.last_commit = reply.commit();
        self.subscriber.subscribed(&reply);
        self.live.push(Live { id, query, parameter });
    }

    fn unsubscribe(&mut self) {
        let place = self.random.below(self.live.len());
        let live = self.live.remove(place);
        self.replay.ask(&json!({"op": "unsubscribe", "id": live.id}));
        self.subscriber.rows.remove(&live.id);
    }

    fn exec(&mut self, script: &str) {
        let reply = self.replay.exec(script);
        let changes = self.reference.exec(script);
        assert_eq!(reply.answer["ok"], json!(changes.is_some()), "{script}: {reply:?}");
        if let Some(changes) = changes {
            assert_eq!(reply.answer["changes"], json!(changes), "{script}");
        }
        self.check_events(&reply, script);
        self.subscriber.receive(&reply);
        self.diffs += reply.events.len();
    }

    /// Commit by commit, in the order of subscribing, numbers going up, and nothing twice.
    fn check_events(&mut self, reply: &Reply, script: &str) {
        let place = |event: &Value| self.live.iter().position(|live| event["sub"] == json!(live.id)).unwrap();
        let order: Vec<_> =
            reply.events.iter().map(|event| (event["commit"].as_u64().unwrap(), place(event))).collect();
        assert!(order.is_sorted_by(|one, next| one < next), "{script}: {order:?}");
        assert!(order.iter().all(|(commit, _)| *commit > self.last_commit), "{script}: {order:?}");
        if !self.reference.connection.is_autocommit() && !script.contains("COMMIT") && !script.contains("RELEASE") {
            assert!(order.is_empty(), "{script}: delivered in a transaction");
        }
        let last = order.last().map_or(0, |(commit, _)| *commit);
        self.last_commit = reply.answer["commit"].as_u64().unwrap_or_else(|| last.max(self.last_commit));
        assert!(last <= self.last_commit);
    }

    /// While a transaction is open the subscribers' state is older than what the reference shows.
    fn check_rows(&mut self, context: &str) {
        if !self.reference.connection.is_autocommit() {
            return;
        }
        for live in &self.live {
            let (sql, ordered) = QUERIES[live.query];
            let mut expected = self.reference.rows(sql, Some(&live.parameter));
            let mut held = self.subscriber.rows[&live.id].clone();
            if !ordered {
                expected.sort_by_key(Value::to_string);
                held.sort_by_key(Value::to_string);
            }
            assert_eq!(held, expected, "{context}: {sql}");
        }
    }
}

#[test]
fn in_memory() {
    play(0, &[], SCRIPTS);
}

#[test]
fn under_the_eye_of_paranoid_mode() {
    play(1, &["--paranoid"], SCRIPTS);
}

#[test]
fn by_running_everything_again() {
    play(2, &["--strategy", "requery"], SCRIPTS);
}

#[test]
fn in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.db");
    // Every commit waits for the disk here.
    play(3, &["--db", file.to_str().unwrap()], SCRIPTS / 8);
}

/// `RANDOM_SCRIPTS=1000` plays more of them than a test needs.
fn play(kind: u64, flags: &[&str], scripts: usize) {
    let scripts = std::env::var("RANDOM_SCRIPTS").ok().and_then(|count| count.parse().ok()).unwrap_or(scripts);
    let mut diffs = 0;
    for seed in (kind * 1_000_000..).take(scripts) {
        if let Some(file) = flags.iter().find(|flag| flag.ends_with(".db")) {
            let _ = std::fs::remove_file(file);
        }
        let mut run = Run::new(seed, flags);
        for number in 0..SUBSCRIPTIONS_AT_FIRST {
            run.subscribe(REQUESTS + number);
        }
        for step in 0..REQUESTS {
            run.step(step);
            run.check_rows(&format!("seed {seed}, step {step}"));
        }
        diffs += run.diffs;
        assert!(run.replay.finish().success(), "seed {seed}");
    }
    assert!(diffs > scripts * 20, "only {diffs} diffs: the scripts try too little");
}
