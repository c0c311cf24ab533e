//! A lock that comes between the look for a commit and the query.

use super::*;
use rusqlite::Connection;
use tidewater::{Options, Row, Value};

#[test]
fn a_query_that_a_lock_stopped_is_run_again_without_another_commit() {
    let folder = tempfile::tempdir().unwrap();
    let [main, side] = ["main.db", "side.db"].map(|name| folder.path().join(name));
    let (main_writer, side_writer) = (Connection::open(&main).unwrap(), Connection::open(&side).unwrap());
    main_writer.execute_batch("CREATE TABLE t(a)").unwrap();
    side_writer.execute_batch("CREATE TABLE s(a)").unwrap();
    let mut options = Options::default();
    options.busy_timeout = std::time::Duration::ZERO;
    let engine = Engine::open(main.as_path(), options).unwrap();
    engine.exec("ATTACH ? AS side", [side.to_str().unwrap()]).unwrap();
    let sql = "SELECT a FROM t UNION ALL SELECT a FROM side.s";
    let params = Params::None;
    let subscription = engine.subscribe(sql, ()).unwrap();
    let mut following = Following::new(&engine, sql, &params, subscription);

    // A look sees the commit in one file, and the query fails because of the other: so it is with one file, by chance.
    side_writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    main_writer.execute_batch("INSERT INTO t VALUES (1)").unwrap();
    let mut events = Vec::new();
    for _ in 0..2 {
        let looked = following.look(|event| events.push(event.clone()));
        assert_eq!(looked.map_err(|error| error.code()), Err("busy"));
    }
    assert!(events.is_empty(), "{events:?}");
    side_writer.execute_batch("ROLLBACK").unwrap();
    following.look(|event| events.push(event.clone())).unwrap();
    let [Event::Columns(snapshot)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(snapshot.rows[..], [Row::from_iter([Value::from(1)])]);

    main_writer.execute_batch("INSERT INTO t VALUES (2)").unwrap();
    following.look(|event| events.push(event.clone())).unwrap();
    assert!(matches!(events.last(), Some(Event::Diff(_))), "{events:?}");
}
