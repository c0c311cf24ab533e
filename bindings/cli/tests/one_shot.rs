//! `tidewater shell FILE 'SQL'`: what it prints in each mode, its exit status, and what it does when nobody reads.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::tidewater;

/// Far more rows than fit into a pipe, and than may be gathered.
const MILLIONS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000000) SELECT i, 'row ' || i FROM n";

fn shell(arguments: &[&str]) -> Output {
    tidewater().arg("shell").args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = shell(arguments);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn statements_run_and_only_rows_are_printed() {
    let sql = "CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'x'), (2, NULL); SELECT * FROM t";
    assert_eq!(printed(&[":memory:", sql]), "1|x\n2|\n");
    assert_eq!(printed(&[":memory:", sql, "SELECT 7", ".print bye"]), "1|x\n2|\n7\nbye\n");
    assert_eq!(printed(&[":memory:", sql, "--header", "--nullvalue", "-"]), "a|b\n1|x\n2|-\n");
    assert_eq!(printed(&["--csv", "--header", ":memory:", sql]), "a,b\r\n1,x\r\n2,\r\n");
    assert_eq!(printed(&[":memory:", sql, "--markdown"]), "| a | b |\n|---|---|\n| 1 | x |\n| 2 |   |\n");
    assert_eq!(printed(&[":memory:", ".mode line", "SELECT 1 AS one"]), "  one = 1\n");
}

#[test]
fn json_is_valid_for_every_value() {
    let sql =
        "SELECT 1 AS a, 2 AS a, x'00ff' AS b, 9e999 AS c, CAST(x'ff' AS TEXT) AS d, 'q\"' || char(10) AS e, 1.0 AS f";
    let rows: Value = serde_json::from_str(&printed(&[":memory:", sql, "--json"])).unwrap();
    let expected = json!([{
        "a": 1, "a:1": 2, "b": {"blob": "00ff"}, "c": {"real": "inf"}, "d": {"text_hex": "ff"}, "e": "q\"\n", "f": 1.0,
    }]);
    assert_eq!(rows, expected);
    assert_eq!(printed(&[":memory:", "SELECT 1 WHERE 0", "--json"]), "[]\n");
    assert_eq!(printed(&[":memory:", "VALUES (1), (2)", "--jsonl"]), "{\"column1\":1}\n{\"column1\":2}\n");
}

#[test]
fn an_error_ends_it_with_a_status() {
    let output = shell(&[":memory:", "SELECT 1; SELECT * FROM nowhere; SELECT 2", "SELECT 3"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: no such table: nowhere\n");
    let goes_on = shell(&[":memory:", ".bail off", "SELECT * FROM nowhere; SELECT 2"]);
    assert_eq!((goes_on.status.code(), &goes_on.stdout[..]), (Some(1), &b"2\n"[..]));
    for arguments in [&[":memory:", "SELECT 1", "--json", "--csv"][..], &[":memory:", "SELECT 1", "--mode", "xml"]] {
        assert_eq!(shell(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn rows_come_at_once_and_a_closed_pipe_ends_it() {
    for mode in ["list", "csv", "json", "jsonl", "box", "markdown", "line", "insert"] {
        let began = Instant::now();
        let mut child = tidewater()
            .args(["shell", ":memory:", MILLIONS, "--mode", mode])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(!lines.next().unwrap().unwrap().is_empty());
        drop(lines);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{mode}: {output:?}");
        assert!(began.elapsed() < Duration::from_secs(20), "{mode}: {:?}", began.elapsed());
    }
}

#[test]
fn uris_and_memory_stand_for_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.db");
    let uri = format!("file:{}?mode=ro", file.display());
    let missing = shell(&[&uri, "SELECT 1"]);
    assert_eq!(missing.status.code(), Some(1), "{missing:?}");
    assert!(String::from_utf8_lossy(&missing.stderr).contains("unable to open"), "{missing:?}");
    printed(&[file.to_str().unwrap(), "CREATE TABLE t(a); INSERT INTO t VALUES (5)"]);
    assert_eq!(printed(&[&uri, "SELECT a FROM t"]), "5\n");
    let refused = shell(&[&uri, "INSERT INTO t VALUES (6)"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("readonly"), "{refused:?}");
    let explained = tidewater().args(["explain", &uri, "SELECT a FROM t"]).output().unwrap();
    assert!(explained.status.success(), "{explained:?}");
    let in_memory = tidewater().args(["explain", ":memory:", "SELECT 1"]).output().unwrap();
    assert!(in_memory.status.success(), "{in_memory:?}");
    let created = tidewater().args(["explain", "file:nowhere.db", "SELECT 1"]).current_dir(&folder).output().unwrap();
    assert!(String::from_utf8_lossy(&created.stderr).contains("no such file"), "{created:?}");
    let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["app.db"]);
}

#[test]
fn a_pragma_answers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.db");
    let file = file.to_str().unwrap();
    assert_eq!(
        printed(&[file, "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = OFF; PRAGMA foreign_keys"]),
        "wal\n0\n"
    );
    assert_eq!(
        printed(&[file, ".changes on", "CREATE TABLE t(a); INSERT INTO t VALUES (1)"]),
        "done, commit 1\n1 row changed, commit 2\n"
    );
}
