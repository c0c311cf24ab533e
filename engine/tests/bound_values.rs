//! Literals become parameters in a plan. SQLite must not plan by the values that are bound to them: it finds other rows for a
//! parameter than for the literal where it does.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{Engine, Event, Location, Options, Row};

/// Schemas in which SQLite would look at bound values: partial indexes, LIKE and GLOB by index, statistics.
const SCHEMAS: [&str; 5] = [
    "CREATE TABLE x(a TEXT, b INTEGER, c INTEGER, PRIMARY KEY (b, c)) WITHOUT ROWID;
     CREATE INDEX i ON x(b, c) WHERE a = 2;",
    "CREATE TABLE x(a TEXT, b INTEGER, c INTEGER);
     CREATE INDEX i ON x(c) WHERE a = '2';
     CREATE INDEX j ON x(b) WHERE a LIKE '2%';",
    "CREATE TABLE x(a NUMERIC, b INTEGER, c INTEGER);
     CREATE INDEX i ON x(b) WHERE a > 1;
     CREATE INDEX j ON x(c) WHERE a = '2.0';",
    "CREATE TABLE x(a TEXT COLLATE NOCASE, b INTEGER, c INTEGER);
     CREATE INDEX i ON x(a);
     CREATE INDEX j ON x(a COLLATE BINARY);",
    "CREATE TABLE x(a, b INTEGER, c INTEGER);
     CREATE INDEX i ON x(a, b); CREATE INDEX j ON x(b, a) WHERE a IS NOT NULL;",
];

const CONDITIONS: [&str; 12] = [
    "a = 2.0",
    "a = 2",
    "a = '2'",
    "a = '2.0'",
    "a IS 2",
    "a > 1",
    "a >= 1.5",
    "a LIKE '2%'",
    "a LIKE 'A%'",
    "a GLOB '2*'",
    "a GLOB 'A*'",
    "a IN (2, '2')",
];

const ROWS: &str = "INSERT INTO x(a, b, c) VALUES ('2', 1, 1), (2, 2, 2), ('2.0', 3, 3), ('20', 4, 4), ('ab', 5, 5),
    ('Ab', 6, 6), ('AB', 7, 7), (1.5, 8, 8), ('1', 9, 9)";

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by_key(|row| format!("{row:?}"));
    rows
}

#[test]
fn a_subscription_has_the_rows_that_sqlite_finds_for_the_literals() {
    for schema in SCHEMAS {
        let plain = rusqlite::Connection::open_in_memory().unwrap();
        plain.execute_batch(schema).unwrap();
        plain.execute_batch(ROWS).unwrap();
        plain.execute_batch("ANALYZE").unwrap();
        for condition in CONDITIONS {
            let sql = format!("SELECT a, b, c FROM x WHERE {condition}");
            let expected: i64 =
                plain.query_row(&format!("SELECT count(*) FROM ({sql})"), [], |row| row.get(0)).unwrap();
            let options = Options::default().with_paranoid(true).with_cost_gate(false);
            let engine = Engine::open(Location::Memory, options).unwrap();
            // The indexes come after the subscription: its plan must not lose rows by them.
            let (table, indexes) = schema.split_once(';').unwrap();
            engine.exec(table, ()).unwrap();
            let mut live = engine.subscribe(sql.as_str(), ()).unwrap();
            engine.exec(ROWS, ()).unwrap();
            engine.exec(indexes, ()).unwrap();
            engine.exec("ANALYZE", ()).unwrap();
            engine.exec("UPDATE x SET c = c + 10", ()).unwrap();
            let mut rows = live.take_snapshot().rows.to_vec();
            while let Some(event) = live.try_next() {
                match event {
                    Event::Diff(diff) => diff.apply(&mut rows),
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(rows.len() as i64, expected, "{condition} over {schema}");
            assert_eq!(sorted(rows), sorted(engine.query(sql.as_str(), ()).unwrap().rows), "{condition} over {schema}");
            assert_eq!(engine.stats().unwrap().divergences, 0, "{condition} over {schema}");
        }
    }
}
