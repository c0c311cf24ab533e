//! What may be done with a file, and how it is named.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{Access, Engine, Event, Location, Options};

#[test]
fn a_file_that_has_to_exist_is_not_created() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    for access in [Access::Write, Access::Read] {
        let opened = Engine::open(path.as_path(), Options::default().with_access(access));
        assert_eq!(opened.unwrap_err().code(), "cannot_open");
        assert!(!path.exists());
    }
    Engine::open(path.as_path(), Options::default()).unwrap();
    Engine::open(path.as_path(), Options::default().with_access(Access::Write)).unwrap();
}

#[test]
fn a_reader_follows_what_others_write_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let writer = Engine::open(path.as_path(), Options::default()).unwrap();
    writer.exec("CREATE TABLE t(a)", ()).unwrap();
    let reader = Engine::open(path.as_path(), Options::default().with_access(Access::Read)).unwrap();
    let mut live = reader.subscribe("SELECT a FROM t", ()).unwrap();
    assert_eq!(reader.exec("INSERT INTO t VALUES (1)", ()).unwrap_err().code(), "read_only");
    writer.exec("INSERT INTO t VALUES (2)", ()).unwrap();
    assert!(reader.poll().unwrap());
    assert!(matches!(live.try_next(), Some(Event::Diff(_))));
    assert_eq!(reader.last_commit(), writer.last_commit());
}

#[test]
fn a_uri_says_what_a_path_cannot() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    Engine::open(path.as_path(), Options::default()).unwrap().exec("CREATE TABLE t(a)", ()).unwrap();
    let uri = Location::Uri(format!("file:{}?mode=ro", path.display()));
    let reader = Engine::open(uri, Options::default()).unwrap();
    assert!(reader.query("SELECT a FROM t", ()).unwrap().rows.is_empty());
    assert_eq!(reader.exec("INSERT INTO t VALUES (1)", ()).unwrap_err().code(), "read_only");
}
