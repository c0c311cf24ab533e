//! No circles between the files of a room: of two files that use each other, one does not have a purpose of its own.
//!
//! A file that declares others (`mod.rs`, or `list.rs` beside `list/`) may use them and be used by them: that is how Rust's
//! modules share private items.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{self, File};
use crate::{assert_none, rust};

const SOURCE: &str = "src/";

/// By file, the files of its crate that it names.
type Uses<'f> = BTreeMap<&'f str, BTreeSet<&'f str>>;

fn findings(files: &[File]) -> Vec<String> {
    let mut crates: BTreeMap<&str, Vec<&File>> = BTreeMap::new();
    for file in files {
        if let Some((folder, _)) = file.path.split_once(SOURCE) {
            crates.entry(folder).or_default().push(file);
        }
    }
    crates.into_values().flat_map(|files| of_crate(&files)).collect()
}

fn of_crate(files: &[&File]) -> Vec<String> {
    let modules: BTreeMap<&str, &str> =
        files.iter().filter_map(|file| Some((module(&file.path)?, file.path.as_str()))).collect();
    let uses: Uses<'_> = files.iter().map(|file| (file.path.as_str(), used(file, &modules))).collect();
    let reached: Uses<'_> = uses.keys().map(|file| (*file, reached(file, &uses))).collect();
    let mut circles: BTreeSet<Vec<&str>> = BTreeSet::new();
    for (file, others) in &reached {
        let circle: Vec<_> = others.iter().copied().filter(|other| reached[other].contains(file)).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().map(|circle| circle.join(", ")).collect()
}

/// `types/row` of `engine/src/types/row.rs`, `types` of `engine/src/types/mod.rs`.
fn module(path: &str) -> Option<&str> {
    let (_, inside) = path.split_once(SOURCE)?;
    let inside = inside.strip_suffix(".rs")?;
    Some(inside.strip_suffix("/mod").unwrap_or(inside))
}

/// The files whose modules a file names, but for those above and below it.
fn used<'f>(file: &'f File, modules: &BTreeMap<&'f str, &'f str>) -> BTreeSet<&'f str> {
    let Some(own) = module(&file.path) else { return BTreeSet::new() };
    let paths = rust::paths(&file.text);
    let named = paths.iter().filter_map(|path| full_path(own, path)).filter_map(|full| {
        let ends = full.match_indices('/').map(|(at, _)| at).chain([full.len()]);
        let longest = ends.map(|end| &full[..end]).rfind(|part| modules.contains_key(part))?;
        (!is_within(own, longest) && !is_within(longest, own)).then_some(modules[longest])
    });
    named.collect()
}

/// A path that a module names, from the crate's root.
fn full_path(own: &str, path: &str) -> Option<String> {
    let mut at: Vec<&str> = own.split('/').collect();
    let mut names = path.split("::").peekable();
    match names.next()? {
        "crate" => at.clear(),
        "self" => {}
        "super" => {
            at.pop();
            while names.next_if_eq(&"super").is_some() {
                at.pop();
            }
        }
        _ => return None,
    }
    Some(at.into_iter().chain(names).collect::<Vec<_>>().join("/"))
}

fn is_within(module: &str, outer: &str) -> bool {
    module.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn reached<'f>(from: &'f str, uses: &Uses<'f>) -> BTreeSet<&'f str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        open.extend(uses.get(file).into_iter().flatten().copied().filter(|used| seen.insert(*used)));
    }
    seen
}

#[test]
fn files_are_in_no_circles() {
    let mut files = files::rust();
    files.retain(|file| !files::is_test(&file.path));
    assert_none("circles between files", findings(&files));
}

#[test]
fn a_circle_is_found() {
    let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
    let files = [
        file("engine/src/a/mod.rs", "mod one;\nmod two;\nuse one::One;"),
        file("engine/src/a/one.rs", "use super::two::Two;\nuse super::Shared;"),
        file("engine/src/a/two.rs", "fn f() -> crate::b::Three { todo() }"),
        file("engine/src/b.rs", "use crate::{a::{one::One}, c};"),
        file("engine/src/c.rs", "use super::b::Three as _;\nmod inside { use super::super::c; }"),
        file("engine/src/list.rs", "mod find;\nuse find::Find;"),
        file("engine/src/list/find.rs", "use super::List;"),
    ];
    let [a, b] = ["engine/src/a/one.rs, engine/src/a/two.rs, engine/src/b.rs, engine/src/c.rs", ""];
    assert_eq!(findings(&files), [a]);
    let [one, other] = [file("x/src/a.rs", "use crate::b::B;"), file("x/src/b.rs", "use crate::a::A;")];
    let apart = file("y/src/b.rs", "use crate::a::A;");
    assert_eq!(findings(&[apart, file("x/src/a.rs", "use crate::b::B;")]), [b; 0]);
    assert_eq!(findings(&[one, other]), ["x/src/a.rs, x/src/b.rs"]);
    assert_eq!(findings(&files[..3]), [b; 0]);
}
