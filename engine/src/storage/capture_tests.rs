//! The capture beside a shadow copy of every table that is built from change batches alone, for each way SQLite has of
//! writing a row and of taking it back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use crate::types::{Change, ChangeBatch, Row, RowKey, Value};
use crate::{Engine, Error, Location, Options};

/// An engine, and what its change batches add up to.
struct Shadow {
    engine: Engine,
    tables: Arc<Mutex<BTreeMap<String, FxHashMap<RowKey, Row>>>>,
    batches: Arc<Mutex<Vec<ChangeBatch>>>,
}

impl Shadow {
    /// The schema is run before the capture is watched.
    fn new(schema: &str) -> Self {
        Self::open(schema, Options::default())
    }

    fn open(schema: &str, options: Options) -> Self {
        let engine = Engine::open(Location::Memory, options).expect("a database in memory");
        engine.exec_each(schema, ()).expect("the schema");
        let shadow = Self { engine, tables: Arc::default(), batches: Arc::default() };
        let (tables, batches) = (Arc::clone(&shadow.tables), Arc::clone(&shadow.batches));
        let observer = move |_, batch: &ChangeBatch| {
            batches.lock().unwrap().push(batch.clone());
            let mut tables = tables.lock().unwrap();
            for (table, changes) in &batch.tables {
                let shadow = tables.entry(table.to_string()).or_default();
                // A row that took another's key must not be taken out with it.
                for Change { key, old, .. } in &changes.rows {
                    if old.is_some() {
                        assert_eq!(shadow.remove(key), *old, "the old image of {key:?} in {table}");
                    }
                }
                for Change { key, new, .. } in &changes.rows {
                    if let Some(new) = new {
                        assert_eq!(shadow.insert(key.clone(), new.clone()), None, "a new row at {key:?} in {table}");
                    }
                }
            }
        };
        shadow.engine.on_change(observer).unwrap();
        shadow
    }

    fn run(&self, sql: &str) -> Result<(), Error> {
        let ran = self.engine.exec_each(sql, ());
        if !self.engine.in_transaction() {
            self.check();
        }
        ran.map(|_| ())
    }

    /// Every table equals its shadow.
    fn check(&self) {
        let names = self.engine.query("SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main' AND name NOT LIKE 'sqlite_%'", ()).unwrap();
        for name in &names.rows {
            let Some(Value::Text(name)) = name.get(0).map(|value| value.to_value()) else {
                panic!("a table without a name")
            };
            let expected = sorted(self.engine.query(&format!("SELECT * FROM \"{name}\""), ()).unwrap().rows);
            let tables = self.tables.lock().unwrap();
            let shadow = tables.get(&format!("main.{}", name.to_string().to_lowercase()));
            let actual = sorted(shadow.map(|rows| rows.values().cloned().collect()).unwrap_or_default());
            assert_eq!(actual, expected, "the shadow of {name}");
        }
    }

    fn batch_count(&self) -> usize {
        self.batches.lock().unwrap().len()
    }

    fn last_batch(&self) -> ChangeBatch {
        self.batches.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    rows
}

const PLAIN: &str = "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT UNIQUE)";

#[test]
fn insert_update_delete() {
    let shadow = Shadow::new(PLAIN);
    shadow.run("INSERT INTO t VALUES (1, 'x', 'p'), (2, 2.5, 'q'), (3, x'00ff', NULL)").unwrap();
    shadow.run("UPDATE t SET a = a || '!' WHERE id < 3").unwrap();
    shadow.run("DELETE FROM t WHERE id = 2").unwrap();
    assert_eq!(shadow.batch_count(), 3);
}

#[test]
fn delete_without_where_reports_each_row() {
    let shadow = Shadow::new(PLAIN);
    shadow.run("INSERT INTO t(a) VALUES (1), (2), (3)").unwrap();
    shadow.run("DELETE FROM t").unwrap();
    assert_eq!(shadow.last_batch().len(), 3);
}

#[test]
fn replace_and_update_or_replace_report_their_victims() {
    let shadow = Shadow::new(PLAIN);
    shadow.run("INSERT INTO t VALUES (1, 1, 'p'), (2, 2, 'q'), (3, 3, 'r')").unwrap();
    shadow.run("REPLACE INTO t VALUES (1, 9, 'q')").unwrap();
    shadow.run("UPDATE OR REPLACE t SET b = 'r' WHERE id = 1").unwrap();
}

#[test]
fn upsert_updates_or_does_nothing() {
    let shadow = Shadow::new(PLAIN);
    shadow.run("INSERT INTO t VALUES (1, 1, 'p')").unwrap();
    shadow.run("INSERT INTO t VALUES (1, 2, 'z') ON CONFLICT(id) DO UPDATE SET a = excluded.a").unwrap();
    let before = shadow.batch_count();
    shadow.run("INSERT INTO t VALUES (1, 3, 'z') ON CONFLICT DO NOTHING").unwrap();
    assert_eq!(shadow.batch_count(), before, "nothing was written");
}

#[test]
fn triggers_are_captured_at_any_depth() {
    let shadow = Shadow::new(
        "CREATE TABLE t(a); CREATE TABLE log(what); CREATE TABLE deep(what);
         CREATE TRIGGER one AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); UPDATE t SET a = a + 1 WHERE rowid = new.rowid; END;
         CREATE TRIGGER two AFTER INSERT ON log BEGIN INSERT INTO deep VALUES (new.what * 2); END;",
    );
    shadow.run("INSERT INTO t VALUES (1), (2)").unwrap();
    assert_eq!(shadow.last_batch().tables.len(), 3);
}

#[test]
fn instead_of_triggers_of_views() {
    let shadow = Shadow::new(
        "CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t;
         CREATE TRIGGER put INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (new.a + 100); END;",
    );
    shadow.run("INSERT INTO v VALUES (1)").unwrap();
    assert_eq!(shadow.last_batch().len(), 1);
}

#[test]
fn foreign_key_actions() {
    let shadow = Shadow::new(
        "PRAGMA foreign_keys = ON; CREATE TABLE p(id INTEGER PRIMARY KEY);
         CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);
         CREATE TABLE n(id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE SET NULL ON UPDATE SET NULL);",
    );
    shadow
        .run("INSERT INTO p VALUES (1), (2), (3); INSERT INTO c(p) VALUES (1), (2); INSERT INTO n(p) VALUES (1), (3)")
        .unwrap();
    shadow.run("UPDATE p SET id = 10 WHERE id = 1").unwrap();
    shadow.run("DELETE FROM p").unwrap();
}

#[test]
fn without_rowid_tables() {
    let shadow = Shadow::new("CREATE TABLE t(v, k TEXT COLLATE NOCASE, n INT, PRIMARY KEY(k, n)) WITHOUT ROWID");
    shadow.run("INSERT INTO t VALUES ('x', 'a', 1), ('y', 'B', 2)").unwrap();
    shadow.run("UPDATE t SET k = 'A' WHERE k = 'a'").unwrap();
    shadow.run("UPDATE t SET n = n + 1").unwrap();
    shadow
        .run("BEGIN; UPDATE t SET k = 'a'; SAVEPOINT s; UPDATE t SET k = 'Z' WHERE n = 2; ROLLBACK TO s; COMMIT")
        .unwrap();
    shadow.run("DELETE FROM t WHERE k = 'b'").unwrap();
    shadow.run("REPLACE INTO t VALUES ('z', 'A', 2)").unwrap();
}

#[test]
fn generated_columns() {
    let engine = Shadow::new("CREATE TABLE t(a, s AS (a * 2) STORED, r REAL, z)");
    engine.run("INSERT INTO t(a, r, z) VALUES (1, 7, 'end')").unwrap();
    engine.run("UPDATE t SET a = 5, r = r + 1").unwrap();
    // A virtual column has no value in the hook: its place holds NULL and the others are right.
    let hidden = Engine::open(Location::Memory, Options::default()).unwrap();
    hidden.exec("CREATE TABLE t(a, v AS (a * 2), z)", ()).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    hidden.on_change(move |_, batch| sink.lock().unwrap().push(batch.clone())).unwrap();
    hidden.exec("INSERT INTO t(a, z) VALUES (1, 'end')", ()).unwrap();
    let batch = seen.lock().unwrap()[0].clone();
    let row = batch.tables["main.t"].rows[0].new.clone().unwrap();
    assert_eq!(row, Row::from_iter([Value::from(1), Value::Null, Value::from("end")]));
}

#[test]
fn strict_tables() {
    let shadow = Shadow::new("CREATE TABLE t(i INT, r REAL, t TEXT, b BLOB, a ANY) STRICT");
    shadow.run("INSERT INTO t VALUES ('5', 3, 7, x'01', '5')").unwrap();
    shadow.run("UPDATE t SET r = r * 2").unwrap();
}

#[test]
fn real_columns_that_hold_whole_numbers() {
    let shadow = Shadow::new("CREATE TABLE t(id INTEGER PRIMARY KEY, r REAL, n NUMERIC)");
    shadow.run("INSERT INTO t VALUES (1, 5, 5.0), (2, 9007199254740993, '1e3')").unwrap();
    shadow.run("UPDATE t SET r = r + 1").unwrap();
    shadow.run("DELETE FROM t").unwrap();
}

#[test]
fn the_key_of_a_row_changes() {
    let shadow = Shadow::new(PLAIN);
    shadow.run("INSERT INTO t VALUES (1, 'a', 'p'), (2, 'b', 'q')").unwrap();
    shadow.run("UPDATE t SET id = id + 10").unwrap();
    shadow.run("UPDATE t SET id = 23 - id").unwrap_err();
    shadow.run("BEGIN; UPDATE t SET id = 99 WHERE id = 11; UPDATE t SET id = 11 WHERE id = 12; UPDATE t SET id = 12 WHERE id = 99; COMMIT").unwrap();
}

#[test]
fn rollback_leaves_nothing() {
    let shadow = Shadow::new(PLAIN);
    shadow.run("BEGIN; INSERT INTO t(a) VALUES (1); ROLLBACK").unwrap();
    assert_eq!(shadow.batch_count(), 0);
    shadow.run("INSERT INTO t(a) VALUES (2)").unwrap();
    assert_eq!(shadow.last_batch().len(), 1);
}

#[test]
fn savepoints_nest() {
    let shadow = Shadow::new(PLAIN);
    shadow.run("INSERT INTO t VALUES (1, 'old', NULL)").unwrap();
    shadow
        .run("BEGIN; UPDATE t SET a = 'one'; SAVEPOINT x; UPDATE t SET a = 'two'; INSERT INTO t VALUES (2, 'gone', NULL);
              SAVEPOINT y; DELETE FROM t; ROLLBACK TO y; ROLLBACK TO x; INSERT INTO t VALUES (3, 'kept', NULL); RELEASE x; COMMIT")
        .unwrap();
    assert_eq!(shadow.last_batch().len(), 2);
    shadow.run("SAVEPOINT alone; INSERT INTO t VALUES (4, 'by savepoint', NULL); RELEASE alone").unwrap();
    assert_eq!(shadow.last_batch().len(), 1);
}

#[test]
fn a_statement_that_fails_midway_inside_a_transaction() {
    let shadow = Shadow::new(PLAIN);
    shadow.run("INSERT INTO t VALUES (1, 1, 'p')").unwrap();
    shadow.run("BEGIN; INSERT INTO t VALUES (2, 2, 'q')").unwrap();
    shadow.run("INSERT INTO t VALUES (3, 3, 'r'), (4, 4, 'p')").unwrap_err();
    shadow.run("UPDATE t SET b = 'same'").unwrap_err();
    shadow.run("COMMIT").unwrap();
    assert_eq!(shadow.last_batch().len(), 1);
}

#[test]
fn every_conflict_clause() {
    let shadow = Shadow::new(PLAIN);
    shadow.run("INSERT INTO t VALUES (1, 1, 'p')").unwrap();
    shadow.run("INSERT OR IGNORE INTO t VALUES (2, 2, 'q'), (3, 3, 'p'), (4, 4, 's')").unwrap();
    assert_eq!(shadow.last_batch().len(), 2);
    shadow.run("INSERT OR ABORT INTO t VALUES (5, 5, 'x'), (6, 6, 'p')").unwrap_err();
    shadow.run("INSERT OR FAIL INTO t VALUES (7, 7, 'y'), (8, 8, 'p'), (9, 9, 'z')").unwrap_err();
    assert_eq!(shadow.last_batch().len(), 1, "OR FAIL keeps the row before the conflict");
    shadow.run("INSERT OR REPLACE INTO t VALUES (1, 'new', 'q')").unwrap();
    shadow.run("BEGIN; INSERT INTO t VALUES (20, 20, NULL)").unwrap();
    shadow.run("INSERT OR FAIL INTO t VALUES (21, 21, NULL), (1, 0, NULL)").unwrap_err();
    shadow.run("INSERT OR ROLLBACK INTO t VALUES (22, 22, NULL), (1, 0, NULL)").unwrap_err();
    assert!(!shadow.engine.in_transaction());
    shadow.check();
}

#[test]
fn raise_in_triggers() {
    let shadow = Shadow::new(
        "CREATE TABLE t(a);
         CREATE TRIGGER g BEFORE INSERT ON t WHEN new.a < 0 BEGIN SELECT CASE new.a WHEN -1 THEN RAISE(IGNORE) WHEN -2 THEN RAISE(ABORT, 'no') WHEN -3 THEN RAISE(FAIL, 'no') ELSE RAISE(ROLLBACK, 'no') END; END",
    );
    shadow.run("INSERT INTO t VALUES (1), (-1), (2)").unwrap();
    shadow.run("INSERT INTO t VALUES (3), (-2)").unwrap_err();
    shadow.run("INSERT INTO t VALUES (4), (-3), (5)").unwrap_err();
    shadow.run("BEGIN; INSERT INTO t VALUES (6)").unwrap();
    shadow.run("INSERT INTO t VALUES (7), (-4)").unwrap_err();
    shadow.check();
}

#[test]
fn deferred_foreign_keys_at_commit() {
    let shadow = Shadow::new(
        "PRAGMA foreign_keys = ON; CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p DEFERRABLE INITIALLY DEFERRED);",
    );
    shadow.run("INSERT INTO c VALUES (1)").unwrap_err();
    shadow.run("BEGIN; INSERT INTO c VALUES (1)").unwrap();
    shadow.run("COMMIT").unwrap_err();
    assert!(shadow.engine.in_transaction(), "SQLite leaves the transaction open");
    shadow.run("INSERT INTO p VALUES (1)").unwrap();
    shadow.run("COMMIT").unwrap();
    assert_eq!(shadow.last_batch().len(), 2);
}

#[test]
fn net_changes_only() {
    let shadow = Shadow::new(PLAIN);
    shadow.run("INSERT INTO t VALUES (1, 1, 'p'), (2, 2, 'q')").unwrap();
    shadow.run("BEGIN; UPDATE t SET a = 5; UPDATE t SET a = id; INSERT INTO t VALUES (3, 3, 'r'); DELETE FROM t WHERE id = 3; COMMIT").unwrap();
    assert!(shadow.last_batch().is_empty());
    shadow.run("BEGIN; DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (1, 'again', 'p'); COMMIT").unwrap();
    let rows = &shadow.last_batch().tables["main.t"].rows;
    assert!(rows.len() == 1 && rows[0].old.is_some() && rows[0].new.is_some());
}

#[test]
fn update_from_with_several_matches() {
    let shadow = Shadow::new("CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE TABLE s(id, v)");
    shadow.run("INSERT INTO t VALUES (1, 0); INSERT INTO s VALUES (1, 'x'), (1, 'y')").unwrap();
    shadow.run("UPDATE t SET a = s.v FROM s WHERE s.id = t.id").unwrap();
    assert_eq!(shadow.last_batch().len(), 1);
}

#[test]
fn columns_that_hide_the_rowid() {
    let shadow = Shadow::new("CREATE TABLE t(rowid TEXT, a UNIQUE)");
    shadow.run("INSERT INTO t VALUES ('r', 1)").unwrap();
    shadow.run("BEGIN; INSERT INTO t VALUES ('s', 2)").unwrap();
    shadow.run("INSERT INTO t VALUES ('t', 3), ('u', 1)").unwrap_err();
    shadow.run("COMMIT").unwrap();
    assert_eq!(shadow.last_batch().len(), 1);
}
