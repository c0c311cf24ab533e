//! What other programs do to the file of a live result.

use std::path::{Path, PathBuf};

use super::*;
use rusqlite::Connection;

fn source(path: &Path) -> Source {
    let options = Options::default().with_busy_timeout(std::time::Duration::ZERO);
    Source { place: Place::File(path.to_owned()), sql: "SELECT a FROM t".to_owned(), params: Params::None, options }
}

fn database(path: &Path, journal: &str, value: i64) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update_and_check(None, "journal_mode", journal, |_| Ok(())).unwrap();
    connection.execute_batch(&format!("CREATE TABLE t(a); INSERT INTO t VALUES ({value})")).unwrap();
    connection
}

fn told(following: &mut Following) -> (Vec<String>, Option<String>) {
    let mut told = Vec::new();
    let looked = following.look(|news| {
        told.push(match news {
            News::Event(Event::Diff(diff)) => format!("{} edits", diff.edits.len()),
            News::Event(event) => format!("{event:?}"),
            News::Replaced(snapshot) => format!("replaced: {:?}", snapshot.rows),
        });
    });
    (told, looked.err().map(|obstacle| obstacle.to_string()))
}

#[test]
fn a_query_that_a_lock_stopped_is_run_again_without_another_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let writer = database(&path, "DELETE", 0);
    let (mut following, first) = Following::start(source(&path)).unwrap();
    assert_eq!(first.rows.len(), 1);
    writer.execute_batch("INSERT INTO t VALUES (1); BEGIN EXCLUSIVE").unwrap();
    for _ in 0..2 {
        let looked = following.look(|news| panic!("{news:?}"));
        assert!(looked.is_err_and(|obstacle| obstacle.is_busy()));
    }
    writer.execute_batch("ROLLBACK").unwrap();
    assert_eq!(told(&mut following), (vec!["1 edits".to_owned()], None));
}

#[test]
fn another_file_under_the_same_name_is_opened() {
    for journal in ["DELETE", "WAL"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("main.db");
        drop(database(&path, journal, 1));
        let (mut following, _) = Following::start(source(&path)).unwrap();
        assert_eq!(told(&mut following), (vec![], None));
        replace(&path, |new| drop(database(new, journal, 2)));
        assert_eq!(told(&mut following), (vec!["replaced: [[Integer(2)]]".to_owned()], None), "{journal}");
        Connection::open(&path).unwrap().execute_batch("INSERT INTO t VALUES (3)").unwrap();
        assert_eq!(told(&mut following), (vec!["1 edits".to_owned()], None), "{journal}");
    }
}

#[test]
fn the_log_of_the_old_file_is_not_applied_to_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    let writer = database(&path, "WAL", 1);
    let (mut following, _) = Following::start(source(&path)).unwrap();
    assert_eq!(told(&mut following), (vec![], None));
    drop(writer);
    replace(&path, |new| drop(database(new, "DELETE", 2)));
    let new = std::fs::read(&path).unwrap();
    for _ in 0..2 {
        let (news, obstacle) = told(&mut following);
        assert!(news.is_empty() && obstacle.unwrap().contains("delete that -wal file"));
    }
    assert!(std::fs::read(&path).unwrap() == new);
    std::fs::remove_file(folder.path().join("main.db-wal")).unwrap();
    std::fs::remove_file(folder.path().join("main.db-shm")).unwrap();
    assert_eq!(told(&mut following), (vec!["replaced: [[Integer(2)]]".to_owned()], None));
}

#[test]
fn a_file_that_is_gone_or_not_ready_is_told_until_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.db");
    drop(database(&path, "DELETE", 1));
    let (mut following, _) = Following::start(source(&path)).unwrap();
    std::fs::remove_file(&path).unwrap();
    let (_, obstacle) = told(&mut following);
    assert!(obstacle.unwrap().ends_with("main.db is gone"));
    std::fs::write(&path, "").unwrap();
    for _ in 0..2 {
        let (news, obstacle) = told(&mut following);
        assert!(news.is_empty() && obstacle.unwrap().contains("no such table: t"));
    }
    drop(database(&path, "DELETE", 7));
    assert_eq!(told(&mut following), (vec!["replaced: [[Integer(7)]]".to_owned()], None));
}

/// Puts a new file in the place of one.
fn replace(path: &Path, make: impl FnOnce(&Path)) {
    let new: PathBuf = path.with_extension("new");
    make(&new);
    std::fs::rename(new, path).unwrap();
}
