//! Windows over SELECTs that are asked for again row by row, as outer joins and subqueries are: what such a window holds is
//! all that is remembered, however long the table is.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

mod common;

use tidewater::{Engine, Location, Options};

const SCHEMA: &str = "
    CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE);
    CREATE TABLE messages(id INTEGER PRIMARY KEY, channel INTEGER, author INTEGER, body, at INTEGER);
    CREATE INDEX newest ON messages(channel, at);
    CREATE TABLE reactions(message INTEGER, user TEXT COLLATE NOCASE, PRIMARY KEY (message, user)) WITHOUT ROWID;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
    INSERT INTO messages SELECT i, i % 3, nullif(i % 9, 8), 'body ' || i, i / 2 FROM n;
    INSERT INTO users SELECT id, 'name ' || id FROM messages WHERE id < 7;
    INSERT INTO reactions SELECT id, 'a' FROM messages WHERE id % 2;
    INSERT INTO reactions SELECT id, 'b' FROM messages WHERE id % 3 AND id > 200;";

const WRITES: [&str; 14] = [
    "INSERT INTO messages VALUES (900, 1, 2, 'new', 1000)",
    "UPDATE messages SET body = 'other' WHERE id = 900",
    "UPDATE messages SET at = 3 WHERE id = 900",
    "UPDATE messages SET id = 1000, at = 999 WHERE id = 298",
    "UPDATE users SET name = upper(name) WHERE id = 1",
    "DELETE FROM users WHERE id = 2",
    "INSERT INTO users VALUES (7, 'seven')",
    "UPDATE users SET id = 2 WHERE id = 7",
    "INSERT INTO reactions VALUES (1000, 'c'), (1, 'c')",
    "UPDATE reactions SET user = upper(user) WHERE message > 290",
    "DELETE FROM messages WHERE id > 295",
    "UPDATE messages SET at = -at",
    "UPDATE messages SET channel = 1 WHERE channel = 2",
    "DELETE FROM messages",
];

#[test]
fn windows_over_outer_joins_and_subqueries_follow_every_commit() {
    for sql in [
        "SELECT m.id, u.name FROM messages m LEFT JOIN users u ON u.id = m.author WHERE m.channel = 1 ORDER BY m.at DESC, m.id LIMIT 10",
        "SELECT u.name, m.body FROM messages m LEFT JOIN users u ON u.id = m.author ORDER BY m.at DESC, m.id LIMIT 7 OFFSET 3",
        "SELECT m.id, r.user FROM messages m LEFT JOIN reactions r ON r.message = m.id ORDER BY m.id DESC, r.user LIMIT 9",
        "SELECT m.id, r.user FROM messages m LEFT JOIN reactions r ON r.message = m.id ORDER BY r.user DESC, m.id LIMIT 9",
        "SELECT r.user, m.body FROM reactions r LEFT JOIN messages m ON m.id = r.message + 1 ORDER BY r.message DESC, r.user LIMIT 6",
        "SELECT m.body, (SELECT count(*) FROM reactions r WHERE r.message = m.id) FROM messages m ORDER BY m.at DESC, m.id LIMIT 8",
        "SELECT m.body FROM messages m WHERE NOT EXISTS (SELECT 1 FROM reactions r WHERE r.message = m.id) ORDER BY m.at, m.id LIMIT 8",
        "SELECT m.body FROM messages m WHERE m.at < (SELECT max(at) FROM messages) ORDER BY m.at DESC, m.id LIMIT 8",
        "SELECT m.at, u.name FROM messages m LEFT JOIN users u ON u.id = m.author ORDER BY u.name, m.id LIMIT 8",
        "SELECT m.at FROM messages m LEFT JOIN users u ON u.id = m.author ORDER BY m.at LIMIT 8",
        "SELECT m.at / 4 FROM messages m LEFT JOIN users u ON u.id = m.author LIMIT 8",
        "SELECT u.name FROM messages m LEFT JOIN users u ON u.id = m.author ORDER BY m.id LIMIT -1 OFFSET 200",
    ] {
        let (reason, maintained) = common::play(SCHEMA, &WRITES, sql);
        assert_eq!(reason, None, "{sql}");
        assert!(maintained >= 4, "{sql}: {maintained}");
    }
}

/// The bytes that a timeline with names takes, and the instructions that a message in it does, in a table of so many rows.
fn cost(messages: u64) -> (u64, u64) {
    let engine = Engine::open(Location::Memory, Options::default().with_paranoid(false)).unwrap();
    let fill = format!(
        "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
         CREATE TABLE messages(id INTEGER PRIMARY KEY, author INTEGER, at INTEGER);
         CREATE INDEX newest ON messages(at);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {messages})
         INSERT INTO messages SELECT 1000 + i, 5, 100000 + i FROM n;"
    );
    engine.exec(&fill, ()).unwrap();
    let sql = "SELECT m.id, u.name FROM messages m LEFT JOIN users u ON u.id = m.author ORDER BY m.at DESC LIMIT 20";
    let watch = engine.subscribe(sql, ()).unwrap();
    engine.exec("INSERT INTO messages VALUES (900000, 5, 900000)", ()).unwrap();
    engine.exec("UPDATE messages SET at = 1 WHERE id = 1020", ()).unwrap();
    let stats = engine.stats().unwrap();
    assert_eq!((stats.maintained, stats.requeries, stats.beyond), (1, 0, 1), "{messages}");
    let explained = engine.explain(sql, ()).unwrap();
    drop(watch);
    (stats.state_bytes, explained.live.unwrap().instructions_per_commit.unwrap())
}

#[test]
fn neither_what_a_window_over_an_outer_join_holds_nor_what_a_commit_costs_grows_with_the_table() {
    assert_eq!(cost(100), cost(20_000));
}
