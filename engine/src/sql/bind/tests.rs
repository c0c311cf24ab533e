//! The columns of bound queries beside those that SQLite gives to a view of the same text: how many there are, how they are
//! called, and their affinities.

use super::tree::Output;
use crate::api::options::{Location, Options};
use crate::sql::corpus::each_query;
use crate::sql::{Arena, bind};
use crate::storage::{Script, Session, Storage, TransactionOwner};
use crate::types::{Affinity, Params, ValueRef};

const SCHEMA: &str = "
    CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT COLLATE NOCASE, r REAL, n NUMERIC, x, y BLOB);
    CREATE TABLE u(id TEXT PRIMARY KEY, t_id INT, x REAL);
    CREATE VIEW v(one, two) AS SELECT a, b FROM t UNION ALL SELECT r, 'x' FROM t;";

const QUERIES: [&str; 32] = [
    "SELECT * FROM t",
    "SELECT rowid, oid, +a, -a, a + 1, a || b, a COLLATE NOCASE, (a), ((b)) FROM t",
    "SELECT CAST(a AS TEXT), CAST(b AS INT), CAST(x AS REAL), CAST(x AS DECIMAL(3)), CAST(x AS WHATEVER), CAST(a AS BLOB) FROM t",
    "SELECT NULL, 1, 1.5, 'x', x'00', TRUE, current_date FROM t",
    "SELECT a IS NULL, a = 1, NOT a, b LIKE 'x', a IN (1), EXISTS (SELECT 1), CASE a WHEN 1 THEN b END FROM t",
    "SELECT count(*), sum(a), max(b), abs(r), coalesce(a, b), length(b) FROM t",
    "SELECT (SELECT a FROM t), (SELECT b FROM t LIMIT 1) FROM u",
    "SELECT a FROM t UNION SELECT b FROM t",
    "SELECT a FROM t UNION ALL SELECT r FROM t",
    "SELECT r FROM t UNION ALL SELECT a FROM t",
    "SELECT b FROM t UNION ALL SELECT 1",
    "SELECT b FROM t UNION ALL SELECT x'00'",
    "SELECT a FROM t EXCEPT SELECT NULL",
    "SELECT NULL UNION SELECT a FROM t INTERSECT SELECT n FROM t",
    "SELECT 1 UNION ALL SELECT a FROM t UNION ALL SELECT 'x'",
    "SELECT CAST(a AS INT) FROM t UNION ALL SELECT r FROM t",
    "SELECT x FROM t UNION ALL SELECT a FROM t",
    "SELECT y FROM t UNION ALL SELECT b FROM t",
    "VALUES (1, 'a'), (2, NULL)",
    "VALUES (CAST(1 AS INT)), ('x')",
    "SELECT * FROM v",
    "SELECT * FROM t JOIN u USING (id)",
    "SELECT * FROM t NATURAL LEFT JOIN u",
    "SELECT u.*, t.id FROM t JOIN u ON t.id = u.t_id",
    "SELECT * FROM (SELECT a AS z, b FROM t) AS s, u",
    "SELECT * FROM u JOIN (t JOIN v ON one = a) ON t_id = t.id",
    "WITH c(k) AS (SELECT a FROM t UNION SELECT r FROM t) SELECT k, k + 1 FROM c",
    "WITH RECURSIVE c(k, d) AS (SELECT id, 0 FROM t UNION SELECT c.k + 1, r FROM c JOIN t ON id = k) SELECT * FROM c",
    "WITH RECURSIVE c(k) AS (SELECT a FROM t UNION ALL SELECT k FROM c WHERE k < 3) SELECT * FROM c",
    "SELECT id AS a, a AS id FROM t ORDER BY id",
    "SELECT j.key, j.value, j.atom FROM t, json_each(t.x) AS j",
    "SELECT sum(a) OVER (ORDER BY id), first_value(b) OVER (ORDER BY id) FROM t",
];

/// What SQLite calls a type of this affinity in a view, where it names none of its own.
fn affinity_of(declared: &str) -> Option<Affinity> {
    match declared {
        "" => None,
        declared => Some(Affinity::of_declared_type(declared)),
    }
}

/// BLOB and none convert nothing, and SQLite tells them apart in places only.
fn is_same(ours: Option<Affinity>, theirs: Option<Affinity>) -> bool {
    let converts = |affinity: Option<Affinity>| affinity.filter(|affinity| *affinity != Affinity::Blob);
    converts(ours) == converts(theirs)
}

#[derive(Debug, Default)]
struct Tally {
    queries: usize,
    columns: usize,
    /// Columns whose type SQLite decides by rules that are not modelled here.
    unknown: usize,
    wrong: Vec<String>,
}

fn check(sql: &str, session: &mut Session<'_>, tally: &mut Tally) {
    let view = format!("CREATE TEMP VIEW of_a_test AS {sql}");
    let mut run = |sql: &str| {
        let run = Script { sql, params: &Params::None, owner: TransactionOwner::Script };
        session.run(&run, &mut |_, _| true).1.is_ok()
    };
    if sql.contains('?') || !run(&view) {
        return;
    }
    let columns = session.select("SELECT name, type FROM pragma_table_xinfo('of_a_test') ORDER BY cid", &[]);
    let run = Script { sql: "DROP VIEW of_a_test", params: &Params::None, owner: TransactionOwner::Script };
    session.run(&run, &mut |_, _| true).1.expect("the view goes");
    let (Ok(columns), Ok(catalog)) = (columns, session.catalog()) else { return };
    let arena = Arena::default();
    let Ok(bound) = bind(sql, &catalog, &arena) else { return };
    tally.queries += 1;
    let ours: &[Output] = &bound.bound.query.outputs;
    let text = |value: Option<ValueRef<'_>>| match value {
        Some(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
        _ => String::new(),
    };
    if ours.len() != columns.len() && bound.dependencies().every_commit.is_some() {
        // A wildcard over a table that the catalog does not list.
        return;
    }
    if ours.len() != columns.len() {
        return tally.wrong.push(format!("{sql}\n    has {} columns, not {}", columns.len(), ours.len()));
    }
    for (at, (own, row)) in ours.iter().zip(&columns).enumerate() {
        tally.columns += 1;
        let (name, declared) = (text(row.get(0)), text(row.get(1)));
        let Some(affinity) = own.value_type.affinity else {
            tally.unknown += 1;
            continue;
        };
        if !is_same(affinity, affinity_of(&declared)) {
            tally.wrong.push(format!("{sql}\n    column {at} ({name}) is {declared:?}, not {affinity:?}"));
        }
    }
}

#[test]
fn columns_are_those_of_a_view() {
    let mut storage = Storage::open(&Location::Memory, &Options::default()).expect("an in-memory database");
    let mut session = storage.session();
    let run = Script { sql: SCHEMA, params: &Params::None, owner: TransactionOwner::Script };
    session.run(&run, &mut |_, _| true).1.expect("the schema");
    let mut tally = Tally::default();
    QUERIES.iter().for_each(|sql| check(sql, &mut session, &mut tally));
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    assert_eq!(tally.queries, QUERIES.len(), "{tally:?}");
    assert!(tally.unknown * 10 < tally.columns, "{tally:?}");
}

fn survey(set: &str) {
    let mut tally = Tally::default();
    let is_there = each_query(set, |sql, session| {
        if !session.has_open_transaction() {
            check(sql, session, &mut tally);
        }
    });
    if !is_there {
        return;
    }
    eprintln!("{set}: {} queries, {} columns, {} unknown", tally.queries, tally.columns, tally.unknown);
    tally.wrong.iter().for_each(|wrong| eprintln!("wrong: {wrong}"));
    assert!(tally.wrong.is_empty(), "{} columns are others", tally.wrong.len());
}

#[test]
fn columns_are_those_of_a_view_in_sqlites_own_tests() {
    survey("sqlite-tcl");
}

#[test]
fn columns_are_those_of_a_view_in_bug_reports() {
    survey("turso-sqltest");
}

#[test]
fn columns_are_those_of_a_view_in_view_maintenance_tests() {
    survey("ivm");
}
