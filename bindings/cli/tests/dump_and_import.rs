//! `.dump` read by SQLite alone, and `.import`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use rusqlite::Connection;
use rusqlite::types::Value;
use support::tidewater;

fn shell(file: &Path, commands: &[&str]) -> Output {
    tidewater().arg("shell").arg(file).args(commands).stdin(Stdio::null()).output().unwrap()
}

fn printed(file: &Path, commands: &[&str]) -> String {
    let output = shell(file, commands);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Everything that a database has to give the same.
fn content(connection: &Connection) -> Vec<(String, Vec<Vec<Value>>)> {
    let rows = |sql: &str| {
        let mut statement = connection.prepare(sql).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| (0..columns).map(|column| row.get(column)).collect());
        let mut rows = rows.unwrap().collect::<Result<Vec<Vec<Value>>, _>>().unwrap();
        rows.sort_by_key(|row| format!("{row:?}"));
        rows
    };
    let schema = "SELECT type, name, tbl_name, replace(sql, 'IF NOT EXISTS ', '') FROM sqlite_schema \
        WHERE name <> 'tidewater_commit' AND tbl_name <> 'tidewater_commit'";
    let mut content = vec![("schema".to_owned(), rows(schema))];
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'tidewater_commit'";
    for table in rows(tables) {
        let [Value::Text(table)] = &table[..] else { panic!("{table:?}") };
        content.push((table.clone(), rows(&format!("SELECT * FROM \"{table}\""))));
    }
    content
}

const SCHEMA: &str = "
    CREATE TABLE plain(id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT, r REAL, b BLOB, n NUMERIC, x);
    CREATE TABLE \"order by\"(\"select\" TEXT DEFAULT 'a''b', 'q\"' INT, [c d]); -- a comment
    CREATE TABLE keyed(k TEXT, v, PRIMARY KEY(k, v)) WITHOUT ROWID;
    CREATE TABLE strict_one(a INTEGER, b ANY) STRICT;
    CREATE TABLE computed(a INT, twice AS (a * 2), text TEXT GENERATED ALWAYS AS (a || '!') STORED, z);
    CREATE TABLE child(p REFERENCES plain(id) ON DELETE CASCADE);
    CREATE VIRTUAL TABLE search USING fts5(body, tokenize = 'porter ascii');
    CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);
    CREATE INDEX by_text ON plain(t COLLATE NOCASE DESC) WHERE t IS NOT NULL;
    CREATE INDEX by_expression ON plain(lower(t), r + 1);
    CREATE VIEW seen AS SELECT id, t FROM plain WHERE t <> ';' -- and a comment
    ;
    CREATE TABLE log(x);
    CREATE TRIGGER logged AFTER INSERT ON plain BEGIN INSERT INTO log VALUES (new.id); SELECT ';'; END;
    CREATE TRIGGER instead INSTEAD OF INSERT ON seen BEGIN INSERT INTO plain(t) VALUES (new.t); END;
    INSERT INTO plain(t, r, b, n, x) VALUES
        ('it''s', 0.1, x'00ff27', 1, 1), ('line' || char(10) || 'end' || char(13, 10), 1e300, zeroblob(3), 1.5, 1.0),
        ('nul' || char(0) || 'nul', 9e999, x'', '12', '12'), ('\\n', -9e999, NULL, 'text', x'31'),
        ('水', 5e-324, x'ff', 9223372036854775807, -9223372036854775808), ('', -0.0, 'text', 1e20, 123456789.12345678),
        (CAST(x'ff0a00' AS TEXT), 1.0 / 3, NULL, NULL, NULL);
    DELETE FROM plain WHERE id = 7;
    INSERT INTO \"order by\" VALUES ('a', 1, NULL), (NULL, 2, ''), ('; COMMIT; --', 3, ' ');
    INSERT INTO keyed VALUES ('a', 1), ('a', 1.5), ('b', x'00');
    INSERT INTO strict_one VALUES (1, '1'), (2, 1);
    INSERT INTO computed(a, z) VALUES (1, 'z'), (NULL, 2);
    INSERT INTO child VALUES (1), (2);
    INSERT INTO search VALUES ('running fast'), ('it''s slow');
    INSERT INTO boxes VALUES (1, 0.5, 2.5);
    ANALYZE;";

#[test]
fn a_dump_that_sqlite_loads_has_the_same_content() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.db");
    Connection::open(&file).unwrap().execute_batch(SCHEMA).unwrap();
    // The engine's own table does not go along.
    printed(&file, &["INSERT INTO child VALUES (3)"]);
    let dump = printed(&file, &[".dump"]);
    assert!(!dump.contains("tidewater_commit"), "{dump}");
    let copy = folder.path().join("copy.db");
    Connection::open(&copy).unwrap().execute_batch(&dump).unwrap();
    let (original, loaded) = (Connection::open(&file).unwrap(), Connection::open(&copy).unwrap());
    for (expected, found) in content(&original).into_iter().zip(content(&loaded)) {
        assert_eq!(found, expected, "{dump}");
    }
    let found: i64 = loaded.query_row("SELECT count(*) FROM search('run')", [], |row| row.get(0)).unwrap();
    assert_eq!(found, 1, "the full-text index is there");
    loaded.execute("INSERT INTO plain(t) VALUES ('next')", []).unwrap();
    assert_eq!(loaded.last_insert_rowid(), 8, "AUTOINCREMENT gives no key again");
    let check: String = loaded.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    // The same by the shell itself, which reads it statement by statement.
    let script = folder.path().join("dump.sql");
    std::fs::write(&script, &dump).unwrap();
    let again = folder.path().join("again.db");
    printed(&again, &[&format!(".read '{}'", script.display())]);
    assert_eq!(content(&Connection::open(&again).unwrap()), content(&original));
}

#[test]
fn some_tables_can_be_dumped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.db");
    Connection::open(&file).unwrap().execute_batch(SCHEMA).unwrap();
    let dump = printed(&file, &[".dump plain search"]);
    assert!(dump.contains("CREATE INDEX by_text") && dump.contains("CREATE TRIGGER logged"), "{dump}");
    assert!(dump.contains("search_data") && !dump.contains("CREATE TABLE keyed"), "{dump}");
    Connection::open_in_memory().unwrap().execute_batch(&dump).unwrap();
    assert_eq!(printed(&file, &[".dump 'key%'"]).matches("CREATE TABLE").count(), 1);
}

struct Csv {
    _folder: tempfile::TempDir,
    database: PathBuf,
    file: PathBuf,
}

fn csv(bytes: &[u8]) -> Csv {
    let folder = tempfile::tempdir().unwrap();
    let (database, file) = (folder.path().join("app.db"), folder.path().join("people.csv"));
    std::fs::write(&file, bytes).unwrap();
    Csv { _folder: folder, database, file }
}

impl Csv {
    fn import(&self, flags: &str, commands: &[&str]) -> Output {
        let import = format!(".import {flags} '{}' person", self.file.display());
        shell(&self.database, &[&[import.as_str()], commands].concat())
    }

    fn rows(&self) -> String {
        printed(&self.database, &["--mode", "quote", "SELECT * FROM person"])
    }
}

#[test]
fn a_missing_table_is_created_with_the_names_of_the_first_line() {
    let csv = csv("\u{feff}id,full name,,id\r\n1,\"Ann, \"\"A\"\"\r\nof B\",x,\r\n2,水,,y\r\n".as_bytes());
    assert!(csv.import("", &[]).status.success());
    assert_eq!(
        printed(&csv.database, &[".schema person"]),
        "CREATE TABLE person(id TEXT, \"full name\" TEXT, column3 TEXT, id_2 TEXT);\n"
    );
    let rows = csv.rows();
    assert!(rows.starts_with("'1',replace(replace('Ann, \"A\"\\r\\nof B'"), "{rows}");
    assert!(rows.ends_with("'2','水','','y'\n"), "{rows}");
}

#[test]
fn a_table_that_is_there_takes_the_rows_with_its_affinities() {
    let csv = csv(b"name,id\nann,1\nbob,2\n");
    printed(&csv.database, &["CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, twice AS (id * 2))"]);
    assert!(csv.import("", &[]).status.success());
    assert_eq!(csv.rows(), "1,'ann',2\n2,'bob',4\n");
    // Without a line of names every line is a row.
    std::fs::write(&csv.file, "3\tcy\n4\tdi\n").unwrap();
    assert!(csv.import("--tabs --skip 1", &[]).status.success());
    assert_eq!(csv.rows(), "1,'ann',2\n2,'bob',4\n4,'di',8\n");
}

#[test]
fn a_wrong_line_is_named_and_nothing_is_imported() {
    for (text, says) in [
        ("id,name\n1,ann\n2,\"b\nob\"\n3\n", ":5: 1 field for 2 columns"),
        ("id,name\n1,ann\n1,bob\n", ":3: UNIQUE constraint failed: person.id"),
        ("id,name\n1,ann,x\n", ":2: 3 fields for 2 columns"),
    ] {
        let csv = csv(text.as_bytes());
        printed(&csv.database, &["CREATE TABLE person(id INTEGER PRIMARY KEY, name)"]);
        let output = csv.import("", &[]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(&format!("people.csv{says}")), "{errors}");
        assert_eq!(csv.rows(), "");
        // Inside a transaction, what came before stays.
        let inside =
            format!("BEGIN; INSERT INTO person VALUES (9, 'x');\n.import '{}' person\nCOMMIT;", csv.file.display());
        shell(&csv.database, &[".bail off", &inside]);
        assert_eq!(csv.rows(), "9,'x'\n");
    }
    let csv = csv(b"id,name\n1\n");
    let output = csv.import("", &[]);
    assert!(!output.status.success());
    assert_eq!(printed(&csv.database, &[".tables"]), "", "the table is not there either");
}

#[test]
fn what_csv_prints_can_be_imported() {
    let csv = csv(b"");
    printed(
        &csv.database,
        &["CREATE TABLE t(a, b); INSERT INTO t VALUES ('a,\"b\"', 'c' || char(13, 10)), (' ', 'd')"],
    );
    let file = csv.file.display();
    printed(&csv.database, &[".mode csv", ".headers on", &format!(".once '{file}'"), "SELECT * FROM t"]);
    assert!(csv.import("", &[]).status.success());
    assert_eq!(csv.rows(), printed(&csv.database, &["--mode", "quote", "SELECT * FROM t"]));
}
