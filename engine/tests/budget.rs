//! The memory budget: results stay right while what plans remember is dropped and comes back.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{Engine, Event, Location, Options, Row, Subscription};

const SCHEMA: &str = "
    CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, team INTEGER);
    CREATE TABLE messages(id INTEGER PRIMARY KEY, author INTEGER, body TEXT, at INTEGER);
    CREATE INDEX by_author ON messages(author);
";

/// Plans that remember: sums, extrema, distinct rows, groups that are recomputed, derived tables, a recursion.
const QUERIES: [&str; 7] = [
    "SELECT author, count(*), sum(at) FROM messages GROUP BY author",
    "SELECT author, min(body), max(at) FROM messages GROUP BY author",
    "SELECT DISTINCT body FROM messages",
    "SELECT u.name, count(m.id) FROM users u LEFT JOIN messages m ON m.author = u.id GROUP BY u.id",
    "SELECT id FROM users UNION SELECT author FROM messages",
    "SELECT u.name, s.size FROM users u JOIN (SELECT author, count(*) AS size FROM messages GROUP BY author) s
     ON s.author = u.id",
    "SELECT name FROM users WHERE id IN (SELECT author FROM messages WHERE at > 5)",
];

/// A subscriber with its list of rows.
struct Follower {
    sql: &'static str,
    live: Subscription,
    rows: Vec<Row>,
}

impl Follower {
    fn new(engine: &Engine, sql: &'static str) -> Self {
        let live = engine.subscribe(sql, ()).unwrap();
        let rows = live.snapshot().rows.to_vec();
        Self { sql, live, rows }
    }

    fn follow(&mut self, engine: &Engine) {
        while let Some(event) = self.live.try_next() {
            match event {
                Event::Diff(diff) => diff.apply(&mut self.rows),
                other => panic!("expected a diff, got {other:?}"),
            }
        }
        let sorted = |mut rows: Vec<Row>| {
            rows.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
            rows
        };
        let expected = engine.query(self.sql, ()).unwrap().rows;
        assert_eq!(sorted(self.rows.clone()), sorted(expected), "{}", self.sql);
    }
}

fn engine(budget: Option<usize>) -> Engine {
    let mut options = Options::default().with_cost_gate(false);
    options.memory_budget = budget;
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    let numbers = "WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 200)";
    let users = "INSERT INTO users SELECT value, 'user ' || value, value % 3 FROM n WHERE value <= 20";
    let messages = "INSERT INTO messages SELECT value, value % 20, 'body ' || value % 7, value FROM n";
    for insert in [users, messages] {
        engine.exec(&format!("{numbers} {insert}"), ()).unwrap();
    }
    engine
}

/// A commit of a history that touches all tables.
fn commit(engine: &Engine, at: i64) {
    let sql = match at % 5 {
        0 => "INSERT INTO messages(author, body, at) VALUES (?1 % 23, 'new ' || ?1, ?1)",
        1 => "DELETE FROM messages WHERE id % 17 = ?1 % 17",
        2 => "UPDATE messages SET author = author + 1, at = ?1 WHERE id % 13 = ?1 % 13",
        3 => "UPDATE users SET name = name || ?1 WHERE id = ?1 % 20",
        _ => "INSERT OR REPLACE INTO users VALUES (?1 % 25, 'name ' || ?1, ?1 % 3)",
    };
    engine.exec(sql, [at]).unwrap();
}

#[test]
fn results_stay_right_whatever_the_budget() {
    let full = {
        let engine = engine(None);
        let _held: Vec<_> = QUERIES.iter().map(|sql| Follower::new(&engine, sql)).collect();
        let stats = engine.stats().unwrap();
        assert_eq!((stats.memory_budget, stats.evicted, stats.without_state), (None, 0, 0));
        usize::try_from(stats.remembered_bytes).unwrap()
    };
    for budget in [0, 1000, full / 4, full / 2, full * 3 / 4] {
        let engine = engine(Some(budget));
        let mut followers: Vec<_> = QUERIES.iter().map(|sql| Follower::new(&engine, sql)).collect();
        assert!(engine.stats().unwrap().evicted > 0 && engine.stats().unwrap().without_state > 0, "{budget}");
        for at in 0..40 {
            commit(&engine, at);
            followers.iter_mut().for_each(|follower| follower.follow(&engine));
        }
        let stats = engine.stats().unwrap();
        assert_eq!((stats.memory_budget, stats.repairs), (Some(budget as u64), 0));
        assert!(stats.requeries > 0);
        assert!(
            if budget == 0 { stats.maintained == 0 } else { budget < full / 2 || stats.maintained > 0 },
            "{budget}: {stats:?}"
        );
    }
}

#[test]
fn no_budget_is_reached_and_nothing_is_dropped() {
    let engine = engine(Some(100_000_000));
    let mut followers: Vec<_> = QUERIES.iter().map(|sql| Follower::new(&engine, sql)).collect();
    for at in 0..10 {
        commit(&engine, at);
        followers.iter_mut().for_each(|follower| follower.follow(&engine));
    }
    let stats = engine.stats().unwrap();
    assert_eq!((stats.evicted, stats.without_state, stats.requeries), (0, 0, 0));
    assert!(stats.state_bytes > stats.remembered_bytes && stats.remembered_bytes > 0);
}

#[test]
fn room_comes_back_when_somebody_leaves() {
    let sums = "SELECT author, count(*), sum(at) FROM messages GROUP BY author";
    let distinct = "SELECT DISTINCT body, at FROM messages";
    let alone = |sql| {
        let engine = engine(None);
        let _live = engine.subscribe(sql, ()).unwrap();
        usize::try_from(engine.stats().unwrap().remembered_bytes).unwrap()
    };
    let engine = engine(Some(alone(sums).max(alone(distinct)) + 500));
    let mut first = Follower::new(&engine, sums);
    assert_eq!(engine.stats().unwrap().evicted, 0);
    let second = Follower::new(&engine, distinct);
    let stats = engine.stats().unwrap();
    assert_eq!((stats.evicted, stats.without_state), (1, 1), "the older one has gone");
    engine.exec("UPDATE messages SET at = at + 1 WHERE id = 3", ()).unwrap();
    first.follow(&engine);
    let stats = engine.stats().unwrap();
    assert_eq!((stats.requeries, stats.maintained, stats.without_state), (1, 1, 1), "one is re-run, one maintained");
    drop(second);
    engine.exec("UPDATE messages SET at = at + 1 WHERE id = 3", ()).unwrap();
    first.follow(&engine);
    let stats = engine.stats().unwrap();
    assert_eq!((stats.requeries, stats.without_state), (2, 0), "re-run once more, and it has its plan again");
    engine.exec("UPDATE messages SET at = at + 1 WHERE id = 3", ()).unwrap();
    first.follow(&engine);
    let stats = engine.stats().unwrap();
    assert_eq!((stats.requeries, stats.maintained, stats.evicted), (2, 2, 1));
}
