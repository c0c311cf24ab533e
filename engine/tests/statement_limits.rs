//! Limits of one statement: what runs for too long or returns too much fails, changes nothing and holds nobody up for longer.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use tidewater::{Engine, Error, Event, Location, Options};

const ENDLESS: &str = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";

fn engine(options: Options) -> Engine {
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec("CREATE TABLE t(x); INSERT INTO t VALUES (1), (2), (3)", ()).unwrap();
    engine
}

fn one(engine: &Engine, sql: &str) -> i64 {
    engine.query_one::<(i64,)>(sql, ()).unwrap().unwrap().0
}

fn impatient() -> Engine {
    engine(Options::default().with_statement_timeout(Duration::from_millis(20)))
}

#[test]
fn an_endless_statement_times_out_wherever_it_runs() {
    let engine = impatient();
    assert_eq!(engine.query(ENDLESS, ()).unwrap_err(), Error::Timeout);
    assert_eq!(engine.exec(ENDLESS, ()).unwrap_err(), Error::Timeout);
    let insert = format!("INSERT INTO t(x) {ENDLESS}");
    assert_eq!(engine.exec(&insert, ()).unwrap_err(), Error::Timeout);
    assert_eq!(engine.exec(&format!("DELETE FROM t; {insert}"), ()).unwrap_err(), Error::Timeout);
    let transaction = engine.transaction(|transaction| {
        transaction.exec("DELETE FROM t", ())?;
        transaction.exec(&insert, ())
    });
    assert_eq!(transaction.unwrap_err(), Error::Timeout);
    assert_eq!(engine.subscribe(ENDLESS, ()).unwrap_err(), Error::Timeout);
    let joined = "SELECT count(*) FROM t a, t b, t c, t d, t e, t f, t g, t h, t i, t j, t k, t l, t m, t n, t o";
    assert_eq!(engine.subscribe(joined, ()).unwrap_err(), Error::Timeout);
    assert_eq!(one(&engine, "SELECT count(*) FROM t"), 3, "nothing was changed");
    assert_eq!(Error::Timeout.code(), "timeout");
}

#[test]
fn the_time_of_one_statement_is_not_that_of_the_next() {
    let engine = impatient();
    for _ in 0..3 {
        assert_eq!(engine.query(ENDLESS, ()).unwrap_err(), Error::Timeout);
        engine.exec("INSERT INTO t VALUES (4)", ()).unwrap();
    }
    engine.set_statement_timeout(None).unwrap();
    let bounded = ENDLESS.replace("FROM n)", "FROM n WHERE x < 1000000)");
    assert_eq!(one(&engine, &bounded), 1_000_000);
    engine.set_statement_timeout(Some(Duration::ZERO)).unwrap();
    assert_eq!(engine.query(&bounded, ()).unwrap_err(), Error::Timeout);
}

#[test]
fn queries_beside_the_writer_time_out_too() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::default().with_statement_timeout(Duration::from_millis(20)).with_most_result_bytes(10_000);
    let engine = Engine::open(folder.path().join("a.db"), options).unwrap();
    engine.query("PRAGMA journal_mode = WAL", ()).unwrap();
    engine.exec("CREATE TABLE t(x)", ()).unwrap();
    assert_eq!(engine.query(ENDLESS, ()).unwrap_err(), Error::Timeout);
    let large =
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 1000) SELECT x, randomblob(100) FROM n";
    assert_eq!(engine.query(large, ()).unwrap_err(), Error::ResultTooLarge);
    engine.set_statement_timeout(Some(Duration::from_secs(60))).unwrap();
    assert_eq!(engine.query(large, ()).unwrap_err(), Error::ResultTooLarge);
    assert_eq!(engine.query(&large.replace("1000", "10"), ()).unwrap().rows.len(), 10);
}

#[test]
fn a_subscription_that_comes_to_take_too_long_fails_until_it_does_not() {
    let engine = impatient();
    let sql = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < (SELECT max(x) FROM t)) \
               SELECT count(*), random() IS NULL FROM n";
    let mut subscription = engine.subscribe(sql, ()).unwrap();
    engine.exec("INSERT INTO t VALUES (1000000000)", ()).unwrap();
    assert!(
        matches!(subscription.try_next(), Some(Event::Error { error, closed: false, .. }) if *error == Error::Timeout)
    );
    engine.exec("DELETE FROM t WHERE x > 10; INSERT INTO t VALUES (4)", ()).unwrap();
    assert!(matches!(subscription.try_next(), Some(Event::Recovered(_))));
}

#[test]
fn a_result_that_is_too_large_fails_and_one_that_fits_does_not() {
    let engine = engine(Options::default().with_most_result_bytes(10_000));
    let fill =
        "INSERT INTO t WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 1000) SELECT x FROM n";
    engine.exec(fill, ()).unwrap();
    assert_eq!(engine.query("SELECT x, x, x FROM t", ()).unwrap_err(), Error::ResultTooLarge);
    assert_eq!(engine.exec("SELECT x, x, x FROM t", ()).unwrap_err(), Error::ResultTooLarge);
    assert_eq!(engine.subscribe("SELECT x, x, x FROM t", ()).unwrap_err(), Error::ResultTooLarge);
    assert_eq!(engine.query("SELECT x FROM t LIMIT 100", ()).unwrap().rows.len(), 100);
    // It has written before its rows are there, and a failure must have changed nothing.
    assert!(engine.query("UPDATE t SET x = -x RETURNING x", ()).unwrap().rows.len() > 1_000);
    assert_eq!(Error::ResultTooLarge.code(), "result_too_large");
}
