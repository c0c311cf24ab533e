//! Sums over a LEFT JOIN: they follow from the changed rows as those over an inner join do, where no aggregate can tell a
//! row of NULLs from none.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

mod common;

use tidewater::{Engine, Location, Options};

const SCHEMA: &str = "
    CREATE TABLE channels(id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, kind TEXT);
    CREATE TABLE messages(id INTEGER PRIMARY KEY, channel INTEGER, author TEXT COLLATE NOCASE, size REAL, loose);
    CREATE INDEX of_channel ON messages(channel);
    INSERT INTO channels VALUES (1, 'one', 'a'), (2, 'two', 'a'), (3, 'three', 'b'), (4, 'four', NULL);
    INSERT INTO messages VALUES (1, 1, 'x', 0.5, 1), (2, 1, 'X', 2, '1'), (3, 1, NULL, NULL, 1.0), (4, 2, 'y', 0.1, x'00'),
        (5, 9, 'z', 4, 2), (6, NULL, 'z', 3, NULL);";

const WRITES: [&str; 14] = [
    "INSERT INTO messages VALUES (10, 3, 'new', 0.25, 7), (11, 3, NULL, NULL, NULL)",
    "UPDATE messages SET channel = 4 WHERE id = 10",
    "UPDATE messages SET author = upper(author), size = size + 1",
    "DELETE FROM messages WHERE channel = 1 AND id > 1",
    "INSERT INTO channels VALUES (9, 'nine', 'b')",
    "UPDATE channels SET kind = 'b' WHERE id = 1",
    "UPDATE channels SET id = 5 WHERE id = 2",
    "UPDATE channels SET kind = NULL",
    "DELETE FROM channels WHERE id = 9",
    "UPDATE messages SET channel = 5 WHERE channel = 2",
    "UPDATE messages SET size = NULL, loose = NULL WHERE id = 4",
    "INSERT INTO messages VALUES (12, 5, 'n', 1e300, -1); DELETE FROM channels WHERE id = 3",
    "DELETE FROM messages",
    "DELETE FROM channels",
];

#[test]
fn sums_over_a_left_join_follow_every_commit() {
    for sql in [
        "SELECT c.id, count(m.id) FROM channels c LEFT JOIN messages m ON m.channel = c.id GROUP BY c.id",
        "SELECT c.kind, count(m.id), count(m.author), total(m.size), sum(m.id + m.channel) FROM channels c LEFT JOIN messages m ON m.channel = c.id AND m.id > 1 GROUP BY c.kind",
        "SELECT c.kind, count(DISTINCT c.id), count(DISTINCT m.author), min(c.id), max(m.id) FROM channels c LEFT JOIN messages m ON m.channel = c.id GROUP BY c.kind",
        "SELECT count(m.id), avg(m.id) FROM channels c LEFT JOIN messages m ON m.channel = c.id",
        "SELECT c.kind, count(m.id) AS n FROM channels c LEFT JOIN messages m ON m.channel = c.id WHERE c.id < 9 GROUP BY c.kind HAVING n < 3 ORDER BY n DESC, c.kind LIMIT 2",
        "SELECT c.id, count(m.id) FILTER (WHERE m.size > 1 OR m.size IS NULL) FROM channels c LEFT JOIN messages m ON m.channel = c.id GROUP BY c.id",
        "SELECT c.id, count(m.id) FROM channels c LEFT JOIN messages m ON m.channel > c.id GROUP BY c.id",
        "SELECT a.id, count(m.id) FROM channels a JOIN channels b ON b.kind = a.kind LEFT JOIN messages m ON m.channel = b.id GROUP BY a.id",
        "SELECT c.id, c.kind, count(m.id) AS n FROM channels c LEFT JOIN messages m ON m.channel = c.id GROUP BY c.id ORDER BY c.kind",
        "SELECT c.id, max(length(c.name)), count(s.id) FROM channels c LEFT JOIN (SELECT id, channel FROM messages WHERE size > 0) s ON s.channel = c.id GROUP BY c.id",
    ] {
        assert!(keeps_sums(sql), "{sql}");
        let (reason, maintained) = common::play(SCHEMA, &WRITES, sql);
        assert_eq!(reason, None, "{sql}");
        assert!(maintained >= 8, "{sql}: {maintained}");
    }
}

#[test]
fn what_can_tell_a_row_of_nulls_from_none_is_asked_for_by_group() {
    for sql in [
        "SELECT c.id, count(*) FROM channels c LEFT JOIN messages m ON m.channel = c.id GROUP BY c.id",
        "SELECT c.id, sum(c.id) FROM channels c LEFT JOIN messages m ON m.channel = c.id GROUP BY c.id",
        "SELECT c.id, count(m.size IS NULL) FROM channels c LEFT JOIN messages m ON m.channel = c.id GROUP BY c.id",
        "SELECT c.id, min(coalesce(m.id, 0)) FROM channels c LEFT JOIN messages m ON m.channel = c.id GROUP BY c.id",
        "SELECT c.id, count(DISTINCT c.kind) FILTER (WHERE m.id IS NULL) FROM channels c LEFT JOIN messages m ON m.channel = c.id GROUP BY c.id",
        "SELECT c.id, count(m.id) FROM channels c LEFT JOIN messages m ON m.channel = c.id WHERE m.id IS NULL OR m.id > 3 GROUP BY c.id",
    ] {
        assert!(!keeps_sums(sql), "{sql}");
        let (reason, maintained) = common::play(SCHEMA, &WRITES, sql);
        assert_eq!(reason, None, "{sql}");
        assert!(maintained >= 8, "{sql}: {maintained}");
    }
}

/// Whether the query's plan keeps sums.
fn keeps_sums(sql: &str) -> bool {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    let mut pending = vec![engine.explain(sql, ()).unwrap().steps.unwrap()];
    while let Some(step) = pending.pop() {
        if step.strategy == "accumulate" {
            return true;
        }
        pending.extend(step.inputs);
    }
    false
}
