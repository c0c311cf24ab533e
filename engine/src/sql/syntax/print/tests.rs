//! Printed trees against the texts they were read from: SQLite makes the same program of both.

use sqlite3_parser::Bump;
use sqlite3_parser::ast::OneSelect;

use super::text;
use crate::api::options::{Location, Options};
use crate::sql::corpus::each_query;
use crate::sql::syntax::parse;
use crate::storage::{Script, Session, Storage, TransactionOwner};
use crate::types::{Params, Row};

/// The program that SQLite makes of a text.
fn program(session: &mut Session<'_>, sql: &str) -> Result<Vec<Row>, String> {
    session.select(&format!("EXPLAIN {sql}"), &[]).map_err(|error| error.to_string())
}

#[derive(Debug, Default)]
struct Tally {
    printed: usize,
    same_program: usize,
    same_rows: usize,
    refused: Vec<String>,
    other: Vec<String>,
}

fn check(sql: &str, session: &mut Session<'_>, tally: &mut Tally) {
    let arena = Bump::new();
    let Ok(tree) = parse::query(sql, &arena) else { return };
    let Ok(expected) = program(session, sql) else { return };
    tally.printed += 1;
    let printed = text(tree.select);
    match program(session, &printed) {
        Ok(program) if program == expected => tally.same_program += 1,
        Ok(_) => match (session.select(sql, &[]), session.select(&printed, &[])) {
            (Ok(rows), Ok(others)) if rows == others => {
                eprintln!("another program: {sql}\n    {printed}");
                tally.same_rows += 1;
            }
            _ => tally.other.push(format!("{sql}\n    {printed}")),
        },
        Err(error) => tally.refused.push(format!("{error}\n    {sql}\n    {printed}")),
    }
}

/// `expected_refusals` have columns that are called by the text of an expression, which is not what is printed.
fn survey(set: &str, expected_refusals: usize) {
    let mut tally = Tally::default();
    if !each_query(set, |sql, session| check(sql, session, &mut tally)) {
        return;
    }
    eprintln!(
        "{set}: {} printed, {} the same program, {} the same rows, {} refused, {} other",
        tally.printed,
        tally.same_program,
        tally.same_rows,
        tally.refused.len(),
        tally.other.len()
    );
    tally.refused.iter().for_each(|refused| eprintln!("refused: {refused}"));
    tally.other.iter().for_each(|other| eprintln!("other: {other}"));
    assert_eq!((tally.refused.len(), tally.other.len()), (expected_refusals, 0), "not what was read");
}

#[test]
fn what_is_printed_is_what_was_read_in_sqlites_own_tests() {
    survey("sqlite-tcl", 1);
}

#[test]
fn what_is_printed_is_what_was_read_in_bug_reports() {
    survey("turso-sqltest", 0);
}

#[test]
fn what_is_printed_is_what_was_read_in_view_maintenance_tests() {
    survey("ivm", 0);
}

#[test]
fn what_is_printed_is_what_was_read_in_fuzzed_scripts() {
    survey("sqlite-fuzz", 0);
}

#[test]
fn what_is_printed_is_what_was_read_in_sqllogictest() {
    survey("slt", 0);
}

#[test]
fn every_form_keeps_its_program() {
    const SCHEMA: &str = "
        CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT COLLATE NOCASE, \"c d\", [select], \"say \"\"it\"\"\");
        CREATE INDEX t_a ON t(a);
        CREATE TABLE u(a, \"it's\");";
    let mut storage = Storage::open(&Location::Memory, &Options::default()).expect("an in-memory database");
    let mut session = storage.session();
    let run = Script { sql: SCHEMA, params: &Params::None, owner: TransactionOwner::Script };
    session.run(&run, &mut |_, _| true).1.expect("the schema");
    let mut tally = Tally::default();
    let forms = [
        "SELECT t.\"c d\", `select`, [say \"it\"], \"say \"\"it\"\"\", main.t.\"select\", t.'a' FROM t",
        "SELECT 'it''s', \"no such column\", x'0a', X'', 1e3, .5, 1., 0x1F, 1_000, 9223372036854775808, -9223372036854775808",
        "SELECT a 'alias', b AS \"an alias\", id [third] FROM t AS 'T' WHERE T.a = 1",
        "SELECT - - 1, + - ~ 1, NOT NOT a, -(-1), 1 - -1, 1 - - 1, ~ -1 FROM t",
        "SELECT a -> '$.x', a ->> '$.x', a || b || 'c' -> 1 FROM t",
        "SELECT a IS NOT DISTINCT FROM b, a IS DISTINCT FROM b, a IS NOT b, a IS NOT NULL, a NOTNULL, a NOT NULL, a ISNULL FROM t",
        "SELECT NOT a IS b, (NOT a) IS b, NOT (a IS b), a = b IS NOT NULL, a BETWEEN 1 AND 2 AND b, a NOT BETWEEN b AND 3 FROM t",
        "SELECT a LIKE b ESCAPE '\\', a NOT GLOB 'x*', b COLLATE nocase COLLATE \"binary\" FROM t",
        "SELECT CAST(a AS VARCHAR(10)), CAST(b AS DECIMAL(10, -2)), CAST(a AS \"my type\" int), CAST(a AS 'x'), CAST(a AS) FROM t",
        "SELECT a IN (), a IN (1), a NOT IN (1, 2), a IN (SELECT a FROM u), (a, b) IN (SELECT * FROM u), a IN pragma_user_version, a IN pragma_page_size() FROM t",
        "SELECT (1, 2) = (a, b), (a, b) > (SELECT a, 'x' FROM u), EXISTS (SELECT 1), NOT EXISTS (VALUES (1), (2)) FROM t",
        "SELECT CASE a WHEN 1 THEN 2 END, CASE WHEN a THEN b ELSE CASE WHEN b THEN a END END FROM t",
        "SELECT count(*), count(DISTINCT a), group_concat(a, ',' ORDER BY b DESC NULLS LAST), max(a) FILTER (WHERE b > 1), total(ALL a) FROM t",
        "SELECT sum(a) OVER (), rank() OVER w, sum(a) FILTER (WHERE a) OVER (w ROWS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE TIES), \
         lag(a, 1) OVER (PARTITION BY b, a ORDER BY id RANGE CURRENT ROW EXCLUDE NO OTHERS) FROM t WINDOW w AS (PARTITION BY b ORDER BY a), v AS (w)",
        "SELECT * FROM t, u JOIN t AS x USING (a) CROSS JOIN u AS y LEFT JOIN t z ON z.a = y.a",
        "SELECT x.* FROM u NATURAL JOIN t NATURAL LEFT OUTER JOIN u AS x FULL JOIN u AS y ON 1 RIGHT JOIN t AS z ON 0",
        "SELECT * FROM (t JOIN u USING (a)) JOIN (u AS v JOIN t AS w ON v.a = w.a) AS x ON 1, (SELECT 1 AS one) y, ((json_each(1) AS last))",
        "SELECT * FROM t INDEXED BY t_a WHERE a = 1",
        "SELECT a FROM t NOT INDEXED WHERE a = 1 GROUP BY a, 1 HAVING count(*) > 1 ORDER BY 1 DESC, a COLLATE nocase ASC NULLS FIRST LIMIT 1, 2",
        "SELECT s.value FROM json_tree('[1]', '$') AS s, json_each('[1]') WHERE s.value = json_each.value",
        "WITH RECURSIVE c(i, \"j k\") AS NOT MATERIALIZED (SELECT 1, 2 UNION ALL SELECT i + 1, i FROM c WHERE i < 3 LIMIT 9), \
         d AS MATERIALIZED (VALUES (1), (2)) SELECT * FROM c, d, (WITH e AS (SELECT 1) SELECT * FROM e)",
        "SELECT a FROM t UNION SELECT a FROM u EXCEPT VALUES (1) INTERSECT SELECT 2 UNION ALL SELECT 3 ORDER BY 1",
        "VALUES (1, 'a'), (2, 'b'), (3, NULL)",
        "SELECT CURRENT_TIME, CURRENT_DATE, current_timestamp, TRUE, false, \"true\", a IS TRUE, a IS NOT FALSE FROM t",
        "SELECT DISTINCT key, filter, over, window.first FROM (SELECT 1 AS key, 2 AS filter, 3 AS over, 4 AS first) AS window",
        "SELECT ALL abs(?), ?7, :name, @other, $third, :name, $v::w(x)",
        "SELECT 'a' 'b', x'00' 'c', 1 d, \"e\" \"f\"",
        "SELECT left.a AS left, b AS \"left\" FROM t AS left LEFT JOIN u AS right ON left.a = right.a",
    ];
    for form in forms {
        program(&mut session, form).unwrap_or_else(|error| panic!("{form}: {error}"));
        check(form, &mut session, &mut tally);
    }
    assert_eq!((tally.printed, tally.same_program), (forms.len(), forms.len()), "{tally:#?}");
}

#[test]
fn pieces_make_new_statements() {
    let arena = Bump::new();
    let sql = "SELECT a + 1 AS x, t.* FROM t LEFT JOIN (u) AS v ON v.a = ?, main.w NOT INDEXED \
               WHERE (a = ? OR b) AND c IN (:x, ?) ORDER BY a DESC NULLS LAST, 2";
    let tree = parse::query(sql, &arena).expect("a SELECT");
    let OneSelect::Select { columns, from, where_clause, .. } = &tree.select.body.select else { panic!("a SELECT") };
    let columns: Vec<_> = columns.iter().map(text).collect();
    assert_eq!(columns, ["a + 1 AS x", "t.*"]);
    let from = from.as_ref().expect("FROM");
    assert_eq!(text(from), "t LEFT OUTER JOIN (u) AS v ON v.a = ?1, main.w NOT INDEXED");
    let tables: Vec<_> = from.joins.iter().flatten().map(|join| text(&join.table)).collect();
    assert_eq!(tables, ["(u) AS v", "main.w NOT INDEXED"]);
    assert_eq!(text(where_clause.expect("WHERE")), "(a = ?2 OR b) AND c IN (?3, ?4)");
    let terms: Vec<_> = tree.select.order_by.into_iter().flatten().map(text).collect();
    assert_eq!(terms, ["a DESC NULLS LAST", "2"]);
}

#[test]
fn a_deep_tree_is_printed_on_a_small_stack() {
    let texts = [
        format!("SELECT 1{}", " + 1".repeat(990)),
        format!("SELECT {}1{}", "(".repeat(900), ")".repeat(900)),
        format!("SELECT {}1", "NOT ".repeat(900)),
        format!("SELECT {}1{}", "abs(".repeat(900), ")".repeat(900)),
        format!("SELECT {}1{}", "CASE WHEN ".repeat(300), " THEN 1 END".repeat(300)),
        format!("SELECT {}1{}", "(SELECT ".repeat(300), ")".repeat(300)),
        format!("SELECT * FROM {}t{}", "(".repeat(300), ")".repeat(300)),
    ];
    // The stack of a browser's worker is about this small.
    let small = std::thread::Builder::new().stack_size(1 << 20);
    let run = small.spawn(move || {
        for sql in texts {
            let arena = Bump::new();
            let tree = parse::query(&sql, &arena).unwrap_or_else(|unparsed| panic!("{sql}: {}", unparsed.reason));
            assert_eq!(text(tree.select).replace(' ', ""), sql.replace(' ', ""));
        }
    });
    run.expect("a thread").join().expect("no overflow");
}
