//! Scripts in files: `.read`, `.bail`, `.output`, and what `sqlite3` users type by habit.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::process::{Output, Stdio};

use support::tidewater;

fn shell(folder: &Path, commands: &[&str]) -> Output {
    tidewater().current_dir(folder).args(["shell", "app.db"]).args(commands).stdin(Stdio::null()).output().unwrap()
}

fn texts(output: &Output) -> (String, String) {
    (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn errors_name_the_file_and_the_line() {
    let outer = "SELECT 'outer';\n\n.read inner.sql\nSELECT 'after';\nSELECT 1\n  FROM nowhere;\n.read gone.sql\n";
    let folder = folder(&[("outer.sql", outer), ("inner.sql", "-- one\nSELECT 'inner'; SELECT\n x;\n.nonsense\n")]);
    let output = shell(folder.path(), &[".bail off", ".read outer.sql"]);
    let (printed, errors) = texts(&output);
    assert_eq!(printed, "outer\ninner\nafter\n");
    let lines: Vec<_> = errors.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "error: inner.sql:2: no such column: x",
            "error: inner.sql:4: unknown command .nonsense; .help lists the commands",
            "error: outer.sql:5: no such table: nowhere",
        ]
    );
    assert!(lines[3].starts_with("error: outer.sql:7: cannot read gone.sql: "), "{errors}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn bail_ends_all_files_at_the_first_error() {
    let folder =
        folder(&[("outer.sql", ".read inner.sql\nSELECT 'after';\n"), ("inner.sql", "SELECT x;\nSELECT 'late';\n")]);
    let (printed, errors) = texts(&shell(folder.path(), &[".read outer.sql", "SELECT 'last'"]));
    assert_eq!((printed.as_str(), errors.as_str()), ("", "error: inner.sql:1: no such column: x\n"));
}

#[test]
fn files_that_read_each_other_end() {
    let folder = folder(&[("a.sql", ".read a.sql\n")]);
    let (_, errors) = texts(&shell(folder.path(), &[".read a.sql"]));
    assert!(errors.contains("a.sql:1: a.sql is read by files that read each other"), "{errors}");
}

#[test]
fn quit_in_a_file_ends_everything() {
    let folder = folder(&[("a.sql", "SELECT 1;\n.quit\nSELECT 2;\n")]);
    assert_eq!(texts(&shell(folder.path(), &[".read a.sql", "SELECT 3"])).0, "1\n");
}

#[test]
fn output_goes_to_files() {
    let folder = folder(&[]);
    let commands =
        [".output all.txt", "SELECT 1", "SELECT 2", ".output", "SELECT 3", ".once one.txt", "SELECT 4; SELECT 5"];
    let (printed, errors) = texts(&shell(folder.path(), &commands));
    assert_eq!((printed.as_str(), errors.as_str()), ("3\n5\n", ""));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!((read("all.txt").as_str(), read("one.txt").as_str()), ("1\n2\n", "4\n"));
    let (_, errors) = texts(&shell(folder.path(), &[".output nowhere/x"]));
    assert!(errors.starts_with("error: cannot write nowhere/x: "), "{errors}");
}

#[test]
fn what_there_is_can_be_listed() {
    let folder = folder(&[]);
    let schema =
        "CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t; CREATE INDEX i ON t(a); CREATE TEMP TABLE tt(x);";
    let commands = [schema, "ATTACH 'b.db' AS aux", "CREATE TABLE aux.z(a); CREATE INDEX aux.j ON z(a)"];
    let listed = |command: &str| texts(&shell(folder.path(), &[&commands[..], &[command]].concat())).0;
    assert_eq!(listed(".tables"), "aux.z\nt\ntemp.tt\nv\n");
    std::fs::remove_file(folder.path().join("app.db")).unwrap();
    std::fs::remove_file(folder.path().join("b.db")).unwrap();
    assert_eq!(listed(".indexes"), "aux.j\ni\n");
    let list = |command: &str| texts(&shell(folder.path(), &["ATTACH 'b.db' AS aux", command])).0;
    assert_eq!(list(".indexes t"), "i\n");
    assert_eq!(list(".tables 't%'"), "t\n");
    let files = list(".databases");
    assert!(files.starts_with("main: ") && files.contains("app.db\naux: ") && files.ends_with("b.db\n"), "{files}");
    assert_eq!(list(".schema z"), "-- aux\nCREATE TABLE z(a);\nCREATE INDEX j ON z(a);\n");
    assert!(list(".schema").contains("CREATE VIEW v AS SELECT a FROM t;"));
}

#[test]
fn settings_change_what_is_printed() {
    let folder = folder(&[]);
    let (printed, _) = texts(&shell(
        folder.path(),
        &[".mode tabs", ".headers on", ".nullvalue nil", "SELECT 1 AS a, NULL AS b", ".timer on", "SELECT 2", ".mode"],
    ));
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines[..4], ["a\tb", "1\tnil", "2", "2"]);
    assert!(lines[4].starts_with("took 0.") && lines[5].starts_with("mode tabs; there are box csv"), "{printed}");
}
