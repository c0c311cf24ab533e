//! Foreign libraries that only one place may name, and `unsafe`.

use crate::files::{self, File};
use crate::{assert_none, rust, table};

/// Names that may stand only in some places.
struct Confined {
    names: Vec<String>,
    places: Vec<String>,
}

fn findings(files: &[File], rules: &[Confined]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for name in rust::names(&file.text) {
            let strays = rules
                .iter()
                .filter(|rule| rule.names.contains(&name.word))
                .filter(|rule| !rule.places.iter().any(|place| file.path.starts_with(place.as_str())));
            found.extend(strays.map(|_| format!("{}:{}: `{}`", file.path, name.line, name.word)));
        }
    }
    found
}

#[test]
fn foreign_libraries_are_named_where_the_table_says() {
    let rules: Vec<_> = table::architecture("foreign")
        .into_iter()
        .map(|row| Confined {
            names: table::items(&row[0]).into_iter().map(|name| name.replace('-', "_")).collect(),
            places: table::items(&row[1]),
        })
        .collect();
    for place in rules.iter().flat_map(|rule| &rule.places) {
        assert!(files::root().join(place).exists(), "ARCHITECTURE.md names {place}, which does not exist");
    }
    let mut files = files::rust();
    files.retain(|file| !files::is_test(&file.path));
    assert_none("names in places they are not allowed in", findings(&files, &rules));
}

#[test]
fn a_stray_name_is_found() {
    let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
    let rules = [Confined { names: vec!["rusqlite".to_owned()], places: vec!["engine/src/storage/".to_owned()] }];
    let files = [
        file("engine/src/storage/mod.rs", "use rusqlite::Connection;"),
        file("engine/src/sql/mod.rs", "//! No rusqlite here.\n\nfn f() -> rusqlite::Result<()> {}"),
    ];
    assert_eq!(findings(&files, &rules), ["engine/src/sql/mod.rs:3: `rusqlite`"]);
}
