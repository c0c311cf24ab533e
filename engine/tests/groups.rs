//! Groups kept by sums: by aliases and expressions whose values are known exactly, and beside columns that the groups decide.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{DisabledFeatures, Engine, Location, Options, PlanKind, PlannerFeature, Step};

const SCHEMA: &str = "
    CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, nick TEXT COLLATE NOCASE, loose, rank NUMERIC, team INTEGER);
    CREATE TABLE teams(id INTEGER PRIMARY KEY, title TEXT);
    CREATE TABLE tags(key TEXT PRIMARY KEY, label TEXT) WITHOUT ROWID;
    CREATE TABLE codes(key TEXT COLLATE NOCASE PRIMARY KEY, label TEXT) WITHOUT ROWID;
    CREATE TABLE messages(id INTEGER PRIMARY KEY, user INTEGER, tag TEXT, code TEXT, at TEXT, length INTEGER, score REAL);
    INSERT INTO teams VALUES (1, 'one'), (2, 'two');
    INSERT INTO users VALUES (1, 'ann', 'A', 1, 1, 1), (2, 'bob', 'b', 'x', 2.5, 2), (3, 'bob', NULL, NULL, NULL, NULL);
    INSERT INTO tags VALUES ('x', 'ex'), ('y', NULL);
    INSERT INTO codes VALUES ('x', 'ex'), ('y', NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
    INSERT INTO messages
    SELECT i, nullif(i % 5, 0), substr('xyZ', i % 3 + 1, 1), substr('xYz', i % 3 + 1, 1),
           '2024-0' || (i % 3 + 1) || '-11', i * 100, i * 0.1
    FROM n;";

/// Ties, NULLs, values of several types that are equal, values that differ in case alone, identities that are exchanged.
const WRITES: &[&str] = &[
    "INSERT INTO messages VALUES (100, 1, 'x', 'X', '2024-02-30', 100, 0.1), (101, 3, NULL, NULL, NULL, NULL, NULL)",
    "UPDATE users SET name = 'Ann', nick = 'a', loose = 1.0, rank = '1.0' WHERE id = 1",
    "UPDATE users SET nick = 'B', rank = 2 WHERE id = 2",
    "UPDATE users SET name = x'616e6e', rank = 'one', team = 2 WHERE id = 1",
    "UPDATE messages SET user = 2 WHERE user = 1",
    "UPDATE messages SET user = 9 WHERE id % 4 = 0",
    "INSERT INTO users VALUES (9, 'new', 'N', 0, 0, 1)",
    "UPDATE users SET id = 10 WHERE id = 9",
    "UPDATE OR REPLACE users SET id = 2 WHERE id = 10",
    "UPDATE messages SET user = NULL WHERE id < 9",
    "UPDATE messages SET length = -0.5, score = -0.0 WHERE id = 7",
    "UPDATE messages SET at = 'never', score = 1e17 WHERE id IN (6, 9)",
    "UPDATE teams SET title = 'TWO' WHERE id = 2",
    "UPDATE tags SET label = 'Ex' WHERE key = 'x'",
    "UPDATE codes SET key = 'X', label = NULL WHERE key = 'x'",
    "DELETE FROM tags WHERE key = 'y'",
    "DELETE FROM users WHERE id = 3",
    "UPDATE users SET id = 3, name = NULL WHERE id = 1",
    "DELETE FROM messages WHERE id % 3 = 1",
    "UPDATE users SET name = 'bob'; DELETE FROM messages WHERE id % 3 = 2",
    "DELETE FROM messages",
    "INSERT INTO messages SELECT id, id, 'x', 'x', '2024-01-01', id, id FROM users",
];

fn strategies(step: &Step, found: &mut Vec<String>) {
    found.push(format!("{}: {}", step.strategy, step.detail));
    step.inputs.iter().for_each(|input| strategies(input, found));
}

/// The strategies of a query that is planned, after writes that were compared with SQLite under its subscription.
fn played(sql: &str, disabled: DisabledFeatures) -> Vec<String> {
    let options = Options::default().with_paranoid(true).with_cost_gate(false).with_disabled_features(disabled);
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    let explained = engine.explain(sql, ()).unwrap();
    assert_eq!(explained.plan, PlanKind::Incremental, "{sql}: {:?}", explained.reason);
    let _live = engine.subscribe(sql, ()).unwrap();
    for write in WRITES {
        engine.exec(write, ()).unwrap();
        let stats = engine.stats().unwrap();
        assert_eq!((stats.divergences, stats.repairs), (0, 0), "{sql}: {write}");
    }
    let mut found = Vec::new();
    strategies(&explained.steps.unwrap(), &mut found);
    found
}

fn is_summed(strategies: &[String]) -> bool {
    let is_summed = strategies.iter().any(|step| step.starts_with("accumulate: ") && step.contains(" by "));
    is_summed && !strategies.iter().any(|step| step.ends_with("by group"))
}

fn assert_summed(sql: &str) {
    let found = played(sql, DisabledFeatures::NOTHING);
    assert!(is_summed(&found), "{sql}: {found:?}");
    let forced = played(sql, DisabledFeatures::NOTHING.and(PlannerFeature::Accumulate));
    assert!(!is_summed(&forced), "{sql}: {forced:?}");
}

fn assert_asked(sql: &str) {
    let found = played(sql, DisabledFeatures::NOTHING);
    assert!(!is_summed(&found), "{sql}: {found:?}");
}

#[test]
fn groups_by_an_alias_or_an_expression_are_summed_up() {
    for sql in [
        "SELECT strftime('%Y-%m', at) AS m, sum(score), count(*) FROM messages GROUP BY m ORDER BY m DESC LIMIT 6",
        "SELECT CASE WHEN length < 1000 THEN 'short' WHEN length < 2000 THEN 'normal' ELSE 'long' END AS kind, count(*),
                min(user), max(length) FROM messages GROUP BY kind",
        "SELECT CASE WHEN length < 1000 THEN 'short' ELSE 'long' END, count(*) FROM messages
         GROUP BY CASE WHEN length < 1000 THEN 'short' ELSE 'long' END ORDER BY 2",
        "SELECT count(*), CASE WHEN length < 1000 THEN 1 ELSE 2 END FROM messages
         GROUP BY CASE WHEN length < 1000 THEN 1 ELSE 2 END ORDER BY CASE WHEN length < 1000 THEN 1 ELSE 2 END",
        "SELECT user AS id, count(*) FROM messages GROUP BY id",
        "SELECT length > 1000 AS is_long, tag || '-' AS dashed, count(*) FROM messages GROUP BY is_long, dashed",
        "SELECT tag || '-' AS dashed, count(*) FROM messages GROUP BY dashed HAVING dashed <> 'x-' ORDER BY dashed || 'z'",
        "SELECT count(*), (length IS NULL) || '!' FROM messages GROUP BY length IS NULL",
        "SELECT CAST(tag AS INTEGER) AS number, count(*) FROM messages GROUP BY number HAVING number < '5'",
        "SELECT user AS u, user IS NULL AS is_none, count(*) FROM messages GROUP BY u, is_none HAVING NOT (is_none)",
        "SELECT upper(nick) AS up, max(rank), count(rank) FROM users GROUP BY up",
    ] {
        assert_summed(sql);
    }
}

#[test]
fn groups_by_what_has_equal_values_that_differ_are_asked_for() {
    for sql in [
        "SELECT nick AS n, count(*) FROM users GROUP BY n",
        "SELECT tag COLLATE NOCASE AS t, count(*) FROM messages GROUP BY t",
        "SELECT loose AS l, count(*) FROM users GROUP BY l",
        "SELECT length / 2 AS half, count(*) FROM messages GROUP BY half",
        "SELECT score * 0 AS zero, count(*) FROM messages GROUP BY zero",
        "SELECT CASE WHEN length > 1000 THEN loose END AS l, count(*) FROM users JOIN messages ON user = users.id GROUP BY l",
    ] {
        assert_asked(sql);
    }
}

#[test]
fn columns_that_the_groups_decide_are_shown_beside_sums() {
    for sql in [
        "SELECT u.name, count(*) AS n, sum(m.length) / 60000.0, avg(m.score) FROM messages m JOIN users u ON u.id = m.user
         GROUP BY u.id HAVING n > 2",
        "SELECT u.name, count(*) FROM messages m JOIN users u ON u.id = m.user GROUP BY m.user",
        "SELECT u.nick, count(*) FROM messages m JOIN users u ON u.id = m.user GROUP BY m.user",
        "SELECT u.nick, u.rank, count(DISTINCT tag), min(m.length) FROM messages m JOIN users u ON u.id = m.user
         GROUP BY m.user HAVING u.nick <> 'B' OR u.name > 'b' ORDER BY u.nick, u.id",
        "SELECT count(*) FROM messages m, users u WHERE m.user = u.id GROUP BY u.id ORDER BY u.name || u.rank",
        "SELECT u.id, max(m.id), u.name FROM messages m JOIN users u ON u.id = m.user GROUP BY m.user",
        "SELECT u.name, t.title, count(*) FROM messages m JOIN users u ON u.id = m.user JOIN teams t ON t.id = u.team
         GROUP BY m.user",
        "SELECT id, name, nick, count(*) FROM users WHERE rank > 0 GROUP BY id HAVING max(team) > 0 AND name IS NOT NULL",
        "SELECT t.label, count(*) FROM messages m JOIN tags t ON t.key = m.tag GROUP BY m.tag",
        "SELECT label, tag, sum(score) FROM (SELECT tag AS key, score, tag FROM messages) JOIN tags USING (key) GROUP BY key",
        "SELECT t.title, m.at, count(*) FROM teams t, messages m WHERE t.id = 2 GROUP BY m.at",
        "SELECT u.name, count(*) FROM messages m LEFT JOIN users u ON u.id = m.user GROUP BY u.id",
        "SELECT u.name, t.title, count(*) FROM messages m LEFT JOIN users u ON u.id = m.user
         LEFT JOIN teams t ON t.id = u.team GROUP BY u.id, t.id",
        "SELECT t.label, count(*), total(m.score) FROM messages m LEFT JOIN tags t ON t.key = m.tag GROUP BY t.key",
        "SELECT x.name, x.n FROM (SELECT u.name, u.id, count(*) AS n FROM messages m JOIN users u ON u.id = m.user
         GROUP BY m.user) x JOIN teams t ON t.id = x.id",
        "SELECT users.rowid, name, count(*) FROM users JOIN messages ON user = users.id GROUP BY users.id",
    ] {
        assert_summed(sql);
        let forced = played(sql, DisabledFeatures::NOTHING.and(PlannerFeature::Determined));
        assert!(!is_summed(&forced), "{sql}: {forced:?}");
    }
}

#[test]
fn columns_that_a_group_has_several_values_of_are_not_decided() {
    for sql in [
        // The key whose equal values differ.
        "SELECT c.label, count(*) FROM messages m JOIN codes c ON c.key = m.code GROUP BY m.code",
        "SELECT u.loose, count(*) FROM messages m JOIN users u ON u.id = m.user GROUP BY m.user",
        // Where the join finds no row there is another user.
        "SELECT max(m.id), u.name FROM messages m LEFT JOIN users u ON u.id = m.user AND m.length > 100 GROUP BY m.user",
        "SELECT max(m.id), u.name FROM messages m JOIN users u ON u.id >= m.user GROUP BY m.user",
        "SELECT max(m.id), u.name FROM messages m JOIN users u ON u.id = m.user OR u.id = 1 GROUP BY m.user",
        "SELECT max(m.id), t.label FROM messages m JOIN tags t ON t.key = m.id GROUP BY m.length",
    ] {
        assert_asked(sql);
    }
}
