//! `tidewater watch` and `explain` while another program writes the file.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};
use support::{apply, tidewater};

/// Far beyond the time in which a change has to show, near enough to end a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

struct Database {
    _folder: tempfile::TempDir,
    file: PathBuf,
    other_program: Connection,
}

impl Database {
    fn new(journal: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.db");
        let other_program = Connection::open(&file).unwrap();
        other_program.pragma_update_and_check(None, "journal_mode", journal, |_| Ok(())).unwrap();
        other_program
            .execute_batch("CREATE TABLE t(id INTEGER PRIMARY KEY, name); INSERT INTO t VALUES (1, 'ann'), (2, 'bob')")
            .unwrap();
        Self { _folder: folder, file, other_program }
    }

    fn write(&self, sql: &str) {
        self.other_program.execute_batch(sql).unwrap();
    }
}

/// A watching process, whose lines come as they are printed.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(file: &Path, arguments: &[&str]) -> Self {
        let mut child = tidewater()
            .arg("watch")
            .arg(file)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line in time")
    }

    fn event(&self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    fn exit(mut self) -> (Option<i32>, String) {
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap().code(), errors)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn json_lines_follow_the_writes_of_another_program() {
    for journal in ["DELETE", "WAL"] {
        let database = Database::new(journal);
        let watching = Watching::start(&database.file, &["SELECT name FROM t ORDER BY id", "--json"]);
        let snapshot = watching.event();
        assert_eq!(snapshot["event"], json!("snapshot"));
        assert_eq!((&snapshot["columns"], &snapshot["rows"]), (&json!(["name"]), &json!([["ann"], ["bob"]])));
        let mut rows = snapshot["rows"].as_array().unwrap().clone();
        let mut last = snapshot["commit"].as_u64().unwrap();
        for (sql, expected) in [
            ("INSERT INTO t VALUES (3, 'cy')", json!([["ann"], ["bob"], ["cy"]])),
            ("UPDATE t SET name = 'bea' WHERE id = 2", json!([["ann"], ["bea"], ["cy"]])),
            ("DELETE FROM t WHERE id = 1", json!([["bea"], ["cy"]])),
        ] {
            database.write(sql);
            let diff = watching.event();
            assert_eq!(diff["event"], json!("diff"), "{journal}: {diff}");
            apply(&diff["edits"], &mut rows);
            assert_eq!(Value::from(rows.clone()), expected, "{journal}");
            let commit = diff["commit"].as_u64().unwrap();
            assert!(commit > last);
            last = commit;
        }
    }
}

#[test]
fn without_a_terminal_tables_are_printed_on_change() {
    let database = Database::new("DELETE");
    let watching = Watching::start(&database.file, &["SELECT id, name FROM t WHERE name <> ?", "--param", "bob"]);
    let page: Vec<String> = (0..6).map(|_| watching.line()).collect();
    assert!(page[0].starts_with("commit ") && page[0].ends_with(", 1 row"), "{page:?}");
    assert_eq!(page[2], "│ id ┆ name │");
    assert_eq!(page[4], "│  1 ┆ ann  │");
    database.write("INSERT INTO t VALUES (3, 'bob'); INSERT INTO t VALUES (4, 'cy')");
    let mut page = Vec::new();
    while !page.iter().any(|line: &String| line.contains("cy")) {
        page.push(watching.line());
    }
}

#[test]
fn watching_leaves_the_file_as_it_is() {
    let database = Database::new("DELETE");
    let before = std::fs::read(&database.file).unwrap();
    let watching = Watching::start(&database.file, &["SELECT * FROM t", "--json"]);
    watching.event();
    std::thread::sleep(Duration::from_millis(300));
    drop(watching);
    assert!(std::fs::read(&database.file).unwrap() == before, "the file has changed");
    let beside: Vec<_> = std::fs::read_dir(database.file.parent().unwrap()).unwrap().collect();
    assert_eq!(beside.len(), 1, "{beside:?}");
}

#[test]
fn the_last_to_close_a_wal_database_checkpoints_it() {
    let database = Database::new("WAL");
    // A copy is a database whose writer is gone without closing it.
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    let wal = folder.path().join("copy.db-wal");
    std::fs::copy(&database.file, &copy).unwrap();
    std::fs::copy(database.file.with_file_name("app.db-wal"), &wal).unwrap();
    let before = std::fs::metadata(&copy).unwrap().len();
    assert!(tidewater().arg("explain").arg(&copy).arg("SELECT * FROM t").status().unwrap().success());
    assert!(!wal.exists());
    assert!(std::fs::metadata(&copy).unwrap().len() > before);
}

#[test]
fn a_watch_ends_with_its_table() {
    let database = Database::new("DELETE");
    for flags in [&["--json"][..], &[]] {
        database.write("CREATE TABLE IF NOT EXISTS gone(a)");
        let watching = Watching::start(&database.file, &[&["SELECT a FROM gone"], flags].concat());
        watching.line();
        database.write("DROP TABLE gone");
        let (status, errors) = watching.exit();
        assert_eq!(status, Some(1));
        if flags.is_empty() {
            assert!(errors.contains("no such table: gone"), "{errors}");
        }
    }
}

#[test]
fn mistakes_are_told_apart_by_the_exit_status() {
    let database = Database::new("DELETE");
    let file = database.file.to_str().unwrap();
    let missing = database.file.with_file_name("missing.db");
    for (arguments, status, says) in [
        (vec!["watch", missing.to_str().unwrap(), "SELECT 1"], 1, "no such file"),
        (vec!["watch", file, "SELECT * FROM nowhere"], 1, "no such table: nowhere"),
        (vec!["watch", file, "DELETE FROM t"], 1, "SELECT"),
        (vec!["watch", file], 2, "SELECT"),
        (vec!["watch", file, "SELECT ?", "--param", "1", "--param", "a=1"], 2, "--param"),
        (vec!["watch", file, "SELECT ?", "--nonsense"], 2, "--nonsense"),
        (vec!["explain", file, "SELECT nope FROM t"], 1, "no such column: nope"),
        (vec!["nonsense"], 2, "nonsense"),
    ] {
        let output = tidewater().args(&arguments).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {errors}");
        assert!(errors.contains(says), "{arguments:?}: {errors}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    assert!(!missing.exists(), "watching creates no file");
    assert_eq!(database.other_program.query_row("SELECT count(*) FROM t", [], |row| row.get(0)), Ok(2));
}

#[test]
fn explain_prints_words_or_json() {
    let database = Database::new("DELETE");
    let explain = |flags: &[&str]| {
        let mut command = tidewater();
        command.arg("explain").arg(&database.file).arg("SELECT name FROM t WHERE id = ?").args(["--param", "1"]);
        let output = command.args(flags).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let json: Value = serde_json::from_str(&explain(&["--json"])).unwrap();
    assert_eq!(json["tables"], json!([{"name": "t", "columns": ["id", "name"]}]));
    assert_eq!(explain(&[]).trim_end(), json["text"].as_str().unwrap().trim_end());
    assert_eq!(json["plan"], "incremental");
    assert_eq!(
        json["routes"],
        json!([{
            "table": "t", "columns": ["id", "name"], "found": "by_value", "by": "id", "over": [],
            "predicates": [{"column": "id", "relation": "=", "values": ["?1"]}],
        }])
    );
    assert_eq!(json["steps"]["tables"], json!(["t"]));
    assert_eq!((&json["reason"], &json["live"]), (&Value::Null, &Value::Null));
}

/// The fields in a paper's tables.
fn told(paper: &str) -> Vec<&str> {
    let rows = paper.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" |"));
    rows.flat_map(|(fields, _)| fields.split(", ")).map(|field| field.trim_matches('`')).collect()
}

#[test]
fn the_paper_about_explain_tells_each_field() {
    let folder = tempfile::tempdir().unwrap();
    let engine = tidewater::Engine::open(folder.path().join("a.db"), tidewater::Options::default()).unwrap();
    engine.exec("CREATE TABLE t(x)", ()).unwrap();
    let _live = engine.subscribe("SELECT x FROM t", ()).unwrap();
    let json = serde_json::to_value(engine.explain("SELECT x FROM t", ()).unwrap()).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let paper = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/explain.md")).unwrap();
    assert_eq!(told(&paper), [keys(&json), keys(&json["steps"]["live"]), keys(&json["live"])].concat());
}

#[test]
fn an_error_does_not_repeat_the_whole_query() {
    let database = Database::new("DELETE");
    for command in ["watch", "explain"] {
        let sql = format!("SELECT 1 FROM \"{}\"", "x\n\u{1b}[2J".repeat(10_000));
        let output = tidewater().arg(command).arg(&database.file).arg(sql).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert!(errors.len() < 1000 && errors.ends_with("…\n"), "{command}: {}", errors.len());
        assert_eq!(errors.lines().count(), 1, "{command}: {errors}");
        assert!(!errors.contains('\u{1b}'), "{command}: {errors}");
    }
}

#[test]
fn a_usage_error_does_not_repeat_a_long_argument() {
    let output = tidewater().args(["watch", "app.db", "SELECT 1", &"x".repeat(100_000)]).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(errors.len() < 3000 && errors.contains("x…\n") && errors.contains("--help"), "{}", errors.len());
}

#[test]
fn help_shows_examples() {
    for command in ["watch", "explain", "shell", "replay"] {
        let output = tidewater().args([command, "--help"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success());
        assert!(text.contains("Examples:") && text.contains(&format!("tidewater {command}")), "{text}");
    }
}

#[test]
fn a_replaced_file_is_told_and_followed() {
    for journal in ["DELETE", "WAL"] {
        let database = Database::new(journal);
        let file = database.file.clone();
        let watching = Watching::start(&file, &["SELECT name FROM t ORDER BY id", "--json"]);
        assert_eq!(watching.event()["rows"], json!([["ann"], ["bob"]]));
        let new = Database::new(journal);
        new.write("DELETE FROM t WHERE id = 1");
        let (
            Database { _folder: old_folder, other_program: old, .. },
            Database { _folder: folder, file: new, other_program },
        ) = (database, new);
        drop((old, other_program));
        std::fs::rename(&new, &file).unwrap();
        if journal == "WAL" {
            // What the old file had not taken over yet.
            std::fs::remove_file(file.with_file_name("app.db-wal")).unwrap();
            std::fs::remove_file(file.with_file_name("app.db-shm")).unwrap();
        }
        let snapshot = watching.event();
        assert_eq!((&snapshot["event"], &snapshot["rows"]), (&json!("snapshot"), &json!([["bob"]])), "{journal}");
        Connection::open(&file).unwrap().execute_batch("INSERT INTO t VALUES (3, 'cy')").unwrap();
        assert_eq!(watching.event()["event"], "diff", "{journal}");
        drop((old_folder, folder));
    }
}

#[test]
fn results_are_printed_in_the_chosen_form() {
    let database = Database::new("WAL");
    let watching = Watching::start(&database.file, &["SELECT id, name FROM t ORDER BY id", "--csv", "--header"]);
    let lines: Vec<_> = (0..3).map(|_| watching.line()).collect();
    assert_eq!(lines, ["id,name", "1,ann", "2,bob"]);
    database.write("DELETE FROM t WHERE id = 1");
    let lines: Vec<_> = (0..3).map(|_| watching.line()).collect();
    assert_eq!(lines, ["", "id,name", "2,bob"]);
}

#[cfg(unix)]
#[test]
fn a_watch_that_nobody_reads_ends_at_once() {
    let database = Database::new("WAL");
    for flags in [&["--json"][..], &["--csv"], &[]] {
        let mut child = tidewater()
            .arg("watch")
            .arg(&database.file)
            .arg("SELECT id, name FROM t ORDER BY id")
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
}
