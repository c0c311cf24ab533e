//! Every law of ARCHITECTURE.md names tests that execute it, and they exist.

use crate::{assert_none, files, table};

/// `path::name` where the file has a test of that name; `path` alone where the whole file is the test.
fn objection(test: &str, read: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (path, name) = test.split_once("::").map_or((test, None), |(path, name)| (path, Some(name)));
    let Some(text) = read(path) else { return Some(format!("{path} does not exist")) };
    let name = name?;
    let has_test =
        [format!("fn {name}("), format!("test(\"{name}\""), format!("test('{name}'"), format!("it('{name}'")]
            .iter()
            .any(|form| text.contains(form.as_str()));
    (!has_test).then(|| format!("{path} has no test `{name}`"))
}

#[test]
fn laws_name_tests_that_exist() {
    let rows = table::architecture("laws");
    assert_eq!(rows.len(), 7, "there are seven laws");
    let mut found = Vec::new();
    for row in rows {
        let tests: Vec<_> = row[2].split(';').map(str::trim).filter(|test| !test.is_empty()).collect();
        if tests.is_empty() {
            found.push(format!("law {} has no test", row[0]));
        }
        let read = |path: &str| std::fs::read_to_string(files::root().join(path)).ok();
        found.extend(tests.into_iter().filter_map(|test| objection(test, read)));
    }
    assert_none("laws without their tests", found);
}

#[test]
fn a_missing_test_is_found() {
    let read = |path: &str| (path == "a.rs").then(|| "fn holds() {}".to_owned());
    assert_eq!(objection("a.rs", read), None);
    assert_eq!(objection("a.rs::holds", read), None);
    assert!(objection("a.rs::fails", read).is_some());
    assert!(objection("b.rs::holds", read).is_some());
}
