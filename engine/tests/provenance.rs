//! Provenance: which changed rows of a commit each diff names.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{Cause, Engine, Event, Location, Options, Row, RowKey, Subscription, ValueRef};

const SCHEMA: &str = "
    CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE messages(id INTEGER PRIMARY KEY, author INTEGER, body TEXT, size AS (length(body)));
    CREATE TABLE tags(message INTEGER, tag TEXT, PRIMARY KEY (message, tag)) WITHOUT ROWID;
    INSERT INTO users VALUES (1, 'ann'), (2, 'bob');
    INSERT INTO messages(id, author, body) VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 9, 'nobody''s');
";

fn engine() -> Engine {
    let options = Options::default().with_provenance(true).with_paranoid(true).with_cost_gate(false);
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    engine
}

fn causes(live: &mut Subscription) -> Vec<Cause> {
    match live.try_next() {
        Some(Event::Diff(diff)) => diff.causes.to_vec(),
        other => panic!("expected a diff, got {other:?}"),
    }
}

/// Table and rowid of each.
fn names(causes: &[Cause]) -> Vec<(&str, i64)> {
    let name = |cause: &Cause| match cause.key {
        RowKey::RowId(rowid) => rowid,
        RowKey::PrimaryKey(_) => 0,
    };
    causes.iter().map(|cause| (&*cause.table, name(cause))).collect()
}

const JOIN: &str = "SELECT m.id, u.name FROM messages m JOIN users u ON u.id = m.author";

#[test]
fn only_rows_that_change_something_are_causes() {
    let engine = engine();
    let mut live = engine.subscribe(JOIN, ()).unwrap();
    engine.exec("INSERT INTO messages(id, author) VALUES (4, 1), (5, 77), (6, 2)", ()).unwrap();
    let told = causes(&mut live);
    assert_eq!(names(&told), [("main.messages", 4), ("main.messages", 6)], "5 has no author");
    assert_eq!((told[0].old.as_ref(), told[0].new.as_ref().unwrap().get(1)), (None, Some(ValueRef::Integer(1))));
    engine
        .exec("BEGIN; UPDATE users SET name = 'bert' WHERE id = 2; DELETE FROM messages WHERE id = 3; COMMIT", ())
        .unwrap();
    let told = causes(&mut live);
    assert_eq!(names(&told), [("main.users", 2)]);
    assert!(told[0].old.is_some() && told[0].new.is_some());
}

#[test]
fn what_changes_something_only_together_is_kept() {
    let engine = engine();
    let mut live = engine.subscribe(JOIN, ()).unwrap();
    engine
        .exec("BEGIN; DELETE FROM users WHERE id = 1; DELETE FROM messages WHERE id IN (1, 3); INSERT INTO messages(id, author) VALUES (8, 2); COMMIT", ())
        .unwrap();
    let told = causes(&mut live);
    assert_eq!(names(&told), [("main.messages", 1), ("main.messages", 3), ("main.messages", 8), ("main.users", 1)]);
}

#[test]
fn many_rows_and_plans_that_remember_are_told_as_routed() {
    let engine = engine();
    let mut sums =
        engine.subscribe("SELECT author, count(*) FROM messages WHERE author < 50 GROUP BY author", ()).unwrap();
    let mut join = engine.subscribe(JOIN, ()).unwrap();
    engine.exec("INSERT INTO messages(id, author) VALUES (4, 1), (5, 77), (6, 2)", ()).unwrap();
    let told = causes(&mut sums);
    assert!(names(&told).contains(&("main.messages", 4)) && names(&told).contains(&("main.messages", 6)));
    assert_eq!(causes(&mut join).len(), 2);
    let many = "WITH RECURSIVE n(x) AS (SELECT 100 UNION ALL SELECT x + 1 FROM n WHERE x < 199)
                INSERT INTO messages(id, author) SELECT x, x % 3 FROM n";
    engine.exec(many, ()).unwrap();
    assert_eq!(causes(&mut join).len(), 100, "a third of them has no author");
}

#[test]
fn virtual_columns_keys_and_predicates() {
    let engine = engine();
    let mut long = engine.subscribe("SELECT id FROM messages WHERE size > 4", ()).unwrap();
    let mut tags = engine.subscribe("SELECT tag FROM tags WHERE message = 1", ()).unwrap();
    engine.exec("INSERT INTO messages(id, body) VALUES (7, 'short'), (8, 'no'), (9, 'longer')", ()).unwrap();
    assert_eq!(names(&causes(&mut long)), [("main.messages", 7), ("main.messages", 9)]);
    engine.exec("INSERT INTO tags VALUES (1, 'x'), (2, 'x')", ()).unwrap();
    let told = causes(&mut tags);
    let key: Row = [1.into(), "x".into()].into_iter().collect();
    assert_eq!((told.len(), &told[0].key), (1, &RowKey::PrimaryKey(key)));
    assert_eq!(long.try_next(), None);
}

#[test]
fn without_the_option_nothing_is_told() {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    let mut live = engine.subscribe(JOIN, ()).unwrap();
    engine.exec("INSERT INTO messages(id, author) VALUES (4, 1)", ()).unwrap();
    assert!(causes(&mut live).is_empty());
}
