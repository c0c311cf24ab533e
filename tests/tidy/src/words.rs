//! Words that do not belong into the project: synonyms of its own, leftovers, places of one machine.

use crate::assert_none;
use crate::files::{self, File};

/// A word for which the project has another: see ARCHITECTURE.md, "Words".
const SYNONYMS: &[(&str, &str)] = &[
    ("leader", "host, or active tab"),
    ("leaders", "hosts, or active tabs"),
    ("changeset", "change batch"),
    ("changesets", "change batches"),
    ("write batch", "change batch"),
    ("main tab", "active tab"),
    ("primary tab", "active tab"),
    ("master tab", "active tab"),
    ("tab client", "page client"),
    ("query hash", "template"),
    ("delta batch", "change batch"),
];

/// Folders of one machine.
const PLACES: &[&str] = &["/work/", "/root/", "/home/"];

/// The files that name these words in order to forbid or to look for them.
const EXEMPT: &[&str] = &["tests/tidy/src/words.rs"];

fn synonyms(line: &str) -> Vec<String> {
    let lower = line.to_lowercase();
    SYNONYMS
        .iter()
        .filter(|(word, _)| has_word(&lower, word))
        .map(|(word, ours)| format!("`{word}`: the word here is {ours}"))
        .collect()
}

fn leftovers(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let open_end = ["TODO", "FIXME", "XXX", "HACK"].iter().find(|mark| has_word(line, mark));
    if let Some(mark) = open_end
        && !line.contains(&format!("{mark}(#"))
    {
        found.push(format!("`{mark}` without the number of an issue: {mark}(#12)"));
    }
    found.extend(
        PLACES
            .iter()
            .filter(|place| names_place(line, place))
            .map(|place| format!("`{place}` is a place of one machine")),
    );
    found
}

/// `/work/x` at the start of a path, not `https://host/work/x` or `../work/x`.
fn names_place(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        !line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '}' | '*'))
    })
}

fn has_word(line: &str, word: &str) -> bool {
    // Between backquotes it is spoken of, not used.
    let bound = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '`');
    line.match_indices(word)
        .any(|(at, _)| bound(line[..at].chars().next_back()) && bound(line[at + word.len()..].chars().next()))
}

fn findings(files: &[File], rule: fn(&str) -> Vec<String>) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !EXEMPT.contains(&file.path.as_str())) {
        for (at, line) in file.text.lines().enumerate() {
            found.extend(rule(line).into_iter().map(|what| format!("{}:{}: {what}", file.path, at + 1)));
        }
    }
    found
}

#[test]
fn one_word_for_one_idea() {
    assert_none("synonyms", findings(&files::all(), synonyms));
}

#[test]
fn nothing_is_left_behind() {
    assert_none("leftovers", findings(&files::all(), leftovers));
}

#[test]
fn each_kind_of_word_is_found() {
    assert_eq!(synonyms("// Tell the Leader.").len(), 1);
    assert_eq!(synonyms("// epochs of leadership, sqlite3changeset_apply").len(), 0);
    assert_eq!(leftovers("// TODO: later").len(), 1);
    assert_eq!(leftovers("// TODO(#12): later").len(), 0);
    assert_eq!(leftovers("see `/work/x` and /home/me").len(), 2);
    assert_eq!(leftovers("https://example.org/work/x ../work/y a/root/b").len(), 0);
}
