//! `tidewater shell` reading a script.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::Write;
use std::process::{Output, Stdio};

use support::tidewater;

fn shell(arguments: &[&str], script: &str) -> Output {
    let mut child = tidewater()
        .arg("shell")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn printed(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

#[test]
fn statements_may_span_lines_and_share_them() {
    let output = shell(&[], "CREATE TABLE t(a,\n  b); INSERT INTO t\nVALUES (1, 'x;'),\n(2, null);\nSELECT *\nFROM t");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        printed(&output),
        "\
done, commit 1
2 rows changed, commit 2
╭───┬──────╮
│ a ┆ b    │
╞═══╪══════╡
│ 1 ┆ x;   │
│ 2 ┆ NULL │
╰───┴──────╯
2 rows
"
    );
}

#[test]
fn watched_results_tell_what_changed() {
    let script = "\
CREATE TABLE t(id INTEGER PRIMARY KEY, name);
.watch SELECT name FROM t ORDER BY id;
INSERT INTO t VALUES (1, 'ann');
BEGIN; INSERT INTO t VALUES (2, 'bob'); DELETE FROM t WHERE id = 1; COMMIT;
.watches
.unwatch 1
INSERT INTO t VALUES (3, 'cy');
.watches
";
    let output = shell(&[], script);
    assert!(output.status.success(), "{output:?}");
    let text = printed(&output);
    assert!(text.contains("watch 1, commit 2, 1 row\n  + ann\n"), "{text}");
    assert!(text.contains("watch 1, commit 3, 1 row\n"), "one commit, one telling: {text}");
    assert!(text.contains("bob") && !text.contains("cy"), "{text}");
    assert!(text.contains("SELECT name FROM t ORDER BY id\n"), "{text}");
    assert!(text.ends_with("no watches\n"), "{text}");
}

#[test]
fn errors_are_told_and_the_script_goes_on() {
    let output = shell(&[], "SELECT * FROM nowhere;\n.nonsense\nSELECT 7 AS seven;\n");
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(errors, "error: no such table: nowhere\nerror: unknown command .nonsense; .help lists the commands\n");
    assert!(printed(&output).contains("seven"));
}

#[test]
fn an_error_does_not_repeat_the_whole_input() {
    let long = "x".repeat(400_000);
    let output = shell(&[], &format!("SELECT {long};\n.watch SELECT {long}\n.{long}\n"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(errors.lines().count(), 3);
    assert!(errors.lines().all(|line| line.ends_with('…') && line.len() < 500), "{}", errors.len());
    let explained = shell(&[], &format!("CREATE TABLE t(a);\n.explain SELECT a FROM t WHERE a = '{long}'\n"));
    assert!(explained.status.success() && explained.stdout.len() < 5000, "{}", explained.stdout.len());
}

#[test]
fn a_trigger_is_one_statement() {
    let script = "CREATE TABLE t(a); CREATE TABLE log(a);\nCREATE TRIGGER r AFTER INSERT ON t BEGIN\n  INSERT INTO log VALUES (new.a);\n  INSERT INTO log VALUES (-new.a);\nEND;\nINSERT INTO t VALUES (5);\nSELECT count(*) AS logged FROM log;\n";
    let output = shell(&[], script);
    assert!(output.status.success(), "{output:?}");
    assert!(printed(&output).contains("│      2 │"), "{}", printed(&output));
}

#[test]
fn returning_shows_rows_and_commits() {
    let script = "CREATE TABLE t(a);\n.watch SELECT a FROM t\nINSERT INTO t VALUES (5) RETURNING a * 2 AS twice;\n";
    let output = shell(&[], script);
    let text = printed(&output);
    assert!(text.contains("│    10 │") && text.contains("  + 5\n"), "{text}");
}

#[test]
fn the_schema_and_the_counters_can_be_seen() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.db");
    let file = file.to_str().unwrap();
    shell(&[file], "CREATE TABLE b(x);\nCREATE VIEW a AS SELECT x FROM b;\nCREATE INDEX i ON b(x);\n");
    assert_eq!(printed(&shell(&[file], ".tables\n")), "a\nb\n");
    let schema = shell(&[file], ".schema b\n");
    assert_eq!(printed(&schema), "CREATE TABLE b(x);\nCREATE INDEX i ON b(x);\n");
    assert!(!printed(&shell(&[file], ".schema\n")).contains("tidewater_commit"));
    let stats = shell(&[file], ".watch SELECT x FROM b\n.stats\n.quit\nSELECT 'never';\n");
    assert!(printed(&stats).contains("subscriptions                1"), "{}", printed(&stats));
    assert!(!printed(&stats).contains("never"));
    let explained = shell(&[file], ".explain SELECT x FROM a\n");
    assert!(explained.status.success() && printed(&explained).contains('b'), "{explained:?}");
    assert!(printed(&shell(&[], ".help\n")).contains(".watch SELECT"));
}
