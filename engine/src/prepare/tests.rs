//! What it takes to prepare a query, counted.

use crate::api::Engine;
use crate::api::options::{Location, Options};
use crate::sql::work::{self, Work};

fn engine() -> Engine {
    let engine = Engine::open(Location::Memory, Options::default()).expect("a database in memory");
    let schema =
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE VIEW v AS SELECT a, count(*) AS n FROM t GROUP BY a";
    engine.exec(schema, ()).expect("the schema");
    engine
}

#[test]
fn a_text_is_parsed_once_and_bound_once() {
    let engine = engine();
    for sql in [
        "SELECT a FROM t WHERE id > 4 ORDER BY a LIMIT 3",
        "SELECT (SELECT max(a) FROM t AS u WHERE u.a = t.a) FROM t",
        "WITH RECURSIVE r(x) AS (SELECT id FROM t UNION SELECT t.a FROM t JOIN r ON t.id = r.x) SELECT x FROM r",
        "SELECT a FROM t UNION SELECT id FROM t ORDER BY 1",
    ] {
        work::take();
        let _live = engine.subscribe(sql, ()).expect("a subscription");
        assert_eq!(work::take(), Work { parsed: 1, bound: 1 }, "{sql}");
    }
}

#[test]
fn a_view_is_parsed_once_however_often_it_is_read() {
    let engine = engine();
    work::take();
    let _live =
        engine.subscribe("SELECT one.a, other.n FROM v AS one JOIN v AS other ON one.a = other.n", ()).expect("live");
    assert_eq!(work::take(), Work { parsed: 2, bound: 1 });
}

#[test]
fn a_text_that_says_the_same_is_not_read_again() {
    let engine = engine();
    let _live = engine.subscribe("SELECT a FROM t WHERE a > 1", ()).expect("a subscription");
    work::take();
    let _other = engine.subscribe("select a  from t where a > 1 -- for another page", ()).expect("a subscription");
    assert_eq!(work::take(), Work::default());
}
