//! The shape of source files: they say what they are for, and have one purpose.

use crate::assert_none;
use crate::files::{self, File};

const LONGEST: usize = 600;

/// In the engine.
const LONGEST_OF_ENGINE: usize = 400;

/// Files of the engine with one purpose that takes more: [`LONGEST`] holds for them.
const LONG_OF_ENGINE: &[&str] = &["engine/src/sql/bind/tree.rs"];

fn headless(files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| format!("{} does not open with a `//!` sentence", file.path))
        .collect()
}

fn long(files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| is_source(&file.path) && !file.path.contains("/generated/"))
        .map(|file| (file, file.text.lines().count()))
        .filter(|(file, lines)| *lines > longest(&file.path))
        .map(|(file, lines)| format!("{} has {lines} lines: two purposes?", file.path))
        .collect()
}

fn longest(path: &str) -> usize {
    let is_short = path.starts_with("engine/src/") && !files::is_test(path) && !LONG_OF_ENGINE.contains(&path);
    if is_short { LONGEST_OF_ENGINE } else { LONGEST }
}

fn is_source(path: &str) -> bool {
    [".rs", ".ts", ".tsx", ".js", ".mjs", ".css", ".html"].iter().any(|extension| path.ends_with(extension))
}

#[test]
fn every_rust_file_says_what_it_is_for() {
    assert_none("headers", headless(&files::rust()));
}

#[test]
fn no_source_file_is_too_long() {
    assert_none(
        &format!("files of more than {LONGEST_OF_ENGINE} lines in the engine, {LONGEST} elsewhere"),
        long(&files::all()),
    );
}

#[test]
fn a_missing_header_and_a_long_file_are_found() {
    let file = |path: &str, text: String| File { path: path.to_owned(), text };
    let good = |lines: usize| "//! Good.\n".repeat(lines);
    let bad = [
        file("a.rs", "use b;\n".repeat(LONGEST + 1)),
        file("b.rs", good(LONGEST)),
        file("engine/src/c.rs", good(LONGEST_OF_ENGINE + 1)),
        file("engine/src/d.rs", good(LONGEST_OF_ENGINE)),
        file("engine/src/tests.rs", good(LONGEST)),
    ];
    assert_eq!(headless(&bad), ["a.rs does not open with a `//!` sentence"]);
    assert_eq!(long(&bad), ["a.rs has 601 lines: two purposes?", "engine/src/c.rs has 401 lines: two purposes?"]);
}
