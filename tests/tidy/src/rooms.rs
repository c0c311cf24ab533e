//! Which room of the engine may use which. A room is a module of `engine/src`, or several that a row names together;
//! `lib.rs` may use all.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{self, File};
use crate::{assert_none, rust, table};

const SOURCE: &str = "engine/src/";

fn findings(files: &[File], allowed: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let rooms: BTreeSet<_> = files.iter().filter_map(|file| room(&file.path)).collect();
    let mut found: Vec<_> = rooms
        .iter()
        .filter(|room| !allowed.contains_key(**room))
        .map(|room| format!("engine/src/{room} has no row in the table of rooms"))
        .collect();
    let stale = allowed.keys().filter(|room| !rooms.contains(room.as_str()));
    found.extend(stale.map(|room| format!("{room} is in the table and is no room")));
    for file in files {
        let Some((from, row)) = room(&file.path).and_then(|from| allowed.get_key_value(from)) else { continue };
        for to in rust::crate_paths(&file.text) {
            if to.word == *from || row.contains(&to.word) {
                continue;
            }
            // A name of the facade is as good as the room it comes from is not: it hides the edge.
            let what = if rooms.contains(to.word.as_str()) {
                "may not use"
            } else {
                "must name the room, not the facade, for"
            };
            found.push(format!("{}:{}: {from} {what} `{}`", file.path, to.line, to.word));
        }
    }
    found
}

/// `types` of `engine/src/types/row.rs` and of `engine/src/types.rs`; none for the facade and its tests.
fn room(path: &str) -> Option<&str> {
    let inside = path.strip_prefix(SOURCE)?;
    let (first, nested) = inside.split_once('/').map_or((inside, false), |(first, _)| (first, true));
    let first = first.strip_suffix(".rs").unwrap_or(first);
    (nested || first != "lib").then_some(first)
}

#[test]
fn rooms_use_only_what_the_table_allows() {
    let mut files = files::rust();
    files.retain(|file| file.path.starts_with(SOURCE) && !files::is_test(&file.path));
    let mut allowed = BTreeMap::new();
    for row in table::architecture("rooms") {
        let modules = table::items(&row[0]);
        let usable: BTreeSet<_> = modules.iter().cloned().chain(table::items(&row[2])).collect();
        allowed.extend(modules.into_iter().map(|module| (module, usable.clone())));
    }
    assert_none("edges between rooms of the engine", findings(&files, &allowed));
}

#[test]
fn a_forbidden_use_is_found() {
    let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
    let files = [
        file("engine/src/lib.rs", "use crate::plan::X;"),
        file("engine/src/types/row.rs", "use crate::plan::Plan;"),
        file("engine/src/plan/mod.rs", "use crate::{types::Row, Error};"),
        file("engine/src/extra.rs", ""),
    ];
    let allowed = [("types", None), ("plan", Some("types")), ("gone", None)]
        .map(|(from, to)| (from.to_owned(), to.map(str::to_owned).into_iter().collect()));
    assert_eq!(
        findings(&files, &allowed.into()),
        [
            "engine/src/extra has no row in the table of rooms",
            "gone is in the table and is no room",
            "engine/src/types/row.rs:1: types may not use `plan`",
            "engine/src/plan/mod.rs:1: plan must name the room, not the facade, for `Error`",
        ]
    );
}
