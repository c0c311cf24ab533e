//! Which room of the engine may use which. A room is a module of `engine/src`, or a module inside of one that has a row of
//! its own (`api/event`); `lib.rs` may use all.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{self, File};
use crate::{assert_none, rust, table};

const SOURCE: &str = "engine/src/";

/// The rooms that each room may use.
type Allowed = BTreeMap<String, BTreeSet<String>>;

fn findings(files: &[File], allowed: &Allowed) -> Vec<String> {
    let modules: Vec<_> = files.iter().filter_map(|file| module(&file.path)).collect();
    let rooms: BTreeSet<_> = modules.iter().map(|module| room(module, allowed)).collect();
    let mut found: Vec<_> = rooms
        .iter()
        .filter(|room| !allowed.contains_key(**room))
        .map(|room| format!("engine/src/{room} has no row in the table of rooms"))
        .collect();
    let stale = allowed.keys().filter(|room| !rooms.contains(room.as_str()));
    found.extend(stale.map(|room| format!("{room} is in the table and is no room")));
    for file in files {
        let Some(module) = module(&file.path) else { continue };
        let from = room(module, allowed);
        let Some(row) = allowed.get(from) else { continue };
        for name in rust::crate_paths(&file.text) {
            let path = name.word.replace("::", "/");
            let to = room(&path, allowed);
            if to == from || row.contains(to) {
                continue;
            }
            // A name of the facade is as good as the room it comes from is not: it hides the edge.
            let what = if rooms.contains(to) { "may not use" } else { "must name the room, not the facade, for" };
            found.push(format!("{}:{}: {from} {what} `{to}`", file.path, name.line));
        }
    }
    found
}

/// `types/row` of `engine/src/types/row.rs`, `types` of `engine/src/types/mod.rs` and of `engine/src/types.rs`; none for the
/// facade.
fn module(path: &str) -> Option<&str> {
    let inside = path.strip_prefix(SOURCE)?.strip_suffix(".rs")?;
    let module = inside.strip_suffix("/mod").unwrap_or(inside);
    (module != "lib").then_some(module)
}

/// The room that a module or an item is in: the longest part of its path that has a row, else the first name of it.
fn room<'p>(path: &'p str, allowed: &Allowed) -> &'p str {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    let with_row = ends.map(|end| &path[..end]).rfind(|part| allowed.contains_key(*part));
    with_row.unwrap_or_else(|| path.split('/').next().unwrap_or(path))
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
        file("engine/src/types/told.rs", "use crate::types::Row;"),
        file("engine/src/types/text.rs", "use crate::types::told::Event;"),
    ];
    let allowed = [("types", None), ("plan", Some("types")), ("gone", None), ("types/told", None)]
        .map(|(from, to)| (from.to_owned(), to.map(str::to_owned).into_iter().collect()));
    assert_eq!(
        findings(&files, &allowed.into()),
        [
            "engine/src/extra has no row in the table of rooms",
            "gone is in the table and is no room",
            "engine/src/types/row.rs:1: types may not use `plan`",
            "engine/src/plan/mod.rs:1: plan must name the room, not the facade, for `Error`",
            "engine/src/types/told.rs:1: types/told may not use `types`",
            "engine/src/types/text.rs:1: types may not use `types/told`",
        ]
    );
}
