//! `tidewater replay`: requests, answers, values and events, clause by clause.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::{Value, json};
use support::{Replay, Subscriber, tidewater};

#[test]
fn values_of_every_type_go_in_and_come_out_the_same() {
    let mut replay = Replay::start(&[]);
    replay.exec("CREATE TABLE v(x)");
    for value in [
        "null",
        "0",
        "9223372036854775807",
        "-9223372036854775808",
        "1.0",
        "-0.0",
        "1e300",
        "0.30000000000000004",
        "5e-324",
        r#"{"real":"inf"}"#,
        r#"{"real":"-inf"}"#,
        r#""""#,
        r#""it's \"quoted\"\n\u0000 é 水""#,
        r#"{"text_hex":"c3"}"#,
        r#"{"blob":""}"#,
        r#"{"blob":"00ff"}"#,
    ] {
        replay.exec("DELETE FROM v");
        let inserted = format!(r#"{{"op":"exec","sql":"INSERT INTO v VALUES (?)","params":[{value}]}}"#);
        replay.send(inserted.as_bytes());
        let lines = replay.send(br#"{"op":"query","sql":"SELECT x FROM v"}"#);
        // SQLite stores -0.0 as 0.0 where a column has no room for the sign; it is what comes back that counts.
        let expected = if value == "-0.0" { "0.0" } else { value };
        let allowed = [expected, value].map(|value| format!(r#"{{"ok":true,"columns":["x"],"rows":[[{value}]]}}"#));
        assert!(allowed.contains(&lines[0]), "{value}: {}", lines[0]);
    }
}

#[test]
fn types_stay_what_sqlite_says_they_are() {
    let mut replay = Replay::start(&[]);
    let lines = replay.send(
        br#"{"op":"query","sql":"SELECT 1, 1.0, '1', x'31', null, 1e15, 1e16, 9e999, -9e999, 2.0*3, cast(x'ff' as text)"}"#,
    );
    assert_eq!(
        lines[0].split(r#""rows":"#).nth(1),
        Some(
            r#"[[1,1.0,"1",{"blob":"31"},null,1000000000000000.0,1e16,{"real":"inf"},{"real":"-inf"},6.0,{"text_hex":"ff"}]]}"#
        )
    );
}

#[test]
fn parameters_go_by_position_and_by_name() {
    let mut replay = Replay::start(&[]);
    let reply = replay.ask(&json!({"op": "query", "sql": "SELECT ?, ?3, ?2", "params": [1, "b", null]}));
    assert_eq!(reply.rows(), &json!([[1, null, "b"]]));
    let named = json!({"op": "query", "sql": "SELECT :a, @b, $c, :a", "params": {"a": 1, "b": 2, "c": 3}});
    assert_eq!(replay.ask(&named).rows(), &json!([[1, 2, 3, 1]]));
    let missing = replay.ask(&json!({"op": "query", "sql": "SELECT :a", "params": {"b": 2}}));
    assert_eq!(missing.code(), "bad_parameters");
    let subscribed = replay.ask(&json!({"op": "subscribe", "id": "p", "sql": "SELECT ?1 + 1", "params": [41]}));
    assert_eq!(subscribed.rows(), &json!([[42]]));
}

#[test]
fn what_is_no_request_is_refused_and_the_session_goes_on() {
    let mut replay = Replay::start(&[]);
    let huge = format!(r#"{{"op":"exec","sql":"{}""#, "x".repeat(5_000_000));
    let deep = format!(r#"{{"op":"exec","params":{}"#, "[".repeat(1_000_000));
    let lines: [&[u8]; 13] = [
        b"",
        b"\xff\xfe{}",
        b"{\"op\":\"stats\xff\"}",
        b"not json",
        b"[]",
        b"{}",
        br#"{"op":"no such op"}"#,
        br#"{"op":"exec"}"#,
        br#"{"op":"query","sql":"SELECT ?","params":7}"#,
        br#"{"op":"query","sql":"SELECT ?","params":[9223372036854775808]}"#,
        br#"{"op":"query","sql":"SELECT ?","params":[[]]}"#,
        huge.as_bytes(),
        deep.as_bytes(),
    ];
    for line in lines {
        let answer: Value = serde_json::from_str(&replay.send(line)[0]).unwrap();
        assert_eq!(answer["ok"], json!(false));
        assert_eq!(answer["error"]["code"], json!("bad_request"), "{answer}");
    }
    assert_eq!(replay.query("SELECT 1").rows(), &json!([[1]]));
    assert!(replay.finish().success());
}

#[test]
fn a_line_may_be_huge_and_the_last_one_may_lack_its_end() {
    let mut replay = Replay::start(&[]);
    let text = "x".repeat(3_000_000);
    let reply = replay.ask(&json!({"op": "query", "sql": "SELECT length(?1), ?1", "params": [text]}));
    assert_eq!(reply.rows(), &json!([[3_000_000, text]]));

    let mut child = tidewater()
        .arg("replay")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(
        &mut child.stdin.take().unwrap(),
        b"{\"op\":\"query\",\"sql\":\"SELECT 1\"}\r\n{\"op\":\"query\",\"sql\":\"SELECT 2\"}",
    )
    .unwrap();
    let output = child.wait_with_output().unwrap();
    let lines: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].ends_with(r#""rows":[[2]]}"#), "{lines:?}");
}

#[test]
fn a_message_is_cut_where_it_repeats_a_long_statement() {
    let mut replay = Replay::start(&[]);
    let long = "é".repeat(400_000);
    for (request, code) in [
        (json!({"op": "exec", "sql": format!("SELECT {long}")}), "sql_error"),
        (json!({"op": "subscribe", "id": 1, "sql": format!("SELECT {long}")}), "sql_error"),
        (json!({"op": long}), "bad_request"),
    ] {
        let reply = replay.ask(&request);
        let message = reply.answer["error"]["message"].as_str().unwrap();
        assert_eq!((message.chars().count(), message.chars().last()), (2001, Some('…')), "{code}");
        assert_eq!(reply.code(), code);
    }
}

#[test]
fn exec_answers_with_the_commit_and_the_changes() {
    let mut replay = Replay::start(&[]);
    let created = replay.exec("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
    assert_eq!(created.answer["changes"], json!(0));
    let inserted = replay.exec("INSERT INTO t VALUES (1,1),(2,2),(3,3); UPDATE t SET b = 0 WHERE a > 1");
    assert_eq!(inserted.answer["changes"], json!(5));
    assert!(inserted.commit() > created.commit());
    let nothing = replay.exec("SELECT * FROM t");
    assert_eq!((nothing.commit(), &nothing.answer["changes"]), (inserted.commit(), &json!(0)));
}

#[test]
fn query_answers_with_columns_and_rows() {
    let mut replay = Replay::start(&[]);
    let reply = replay.query("SELECT 1 AS a, 'x' AS a, 2 + 2 UNION ALL SELECT 2, 'y', 5");
    assert_eq!(reply.answer, json!({"ok": true, "columns": ["a", "a", "2 + 2"], "rows": [[1, "x", 4], [2, "y", 5]]}));
    assert_eq!(replay.query("SELECT 1 WHERE 0").rows(), &json!([]));
    assert_eq!(replay.query("SELECT * FROM nowhere").code(), "sql_error");
}

#[test]
fn subscribe_answers_with_the_result_and_exec_with_its_edits() {
    let mut replay = Replay::start(&[]);
    let before = replay.exec("CREATE TABLE t(a); INSERT INTO t VALUES (1)").commit();
    let reply = replay.subscribe("s", "SELECT a FROM t ORDER BY a");
    let plan = reply.answer["plan"].as_str().unwrap();
    assert!(["incremental", "requery"].contains(&plan));
    assert_eq!(
        reply.answer,
        json!({"ok": true, "sub": "s", "commit": before, "columns": ["a"], "rows": [[1]], "plan": plan})
    );
    let reply = replay.exec("INSERT INTO t VALUES (2)");
    assert_eq!(
        reply.events,
        [json!({"event": "diff", "sub": "s", "commit": reply.commit(), "edits": [{"insert": 1, "row": [2]}]})]
    );
    assert!(replay.exec("UPDATE t SET a = a").events.is_empty(), "nothing changed");
    assert_eq!(replay.ask(&json!({"op": "unsubscribe", "id": "s"})).answer, json!({"ok": true}));
    assert!(replay.exec("DELETE FROM t").events.is_empty(), "nobody listens");
}

#[test]
fn ids_are_strings_or_numbers_echoed_as_written() {
    let mut replay = Replay::start(&[]);
    for id in [r#""a\u0062c""#, "7", "-1.50", "12345678901234567890123", r#""""#] {
        let lines = replay.send(format!(r#"{{"op":"subscribe","id":{id},"sql":"SELECT 1"}}"#).as_bytes());
        assert!(lines[0].starts_with(&format!(r#"{{"ok":true,"sub":{id},"#)), "{}", lines[0]);
    }
    assert_eq!(replay.subscribe("abc", "SELECT 2").code(), "bad_request");
    assert!(replay.subscribe("7", "SELECT 2").answer["ok"] == json!(true), "a string is not a number");
    for id in ["null", "true", "[1]", "{}"] {
        let lines = replay.send(format!(r#"{{"op":"subscribe","id":{id},"sql":"SELECT 1"}}"#).as_bytes());
        assert!(lines[0].contains("bad_request"), "{}", lines[0]);
    }
}

#[test]
fn an_id_is_taken_until_it_is_unsubscribed() {
    let mut replay = Replay::start(&[]);
    replay.exec("CREATE TABLE t(a)");
    assert_eq!(replay.subscribe("s", "SELECT * FROM nowhere").code(), "sql_error");
    replay.subscribe("s", "SELECT * FROM t");
    assert_eq!(replay.subscribe("s", "SELECT 1").code(), "bad_request");
    assert_eq!(replay.exec("INSERT INTO t VALUES (1)").events.len(), 1, "the first one lives");
    replay.ask(&json!({"op": "unsubscribe", "id": "s"}));
    assert_eq!(replay.ask(&json!({"op": "unsubscribe", "id": "s"})).code(), "bad_request");
    assert_eq!(replay.subscribe("s", "SELECT * FROM t").rows(), &json!([[1]]));
}

#[test]
fn only_one_select_can_be_subscribed() {
    let mut replay = Replay::start(&[]);
    replay.exec("CREATE TABLE t(a)");
    for sql in
        ["INSERT INTO t VALUES (1)", "SELECT 1; SELECT 2", "", "CREATE TABLE u(a)", "BEGIN", "PRAGMA user_version=3"]
    {
        let reply = replay.subscribe("s", sql);
        assert_eq!(reply.answer["ok"], json!(false), "{sql}");
    }
    assert_eq!(replay.query("SELECT count(*) FROM t").rows(), &json!([[0]]));
}

#[test]
fn events_come_in_the_order_of_subscribing() {
    let mut replay = Replay::start(&[]);
    replay.exec("CREATE TABLE t(a)");
    for (id, sql) in
        [("z", "SELECT a FROM t"), ("a", "SELECT count(*) FROM t"), ("m", "SELECT a FROM t"), ("b", "SELECT 1")]
    {
        replay.subscribe(id, sql);
    }
    let subs =
        |events: &[Value]| events.iter().map(|event| event["sub"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(subs(&replay.exec("INSERT INTO t VALUES (1)").events), ["z", "a", "m"]);
    replay.ask(&json!({"op": "unsubscribe", "id": "z"}));
    replay.subscribe("z", "SELECT a FROM t");
    assert_eq!(subs(&replay.exec("INSERT INTO t VALUES (2)").events), ["a", "m", "z"]);
}

#[test]
fn explain_says_how_and_what_is_read() {
    let mut replay = Replay::start(&[]);
    replay.exec("CREATE TABLE t(a, b, c)");
    let answer = replay.ask(&json!({"op": "explain", "sql": "SELECT a FROM t WHERE b = 5"})).answer;
    assert_eq!(answer["ok"], json!(true));
    assert_eq!(answer["tables"], json!([{"name": "t", "columns": ["a", "b"]}]), "{answer}");
    match answer["plan"].as_str().unwrap() {
        "incremental" => assert!(answer["reason"].is_null()),
        "requery" => assert!(!answer["reason"].as_str().unwrap().is_empty()),
        other => panic!("{other}"),
    }
    assert!(!answer["text"].as_str().unwrap().is_empty());
    let template = |replay: &mut Replay, sql: &str| {
        replay.ask(&json!({"op": "explain", "sql": sql})).answer["template"].as_str().unwrap().to_owned()
    };
    let first = template(&mut replay, "SELECT a FROM t WHERE b = 5");
    assert_eq!(first, template(&mut replay, "select a from t where b=6"), "one template, two bindings");
    assert_ne!(first, template(&mut replay, "SELECT a FROM t WHERE c = 5"));
    assert_eq!(replay.ask(&json!({"op": "explain", "sql": "SELECT nope FROM t"})).code(), "sql_error");
}

#[test]
fn stats_count() {
    let mut replay = Replay::start(&[]);
    replay.exec("CREATE TABLE t(a)");
    replay.subscribe("s", "SELECT a FROM t");
    replay.subscribe("u", "SELECT a FROM t");
    replay.exec("INSERT INTO t VALUES (1)");
    let stats = replay.ask(&json!({"op": "stats"})).answer;
    assert_eq!(stats["ok"], json!(true));
    assert_eq!((&stats["subscriptions"], &stats["templates"]), (&json!(2), &json!(1)));
    for counter in ["commits", "dataflows", "state_bytes", "requeries", "beyond", "lookups", "rows_in", "rows_out"] {
        assert!(stats[counter].is_u64(), "{counter}: {stats}");
    }
    assert!(stats["commits"].as_u64().unwrap() >= 1);
}

#[test]
fn a_file_keeps_rows_and_the_commit_number() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("some app.db");
    let flags = ["--db", file.to_str().unwrap()];
    let mut replay = Replay::start(&flags);
    let last = replay.exec("CREATE TABLE t(a); INSERT INTO t VALUES (1)").commit();
    assert!(replay.finish().success());
    let mut replay = Replay::start(&flags);
    let reply = replay.subscribe("s", "SELECT a FROM t");
    assert_eq!((reply.commit(), reply.rows()), (last, &json!([[1]])));
    assert!(replay.exec("INSERT INTO t VALUES (2)").commit() > last);
}

#[test]
fn a_file_that_is_no_database_is_an_error_of_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "these are notes, long enough to be no database header at all\n".repeat(20)).unwrap();
    let output = tidewater().args(["replay", "--db"]).arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("notes.txt"), "{output:?}");
}

#[test]
fn strategies_are_forced() {
    let mut replay = Replay::start(&["--strategy", "requery"]);
    replay.exec("CREATE TABLE t(a)");
    assert_eq!(replay.subscribe("s", "SELECT a FROM t").answer["plan"], json!("requery"));
    let mut replay = Replay::start(&["--strategy", "incremental"]);
    replay.exec("CREATE TABLE t(a)");
    assert_eq!(replay.subscribe("s", "SELECT random() FROM t").code(), "not_incremental");
    let output = tidewater().args(["replay", "--strategy", "magic"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn paranoid_finds_nothing_where_nothing_is_wrong() {
    let mut replay = Replay::start(&["--paranoid"]);
    let mut subscriber = Subscriber::default();
    replay.exec("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
    for (id, sql) in [("s", "SELECT b, count(*) FROM t GROUP BY b"), ("u", "SELECT * FROM t ORDER BY b, a LIMIT 3")] {
        let reply = replay.subscribe(id, sql);
        subscriber.subscribed(&reply);
    }
    for number in 0..30 {
        let sql = format!("INSERT INTO t(b) VALUES ({}); DELETE FROM t WHERE a = {}", number % 4, number / 2);
        let reply = replay.exec(&sql);
        subscriber.receive(&reply);
    }
    assert_eq!(subscriber.rows["u"], *replay.query("SELECT * FROM t ORDER BY b, a LIMIT 3").rows().as_array().unwrap());
    assert_eq!(replay.finish().code(), Some(0));
}
