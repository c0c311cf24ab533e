//! Files of cases: queries with the expected texts below them.
//!
//! ```text
//! # What the case shows.
//! disable: flatten
//! SELECT ..
//! ----
//! the expected text
//! ====
//! ```

use std::path::{Path, PathBuf};

use crate::plan::DisabledFeatures;

/// The variable that has the expected texts written instead of compared.
const UPDATE: &str = "TIDEWATER_UPDATE_EXPECT";

const END_OF_QUERY: &str = "----\n";
const END_OF_CASE: &str = "====\n";

/// A query and what is expected of it.
pub(super) struct Case {
    /// Everything before the expected text.
    head: String,
    pub(super) sql: String,
    /// The planner features that are disabled, by a line `disable: NAMES`.
    pub(super) disabled: DisabledFeatures,
    expected: String,
}

impl Case {
    fn parse(text: &str) -> Self {
        let (head, expected) = text.split_once(END_OF_QUERY).unwrap_or_else(|| panic!("no {END_OF_QUERY} in: {text}"));
        let lines = head.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let (directives, sql): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.starts_with("disable: "));
        let disabled = directives.first().map_or("", |line| &line["disable: ".len()..]);
        let disabled = disabled.parse().unwrap_or_else(|error| panic!("{error}"));
        Self { head: head.to_owned(), sql: sql.join("\n"), disabled, expected: expected.to_owned() }
    }
}

/// The cases of a file.
pub(super) struct File {
    pub(super) cases: Vec<Case>,
}

impl File {
    pub(super) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let cases = text.split(END_OF_CASE).filter(|case| !case.trim().is_empty()).map(Case::parse).collect();
        Self { cases }
    }

    /// Compares what each case gives with what it expects, or writes it if the environment says so; and what they give.
    pub(super) fn check(path: &Path, mut actual: impl FnMut(&Case) -> String) -> Vec<String> {
        let file = Self::read(path);
        let texts: Vec<String> = file.cases.iter().map(&mut actual).collect();
        if std::env::var_os(UPDATE).is_some() {
            let cases = file.cases.iter().zip(&texts);
            let text: String =
                cases.map(|(case, text)| format!("{}{END_OF_QUERY}{text}{END_OF_CASE}", case.head)).collect();
            std::fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            return texts;
        }
        for (case, text) in file.cases.iter().zip(&texts) {
            assert_eq!(
                *text,
                case.expected,
                "{}: {}\nRun again with {UPDATE}=1 to accept it.",
                path.display(),
                case.sql
            );
        }
        texts
    }
}

/// The files of a folder and those below, in order.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => files.extend(self::files(&path)),
            false => files.push(path),
        }
    }
    files.sort();
    files
}
