//! Queries over the schema: what does not change it costs them nothing, and joined with tables they have plans.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tidewater::{Engine, Location, Options};

const SCHEMA: &str = "
    CREATE TABLE notes(id INTEGER PRIMARY KEY, name TEXT, note TEXT);
    CREATE TABLE items(id INTEGER PRIMARY KEY, owner INTEGER REFERENCES notes(id), price REAL);
    CREATE INDEX of_owner ON items(owner);
    CREATE VIEW cheap AS SELECT id FROM items WHERE price < 5;
    INSERT INTO notes VALUES (1, 'items', 'sold here'), (2, 'extra', 'not here');";

const WRITES: &[&str] = &[
    "INSERT INTO notes VALUES (3, 'cheap', 'a view')",
    "CREATE TABLE extra(x TEXT, y)",
    "UPDATE notes SET name = 'of_owner' WHERE id = 2",
    "ALTER TABLE items ADD COLUMN weight INTEGER",
    "ALTER TABLE items RENAME TO things; INSERT INTO notes VALUES (4, 'things', NULL)",
    "BEGIN; CREATE INDEX by_price ON things(price); INSERT INTO notes VALUES (5, 'by_price', 'new'); COMMIT",
    "BEGIN; CREATE TABLE gone(a); ROLLBACK",
    "DROP VIEW cheap",
    "PRAGMA writable_schema = ON",
    "UPDATE sqlite_schema SET sql = replace(sql, 'TEXT', 'BLOB') WHERE name = 'extra'",
    "PRAGMA writable_schema = OFF",
    "DELETE FROM notes WHERE id = 1",
    "DROP TABLE things",
    "VACUUM",
];

#[test]
fn every_change_of_the_schema_shows() {
    for (sql, least) in [
        ("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name", 0),
        ("SELECT type, count(*) FROM main.sqlite_master GROUP BY type", 0),
        ("SELECT n.id, n.note, s.type FROM notes n JOIN sqlite_schema s ON s.name = n.name", 2),
        ("SELECT n.id, s.sql FROM notes n LEFT JOIN sqlite_schema s ON s.name = n.name", 2),
        ("SELECT n.id FROM notes n WHERE n.name NOT IN (SELECT name FROM sqlite_schema)", 2),
        ("SELECT s.name, p.name, p.type FROM sqlite_schema s JOIN pragma_table_info(s.name) p ORDER BY 1, p.cid", 0),
        ("SELECT n.name, p.name FROM notes n, pragma_table_xinfo(n.name) p", 2),
        ("SELECT n.name, i.name, x.name FROM notes n, pragma_index_list(n.name) i, pragma_index_info(i.name) x", 2),
        ("SELECT \"table\", \"from\", \"to\" FROM pragma_foreign_key_list WHERE arg = 'items'", 0),
    ] {
        let (reason, maintained) = common::play(SCHEMA, WRITES, sql);
        assert_eq!(reason, None, "{sql}");
        assert!(maintained >= least, "{sql}: {maintained}");
    }
}

#[test]
fn rows_of_tables_cost_a_query_over_the_schema_nothing() {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    let told = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&told);
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table'";
    let _live = engine.subscribe_with(sql, (), move |_, _| _ = counter.fetch_add(1, Ordering::Relaxed)).unwrap();
    let before = engine.stats().unwrap();
    for id in 10..20 {
        engine.exec("INSERT INTO notes VALUES (?1, 'x', 'y')", [id]).unwrap();
    }
    let after = engine.stats().unwrap();
    assert_eq!((after.requeries, after.maintained), (before.requeries, before.maintained));
    assert_eq!(told.load(Ordering::Relaxed), 0);
    engine.exec("CREATE TABLE more(x)", ()).unwrap();
    assert_eq!(told.load(Ordering::Relaxed), 1);
}

#[test]
fn the_table_that_the_first_commit_makes_shows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("of-another.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE t(x)").unwrap();
    let engine = Engine::open(Location::File(path), Options::default().with_paranoid(true)).unwrap();
    let mut live = engine.subscribe("SELECT name FROM sqlite_schema", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
    assert!(live.try_next().is_some());
    assert_eq!((engine.stats().unwrap().divergences, engine.stats().unwrap().repairs), (0, 0));
}
