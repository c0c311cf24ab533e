//! Lowered queries mean what they meant: SQLite gives the same rows for both texts.

use std::sync::Arc;

use crate::api::options::{Location, Options};
use crate::plan::{Arm, Expression, Known, Number, Select, Test};
use crate::sql::{Arena, bind};
use crate::storage::{Script, Storage, TransactionOwner};
use crate::types::{Catalog, Params, Row, Value};

const SCHEMA: &str = "
    CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT COLLATE NOCASE, \"c d\");
    CREATE TABLE u(a, e, PRIMARY KEY (a, e)) WITHOUT ROWID;
    CREATE VIEW v(x, y) AS SELECT b, count(*) FROM t GROUP BY b;
    INSERT INTO t VALUES (1, 1, 'A', 'one'), (2, 1.0, 'a', NULL), (3, '1', 'b ', x'31'), (4, NULL, NULL, 'two');
    INSERT INTO u VALUES (1, 2), (1, 'x'), ('1', 3);";

/// What the lowering has to write again: names, aliases, wildcards, ordinals, joins that merge, views, CTEs, precedence.
const QUERIES: [&str; 19] = [
    "SELECT * FROM t",
    "SELECT t.*, \"c d\" AS \"no such\" FROM t WHERE \"no such\" = \"one\"",
    "SELECT * FROM t JOIN u USING (a)",
    "SELECT * FROM t NATURAL LEFT JOIN u ORDER BY 1, e",
    "SELECT x.id, t.id FROM t AS x, t WHERE x.a = t.a OR x.b = t.b AND NOT x.id IS t.id",
    "SELECT * FROM u JOIN (t AS x LEFT JOIN t AS y ON y.id = x.a) ON u.a = x.a",
    "SELECT x.*, e FROM u LEFT JOIN (t AS x JOIN t AS y ON y.id > x.id) ON u.a = y.a AND x.\"c d\" IS NOT NULL",
    "SELECT a AS id, id AS a FROM t ORDER BY id DESC, a",
    "SELECT b, count(*) AS n FROM t GROUP BY 1 HAVING n > 1 ORDER BY b COLLATE BINARY",
    "SELECT (SELECT max(e) FROM u WHERE u.a = t.a), EXISTS (SELECT 1 FROM t AS t WHERE t.id = 9) FROM t",
    "SELECT id FROM t WHERE (a, b) IN (SELECT a, 'A' FROM u) OR rowid NOT IN (2, 3, 4)",
    "WITH c(k) AS (SELECT a FROM u), d AS (SELECT k FROM c WHERE k = 1) SELECT * FROM d, c WHERE d.k = c.k",
    "SELECT v.y, z.x FROM v JOIN (SELECT x FROM v LIMIT 2) AS z ON v.x IS z.x",
    "SELECT a - (1 - id), -(-id), a || b || id, NOT a IS b, a BETWEEN 1 AND 2 = 1 FROM t",
    "SELECT id, row_number() OVER w, sum(id) OVER (PARTITION BY b ORDER BY id ROWS 1 PRECEDING) FROM t WINDOW w AS (ORDER BY id)",
    "SELECT t.id, j.value FROM t, json_each('[1,2]') AS j WHERE j.value <= t.id ORDER BY t.id, j.key LIMIT 1, 3",
    "SELECT a FROM t UNION ALL SELECT e FROM u UNION SELECT 5 ORDER BY 1",
    "VALUES (1, 'a'), (2, TRUE)",
    "SELECT x.column2, y.* FROM (VALUES (1, 'a'), (2, 'b') UNION SELECT 3, 'c') AS x, (VALUES (4), (4)) AS y",
];

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
    rows
}

#[test]
fn the_lowered_query_has_the_same_rows() {
    let mut storage = Storage::open(&Location::Memory, &Options::default()).expect("an in-memory database");
    let mut session = storage.session();
    let run = Script { sql: SCHEMA, params: &Params::None, owner: TransactionOwner::Script };
    session.run(&run, &mut |_, _| true).1.expect("the schema");
    let catalog = session.catalog().expect("a catalog");
    for sql in QUERIES {
        let arena = Arena::default();
        let bound = bind(sql, &catalog, &arena).unwrap_or_else(|unparsed| panic!("{sql}: {}", unparsed.reason));
        let logical = bound.lower(0).unwrap_or_else(|reason| panic!("{sql}: {reason}"));
        let text = logical.query.text().render(&logical.table_refs, &[]);
        let literals: Vec<Value> = logical.literals.clone();
        let lowered = session.rows(&text, &literals).unwrap_or_else(|error| panic!("{sql}: {text}: {error}"));
        let original = session.select(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(sorted(lowered), sorted(original), "{sql}\n    {text}");
    }
}

fn catalog() -> Arc<Catalog> {
    let mut storage = Storage::open(&Location::Memory, &Options::default()).expect("an in-memory database");
    let mut session = storage.session();
    let run = Script { sql: SCHEMA, params: &Params::None, owner: TransactionOwner::Script };
    session.run(&run, &mut |_, _| true).1.expect("the schema");
    session.catalog().expect("a catalog")
}

/// The only SELECT of a query with two parameters.
fn lowered(sql: &str) -> Select {
    let catalog = catalog();
    let arena = Arena::default();
    let bound = bind(sql, &catalog, &arena).unwrap_or_else(|unparsed| panic!("{sql}: {}", unparsed.reason));
    let logical = bound.lower(2).unwrap_or_else(|reason| panic!("{sql}: {reason}"));
    match logical.query.arms.into_iter().next() {
        Some(Arm::Select(select)) => *select,
        _ => panic!("{sql}: a SELECT"),
    }
}

fn known(expressions: &[Expression]) -> Vec<Known> {
    expressions.iter().map(|expression| expression.known.clone()).collect()
}

#[test]
fn constants_are_known() {
    let truth = |condition: &str| match &lowered(&format!("SELECT a FROM t WHERE {condition}")).filters[..] {
        [condition] => condition.known.truth(),
        _ => panic!("{condition} is one condition"),
    };
    for condition in ["1", "TRUE", "2", "1 = 1", "1 <> 0", "1 <= 2", "2 > 1", "1 == 1"] {
        assert_eq!(truth(condition), Some(true), "{condition}");
    }
    for condition in ["0", "false", "NULL", "1 = 0", "2 < 1", "3 >= 4"] {
        assert_eq!(truth(condition), Some(false), "{condition}");
    }
    let unknown = ["?1", "?1 = 1", "'a' = 'a'", "1.0", "-1", "random() = 1", "1 = 1 = 1", "99999999999999999999", "a"];
    for condition in unknown {
        assert_eq!(truth(condition), None, "{condition}");
    }
    let columns = lowered("SELECT 7, -7, 7.0, a FROM t").columns;
    assert_eq!(known(&columns), [Known::Integer(7), Known::Other, Known::Other, Known::Other]);
}

#[test]
fn comparisons_of_columns_are_known() {
    let known = |condition: &str| known(&lowered(&format!("SELECT a FROM t, u AS o WHERE {condition}")).filters);
    let (one, first) = (Number::Literal(1), Number::Parameter(1));
    let lifted = |at: usize| Number::Parameter(2 + at);
    let tests = [
        ("t.a = 1", vec![Test::Equal(vec![one])]),
        ("t.a = 'x'", vec![Test::Equal(vec![lifted(1)])]),
        ("t.a <> ?1", vec![Test::Unequal(first)]),
        ("t.a < 7", vec![Test::Less(lifted(1))]),
        ("t.a <= ?1", vec![Test::AtMost(first)]),
        ("t.a > ?1", vec![Test::Greater(first)]),
        ("t.a >= 7", vec![Test::AtLeast(lifted(1))]),
        ("t.a BETWEEN 7 AND ?1", vec![Test::AtLeast(lifted(1)), Test::AtMost(first)]),
        ("t.a IN (1, ?1, 7)", vec![Test::Equal(vec![one, first, lifted(1)])]),
        ("t.a IS NULL", vec![Test::Null]),
        ("t.a IS NOT NULL", vec![Test::NotNull]),
    ];
    for (condition, tests) in tests {
        assert_eq!(known(condition), [Known::Tests(tests)], "{condition}");
    }
    assert_eq!(known("t.a = o.a AND t.id = o.e"), [Known::Equal, Known::Equal]);
    for other in ["t.a IS ?1", "t.a NOT IN (1)", "t.a IN ()", "t.a NOT BETWEEN 1 AND 2", "t.a IN (1, -1)", "t.a = -1"] {
        assert!(!matches!(known(other)[..], [Known::Tests(_)]), "{other}");
    }
}

/// The planner takes a condition for one on a column only where a column is what is compared.
#[test]
fn only_columns_are_tested() {
    let is_seen = |condition: &str| {
        let select = lowered(&format!("SELECT a FROM t, u AS o WHERE {condition}"));
        select.filters.iter().any(|filter| filter.tested().is_some() || filter.equated().is_some())
    };
    for seen in ["t.a = 7", "t.a = o.a"] {
        assert!(is_seen(seen), "{seen}");
    }
    for other in [
        "t.a + 1 = 7",
        "+t.a = 7",
        "t.b COLLATE BINARY = 'x'",
        "7 = t.a",
        "t.a = +o.a",
        "t.a = o.a + 1",
        "coalesce(t.a, 1) = o.a",
        "(t.a, t.b) = (1, 'x')",
        "NOT t.a = 7",
        "t.a = 7 OR t.a = 8",
    ] {
        assert!(!is_seen(other), "{other}");
    }
}

#[test]
fn compounds_of_different_widths_are_not_lowered() {
    let catalog = catalog();
    for sql in [
        "SELECT a, b FROM t UNION ALL SELECT a FROM t",
        "SELECT * FROM (SELECT a FROM t UNION ALL SELECT * FROM t)",
        "VALUES (1), (2, 3)",
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION SELECT x, 2 FROM r) SELECT x FROM r",
    ] {
        let arena = Arena::default();
        let bound = bind(sql, &catalog, &arena).unwrap_or_else(|unparsed| panic!("{sql}: {}", unparsed.reason));
        assert!(bound.lower(0).is_err(), "{sql}");
    }
}
