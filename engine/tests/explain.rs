//! What `explain` says: how a query is routed, what keeping it has come to, and which index its plan would like.

#![allow(clippy::unwrap_used, reason = "a test")]

use tidewater::{Engine, Explain, Found, LiveTemplate, Location, Options, PlanKind, Step, Strategy};

const SCHEMA: &str = "
    CREATE TABLE channel(id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE message(id INTEGER PRIMARY KEY, channel INTEGER, author INTEGER, body TEXT);
    CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE);";

fn chat(options: Options) -> Engine {
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    engine
}

fn explain(engine: &Engine, sql: &str) -> Explain {
    engine.explain(sql, ()).unwrap()
}

fn wanted(engine: &Engine, sql: &str) -> Vec<String> {
    let explain = explain(engine, sql);
    for index in &explain.indexes {
        assert!(explain.text.contains(&index.sql), "{}", explain.text);
    }
    explain.indexes.into_iter().map(|index| index.sql).collect()
}

#[test]
fn a_route_says_what_finds_it() {
    let engine = chat(Options::default());
    let sql = "SELECT m.body, c.name FROM message m JOIN channel c ON c.id = m.channel WHERE m.channel = ?";
    let routes = |parameter: Option<i64>| engine.explain(sql, [parameter]).unwrap().routes;
    let five = routes(Some(5));
    let [message, channel] = five.as_slice() else { panic!("{five:?}") };
    assert_eq!(
        (message.table.as_str(), message.found, message.by.as_deref()),
        ("message", Found::ByValue, Some("channel"))
    );
    assert_eq!(message.columns, ["channel", "body"]);
    let [predicate] = message.predicates.as_slice() else { panic!("{message:?}") };
    assert_eq!(
        (predicate.column.as_str(), predicate.relation, predicate.values.as_slice()),
        ("channel", "=", ["?1".to_owned()].as_slice())
    );
    // What the message's channel is equal to, the channel's id is.
    assert_eq!((channel.table.as_str(), channel.found, channel.by.as_deref()), ("channel", Found::ByValue, Some("id")));
    assert_eq!(routes(None)[0].found, Found::ByNoChange);
    let text = engine.explain(sql, [5]).unwrap().text;
    assert!(text.contains("message(channel, body) where channel = ?1, routed by channel\n"), "{text}");
    assert!(text.contains("channel(id, name) where id = ?1, routed by id\n"), "{text}");
}

#[test]
fn a_route_over_joins_says_so() {
    let engine = chat(Options::default());
    engine.exec("CREATE TABLE member(channel INTEGER, person INTEGER)", ()).unwrap();
    let sql = "SELECT m.id, c.name FROM message m JOIN channel c ON c.id = m.channel
               JOIN member k ON k.channel = c.id WHERE k.person = ?";
    let explained = explain(&engine, sql);
    let found = |explained: &Explain| explained.routes.iter().map(|route| route.found).collect::<Vec<_>>();
    assert_eq!(found(&explained), [Found::ByAnyChange, Found::ByAnyChange, Found::ByNoChange]);
    let lacking = "CREATE INDEX member_by_channel_person ON member(channel, person)";
    assert!(wanted(&engine, sql).iter().any(|index| index == lacking), "{}", explained.text);
    engine.exec(lacking, ()).unwrap();
    let explained = engine.explain(sql, [1]).unwrap();
    assert_eq!(found(&explained), [Found::ByJoin, Found::ByJoin, Found::ByValue]);
    let message = &explained.routes[0];
    assert_eq!(message.by.as_deref(), Some("member.person"));
    assert_eq!(message.over, ["message.channel = channel.id", "channel.id = member.channel"]);
    let line = "channel(id, name), routed by member.person over channel.id = member.channel\n";
    assert!(explained.text.contains(line), "{}", explained.text);
}

#[test]
fn a_route_by_ranges_says_so() {
    let engine = chat(Options::default());
    let routes = |sql, parameters: [Option<i64>; 2]| engine.explain(sql, parameters).unwrap().routes;
    let bounded = "SELECT id FROM message WHERE author BETWEEN ? AND ?";
    let route = routes(bounded, [Some(3), Some(5)]).remove(0);
    assert_eq!((route.found, route.by.as_deref()), (Found::ByRange, Some("author")));
    let relations: Vec<_> = route.predicates.iter().map(|predicate| predicate.relation).collect();
    assert_eq!(relations, [">=", "<="]);
    assert_eq!(routes(bounded, [Some(5), Some(3)])[0].found, Found::ByNoChange);
    assert_eq!(routes(bounded, [Some(5), None])[0].found, Found::ByNoChange);
    let both = "SELECT id FROM message WHERE author > ? AND channel = ?";
    assert_eq!(routes(both, [Some(5), Some(3)])[0].found, Found::ByValue);
    let text = engine.explain(bounded, [3, 5]).unwrap().text;
    let line = "message(id, author) where author >= ?1 and author <= ?2, routed by ranges of author\n";
    assert!(text.contains(line), "{text}");
}

#[test]
fn a_plan_likes_the_index_that_its_lookups_lack() {
    let engine = chat(Options::default());
    // A channel's change finds its messages; a message's change finds its channel by the primary key.
    let join = "SELECT m.id, c.name FROM message m JOIN channel c ON c.id = m.channel";
    assert_eq!(wanted(&engine, join), ["CREATE INDEX message_by_channel ON message(channel)"]);
    let counted = "SELECT c.id, (SELECT count(*) FROM message m WHERE m.channel = c.id) FROM channel c";
    let grouped = "SELECT c.id, max(m.body) FROM channel c LEFT JOIN message m ON m.channel = c.id GROUP BY c.id";
    let extreme = "SELECT channel, max(id) FROM message GROUP BY channel";
    for sql in [counted, grouped, extreme] {
        assert_eq!(wanted(&engine, sql), ["CREATE INDEX message_by_channel ON message(channel)"], "{sql}");
    }
    let both = "SELECT 1 FROM message a JOIN message b ON b.channel = a.channel AND b.author = a.author";
    assert_eq!(wanted(&engine, both), ["CREATE INDEX message_by_channel_author ON message(channel, author)"]);
    // One table, and sums, look nothing up.
    assert!(wanted(&engine, "SELECT * FROM message WHERE channel = 3").is_empty());
    assert!(wanted(&engine, "SELECT channel, count(*) FROM message GROUP BY channel").is_empty());
    for index in [join, both].into_iter().flat_map(|sql| wanted(&engine, sql)) {
        engine.exec(&index, ()).unwrap();
    }
    for sql in [join, counted, grouped, extreme, both] {
        assert!(wanted(&engine, sql).is_empty(), "{sql}: {:?}", wanted(&engine, sql));
    }
}

#[test]
fn an_index_that_would_not_serve_is_not_wished_for() {
    let engine = chat(Options::default());
    // The column's own index sorts without regard to case; this comparison does.
    let sql = "SELECT m.id FROM message m JOIN person p ON p.name = m.body COLLATE BINARY";
    let columns: Vec<_> = explain(&engine, sql).indexes.into_iter().map(|index| (index.table, index.columns)).collect();
    assert!(!columns.contains(&("person".to_owned(), vec!["name".to_owned()])), "{columns:?}");
    // No equality, no index for it.
    assert!(wanted(&engine, "SELECT 1 FROM message m JOIN channel c ON c.id > m.channel").is_empty());
}

#[test]
fn names_that_need_quotes_have_them() {
    let engine = chat(Options::default());
    engine.exec("CREATE TABLE \"the order\"(id INTEGER PRIMARY KEY, \"group\")", ()).unwrap();
    let sql = "SELECT o.id FROM \"the order\" o JOIN channel c ON o.\"group\" = c.id";
    let wanted = wanted(&engine, sql);
    assert_eq!(wanted, ["CREATE INDEX \"the order_by_group\" ON \"the order\"(\"group\")"]);
    engine.exec(&wanted[0], ()).unwrap();
    assert!(explain(&engine, sql).indexes.is_empty());
}

fn live(engine: &Engine, sql: &str) -> LiveTemplate {
    engine.explain(sql, [1]).unwrap().live.unwrap()
}

#[test]
fn a_live_template_says_what_commits_came_to() {
    let engine = chat(Options::default().with_cost_gate(false));
    let sql = "SELECT m.id, c.name FROM message m JOIN channel c ON c.id = m.channel WHERE m.channel = ?";
    engine
        .exec("INSERT INTO channel VALUES (1, 'a'), (2, 'b'); INSERT INTO message(channel) VALUES (1), (2), (2)", ())
        .unwrap();
    assert_eq!(engine.explain(sql, [1]).unwrap().live, None, "nobody subscribes");
    let one = engine.subscribe(sql, [1]).unwrap();
    let two = engine.subscribe(sql, [2]).unwrap();
    let again = engine.subscribe(sql, [2]).unwrap();
    let fresh = live(&engine, sql);
    assert_eq!((fresh.bindings, fresh.subscriptions, fresh.planned, fresh.state_rows), (2, 3, 2, 3));
    assert_eq!((fresh.commits, fresh.instructions_per_commit, fresh.instructions_per_row), (0, None, None));
    assert!(fresh.instructions_per_run.unwrap() > 0 && fresh.state_bytes > 0);
    engine.exec("INSERT INTO message(channel) VALUES (2)", ()).unwrap();
    engine.exec("INSERT INTO message(channel) VALUES (3)", ()).unwrap();
    engine.exec("UPDATE channel SET name = 'c'", ()).unwrap();
    let later = live(&engine, sql);
    assert_eq!((later.commits, later.maintained, later.requeries, later.state_rows), (2, 3, 0, 4));
    assert!(later.instructions_per_commit.unwrap() > 0 && later.instructions_per_row.unwrap() > 0);
    let text = engine.explain(sql, [1]).unwrap().text;
    assert!(text.contains("live: 3 subscriptions to 2 bindings, 2 of them planned; 4 rows, "), "{text}");
    assert!(text.contains("2 commits: maintained 3, re-run 0 (refused 0, given up 0)"), "{text}");
    drop((one, two, again));
    assert_eq!(engine.explain(sql, [1]).unwrap().live, None);
}

#[test]
fn what_is_rerun_counts_as_well() {
    let engine = chat(Options::default());
    let window = "SELECT id, row_number() OVER (ORDER BY body) FROM message WHERE channel = ?";
    let explained = engine.explain(window, [1]).unwrap();
    assert_eq!(explained.plan, PlanKind::Requery);
    assert!(explained.reason.is_some() && explained.steps.is_none() && explained.indexes.is_empty());
    let held = engine.subscribe(window, [1]).unwrap();
    engine.exec("INSERT INTO message(channel) VALUES (1)", ()).unwrap();
    engine.exec("INSERT INTO message(channel) VALUES (2)", ()).unwrap();
    let counts = live(&engine, window);
    // Where SQLite's plan decides the answer, a row of another channel matters as well.
    assert_eq!(explained.routes[0].found, Found::ByAnyChange);
    assert_eq!((counts.planned, counts.commits, counts.maintained, counts.requeries), (0, 2, 0, 2));
    drop(held);
    let decided = "SELECT id, row_number() OVER (ORDER BY id) FROM message WHERE channel = ?";
    assert_eq!(engine.explain(decided, [1]).unwrap().routes[0].found, Found::ByValue);

    let engine = chat(Options::default().with_strategy(Strategy::Requery));
    let sql = "SELECT id FROM message WHERE channel = ?";
    let _held = engine.subscribe(sql, [1]).unwrap();
    engine.exec("INSERT INTO message(channel) VALUES (1)", ()).unwrap();
    assert_eq!((live(&engine, sql).planned, live(&engine, sql).requeries), (0, 1));
}

#[test]
fn the_gates_refusals_are_counted() {
    let engine = chat(Options::default());
    engine.exec("INSERT INTO channel(name) VALUES ('a'), ('b'), ('c')", ()).unwrap();
    let sql = "SELECT c.id, (SELECT count(*) FROM message m WHERE m.channel = c.id) FROM channel c WHERE c.id > ?";
    let _held = engine.subscribe(sql, [0]).unwrap();
    for _ in 0..20 {
        engine.exec("INSERT INTO message(channel) VALUES (1), (2), (3)", ()).unwrap();
        engine.exec("UPDATE message SET channel = channel % 3 + 1", ()).unwrap();
    }
    let (counts, stats) = (live(&engine, sql), engine.stats().unwrap());
    assert_eq!(
        (counts.maintained, counts.requeries, counts.refused, counts.given_up),
        (stats.maintained, stats.requeries, stats.refused, stats.given_up)
    );
    assert!(counts.maintained > 0 && counts.refused > 0 && counts.commits == 40, "{counts:?}");
}

/// The step of this strategy and detail.
fn step<'s>(steps: &'s Step, strategy: &str, detail: &str) -> &'s Step {
    fn find<'s>(step: &'s Step, strategy: &str, detail: &str) -> Option<&'s Step> {
        match step.strategy == strategy && step.detail == detail {
            true => Some(step),
            false => step.inputs.iter().find_map(|input| find(input, strategy, detail)),
        }
    }
    find(steps, strategy, detail).unwrap_or_else(|| panic!("no {strategy}: {detail} in {steps:?}"))
}

fn steps(engine: &Engine, sql: &str) -> Step {
    explain(engine, sql).steps.unwrap()
}

#[test]
fn each_step_says_what_it_remembers_and_has_done() {
    let engine = chat(Options::default().with_cost_gate(false));
    engine
        .exec(
            "INSERT INTO channel VALUES (1, 'a'), (2, 'b'), (3, 'c');
             INSERT INTO message(channel, author) VALUES (1, 1), (1, 2), (2, 1)",
            (),
        )
        .unwrap();
    let sql = "SELECT c.name, s.size FROM channel c
               JOIN (SELECT channel, count(*) AS size FROM message GROUP BY channel) s ON s.channel = c.id";
    assert_eq!(steps(&engine, sql).live, None, "nobody subscribes");
    let held = engine.subscribe(sql, ()).unwrap();
    let fresh = steps(&engine, sql);
    let sums = step(&fresh, "accumulate", "count by 1").live.unwrap();
    // Two groups, and their rows as a derived table.
    assert_eq!((sums.state_rows, sums.commits, sums.rows_in, sums.instructions), (4, 0, 0, 0));
    assert!(sums.state_bytes > 100, "{sums:?}");
    engine.exec("INSERT INTO message(channel) VALUES (1), (3)", ()).unwrap();
    engine.exec("UPDATE channel SET name = 'd' WHERE id = 2", ()).unwrap();
    engine.exec("INSERT INTO person(name) VALUES ('e')", ()).unwrap();
    let later = steps(&engine, sql);
    let rows = step(&later, "delta", "rows of one table, without a statement").live.unwrap();
    assert_eq!((rows.commits, rows.rows_in, rows.rows_out), (1, 2, 2));
    assert_eq!((rows.state_rows, rows.state_bytes), (0, 0));
    // One group goes and comes with another count, and one comes.
    let sums = step(&later, "accumulate", "count by 1").live.unwrap();
    assert_eq!((sums.commits, sums.rows_in, sums.rows_out, sums.state_rows, sums.instructions), (1, 2, 3, 6, 0));
    // The three rows of groups, and a channel as it was and is.
    let join = step(&later, "delta", "inner join of 2").live.unwrap();
    assert_eq!((join.commits, join.rows_in, join.rows_out), (2, 5, 5));
    assert!(rows.instructions == 0 && join.instructions > 0, "{rows:?} {join:?}");
    let text = explain(&engine, sql).text;
    let line = format!(
        "delta: inner join of 2 (channel); 2 commits: 5 rows in, 5 out, {} instructions a commit\n",
        join.instructions / 2
    );
    assert!(text.contains(&line), "{text}");
    assert!(
        text.contains(&format!("remembers 6 rows, {} bytes; 1 commits: 2 rows in, 3 out", sums.state_bytes)),
        "{text}"
    );
    drop(held);
    assert_eq!(steps(&engine, sql).live, None);
}

#[test]
fn what_steps_remember_grows_and_shrinks_with_it() {
    let engine = chat(Options::default().with_cost_gate(false));
    let queries = [
        ("SELECT DISTINCT channel FROM message", "accumulate", "DISTINCT", 1),
        ("SELECT count(DISTINCT author) FROM message", "accumulate", "count(DISTINCT)", 3),
        ("SELECT m.id, p.name FROM message m LEFT JOIN person p ON p.id = m.author", "key recompute", "by row", 2),
        (
            "WITH RECURSIVE r(x) AS (SELECT 1 UNION SELECT m.author FROM message m JOIN r ON m.channel = r.x) SELECT x FROM r",
            "fixpoint",
            "UNION",
            3,
        ),
    ];
    for (sql, strategy, detail, rows) in queries {
        let _held = engine.subscribe(sql, ()).unwrap();
        let remembered = || step(&steps(&engine, sql), strategy, detail).live.unwrap();
        let before = remembered();
        engine.exec("INSERT INTO message VALUES (1, 1, 5, 'x'), (2, 1, 6, 'y')", ()).unwrap();
        let (during, used) = (remembered(), rows + u64::from(strategy == "fixpoint") * 2);
        assert!(
            during.state_bytes > before.state_bytes && during.instructions + during.rows_in > 0,
            "{sql}: {during:?}"
        );
        assert!(during.state_rows >= rows && during.state_rows <= used, "{sql}: {during:?}");
        engine.exec("DELETE FROM message", ()).unwrap();
        assert_eq!(remembered().state_rows, before.state_rows, "{sql}");
        assert!(remembered().state_bytes < during.state_bytes, "{sql}");
        assert_eq!(remembered().commits, 2, "{sql}");
    }
}

#[test]
fn what_virtual_columns_make_too_dear_counts_for_the_template_and_for_the_engine() {
    let options = Options::default().with_most_captured_rows(usize::MAX);
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, twice AS (a * 2))", ()).unwrap();
    let sql = "SELECT id, twice FROM t WHERE twice >= 0";
    let _subscription = engine.subscribe(sql, ()).unwrap();
    // Computing so many values takes more than evaluating an empty table may.
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)";
    engine.exec(&format!("{many} INSERT INTO t(a) SELECT i FROM n"), ()).unwrap();
    engine.exec("DELETE FROM t WHERE id > 3", ()).unwrap();
    for _ in 0..3 {
        engine.exec("UPDATE t SET a = a + 1", ()).unwrap();
    }
    let LiveTemplate { refused, given_up, requeries, .. } = explain(&engine, sql).live.unwrap();
    let stats = engine.stats().unwrap();
    assert!(refused > 0 && given_up > 0, "{stats:?}");
    assert_eq!((refused, given_up, requeries), (stats.refused, stats.given_up, stats.requeries));
}
