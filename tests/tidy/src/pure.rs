//! Rooms that are pure: values go in and come out, so that their policy can be tested where it stands.

use crate::files::{self, File};
use crate::{assert_none, rust};

/// Where shared or hidden state has no place.
const PURE: &[&str] = &["engine/src/cost/"];

/// What shares or hides state.
const STATE: &[&str] = &[
    "Mutex",
    "MutexGuard",
    "RwLock",
    "Cell",
    "RefCell",
    "OnceCell",
    "OnceLock",
    "AtomicU64",
    "AtomicUsize",
    "Arc",
    "Rc",
];

fn findings(files: &[File]) -> Vec<String> {
    let pure = files.iter().filter(|file| PURE.iter().any(|place| file.path.starts_with(place)));
    let names = pure.flat_map(|file| rust::names(&file.text).into_iter().map(move |name| (&file.path, name)));
    let stateful = names.filter(|(_, name)| STATE.contains(&name.word.as_str()));
    stateful.map(|(path, name)| format!("{path}:{}: `{}`", name.line, name.word)).collect()
}

#[test]
fn pure_rooms_share_no_state() {
    let files = files::rust();
    for place in PURE {
        assert!(files.iter().any(|file| file.path.starts_with(place)), "{place} does not exist");
    }
    assert_none("state in pure rooms", findings(&files));
}

#[test]
fn a_lock_is_found() {
    let file = |path: &str| File { path: path.to_owned(), text: "use std::sync::Mutex;".to_owned() };
    assert_eq!(
        findings(&[file("engine/src/cost/gate.rs"), file("engine/src/live/handle.rs")]),
        ["engine/src/cost/gate.rs:1: `Mutex`"]
    );
}
