//! A script makes again what the tables were before a commit, and what they are after it.

use std::sync::Arc;

use super::{MOST_ROWS, Query, exactly, literal};
use crate::api::options::{Location, Options};
use crate::storage::{CaptureScope, Script, Storage, TransactionOwner};
use crate::types::{Params, Row, Value, ValueRef};

const SCHEMA: &str = "
    CREATE TABLE plain(a, b TEXT, c REAL);
    CREATE TABLE \"keyed by a number\"(id INTEGER PRIMARY KEY, \"it's\" TEXT UNIQUE, twice AS (id * 2), thrice AS (id * 3) STORED);
    CREATE TABLE words(n INTEGER, word TEXT COLLATE NOCASE, x, PRIMARY KEY (word, n)) WITHOUT ROWID;
    CREATE TABLE rowid(rowid TEXT, parent REFERENCES plain(a));
    CREATE TEMP TABLE passing(a INTEGER PRIMARY KEY, b CHECK (b > 0));
    CREATE VIEW seen AS SELECT a FROM plain;
    CREATE VIEW seen_through AS SELECT a FROM SEEN;
    CREATE UNIQUE INDEX by_b ON plain(b);
    ATTACH ':memory:' AS other;
    CREATE TABLE other.far(a, b);
    CREATE INDEX other.far_by_a ON far(a);
";

const TABLES: [&str; 6] =
    ["main.plain", "main.keyed by a number", "main.words", "main.rowid", "temp.passing", "other.far"];

const BEFORE: &str = "
    INSERT INTO plain(rowid, a, b, c) VALUES (3, 1, 'x', 0.1), (7, x'00ff', 'y', 3), (-5, NULL, NULL, 1e300), (9, 'it''s', 'z', -0.3);
    INSERT INTO \"keyed by a number\" VALUES (1, 'one'), (2, 'two'), (30, 'a' || char(0) || 'b' || char(10) || '; --');
    INSERT INTO words VALUES (1, 'a', 0.1 + 0.2), (2, 'B', 5e-324), (1, 'c', -9223372036854775808);
    INSERT INTO rowid VALUES ('text', 5), ('more', 6);
    INSERT INTO temp.passing VALUES (1, 1), (2, 2);
    INSERT INTO other.far VALUES (1, 9e999), (2, CAST(x'ff41' AS TEXT));
";

const COMMIT: &str = "BEGIN;
    UPDATE plain SET b = 'on its way' WHERE b = 'x';
    UPDATE plain SET b = 'x' WHERE b = 'y';
    UPDATE plain SET b = 'y' WHERE b = 'on its way';
    DELETE FROM plain WHERE rowid = -5;
    INSERT INTO plain VALUES (2.5, 'new', 1.0 / 3);
    UPDATE \"keyed by a number\" SET id = id + 1 WHERE id = 30;
    UPDATE \"keyed by a number\" SET \"it's\" = 'deux' WHERE id = 2;
    UPDATE words SET word = 'A' WHERE word = 'a';
    UPDATE words SET x = 1.7976931348623157e308 WHERE word = 'b';
    DELETE FROM words WHERE word = 'c';
    DELETE FROM rowid WHERE rowid = 'text';
    INSERT INTO rowid VALUES ('last', 8);
    UPDATE passing SET b = b + 1;
    INSERT INTO other.far VALUES (3, 'x');
    COMMIT";

fn open() -> Storage {
    let options = Options::default().with_foreign_keys(false);
    let mut storage = Storage::open(&Location::Memory, &options).expect("a database in memory");
    storage.session().capture(CaptureScope::widen_to_everything);
    storage
}

/// Runs a script; the script that its last commit makes for a query.
fn run(storage: &mut Storage, sql: &str) -> String {
    let mut script = String::new();
    let run = Script { sql, params: &Params::None, owner: TransactionOwner::Statement };
    let (_, ran) = storage.session().run(&run, &mut |session, sealed| {
        let query = Query {
            sql: "SELECT * FROM Seen_Through\nWHERE a = ?1 AND a <> :b",
            slots: &[None, Some("b".to_owned())],
            values: &[Value::Integer(1), Value::from("two\nlines")],
            tables: TABLES.iter().map(|table| Arc::from(*table)).collect(),
        };
        script = super::script(session, sealed, &query);
        false
    });
    ran.expect("it runs");
    script
}

/// All rows, with their rowids where they have any.
fn contents(storage: &mut Storage) -> Vec<Vec<Row>> {
    let tables = [
        ("_rowid_", "plain"),
        ("0", "\"keyed by a number\""),
        ("0", "words"),
        ("_rowid_", "rowid"),
        ("0", "temp.passing"),
        ("_rowid_", "other.far"),
    ];
    let session = storage.session();
    let rows = |(key, table)| {
        session.rows(&format!("SELECT {key}, * FROM {table} ORDER BY 1, 2, 3"), &[]).expect("the table is there")
    };
    tables.into_iter().map(rows).collect()
}

#[test]
fn the_tables_before_and_after_are_made_again() {
    let mut original = open();
    run(&mut original, SCHEMA);
    run(&mut original, BEFORE);
    let before = contents(&mut original);
    let script = run(&mut original, COMMIT);
    let after = contents(&mut original);
    assert_ne!(before, after);
    let begin = script.find("BEGIN;").expect("a transaction");
    let mut copy = open();
    run(&mut copy, &script[..begin]);
    assert_eq!(contents(&mut copy), before, "{script}");
    run(&mut copy, &script[begin..]);
    assert_eq!(contents(&mut copy), after, "{script}");
    let names = "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1";
    assert_eq!(copy.session().rows(names, &[]).unwrap(), original.session().rows(names, &[]).unwrap());
    let subscribed =
        "-- SELECT * FROM Seen_Through\n-- WHERE a = ?1 AND a <> :b\n-- ?1 = 1\n-- :b = 'two\n-- lines'\nBEGIN;";
    assert!(script.contains(subscribed), "{script}");
    for change in
        ["UPDATE \"words\" SET \"x\" = ", "DELETE FROM \"rowid\" WHERE _rowid_ = 1;", "UPDATE \"temp\".\"passing\" SET"]
    {
        assert!(script.contains(change), "{change}: {script}");
    }
}

#[test]
fn of_many_rows_those_of_the_changed_tables_are_told_or_none() {
    let many = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 300) INSERT INTO";
    let mut storage = open();
    run(&mut storage, SCHEMA);
    run(&mut storage, BEFORE);
    run(&mut storage, &format!("{many} words SELECT x, 'w', x FROM n"));
    let script = run(&mut storage, "DELETE FROM rowid");
    assert!(script.contains("INSERT INTO \"rowid\"") && !script.contains("INSERT INTO \"words\""), "{script}");
    assert!(script.contains("-- The rows of main.words are left out: all tables have more than 200."), "{script}");
    let script = run(&mut storage, "DELETE FROM words WHERE n = 5");
    assert!(script.contains(&format!("-- The rows are left out: the tables have more than {MOST_ROWS}.")), "{script}");
    assert!(!script.contains("INSERT") && script.contains("DELETE FROM \"words\" WHERE \"word\" = 'w' AND \"n\" = 5;"));
}

#[test]
fn what_is_no_ordinary_table_is_named() {
    let mut storage = open();
    run(&mut storage, "CREATE TABLE plain(a); CREATE VIRTUAL TABLE words USING fts5(x)");
    let script = run(&mut storage, "INSERT INTO plain VALUES (1)");
    assert!(script.contains("-- main.words is left out: it is not an ordinary table."), "{script}");
}

#[test]
fn literals_are_exactly_the_values() {
    let mut storage = open();
    let session = storage.session();
    let mut reals =
        vec![0.1, -2.5, 1e15, 1e16, 1e22, 1e300, f64::MAX, f64::MIN_POSITIVE, 5e-324, -1.5e-310, f64::INFINITY];
    // Bits of all kinds, by a generator that needs no library.
    let mut bits: u64 = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..2000 {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        reals.push(f64::from_bits(bits ^ (bits >> 29)));
    }
    for real in reals.into_iter().filter(|real| !real.is_nan()) {
        let texts = [literal(ValueRef::Real(real)), if real.is_finite() { exactly(real) } else { "9e999".to_owned() }];
        for text in texts {
            let rows = session.rows(&format!("SELECT {text}"), &[]).unwrap();
            let read = rows[0].get(0).map(ValueRef::to_value);
            assert!(
                matches!(read, Some(Value::Real(read)) if read.to_bits() == real.to_bits() || !real.is_finite()),
                "{real:?}: {text} is {read:?}"
            );
        }
    }
}
