//! Which crate of the project may depend on which.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::{assert_none, files, table};

type Edges = BTreeMap<String, BTreeSet<String>>;

fn findings(actual: &Edges, allowed: &Edges) -> Vec<String> {
    let mut found = Vec::new();
    for (from, targets) in actual {
        let Some(row) = allowed.get(from) else {
            found.push(format!("{from} has no row in the table of crates"));
            continue;
        };
        found.extend(targets.difference(row).map(|to| format!("{from} may not depend on {to}")));
    }
    found.extend(
        allowed
            .keys()
            .filter(|name| !actual.contains_key(*name))
            .map(|name| format!("{name} is in the table and is no crate")),
    );
    found
}

fn allowed() -> Edges {
    table::architecture("crates")
        .into_iter()
        .map(|row| (row[0].clone(), table::items(&row[2]).into_iter().collect()))
        .collect()
}

/// The edges of all kinds, development ones too, between the workspace's own crates.
fn actual() -> Edges {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(files::root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    packages
        .iter()
        .map(|package| {
            let targets = package["dependencies"].as_array().expect("there are dependencies");
            let own = targets.iter().filter(|target| target["path"].is_string());
            (text(&package["name"]), own.map(|target| text(&target["name"])).collect())
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a name is a string").to_owned()
}

#[test]
fn crates_depend_only_on_what_the_table_allows() {
    assert_none("edges between crates", findings(&actual(), &allowed()));
}

#[test]
fn a_forbidden_edge_a_missing_and_a_stale_row_are_found() {
    let edges = |rows: &[(&str, &[&str])]| -> Edges {
        rows.iter().map(|(from, to)| ((*from).to_owned(), to.iter().map(|to| (*to).to_owned()).collect())).collect()
    };
    let actual = edges(&[("engine", &[]), ("protocol", &["engine", "cli"]), ("new", &[])]);
    let allowed = edges(&[("engine", &[]), ("protocol", &["engine"]), ("old", &[])]);
    assert_eq!(
        findings(&actual, &allowed),
        [
            "new has no row in the table of crates",
            "protocol may not depend on cli",
            "old is in the table and is no crate"
        ]
    );
}
