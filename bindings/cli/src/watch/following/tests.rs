//! A lock that comes between the look for a commit and the query.

use std::sync::{Arc, Mutex};

use super::*;
use rusqlite::Connection;
use tidewater::Options;

#[test]
fn a_query_that_a_lock_stopped_is_run_again_without_another_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let writer = Arc::new(Mutex::new(Connection::open(&path).unwrap()));
    let write = |sql: &str| writer.lock().unwrap().execute_batch(sql).unwrap();
    write("CREATE TABLE t(a)");
    let mut options = Options::default();
    options.busy_timeout = std::time::Duration::ZERO;
    let engine = Engine::open(path.as_path(), options).unwrap();
    let mut following = Following::new(&engine, engine.subscribe("SELECT a FROM t", ()).unwrap());

    write("INSERT INTO t VALUES (1)");
    write("BEGIN EXCLUSIVE");
    let mut events = Vec::new();
    for _ in 0..2 {
        let looked = following.look(|event| events.push(event.clone()));
        assert_eq!(looked.map_err(|error| error.code()), Err("busy"));
    }
    assert!(events.is_empty(), "{events:?}");
    write("ROLLBACK");
    following.look(|event| events.push(event.clone())).unwrap();
    let [Event::Diff(diff)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(diff.edits.len(), 1);
}
