//! `tidewater replay`: the readings of its contract that needed settling, one by one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::{Value, json};
use support::{Replay, Subscriber};

/// A table `t(a UNIQUE)` with a subscriber `s` to its rows in order.
fn with_table() -> (Replay, Subscriber) {
    let mut replay = Replay::start(&["--paranoid"]);
    replay.exec("CREATE TABLE t(a UNIQUE)");
    let mut subscriber = Subscriber::default();
    subscriber.subscribed(&replay.subscribe("s", "SELECT a FROM t ORDER BY a"));
    (replay, subscriber)
}

fn subs(events: &[Value]) -> Vec<(&str, u64)> {
    events.iter().map(|event| (event["sub"].as_str().unwrap(), event["commit"].as_u64().unwrap())).collect()
}

#[test]
fn a_script_outside_a_transaction_is_all_or_nothing() {
    let (mut replay, _) = with_table();
    let reply = replay.exec("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); INSERT INTO t VALUES (1)");
    assert_eq!(reply.code(), "constraint");
    assert!(reply.events.is_empty());
    assert_eq!(replay.query("SELECT count(*) FROM t").rows(), &json!([[0]]));
    assert_eq!(replay.exec("CREATE TABLE u(a); INSERT INTO u VALUES (1); no sql").code(), "sql_error");
    assert_eq!(replay.query("SELECT * FROM u").code(), "sql_error");
}

#[test]
fn a_script_that_begins_manages_its_own_transaction() {
    for begin in ["BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT mine"] {
        let (mut replay, mut subscriber) = with_table();
        let reply = replay.exec(&format!("{begin}; INSERT INTO t VALUES (1); INSERT INTO nowhere VALUES (1)"));
        assert_eq!(reply.code(), "sql_error");
        assert!(reply.events.is_empty(), "{begin}");
        assert_eq!(replay.query("SELECT a FROM t").rows(), &json!([[1]]), "{begin}: it stays open");
        let end = if begin.starts_with("BEGIN") { "COMMIT" } else { "RELEASE mine" };
        let reply = replay.exec(end);
        assert_eq!(subs(&reply.events), [("s", reply.commit())], "{begin}");
        subscriber.receive(&reply);
        assert_eq!(subscriber.rows["s"], [json!([1])]);
    }
}

#[test]
fn what_cannot_run_in_a_transaction_runs_outside() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.db");
    let (mut replay, _) = with_table();
    assert_eq!(replay.exec("PRAGMA foreign_keys=ON").answer["ok"], json!(true));
    replay.exec("CREATE TABLE child(a REFERENCES t(a))");
    assert_eq!(replay.exec("INSERT INTO child VALUES (9)").code(), "constraint");
    assert_eq!(replay.exec("PRAGMA foreign_keys=OFF").answer["ok"], json!(true));
    assert_eq!(replay.exec("INSERT INTO child VALUES (9)").answer["ok"], json!(true));
    assert_eq!(replay.exec("VACUUM").answer["ok"], json!(true));
    let attach = json!({"op": "exec", "sql": "ATTACH ? AS other", "params": [other.to_str().unwrap()]});
    assert_eq!(replay.ask(&attach).answer["ok"], json!(true));
    assert_eq!(replay.exec("CREATE TABLE other.x(a); INSERT INTO other.x VALUES (1)").answer["ok"], json!(true));
    assert_eq!(replay.exec("DETACH other").answer["ok"], json!(true));
}

#[test]
fn several_commits_in_one_script_give_several_events_and_the_last_number() {
    let (mut replay, mut subscriber) = with_table();
    subscriber.subscribed(&replay.subscribe("n", "SELECT count(*) FROM t"));
    let script =
        "BEGIN; INSERT INTO t VALUES (1); COMMIT; BEGIN; INSERT INTO t VALUES (2); INSERT INTO t VALUES (3); COMMIT";
    let reply = replay.exec(script);
    let last = reply.commit();
    assert_eq!(subs(&reply.events), [("s", last - 1), ("n", last - 1), ("s", last), ("n", last)]);
    assert_eq!(reply.answer["changes"], json!(3));
    subscriber.receive(&reply);
    assert_eq!(subscriber.rows["s"], [json!([1]), json!([2]), json!([3])]);
    assert_eq!(subscriber.rows["n"], [json!([3])]);
}

#[test]
fn an_empty_script_is_ok_and_commits_nothing() {
    let (mut replay, _) = with_table();
    let last = replay.exec("").commit();
    for script in ["", " \n ", ";", ";;", "-- nothing", "/* nothing */"] {
        let reply = replay.exec(script);
        assert_eq!((reply.commit(), &reply.answer["changes"]), (last, &json!(0)), "{script:?}");
        assert!(reply.events.is_empty());
    }
}

#[test]
fn what_or_fail_kept_is_delivered_before_the_error() {
    let (mut replay, mut subscriber) = with_table();
    let before = replay.exec("").commit();
    let reply = replay.exec("INSERT OR FAIL INTO t VALUES (1), (2), (1), (3)");
    assert_eq!(reply.code(), "constraint");
    subscriber.receive(&reply);
    assert_eq!(subscriber.rows["s"], [json!([1]), json!([2])]);
    assert_eq!(replay.query("SELECT a FROM t ORDER BY a").rows(), &json!([[1], [2]]));
    assert!(replay.exec("").commit() > before);
}

#[test]
fn what_only_a_trigger_wrote_before_or_fail_is_kept_as_well() {
    let (mut replay, _) = with_table();
    replay.exec("INSERT INTO t VALUES (1)");
    replay.exec("CREATE TABLE log(a)");
    replay.exec("CREATE TRIGGER g BEFORE INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END");
    let mut subscriber = Subscriber::default();
    subscriber.subscribed(&replay.subscribe("log", "SELECT a FROM log"));
    let reply = replay.exec("INSERT OR FAIL INTO t VALUES (1)");
    assert_eq!(reply.code(), "constraint");
    subscriber.receive(&reply);
    assert_eq!(subscriber.rows["log"], [json!([1])]);
    let before = replay.exec("").commit();
    let reply = replay.exec("INSERT INTO t VALUES (1)");
    assert_eq!((reply.code(), reply.events.len()), ("constraint", 0), "ABORT keeps nothing");
    assert_eq!(replay.exec("").commit(), before);
    assert_eq!(replay.query("SELECT a FROM log").rows(), &json!([[1]]));
}

#[test]
fn or_fail_in_a_longer_script_takes_the_script_with_it() {
    let (mut replay, _) = with_table();
    let reply = replay.exec("INSERT INTO t VALUES (1); INSERT OR FAIL INTO t VALUES (2), (1)");
    assert_eq!((reply.code(), reply.events.len()), ("constraint", 0));
    assert_eq!(replay.query("SELECT count(*) FROM t").rows(), &json!([[0]]));
}

#[test]
fn a_failed_statement_of_an_open_transaction_leaves_what_its_conflict_clause_says() {
    let (mut replay, mut subscriber) = with_table();
    replay.exec("BEGIN; INSERT INTO t VALUES (1)");
    assert_eq!(replay.exec("INSERT INTO t VALUES (2), (1)").code(), "constraint");
    assert_eq!(replay.exec("INSERT OR FAIL INTO t VALUES (3), (1)").code(), "constraint");
    let reply = replay.exec("COMMIT");
    subscriber.receive(&reply);
    assert_eq!(subscriber.rows["s"], [json!([1]), json!([3])]);
    replay.exec("BEGIN; INSERT INTO t VALUES (4)");
    let reply = replay.exec("INSERT OR ROLLBACK INTO t VALUES (1)");
    assert_eq!(reply.code(), "constraint");
    assert!(reply.events.is_empty());
    assert_eq!(replay.exec("COMMIT").code(), "sql_error", "the transaction is gone");
    assert_eq!(replay.query("SELECT a FROM t ORDER BY a").rows(), &json!([[1], [3]]));
}

#[test]
fn a_commit_that_changed_rows_takes_a_new_number() {
    let (mut replay, _) = with_table();
    let mut last = replay.exec("").commit();
    for sql in ["INSERT INTO t VALUES (1)", "UPDATE t SET a = 2", "DELETE FROM t", "CREATE TABLE u(a)"] {
        let commit = replay.exec(sql).commit();
        assert!(commit > last, "{sql}");
        last = commit;
    }
    assert_eq!(replay.exec("BEGIN; INSERT INTO t VALUES (5); ROLLBACK").commit(), last);
}

#[test]
fn an_open_transaction_delivers_nothing() {
    let (mut replay, mut subscriber) = with_table();
    let before = replay.exec("INSERT INTO t VALUES (1)");
    subscriber.receive(&before);
    for sql in [
        "BEGIN",
        "INSERT INTO t VALUES (2)",
        "DELETE FROM t WHERE a = 1",
        "SAVEPOINT x",
        "INSERT INTO t VALUES (7)",
        "ROLLBACK TO x",
        "RELEASE x",
    ] {
        let reply = replay.exec(sql);
        assert!(reply.events.is_empty(), "{sql}");
        assert_eq!(reply.commit(), before.commit(), "{sql}");
    }
    assert_eq!(replay.query("SELECT a FROM t").rows(), &json!([[2]]), "a query sees the transaction");
    let late = replay.subscribe("late", "SELECT a FROM t");
    if late.answer["ok"] == json!(true) {
        assert_eq!((late.rows(), late.commit()), (&json!([[1]]), before.commit()), "committed state only");
        subscriber.subscribed(&late);
    } else {
        assert_eq!(late.code(), "in_transaction");
    }
    let reply = replay.exec("COMMIT");
    subscriber.receive(&reply);
    assert_eq!(subscriber.rows["s"], [json!([2])]);
}

#[test]
fn a_rolled_back_transaction_is_never_heard_of() {
    let (mut replay, _) = with_table();
    replay.exec("BEGIN; INSERT INTO t VALUES (1)");
    let reply = replay.exec("ROLLBACK");
    assert!(reply.events.is_empty());
    let reply = replay.exec("SAVEPOINT a; INSERT INTO t VALUES (1); ROLLBACK TO a; RELEASE a");
    assert!(reply.events.is_empty());
    assert_eq!(replay.query("SELECT count(*) FROM t").rows(), &json!([[0]]));
}

#[test]
fn a_query_that_begins_to_fail_tells_once_and_recovers() {
    for sql in ["SELECT sum(a) FROM t", "SELECT abs(a) FROM t WHERE a < 0 UNION ALL SELECT sum(a) FROM t"] {
        let (mut replay, mut subscriber) = with_table();
        let reply = replay.exec("INSERT INTO t VALUES (9223372036854775807)");
        subscriber.receive(&reply);
        subscriber.subscribed(&replay.subscribe("sum", sql));
        let reply = replay.exec("INSERT INTO t VALUES (1)");
        let errors: Vec<&Value> = reply.events.iter().filter(|event| event["event"] == "error").collect();
        assert_eq!(errors.len(), 1, "{reply:?}");
        assert_eq!((&errors[0]["sub"], errors[0]["commit"].as_u64()), (&json!("sum"), Some(reply.commit())));
        assert!(errors[0]["error"]["code"].is_string() && errors[0]["error"]["message"].is_string());
        assert_eq!(reply.events.len(), 2, "the other subscription goes on: {reply:?}");
        let reply = replay.exec("UPDATE t SET a = 5 WHERE a > 1");
        subscriber.receive(&filtered(reply, "sum"));
        assert_eq!(Value::from(subscriber.rows["sum"].clone()), *replay.query(sql).rows(), "{sql}");
    }
}

fn filtered(mut reply: support::Reply, sub: &str) -> support::Reply {
    reply.events.retain(|event| event["sub"] == sub);
    reply
}

#[test]
fn malformed_json_is_such_a_failure_too() {
    let mut replay = Replay::start(&[]);
    replay.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, j); INSERT INTO t VALUES (1, '{\"a\":1}')");
    let mut subscriber = Subscriber::default();
    subscriber.subscribed(&replay.subscribe("j", "SELECT id, j ->> 'a' FROM t"));
    let reply = replay.exec("INSERT INTO t VALUES (2, 'not json')");
    assert_eq!(reply.events.len(), 1);
    assert_eq!(reply.events[0]["event"], json!("error"));
    let reply = replay.exec("UPDATE t SET j = '{\"a\":2}' WHERE id = 2");
    subscriber.receive(&reply);
    assert_eq!(Value::from(subscriber.rows["j"].clone()), json!([[1, 1], [2, 2]]));
}

#[test]
fn a_query_that_recovers_to_its_last_good_rows_gets_a_diff_too() {
    let mut replay = Replay::start(&[]);
    replay.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, j); INSERT INTO t VALUES (1, '{}')");
    replay.subscribe("j", "SELECT id, j ->> 'a' FROM t");
    replay.exec("INSERT INTO t VALUES (2, 'not json')");
    let reply = replay.exec("DELETE FROM t WHERE id = 2");
    assert_eq!(reply.events, [json!({"event": "diff", "sub": "j", "commit": reply.commit(), "edits": []})]);
}

#[test]
fn a_dropped_table_closes_its_subscriptions_once_and_frees_their_ids() {
    let (mut replay, _) = with_table();
    replay.exec("CREATE TABLE other(a)");
    replay.subscribe("o", "SELECT a FROM other");
    let reply = replay.exec("DROP TABLE t");
    assert_eq!(reply.events.len(), 1, "{reply:?}");
    assert_eq!(reply.events[0]["event"], json!("error"));
    assert_eq!((&reply.events[0]["sub"], reply.events[0]["commit"].as_u64()), (&json!("s"), Some(reply.commit())));
    assert!(replay.exec("CREATE TABLE t(a); INSERT INTO t VALUES (1)").events.is_empty(), "it is closed");
    assert_eq!(replay.exec("INSERT INTO other VALUES (1)").events.len(), 1, "the other one lives");
    assert_eq!(replay.subscribe("s", "SELECT a FROM t").rows(), &json!([[1]]));
}

#[test]
fn a_dropped_column_closes_only_who_reads_it() {
    let mut replay = Replay::start(&[]);
    replay.exec("CREATE TABLE t(a, b, c)");
    replay.subscribe("b", "SELECT b FROM t");
    replay.subscribe("c", "SELECT c FROM t");
    let reply = replay.exec("ALTER TABLE t DROP COLUMN b");
    assert_eq!(reply.events.len(), 1, "{reply:?}");
    assert_eq!((&reply.events[0]["event"], &reply.events[0]["sub"]), (&json!("error"), &json!("b")));
    assert_eq!(replay.exec("INSERT INTO t VALUES (1, 2)").events.len(), 1);
}

#[test]
fn changes_are_counted_as_sqlite_counts_them() {
    let (mut replay, _) = with_table();
    let changes = |reply: support::Reply| reply.answer["changes"].as_u64().unwrap();
    assert_eq!(changes(replay.exec("INSERT INTO t VALUES (1),(2),(3)")), 3);
    assert_eq!(changes(replay.exec("UPDATE t SET a = a")), 3, "rows written, not rows that differ");
    assert_eq!(changes(replay.exec("INSERT OR IGNORE INTO t VALUES (3),(4)")), 1);
    assert_eq!(changes(replay.exec("SELECT 1; CREATE TABLE u(a); INSERT INTO u VALUES (1); SELECT * FROM u")), 1);
    replay.exec("CREATE TRIGGER r AFTER DELETE ON t BEGIN INSERT INTO u VALUES (old.a); END");
    assert_eq!(
        changes(replay.exec("DELETE FROM t WHERE a > 2; DELETE FROM u WHERE a = 1")),
        3,
        "triggers do not count"
    );
    assert_eq!(changes(replay.exec("DELETE FROM t")), 2, "also without a WHERE");
}

#[test]
fn rows_without_an_order_change_only_by_the_edits() {
    let mut replay = Replay::start(&[]);
    replay.exec("CREATE TABLE t(a)");
    let mut subscriber = Subscriber::default();
    subscriber.subscribed(&replay.subscribe("s", "SELECT a % 7 FROM t"));
    for number in 0..40 {
        let reply = replay.exec(&format!("INSERT INTO t VALUES ({}); DELETE FROM t WHERE a = {}", number * 3, number));
        subscriber.receive(&reply);
        let mut held: Vec<i64> = subscriber.rows["s"].iter().map(|row| row[0].as_i64().unwrap()).collect();
        held.sort_unstable();
        let expected = replay.query("SELECT a % 7 FROM t ORDER BY 1");
        assert_eq!(json!(held.iter().map(|value| [value]).collect::<Vec<_>>()), *expected.rows());
    }
}

#[test]
fn other_columns_come_as_a_new_snapshot() {
    let (mut replay, _) = with_table();
    replay.exec("INSERT INTO t VALUES (1)");
    replay.subscribe("all", "SELECT * FROM t");
    let reply = replay.exec("ALTER TABLE t ADD COLUMN b DEFAULT 'x'");
    assert_eq!(
        reply.events,
        [
            json!({"event": "columns", "sub": "all", "commit": reply.commit(), "columns": ["a", "b"], "rows": [[1, "x"]]})
        ]
    );
    let reply = replay.exec("ALTER TABLE t RENAME COLUMN b TO c");
    assert_eq!(reply.events.len(), 1, "{reply:?}");
    assert_eq!(reply.events[0]["columns"], json!(["a", "c"]));
}
