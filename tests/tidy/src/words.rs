//! Words that do not belong in the project: synonyms, retired words, archaic phrases, leftovers, places of one machine.

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

/// Words that the field's own terms replaced. Each stands here alone or as a part of a name in `snake_case`.
const RETIRED: &[(&str, &str)] = &[
    ("faces", "table versions, or delta tables"),
    ("occurrence", "table reference"),
    ("occurrences", "table references"),
    ("upkeep", "maintenance"),
    ("setbacks", "backoff"),
    ("distrust", "invalidate"),
    ("distrusted", "invalidated"),
];

/// Retired names of types.
const RETIRED_TYPES: &[(&str, &str)] = &[
    ("Face", "TableVersion"),
    ("Signed", "WeightedRow"),
    ("Sealed", "SealedCommit"),
    ("Setbacks", "Backoff"),
    ("Upkeep", "Maintenance"),
];

/// Archaic words and phrases, which the documentation of other libraries does not have.
const ARCHAIC: &[(&str, &str)] = &[
    ("albeit", "although"),
    ("amongst", "among"),
    ("anew", "again"),
    ("behind of", "behind"),
    ("come what may", "in any case"),
    ("for ever", "forever"),
    ("got too dear", "became too expensive"),
    ("hitherto", "until now"),
    ("lest", "so that .. not"),
    ("nought", "nothing"),
    ("thence", "from there"),
    ("thereof", "of it"),
    ("therein", "in it"),
    ("whence", "from where"),
    ("wherein", "in which"),
    ("whilst", "while"),
    ("whyever", "for any reason"),
    ("whoever", "the one that"),
    ("be it", "or"),
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

fn retired(line: &str) -> Vec<String> {
    let lower = line.to_lowercase();
    let words =
        RETIRED.iter().filter(|(word, _)| lower.split(|c: char| !c.is_alphanumeric()).any(|part| part == *word));
    let types = RETIRED_TYPES.iter().filter(|(word, _)| has_word(line, word));
    words.chain(types).map(|(word, ours)| format!("`{word}` is retired: {ours}")).collect()
}

fn archaic(line: &str) -> Vec<String> {
    let lower = line.to_lowercase();
    let found = ARCHAIC.iter().filter(|(phrase, _)| has_word(&lower, phrase));
    found.map(|(phrase, plain)| format!("`{phrase}` is archaic: {plain}")).collect()
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

/// Comments of Rust and TypeScript, and papers; the words of a data file are its own.
fn prose() -> Vec<File> {
    let mut files = files::all();
    files.retain(|file| ["rs", "md", "ts"].iter().any(|ending| file.path.ends_with(&format!(".{ending}"))));
    files
}

#[test]
fn retired_words_do_not_come_back() {
    let mut files = prose();
    files.retain(|file| file.path.starts_with("engine/") || !file.path.contains("/src/") || file.path.ends_with(".md"));
    assert_none("retired words", findings(&files, retired));
}

#[test]
fn prose_is_modern() {
    assert_none("archaic phrases", findings(&prose(), archaic));
}

#[test]
fn nothing_is_left_behind() {
    assert_none("leftovers", findings(&files::all(), leftovers));
}

#[test]
fn each_kind_of_word_is_found() {
    assert_eq!(synonyms("// Tell the Leader.").len(), 1);
    assert_eq!(synonyms("// epochs of leadership, sqlite3changeset_apply").len(), 0);
    assert_eq!(retired("/// Each occurrence of a table.").len(), 1);
    assert_eq!(retired("fn occurrences_of(face: Face)").len(), 2);
    assert_eq!(retired("interface, Surface, unsigned, `Sealed`").len(), 0);
    assert_eq!(archaic("// Evaluated anew, whyever.").len(), 2);
    assert_eq!(archaic("// renewed, lesson").len(), 0);
    assert_eq!(leftovers("// TODO: later").len(), 1);
    assert_eq!(leftovers("// TODO(#12): later").len(), 0);
    assert_eq!(leftovers("see `/work/x` and /home/me").len(), 2);
    assert_eq!(leftovers("https://example.org/work/x ../work/y a/root/b").len(), 0);
}
