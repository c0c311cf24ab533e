//! Rows that are kept up to date as a type.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]
#![allow(clippy::disallowed_methods, reason = "a native program")]

use std::time::Duration;

use tidewater::{Engine, Error, FromRow, LiveRows, Location, NamedRow, Options, RowEdit};
use tokio_stream::StreamExt;

fn memory(schema: &str) -> Engine {
    opened(Options::default(), schema)
}

fn opened(options: Options, schema: &str) -> Engine {
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec(schema, ()).unwrap();
    engine
}

/// It is not `Clone`.
#[derive(Debug, FromRow, PartialEq)]
struct Todo {
    id: i64,
    title: String,
}

fn todo(id: i64, title: &str) -> Todo {
    Todo { id, title: title.to_owned() }
}

const TODOS: &str = "CREATE TABLE todo(id INTEGER PRIMARY KEY, title TEXT, rank INTEGER);
    INSERT INTO todo VALUES (1, 'read', 1), (2, 'write', 2)";
const BY_RANK: &str = "SELECT id, title FROM todo ORDER BY rank, id";

fn todos(engine: &Engine) -> LiveRows<Todo> {
    engine.live(BY_RANK, ()).unwrap()
}

/// Performs edits on rows that the test keeps.
fn perform<T: PartialEq + std::fmt::Debug>(rows: &mut Vec<T>, edits: Vec<RowEdit<T>>) {
    for edit in edits {
        match edit {
            RowEdit::Insert { index, row } => rows.insert(index, row),
            RowEdit::Remove { index, row } => assert_eq!(rows.remove(index), row),
            RowEdit::Replace { index, old, row } => assert_eq!(std::mem::replace(&mut rows[index], row), old),
            RowEdit::Move { from, to } => {
                let row = rows.remove(from);
                rows.insert(to, row);
            }
        }
    }
}

#[test]
fn edits_lead_from_the_rows_before_to_those_now() {
    let engine = memory(TODOS);
    let mut live = todos(&engine);
    let mut own = vec![todo(1, "read"), todo(2, "write")];
    assert_eq!(live.rows(), own);
    for write in [
        "INSERT INTO todo VALUES (3, 'rest', 0)",
        "UPDATE todo SET title = 'rest more' WHERE id = 3",
        "UPDATE todo SET rank = 9 WHERE id = 1",
        "DELETE FROM todo WHERE id = 2; INSERT INTO todo VALUES (4, 'walk', 1), (5, 'eat', 1)",
        "UPDATE todo SET rank = 10 - rank",
        "DELETE FROM todo",
    ] {
        let commit = engine.exec(write, ()).unwrap().commit;
        let edits = live.changes().unwrap();
        assert!(!edits.is_empty(), "{write}");
        perform(&mut own, edits);
        assert_eq!(live.rows(), own, "{write}");
        assert_eq!(live.rows(), engine.query_as::<Todo>(BY_RANK, ()).unwrap(), "{write}");
        assert_eq!(live.commit(), commit);
    }
    assert_eq!(live.changes().unwrap(), [], "nothing has changed since");
}

#[test]
fn it_is_a_slice_of_its_rows() {
    let engine = memory(TODOS);
    let mut live = todos(&engine);
    engine.exec("DELETE FROM todo WHERE id = 1", ()).unwrap();
    assert_eq!(live.len(), 2, "as they were last brought up to date");
    assert_eq!((live.refresh(), live.refresh()), (Ok(true), Ok(false)));
    assert_eq!((live.len(), live.first(), live.is_empty()), (1, Some(&todo(2, "write")), false));
    assert_eq!((&live).into_iter().map(|todo| todo.id).collect::<Vec<_>>(), [2]);
    assert_eq!(live.columns(), ["id", "title"]);
    assert_eq!(live.into_rows(), [todo(2, "write")]);
    assert_eq!(engine.stats().unwrap().subscriptions, 0, "it has unsubscribed");
}

#[test]
fn a_late_reader_gets_what_merged_events_come_to() {
    let engine = opened(Options::default().with_waiting_events(3), TODOS);
    let mut live = todos(&engine);
    let mut own = vec![todo(1, "read"), todo(2, "write")];
    for id in 3..60 {
        engine.exec("INSERT INTO todo VALUES (?, 'x', ? % 7)", (id, id)).unwrap();
        engine.exec("DELETE FROM todo WHERE id % 3 = 0 AND id < ?", [id - 10]).unwrap();
        engine.exec("UPDATE todo SET rank = -rank WHERE id % 5 = 0", ()).unwrap();
    }
    assert!(engine.stats().unwrap().merged_events > 0);
    perform(&mut own, live.changes().unwrap());
    assert_eq!((&*own, live.rows()), (live.rows(), &*engine.query_as::<Todo>(BY_RANK, ()).unwrap()));
}

#[test]
fn rows_that_cannot_be_read_are_reported_and_lose_nothing() {
    for waiting_events in [1, 64] {
        let engine = opened(Options::default().with_waiting_events(waiting_events), TODOS);
        let mut live = todos(&engine);
        let mut own = vec![todo(1, "read"), todo(2, "write")];
        engine.exec("INSERT INTO todo VALUES (3, 'walk', 3)", ()).unwrap();
        engine.exec("INSERT INTO todo VALUES (4, NULL, 0)", ()).unwrap();
        if waiting_events > 1 {
            perform(&mut own, live.changes().unwrap());
            assert_eq!(own.len(), 3, "what came before the error comes first");
        } else {
            perform(&mut own, live.changes().unwrap());
        }
        let error = live.changes().unwrap_err();
        let message =
            "column `title` is NULL, which is no String: read it as Option<String> (for the field `Todo.title`)";
        assert_eq!((error.code(), error.to_string().as_str()), ("conversion", message));
        assert_eq!((live.rows(), live.error()), (&*own, Some(&error)), "the rows stay");
        assert_eq!(live.changes(), Ok(vec![]), "it is reported once");

        engine.exec("DELETE FROM todo WHERE id = 1", ()).unwrap();
        assert!(live.refresh().is_err(), "the row is there still");
        assert_eq!(live.rows(), own);
        engine.exec("UPDATE todo SET title = 'sleep' WHERE id = 4", ()).unwrap();
        perform(&mut own, live.changes().unwrap());
        assert_eq!((live.rows(), live.error()), (&*own, None));
        assert_eq!(own, [todo(4, "sleep"), todo(2, "write"), todo(3, "walk")]);
    }
}

#[test]
fn rows_that_cannot_be_read_at_first_are_an_error_of_subscribing() {
    let engine = memory("CREATE TABLE todo(id, title, rank); INSERT INTO todo VALUES (1, NULL, 1)");
    assert_eq!(engine.live::<Todo>(BY_RANK, ()).unwrap_err().code(), "conversion");
    assert_eq!(engine.stats().unwrap().subscriptions, 0);
}

#[test]
fn a_query_that_fails_keeps_its_rows_and_recovers() {
    let engine = memory("CREATE TABLE t(x INTEGER); INSERT INTO t VALUES (1)");
    let mut live = engine.live::<(i64,)>("SELECT abs(x) FROM t", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (-9223372036854775808)", ()).unwrap();
    assert_eq!(live.changes().unwrap_err().code(), "sql_error");
    assert_eq!((live.rows(), live.error().map(Error::code)), (&[(1,)][..], Some("sql_error")));
    engine.exec("DELETE FROM t WHERE x < 0", ()).unwrap();
    assert_eq!((live.refresh(), live.error()), (Ok(true), None), "that it recovers is news");
    engine.exec("INSERT INTO t VALUES (-2)", ()).unwrap();
    assert_eq!(live.changes().unwrap(), [RowEdit::Insert { index: 1, row: (2,) }]);
    engine.exec("DROP TABLE t", ()).unwrap();
    assert_eq!(live.changes().unwrap_err().code(), "sql_error");
    assert_eq!((live.changes(), live.rows()), (Ok(vec![]), &[(1,), (2,)][..]));
}

#[test]
fn new_columns_are_edits_from_the_old_rows() {
    let engine = memory("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)");
    /// The number of columns and the first one.
    #[derive(Debug, PartialEq)]
    struct Shape(usize, i64);
    impl FromRow for Shape {
        fn from_row(row: NamedRow<'_>) -> Result<Self, Error> {
            Ok(Self(row.columns().len(), row.get(0)?))
        }
    }
    let mut live = engine.live::<Shape>("SELECT * FROM t ORDER BY a", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (3)", ()).unwrap();
    engine.exec("ALTER TABLE t ADD COLUMN b", ()).unwrap();
    let mut own = vec![Shape(1, 1), Shape(1, 2)];
    perform(&mut own, live.changes().unwrap());
    assert_eq!(
        (&*own, live.columns()),
        (&[Shape(2, 1), Shape(2, 2), Shape(2, 3)][..], &["a".to_owned(), "b".to_owned()][..])
    );
    assert_eq!(live.rows(), own);
    engine
        .exec("ALTER TABLE t RENAME COLUMN b TO c; DELETE FROM t WHERE a > 1; INSERT INTO t VALUES ('x', 1)", ())
        .unwrap();
    assert_eq!(live.changes().unwrap_err().code(), "conversion");
    engine.exec("DELETE FROM t WHERE a = 'x'", ()).unwrap();
    perform(&mut own, live.changes().unwrap());
    assert_eq!((live.rows(), &live.columns()[1]), (&*own, &"c".to_owned()));
    assert_eq!(own, [Shape(2, 1)]);
}

#[test]
fn rebinding_changes_the_rows() {
    let engine = memory(TODOS);
    let mut live = engine.live::<Todo>("SELECT id, title FROM todo WHERE id >= ? ORDER BY id", [2]).unwrap();
    live.rebind([1]).unwrap();
    assert_eq!(live.changes().unwrap(), [RowEdit::Insert { index: 0, row: todo(1, "read") }]);
}

#[tokio::test]
async fn as_a_stream_it_waits_for_changes() {
    let engine = memory(TODOS);
    let mut live = todos(&engine);
    let writer = {
        let engine = engine.clone();
        std::thread::spawn(move || engine.exec("DELETE FROM todo WHERE id = 1", ()).unwrap())
    };
    assert_eq!(live.next().await.unwrap().unwrap(), [RowEdit::Remove { index: 0, row: todo(1, "read") }]);
    writer.join().unwrap();
    engine.exec("UPDATE todo SET title = NULL", ()).unwrap();
    assert_eq!(live.next().await.unwrap().unwrap_err().code(), "conversion");
    engine.exec("DELETE FROM todo", ()).unwrap();
    drop(engine);
    assert_eq!(live.next().await.unwrap().unwrap(), [RowEdit::Remove { index: 0, row: todo(2, "write") }]);
    assert!(live.next().await.is_none(), "the engine is gone");
}

#[test]
fn a_thread_can_wait_for_changes() {
    let engine = memory(TODOS);
    let mut live = todos(&engine);
    let mut events = engine.subscribe(BY_RANK, ()).unwrap();
    assert_eq!(live.changes_timeout(Duration::from_millis(1)), Ok(vec![]));
    assert_eq!(events.next_timeout(Duration::from_millis(1)), None);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| (live.changes_timeout(Duration::MAX), events.next_timeout(Duration::MAX)));
        engine.exec("DELETE FROM todo WHERE id = 1", ()).unwrap();
        let (edits, event) = waiting.join().unwrap();
        assert_eq!((edits.unwrap().len(), event.unwrap().diff().unwrap().edits.len()), (1, 1));
    });
    drop(engine);
    assert_eq!(live.changes_timeout(Duration::MAX), Ok(vec![]), "nothing more will come");
}

/// Numbers of a seed, by xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// A row of which a column that comes later counts as well.
#[derive(Debug, PartialEq)]
struct Wide(Vec<i64>);

impl FromRow for Wide {
    fn from_row(row: NamedRow<'_>) -> Result<Self, Error> {
        (0..row.columns().len()).map(|column| row.get(column)).collect::<Result<_, _>>().map(Self)
    }
}

#[test]
fn whatever_happens_the_edits_come_to_the_rows() {
    const SQL: &str = "SELECT *, abs(a) FROM t ORDER BY a, id";
    let (mut failures, mut unreadable, mut compared) = (0, 0, 0);
    for seed in 1..=60 {
        let mut random = Random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let options = Options::default().with_waiting_events(random.below(4) as usize);
        let engine = opened(options, "CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
        let mut live = engine.live::<Wide>(SQL, ()).unwrap();
        let mut own = Vec::new();
        for step in 0..120 {
            let (id, value) = (random.below(12) as i64, random.below(9) as i64);
            match random.below(40) {
                0..20 => engine.exec("INSERT OR REPLACE INTO t(id, a) VALUES (?, ?)", (id, value)),
                20..28 => engine.exec("DELETE FROM t WHERE id % 5 = ?", [value]),
                28..33 => engine.exec("UPDATE t SET a = ? - a WHERE typeof(a) = 'integer' AND a > -100", [value]),
                // SQLite cannot take its absolute value.
                33 => engine.exec("INSERT OR REPLACE INTO t(id, a) VALUES (?, ?)", (id, i64::MIN)),
                // The type cannot be read from it.
                34..36 => engine.exec("INSERT OR REPLACE INTO t(id, a) VALUES (?, NULL)", [id]),
                36..39 => engine.exec("DELETE FROM t WHERE a IS NULL OR a < -100", ()),
                _ => engine.exec(&format!("ALTER TABLE t ADD COLUMN c{step} DEFAULT {step}"), ()),
            }
            .unwrap();
            if random.below(3) == 0 {
                continue;
            }
            // Each error is told once, with the edits before it told first.
            loop {
                match live.changes() {
                    Ok(edits) if edits.is_empty() => break,
                    Ok(edits) => perform(&mut own, edits),
                    Err(error) if error.code() == "conversion" => unreadable += 1,
                    Err(error) => {
                        assert_eq!(error.code(), "sql_error");
                        failures += 1;
                    }
                }
            }
            assert_eq!(live.rows(), own, "seed {seed}, step {step}");
            match engine.query_as::<Wide>(SQL, ()) {
                Ok(rows) => {
                    assert_eq!((live.error(), live.rows()), (None, &*rows), "seed {seed}, step {step}");
                    compared += 1;
                }
                Err(error) => assert_eq!(live.error().map(Error::code), Some(error.code()), "seed {seed}, step {step}"),
            }
        }
    }
    assert!(failures > 100 && unreadable > 100 && compared > 1000, "{failures} {unreadable} {compared}");
}
