//! Subscriptions: what is delivered, to whom, in which order, and what ends them.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use std::sync::{Arc, Mutex};

use tidewater::{Diff, Edit, Engine, Event, Location, Options, Row, SubscriptionId, Value};
use tokio_stream::StreamExt;

fn memory(schema: &str) -> Engine {
    let engine = Engine::open(Location::Memory, Options::default().with_paranoid(true)).unwrap();
    engine.exec(schema, ()).unwrap();
    engine
}

fn row<const N: usize>(values: [Value; N]) -> Row {
    values.into_iter().collect()
}

fn edits(event: Option<Event>) -> Vec<Edit> {
    match event {
        Some(Event::Diff(Diff { edits, .. })) => edits.to_vec(),
        other => panic!("expected a diff, got {other:?}"),
    }
}

fn recovered(event: Option<Event>) -> Vec<Edit> {
    match event {
        Some(Event::Recovered(Diff { edits, .. })) => edits.to_vec(),
        other => panic!("expected a recovery, got {other:?}"),
    }
}

#[test]
fn edits_follow_each_commit() {
    let engine = memory("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
    let mut live = engine.subscribe("SELECT a FROM t WHERE a > ? ORDER BY a", [10]).unwrap();
    engine.exec("INSERT INTO t(a) VALUES (5), (20), (30)", ()).unwrap();
    assert_eq!(
        edits(live.try_next()),
        [Edit::Insert { index: 0, row: row([20.into()]) }, Edit::Insert { index: 1, row: row([30.into()]) }]
    );
    engine.exec("UPDATE t SET a = 25 WHERE a = 30", ()).unwrap();
    assert_eq!(edits(live.try_next()), [Edit::Replace { index: 1, row: row([25.into()]) }]);
    engine.exec("DELETE FROM t WHERE a = 20", ()).unwrap();
    assert_eq!(edits(live.try_next()), [Edit::Remove { index: 0 }]);
    engine.exec("UPDATE t SET a = 6 WHERE a = 5", ()).unwrap();
    assert_eq!(live.try_next(), None);
}

#[test]
fn nothing_is_delivered_before_the_commit_or_after_a_rollback() {
    let engine = memory("CREATE TABLE t(a)");
    let mut live = engine.subscribe("SELECT a FROM t", ()).unwrap();
    engine.exec_each("BEGIN; INSERT INTO t VALUES (1)", ()).unwrap();
    assert_eq!(live.try_next(), None);
    engine.exec("ROLLBACK", ()).unwrap();
    assert_eq!(live.try_next(), None);
    engine.exec("BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); COMMIT", ()).unwrap();
    assert_eq!(edits(live.try_next()).len(), 2);
    assert_eq!(live.try_next(), None);
}

#[test]
fn equal_queries_share_one_evaluation() {
    let engine = memory("CREATE TABLE t(k, a); INSERT INTO t VALUES (1, 'x')");
    let queries = ["SELECT a FROM t WHERE k = 1", "select  A from T where K = 1 ;", "SELECT a FROM t WHERE k = 2"];
    let mut live: Vec<_> = queries.iter().map(|sql| engine.subscribe(sql, ()).unwrap()).collect();
    live.push(engine.subscribe("SELECT a FROM t WHERE k = ?", [1]).unwrap());
    let stats = engine.stats().unwrap();
    assert_eq!((stats.subscriptions, stats.bindings, stats.templates), (4, 3, 2));
    assert_eq!(&*live[1].snapshot().columns, ["a".to_owned()], "SQLite names a bare column by its declaration");
    engine.exec("INSERT INTO t VALUES (1, 'y')", ()).unwrap();
    let events: Vec<_> = live.iter_mut().map(|live| live.try_next().is_some()).collect();
    assert_eq!(events, [true, true, false, true]);
    drop(live);
    let stats = engine.stats().unwrap();
    assert_eq!((stats.subscriptions, stats.bindings, stats.templates, stats.state_bytes), (0, 0, 0, 0));
}

#[test]
fn what_was_made_ready_is_of_its_words_and_of_its_schema() {
    let engine = memory("CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 2)");
    let columns = |sql: &str| engine.subscribe(sql, ()).unwrap().snapshot().columns[0].clone();
    assert_eq!(columns("SELECT a+b FROM t"), "a+b");
    assert_eq!(columns("SELECT a + B FROM t"), "a + B", "SQLite names an expression by its text");
    assert_eq!(columns("SELECT a+b FROM t -- again"), "a+b");
    let first = || engine.subscribe("SELECT * FROM t -- the same", ()).unwrap();
    assert_eq!(first().snapshot().columns.len(), 2);
    engine.exec("ALTER TABLE t ADD COLUMN c DEFAULT 3", ()).unwrap();
    assert_eq!(first().snapshot().columns.len(), 3);
    engine.exec_each("BEGIN; ALTER TABLE t DROP COLUMN c", ()).unwrap();
    engine.explain("SELECT * FROM t -- the same", ()).unwrap();
    engine.exec("ROLLBACK", ()).unwrap();
    let live = first();
    assert_eq!((live.snapshot().columns.len(), live.snapshot().rows[0].len()), (3, 3));
}

#[test]
fn callbacks_come_commit_by_commit_in_the_order_of_subscribing() {
    let engine = memory("CREATE TABLE t(a)");
    let seen: Arc<Mutex<Vec<(SubscriptionId, u64)>>> = Arc::default();
    let note = |seen: &Arc<Mutex<Vec<_>>>| {
        let seen = Arc::clone(seen);
        move |id, event: &Event| seen.lock().unwrap().push((id, event.commit().0))
    };
    let first = engine.subscribe_with("SELECT count(*) FROM t", (), note(&seen)).unwrap();
    let second = engine.subscribe_with("SELECT a FROM t", (), note(&seen)).unwrap();
    let commit = engine.last_commit().0;
    engine.exec_each("BEGIN; INSERT INTO t VALUES (1); COMMIT; BEGIN; INSERT INTO t VALUES (2); COMMIT", ()).unwrap();
    let (first, second) = (first.id(), second.id());
    assert_eq!(
        *seen.lock().unwrap(),
        [(first, commit + 1), (second, commit + 1), (first, commit + 2), (second, commit + 2)]
    );
}

#[test]
fn a_callback_may_call_the_engine() {
    let engine = memory("CREATE TABLE t(a); CREATE TABLE echo(a)");
    let inner = engine.clone();
    let _t = engine
        .subscribe_with("SELECT a FROM t", (), move |_, _| {
            inner.exec("INSERT INTO echo SELECT count(*) FROM t", ()).unwrap();
        })
        .unwrap();
    let mut echo = engine.subscribe("SELECT a FROM echo", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
    assert_eq!(edits(echo.try_next()).len(), 1);
}

#[tokio::test]
async fn a_subscription_is_a_stream() {
    let engine = memory("CREATE TABLE t(a)");
    let mut live = engine.subscribe("SELECT a FROM t", ()).unwrap();
    let writer = engine.clone();
    let task = tokio::spawn(async move { writer.exec("INSERT INTO t VALUES (1)", ()).unwrap() });
    assert!(matches!(live.next().await, Some(Event::Diff(_))));
    task.await.unwrap();
    drop(engine);
    assert_eq!(live.next().await, None, "the stream ends with the engine");
}

#[test]
fn only_one_select_can_be_subscribed() {
    let engine = memory("CREATE TABLE t(a)");
    for sql in
        ["INSERT INTO t VALUES (1)", "PRAGMA foreign_keys=ON", "", "BEGIN", "EXPLAIN SELECT 1", "CREATE TABLE u(a)"]
    {
        assert_eq!(engine.subscribe(sql, ()).unwrap_err().code(), "not_a_select", "{sql}");
    }
    assert_eq!(engine.subscribe("SELECT 1; SELECT 2", ()).unwrap_err().code(), "not_one_statement");
    assert_eq!(engine.subscribe("SELECT nothing FROM nowhere", ()).unwrap_err().code(), "sql_error");
    assert_eq!(engine.stats().unwrap().subscriptions, 0);
}

#[test]
fn a_dropped_table_closes_its_subscriptions_and_no_others() {
    let engine = memory("CREATE TABLE t(a); CREATE TABLE u(a)");
    let mut gone = engine.subscribe("SELECT a FROM t", ()).unwrap();
    let mut stays = engine.subscribe("SELECT a FROM u", ()).unwrap();
    engine.exec("DROP TABLE t", ()).unwrap();
    assert!(matches!(gone.try_next(), Some(Event::Error { closed: true, .. })));
    engine.exec("CREATE TABLE t(a); INSERT INTO t VALUES (1); INSERT INTO u VALUES (1)", ()).unwrap();
    assert_eq!(gone.try_next(), None);
    assert_eq!(edits(stays.try_next()).len(), 1);
}

#[test]
fn a_schema_change_may_reshape_a_result() {
    let engine = memory("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    let mut all = engine.subscribe("SELECT * FROM t", ()).unwrap();
    let mut one = engine.subscribe("SELECT a FROM t", ()).unwrap();
    engine.exec("ALTER TABLE t ADD COLUMN b DEFAULT 7", ()).unwrap();
    let Some(Event::Columns(snapshot)) = all.try_next() else { panic!("new columns") };
    assert_eq!(*snapshot.columns, ["a".to_owned(), "b".to_owned()]);
    assert_eq!(*snapshot.rows, [row([1.into(), 7.into()])]);
    assert_eq!(one.try_next(), None);
    engine.exec("ALTER TABLE t RENAME COLUMN b TO c", ()).unwrap();
    let Some(Event::Columns(snapshot)) = all.try_next() else { panic!("new names") };
    assert_eq!(*snapshot.columns, ["a".to_owned(), "c".to_owned()]);
    engine.exec("INSERT INTO t VALUES (2, 3)", ()).unwrap();
    assert_eq!(edits(all.try_next()), [Edit::Insert { index: 1, row: row([2.into(), 3.into()]) }]);
}

#[test]
fn a_query_that_fails_stays_and_recovers() {
    let engine = memory("CREATE TABLE t(id INTEGER PRIMARY KEY, j); INSERT INTO t(j) VALUES ('[1]')");
    let mut live = engine.subscribe("SELECT json_extract(j, '$[0]') FROM t ORDER BY id", ()).unwrap();
    engine.exec("INSERT INTO t(j) VALUES ('{bad')", ()).unwrap();
    assert!(matches!(live.try_next(), Some(Event::Error { closed: false, .. })));
    engine.exec("INSERT INTO t(j) VALUES ('[3]')", ()).unwrap();
    assert_eq!(live.try_next(), None, "the same failure is told once");
    engine.exec("DELETE FROM t WHERE j = '{bad'", ()).unwrap();
    assert_eq!(recovered(live.try_next()), [Edit::Insert { index: 1, row: row([3.into()]) }]);
}

#[test]
fn a_query_that_recovers_to_its_last_good_rows_says_so() {
    let engine = memory("CREATE TABLE t(j); INSERT INTO t VALUES ('[1]')");
    let mut live = engine.subscribe("SELECT json_extract(j, '$[0]') FROM t", ()).unwrap();
    engine.exec("INSERT INTO t VALUES ('{bad')", ()).unwrap();
    assert!(matches!(live.try_next(), Some(Event::Error { closed: false, .. })));
    engine.exec("DELETE FROM t WHERE j = '{bad'", ()).unwrap();
    assert_eq!(recovered(live.try_next()), []);
    engine.exec("UPDATE t SET j = '[1, 2]'", ()).unwrap();
    assert_eq!(live.try_next(), None, "and only once");
}

#[test]
fn views_ctes_and_full_text_search_see_through_to_their_tables() {
    let engine = memory(
        "CREATE TABLE t(a, b); CREATE VIEW v AS SELECT a FROM t WHERE b = 1;
         CREATE VIRTUAL TABLE docs USING fts5(body);",
    );
    let mut view = engine.subscribe("SELECT a FROM v", ()).unwrap();
    let mut cte = engine.subscribe("WITH c AS (SELECT a + 1 AS x FROM t) SELECT x FROM c", ()).unwrap();
    let mut search = engine.subscribe("SELECT body FROM docs WHERE docs MATCH ?", ["tide"]).unwrap();
    let mut json = engine.subscribe("SELECT value FROM t, json_each(t.a) WHERE b = 2", ()).unwrap();
    engine.exec("INSERT INTO t VALUES (1, 1)", ()).unwrap();
    assert_eq!(edits(view.try_next()).len(), 1);
    assert_eq!(edits(cte.try_next()).len(), 1);
    engine.exec("INSERT INTO t VALUES ('[7, 8]', 2)", ()).unwrap();
    assert_eq!(edits(json.try_next()).len(), 2);
    engine.exec("INSERT INTO docs VALUES ('the tide is high'), ('the moon')", ()).unwrap();
    assert_eq!(edits(search.try_next()).len(), 1);
    engine.exec("DELETE FROM docs", ()).unwrap();
    assert_eq!(edits(search.try_next()).len(), 1);
}

#[test]
fn another_connection_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    let engine = Engine::open(path.as_path(), Options::default()).unwrap();
    engine.exec("CREATE TABLE t(a)", ()).unwrap();
    let mut live = engine.subscribe("SELECT a FROM t ORDER BY a", ()).unwrap();
    let other = Engine::open(path.as_path(), Options::default()).unwrap();
    other.exec("INSERT INTO t VALUES (1)", ()).unwrap();
    assert_eq!(live.try_next(), None);
    assert!(engine.poll().unwrap());
    assert_eq!(edits(live.try_next()).len(), 1);
    assert!(!engine.poll().unwrap());
    other.exec("INSERT INTO t VALUES (2)", ()).unwrap();
    let commit = engine.exec("INSERT INTO t VALUES (3)", ()).unwrap().commit;
    assert_eq!(edits(live.try_next()).len(), 2, "a write of our own notices it too");
    assert!(commit > other.last_commit(), "numbers stay in order across connections");
    other.exec("ALTER TABLE t ADD COLUMN b", ()).unwrap();
    assert!(engine.poll().unwrap());
    let all = engine.subscribe("SELECT * FROM t", ()).unwrap();
    assert_eq!(all.snapshot().columns.len(), 2);
}

#[test]
fn settings_that_change_results_are_seen() {
    let engine = memory("CREATE TABLE t(a); INSERT INTO t VALUES ('x')");
    let mut live = engine.subscribe("SELECT a FROM t WHERE a LIKE 'X'", ()).unwrap();
    let before = engine.last_commit();
    engine.exec("PRAGMA case_sensitive_like = ON", ()).unwrap();
    assert_eq!(edits(live.try_next()), [Edit::Remove { index: 0 }]);
    assert_eq!(engine.last_commit(), before.next());
}

#[test]
fn a_table_joined_by_using_alone_is_a_dependency() {
    let engine = memory(
        "CREATE TABLE t0(id); CREATE TABLE t1(id, c);
         CREATE VIEW v(a) AS SELECT t_1.c FROM t1 t_1 RIGHT JOIN t0 USING(id); INSERT INTO t0 VALUES (5)",
    );
    let mut live = engine.subscribe("SELECT NULL FROM v", ()).unwrap();
    engine.exec("DELETE FROM t0", ()).unwrap();
    assert_eq!(edits(live.try_next()), [Edit::Remove { index: 0 }]);
}

#[test]
fn another_connections_commit_is_delivered_even_if_ours_then_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    let engine = Engine::open(path.as_path(), Options::default()).unwrap();
    engine.exec("CREATE TABLE t(a); CREATE TABLE p(id PRIMARY KEY)", ()).unwrap();
    engine.exec("CREATE TABLE c(id REFERENCES p DEFERRABLE INITIALLY DEFERRED)", ()).unwrap();
    engine.exec("PRAGMA foreign_keys = ON", ()).unwrap();
    let mut live = engine.subscribe("SELECT a FROM t", ()).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    for ours in ["INSERT INTO c VALUES (7)", "BEGIN; SAVEPOINT s; INSERT INTO p VALUES (1); RELEASE s; ROLLBACK"] {
        other.execute_batch("INSERT INTO t VALUES (1)").unwrap();
        let _ = engine.exec(ours, ());
        engine.poll().unwrap();
        assert!(live.try_next().is_some(), "{ours}");
    }
}

#[test]
fn another_connections_commit_to_an_attached_file_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attached.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE t(a)").unwrap();
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec("ATTACH ? AS side", [path.to_str().unwrap()]).unwrap();
    let mut live = engine.subscribe("SELECT a FROM side.t", ()).unwrap();
    assert!(!engine.poll().unwrap(), "attaching is no commit");
    other.execute_batch("INSERT INTO t VALUES (1)").unwrap();
    assert!(engine.poll().unwrap());
    assert!(live.try_next().is_some());
    engine.exec("DETACH side", ()).unwrap();
    assert!(matches!(live.try_next(), Some(Event::Error { closed: true, .. })));
}

#[test]
fn columns_that_change_while_the_query_fails_come_with_its_recovery() {
    let engine = memory("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    let mut live = engine.subscribe("SELECT *, abs(x) AS q FROM t", ()).unwrap();
    engine.exec("ALTER TABLE t ADD COLUMN y DEFAULT 7; UPDATE t SET x = -9223372036854775808", ()).unwrap();
    assert!(matches!(live.try_next(), Some(Event::Error { closed: false, .. })));
    engine.exec("UPDATE t SET x = 5", ()).unwrap();
    let Some(Event::Columns(snapshot)) = live.try_next() else { panic!("the new shape") };
    assert_eq!(*snapshot.columns, ["x", "y", "q"].map(str::to_owned));
    assert_eq!(*snapshot.rows, [row([5.into(), 7.into(), 5.into()])]);
    engine.exec("UPDATE t SET x = 6", ()).unwrap();
    assert_eq!(edits(live.try_next()).len(), 1);
}

#[test]
fn two_parameters_of_one_name_are_two() {
    let engine = memory("CREATE TABLE t(x)");
    let mut live = engine.subscribe("SELECT :a, x FROM t WHERE x = @a", [1, 2].map(Value::from)).unwrap();
    engine.exec("INSERT INTO t VALUES (2)", ()).unwrap();
    assert_eq!(edits(live.try_next()), [Edit::Insert { index: 0, row: row([1.into(), 2.into()]) }]);
}

#[test]
fn a_result_that_could_not_be_read_is_read_once_the_file_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("held.db");
    let mut options = Options::default();
    options.busy_timeout = std::time::Duration::ZERO;
    let engine = Engine::open(path.as_path(), options).unwrap();
    engine.exec("CREATE TABLE t(a)", ()).unwrap();
    let mut live = engine.subscribe("SELECT a FROM t", ()).unwrap();
    let other = Arc::new(Mutex::new(rusqlite::Connection::open(&path).unwrap()));
    // The file is taken between the commit and the query.
    let taker = Arc::clone(&other);
    engine.on_change(move |_, _| taker.lock().unwrap().execute_batch("BEGIN EXCLUSIVE").unwrap()).unwrap();
    engine.exec("INSERT INTO t VALUES (1)", ()).unwrap();
    let Some(Event::Error { error, closed: false, .. }) = live.try_next() else { panic!("held up") };
    assert_eq!(error.code(), "busy");
    other.lock().unwrap().execute_batch("ROLLBACK").unwrap();
    assert!(engine.poll().unwrap());
    assert_eq!(recovered(live.try_next()), [Edit::Insert { index: 0, row: row([1.into()]) }]);
    assert!(!engine.poll().unwrap());
}

#[test]
fn a_window_slides_in_place() {
    let engine = memory("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3), (4), (5)");
    let sql = "SELECT id FROM t ORDER BY id LIMIT ? OFFSET ?";
    let mut page = engine.subscribe(sql, [Value::from(2), Value::from(0)]).unwrap();
    let other = engine.subscribe(sql, [Value::from(2), Value::from(0)]).unwrap();
    let mut rows = page.snapshot().rows.to_vec();
    let mut slide = |page: &mut tidewater::Subscription, offset: i64| {
        page.rebind([Value::from(2), Value::from(offset)]).unwrap();
        while let Some(Event::Diff(diff)) = page.try_next() {
            diff.apply(&mut rows);
        }
        let fresh = engine.query(sql, [Value::from(2), Value::from(offset)]).unwrap().rows;
        assert_eq!(rows, fresh);
    };
    slide(&mut page, 1);
    slide(&mut page, 4);
    slide(&mut page, 0);
    slide(&mut page, 2);
    assert_eq!(engine.stats().unwrap().bindings, 2, "the other subscriber's and the new one");
    engine.exec("DELETE FROM t WHERE id = 3", ()).unwrap();
    slide(&mut page, 2);
    drop(other);
    drop(page);
    assert_eq!((engine.stats().unwrap().bindings, engine.stats().unwrap().state_bytes), (0, 0));
}

#[test]
fn a_rebind_out_of_failure_tells_the_columns_that_changed_meanwhile() {
    let engine = memory("CREATE TABLE t(x INTEGER); INSERT INTO t VALUES (1)");
    let mut all = engine.subscribe("SELECT *, abs(x) FROM t WHERE x < ?", [10]).unwrap();
    engine.exec("INSERT INTO t VALUES (-9223372036854775808)", ()).unwrap();
    assert!(matches!(all.try_next(), Some(Event::Error { closed: false, .. })));
    engine.exec("ALTER TABLE t ADD COLUMN y DEFAULT 7", ()).unwrap();
    while all.try_next().is_some() {}
    all.rebind([i64::MIN]).unwrap();
    let Some(Event::Columns(snapshot)) = all.try_next() else { panic!("no columns") };
    assert_eq!((snapshot.columns.len(), snapshot.rows.len()), (3, 0));
    all.rebind([0]).unwrap_err();
    engine.exec("DELETE FROM t WHERE x < 0", ()).unwrap();
    all.rebind([10]).unwrap();
    assert!(matches!(all.try_next(), Some(Event::Diff(_) | Event::Recovered(_))));
}

#[test]
fn the_last_subscriber_takes_the_dataflow_and_its_memory_along() {
    let engine = memory("CREATE TABLE t(k INTEGER, v INTEGER); INSERT INTO t VALUES (1, 1), (1, 2), (2, 3)");
    let sql = "SELECT k, count(*), sum(v) FROM t WHERE v > ? GROUP BY k";
    let one = engine.subscribe(sql, [Value::from(0)]).unwrap();
    let two = engine.subscribe(sql, [Value::from(1)]).unwrap();
    assert_eq!(
        (engine.stats().unwrap().dataflows, engine.stats().unwrap().bindings),
        (1, 2),
        "bindings are data in one dataflow"
    );
    engine.exec("INSERT INTO t VALUES (3, 4)", ()).unwrap();
    drop(one);
    assert_eq!(engine.stats().unwrap().dataflows, 1);
    drop(two);
    assert_eq!((engine.stats().unwrap().dataflows, engine.stats().unwrap().state_bytes), (0, 0));
}

#[test]
fn what_a_commit_cannot_affect_costs_no_work() {
    let engine = memory("CREATE TABLE m(id INTEGER PRIMARY KEY, channel INTEGER, body TEXT)");
    let sql = "SELECT id, body FROM m WHERE channel = ? ORDER BY id DESC LIMIT 50";
    let timelines: Vec<_> = (0..500).map(|channel| engine.subscribe(sql, [Value::from(channel)]).unwrap()).collect();
    let before = engine.stats().unwrap();
    engine.exec("INSERT INTO m(channel, body) VALUES (7, 'x')", ()).unwrap();
    let after = engine.stats().unwrap();
    let looked_at = |stats: &tidewater::Stats| stats.maintained + stats.requeries;
    assert_eq!(looked_at(&after) - looked_at(&before), 1, "one timeline of {}", timelines.len());
}

const JOINED: &str = "
    CREATE TABLE member(channel INTEGER, person INTEGER, muted INTEGER, PRIMARY KEY (channel, person));
    CREATE TABLE channel(id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE message(id INTEGER PRIMARY KEY, channel INTEGER, body TEXT, seen INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    INSERT INTO channel SELECT i, 'c' || i FROM n;
    INSERT INTO member SELECT id, id, 0 FROM channel";

#[test]
fn a_row_costs_those_alone_to_whom_joins_lead() {
    let engine = memory(JOINED);
    let sql = "SELECT m.id, m.body, c.name FROM message m JOIN member k ON k.channel = m.channel
               JOIN channel c ON c.id = k.channel WHERE k.person = ? ORDER BY m.id";
    let live: Vec<_> = (1..=1000).map(|person| engine.subscribe(sql, [Value::from(person)]).unwrap()).collect();
    let work = |sql: &str| {
        let before = engine.stats().unwrap();
        engine.exec(sql, ()).unwrap();
        let after = engine.stats().unwrap();
        let results = |stats: &tidewater::Stats| stats.maintained + stats.requeries;
        (results(&after) - results(&before), after.lookups - before.lookups)
    };
    for (sql, affected, lookups) in [
        ("INSERT INTO message VALUES (1, 7, 'a', 0)", 1, 1),
        ("INSERT INTO message VALUES (2, 8, 'b', 0), (3, 9, 'c', 0), (4, NULL, 'd', 0), (5, 0, 'e', 0)", 2, 1),
        ("UPDATE message SET body = 'x' WHERE id = 1", 1, 1),
        ("UPDATE message SET seen = 1", 0, 0),
        ("UPDATE message SET channel = 10 WHERE id = 1", 2, 1),
        ("UPDATE channel SET name = 'y' WHERE id = 10", 1, 1),
        ("UPDATE member SET muted = 1", 0, 0),
        ("UPDATE member SET channel = 11 WHERE person = 10", 1, 0),
        ("BEGIN; DELETE FROM member WHERE person = 9; DELETE FROM message WHERE channel = 9; COMMIT", 1, 2),
        ("BEGIN; INSERT INTO member VALUES (0, 5, 0); DELETE FROM message WHERE id = 5; COMMIT", 1, 2),
        ("DELETE FROM message", 1, 1),
    ] {
        assert_eq!(work(sql), (affected, lookups), "{sql}, of {}", live.len());
    }
    assert_eq!(engine.stats().unwrap().divergences, 0);
}

#[test]
fn many_rows_or_few_results_are_not_looked_up() {
    let engine = memory(JOINED);
    let sql = "SELECT m.id FROM message m JOIN member k ON k.channel = m.channel WHERE k.person = ? ORDER BY m.id";
    let subscribe = |person: i64| engine.subscribe(sql, [Value::from(person)]).unwrap();
    let mut live = vec![subscribe(1), subscribe(2), subscribe(3)];
    engine.exec("INSERT INTO message(channel) VALUES (2)", ()).unwrap();
    live.push(subscribe(4));
    engine.exec("INSERT INTO message(channel) VALUES (1), (1), (2), (3), (3)", ()).unwrap();
    assert_eq!(engine.stats().unwrap().lookups, 0);
    engine.exec("INSERT INTO message(channel) VALUES (4), (1)", ()).unwrap();
    assert_eq!(engine.stats().unwrap().lookups, 1);
    assert_eq!((engine.stats().unwrap().divergences, live.len()), (0, 4));
}

#[test]
fn a_row_costs_the_ranges_alone_that_it_is_in() {
    let engine = memory("CREATE TABLE goods(id INTEGER PRIMARY KEY, price REAL, name TEXT, stock INTEGER)");
    let above = "SELECT id, name FROM goods WHERE price > ? ORDER BY id";
    let between = "SELECT id, name FROM goods WHERE name >= ? AND name < ? ORDER BY id";
    let prices = (1..=1000).map(|price| engine.subscribe(above, [Value::from(price * 10)]).unwrap());
    let mut live: Vec<_> = prices.collect();
    let names = (0..1000).map(|at| [Value::from(format!("{at:04}")), Value::from(format!("{:04}", at + 1))]);
    live.extend(names.map(|bounds| engine.subscribe(between, bounds).unwrap()));
    let work = |sql: &str| {
        let before = engine.stats().unwrap();
        engine.exec(sql, ()).unwrap();
        let after = engine.stats().unwrap();
        after.maintained + after.requeries - before.maintained - before.requeries
    };
    for (sql, affected) in [
        ("INSERT INTO goods VALUES (1, 10.5, 'a', 0)", 1),
        ("INSERT INTO goods VALUES (2, NULL, '0500x', 0), (3, 1, '0700', 1)", 2),
        ("UPDATE goods SET price = 20 WHERE id = 1", 1),
        ("UPDATE goods SET price = 20.5 WHERE id = 1", 2),
        ("UPDATE goods SET stock = 5", 0),
        ("UPDATE goods SET price = 5 WHERE id = 1", 2),
        ("UPDATE goods SET name = '0501' WHERE id = 2", 2),
        ("DELETE FROM goods", 2),
    ] {
        assert_eq!(work(sql), affected, "{sql}, of {}", live.len());
    }
    assert_eq!(engine.stats().unwrap().divergences, 0);
}

#[test]
fn what_has_ended_is_closed() {
    let engine = memory("CREATE TABLE ending(x); CREATE TABLE lasting(x)");
    let ending = engine.subscribe("SELECT x FROM ending WHERE x > ?", [1]).unwrap();
    let lasting = engine.subscribe("SELECT x FROM lasting WHERE x > ?", [1]).unwrap();
    engine.exec("DROP TABLE ending", ()).unwrap();
    assert_eq!(ending.rebind([2]).unwrap_err().code(), "closed");
    lasting.rebind([2]).unwrap();
    drop(engine);
    assert_eq!(lasting.rebind([3]).unwrap_err().code(), "closed");
}
