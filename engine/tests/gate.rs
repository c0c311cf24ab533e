//! The cost gate: a plan that costs more than an evaluation rests, and one commit that is too large for a good plan does it
//! no harm. Told by counters, and results stay right.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{Engine, Location, Options, Strategy};

fn engine() -> Engine {
    engine_with(Options::default().with_paranoid(true))
}

fn engine_with(options: Options) -> Engine {
    let engine = Engine::open(Location::Memory, options).unwrap();
    let schema = "
        CREATE TABLE messages(id INTEGER PRIMARY KEY, author INTEGER, reply_to INTEGER, price REAL);
        CREATE INDEX by_answered ON messages(reply_to);
        WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 5000)
        INSERT INTO messages SELECT value, value % 7, NULL, value / 100.0 FROM n;";
    engine.exec(schema, ()).unwrap();
    engine
}

#[test]
fn a_plan_that_is_not_worth_it_rests() {
    let engine = engine();
    let sql = "WITH RECURSIVE thread(id) AS (SELECT id FROM messages WHERE id = 9 UNION ALL
               SELECT m.id FROM messages m JOIN thread t ON m.reply_to = t.id) SELECT id FROM thread";
    let thread = engine.subscribe(sql, ()).unwrap();
    for at in 0..200 {
        let answered = if at % 2 == 0 { "9" } else { "NULL" };
        engine.exec(&format!("UPDATE messages SET reply_to = {answered} WHERE id = 10"), ()).unwrap();
    }
    let stats = engine.stats().unwrap();
    assert_eq!((stats.divergences, stats.maintained + stats.requeries), (0, 200), "{stats:?}");
    assert!(stats.maintained + stats.refused < 30, "{stats:?}");
    assert_eq!(thread.snapshot().rows.len(), 1);
}

#[test]
fn one_commit_that_is_too_large_does_a_plan_no_harm() {
    let engine = engine();
    let _sums = engine.subscribe("SELECT author, count(*) FROM messages GROUP BY author", ()).unwrap();
    let one = |id: u32| engine.exec(&format!("UPDATE messages SET author = author + 1 WHERE id = {id}"), ()).unwrap();
    for round in 0..5 {
        one(round + 1);
        engine.exec("UPDATE messages SET author = (author + 1) % 7", ()).unwrap();
        one(round + 100);
    }
    let stats = engine.stats().unwrap();
    assert_eq!((stats.divergences, stats.maintained, stats.refused), (0, 10, 5), "{stats:?}");
}

#[test]
fn a_sum_of_floats_costs_a_commit_no_statement_over_its_group() {
    let engine = engine();
    let sql = "SELECT sum(price), avg(price), total(price), count(*) FROM messages";
    let prices = engine.subscribe(sql, ()).unwrap();
    for id in 1..50 {
        engine.exec(&format!("UPDATE messages SET price = price + {id} / 10.0 WHERE id = {}", id * 31), ()).unwrap();
        engine.exec(&format!("DELETE FROM messages WHERE id = {}", id * 17), ()).unwrap();
    }
    let stats = engine.stats().unwrap();
    assert_eq!((stats.divergences, stats.maintained, stats.requeries), (0, 98, 0), "{stats:?}");
    let live = engine.explain(sql, ()).unwrap().live.unwrap();
    assert!(live.instructions_per_commit.unwrap() < 200, "{live:?}");
    drop(prices);
}

#[test]
fn first_rows_are_joined_in_the_order_that_cross_join_asks_for() {
    let sql = "SELECT m.id FROM messages AS m CROSS JOIN messages AS n JOIN messages AS o ON o.reply_to = n.reply_to
               WHERE m.author LIKE '%x%'";
    let run = |strategy| {
        let engine = engine_with(Options::default().with_strategy(strategy).with_cost_gate(false));
        engine.exec("UPDATE messages SET reply_to = 1 WHERE id <= 20", ()).unwrap();
        let _rows = engine.subscribe(sql, ()).unwrap();
        engine.explain(sql, ()).unwrap().live.unwrap().instructions_per_run.unwrap()
    };
    let (itself, by_plan) = (run(Strategy::Requery), run(Strategy::Incremental));
    assert!(by_plan * 10 <= itself * 11, "{by_plan} by the plan, {itself} by the query");
}
