//! What queries are found to depend on, form by form.

use crate::api::options::{Location, Options};
use crate::plan::{Columns, Dependencies, Operand, Predicate, Relation, Slot, Source};
use crate::storage::{Script, Storage, TransactionOwner};
use crate::types::{Affinity, Params, SortedSet, Value};

const SCHEMA: &str = "
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT COLLATE NOCASE, c TEXT, r REAL);
CREATE TABLE u(id INTEGER PRIMARY KEY, t_id INT, x);
CREATE TABLE k(p TEXT, q INT, v, PRIMARY KEY (p, q)) WITHOUT ROWID;
CREATE TABLE g(a INT, v INT AS (a + 1) VIRTUAL, s INT AS (a + 2) STORED);
CREATE TABLE h(a INT);
CREATE TABLE n(name TEXT PRIMARY KEY, w);
CREATE VIEW tv AS SELECT id, upper(c) AS loud FROM t WHERE a = 7;
CREATE VIEW tvv(one) AS SELECT loud FROM tv JOIN u USING (id);
CREATE VIRTUAL TABLE docs USING fts5(title, body, content='n');
CREATE TABLE sqliteish(a INT AUTO);
CREATE VIEW u_view AS SELECT x FROM u;
";

fn dependencies(sql: &str) -> Dependencies {
    let mut storage = Storage::open(&Location::Memory, &Options::default()).expect("an in-memory database");
    let mut session = storage.session();
    let run = Script { sql: SCHEMA, params: &Params::None, owner: TransactionOwner::Script };
    session.run(&run, &mut |_, _| true).1.expect("the schema");
    session.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let catalog = session.catalog().expect("a catalog");
    super::dependencies(sql, &catalog).unwrap_or_else(|unparsed| panic!("{sql}: {}", unparsed.reason))
}

/// `table(columns)` of each source, in order.
fn reads(sql: &str) -> String {
    let source = |source: &Source| match &source.columns {
        Columns::All => format!("{}(*)", source.table),
        Columns::Some(columns) => {
            let columns: Vec<_> = columns.iter().map(ToString::to_string).collect();
            format!("{}({})", source.table, columns.join(","))
        }
    };
    let mut sources: Vec<_> = dependencies(sql).sources.iter().map(source).collect();
    sources.sort();
    sources.join(" ")
}

fn predicates(sql: &str) -> Vec<(String, Predicate)> {
    let sources = dependencies(sql).sources.into_iter();
    sources.flat_map(|source| source.predicates.into_iter().map(move |p| (source.table.to_string(), p))).collect()
}

fn equal(table: &str, column: usize, any_of: Vec<Operand>) -> (String, Predicate) {
    predicate(table, column, Relation::Equal, any_of)
}

fn predicate(table: &str, column: usize, relation: Relation, any_of: Vec<Operand>) -> (String, Predicate) {
    let collation = if (table, column) == ("main.t", 2) { "NOCASE" } else { "BINARY" }.to_owned();
    let affinity = match (table, column) {
        ("main.t", 2 | 3) => Affinity::Text,
        ("main.t", 4) => Affinity::Real,
        ("main.u", 2) => Affinity::Blob,
        _ => Affinity::Integer,
    };
    (table.to_owned(), Predicate { column, relation, affinity, collation, any_of })
}

fn literal(value: impl Into<Value>) -> Operand {
    Operand::Literal(value.into())
}

#[test]
fn columns_are_found_in_their_scopes() {
    for (sql, expected) in [
        ("SELECT count(*) FROM t", "main.t()"),
        ("SELECT a FROM t", "main.t(1)"),
        ("SELECT T.\"A\", [c] FROM t AS T ORDER BY `r`", "main.t(1,3,4)"),
        ("SELECT * FROM u", "main.u(0,1,2)"),
        ("SELECT u.* FROM t, u WHERE t.id = t_id", "main.t(0) main.u(0,1,2)"),
        ("SELECT rowid FROM t", "main.t(0)"),
        ("SELECT oid, _rowid_ FROM h", "main.h()"),
        ("SELECT 1 FROM h WHERE \"no such column\" = a", "main.h(0)"),
        ("SELECT x FROM t JOIN u USING (id)", "main.t(0) main.u(0,2)"),
        ("SELECT x FROM t NATURAL JOIN u", "main.t(0) main.u(0,2)"),
        ("SELECT (SELECT x FROM u WHERE t_id = t.id AND a = 1) FROM t", "main.t(0,1) main.u(1,2)"),
        ("SELECT a AS z FROM t WHERE z > 1 GROUP BY z HAVING max(c) > 'x'", "main.t(1,3)"),
        ("SELECT y FROM (SELECT a AS y, b FROM t)", "main.t(1,2)"),
        ("SELECT one FROM tvv", "main.t(0,1,3) main.u(0)"),
        ("WITH t AS (SELECT x FROM u) SELECT * FROM t", "main.u(2)"),
        ("WITH one AS (SELECT x FROM two), two AS (SELECT x FROM u) SELECT 1 FROM one", "main.u(2)"),
        ("WITH never AS (SELECT a FROM t) SELECT x FROM u", "main.u(2)"),
        (
            "WITH RECURSIVE up(i) AS (SELECT id FROM t UNION SELECT u.id FROM u, up WHERE t_id = i) SELECT i FROM up",
            "main.t(0) main.u(0,1)",
        ),
        ("SELECT 1 FROM t WHERE a IN h", "main.h(0) main.t(1)"),
        ("SELECT 1 FROM t WHERE (id, a) = (SELECT id, t_id FROM u)", "main.t(0,1) main.u(0,1)"),
        ("SELECT value FROM t, json_each(t.c)", "main.t(3)"),
        ("SELECT a FROM t UNION SELECT x FROM u ORDER BY 1", "main.t(1) main.u(2)"),
        ("SELECT sum(a) OVER w FROM t WINDOW w AS (PARTITION BY b ORDER BY r)", "main.t(1,2,4)"),
        ("SELECT a, s FROM g", "main.g(0,2)"),
        ("SELECT v FROM g", "main.g(*)"),
        ("SELECT p FROM k NOT INDEXED WHERE v NOTNULL AND q NOT NULL", "main.k(0,1,2)"),
        ("VALUES (1), ((SELECT a FROM t))", "main.t(1)"),
        ("SELECT (SELECT a), (SELECT c AS c) FROM t", "main.t(1,3)"),
        ("SELECT x FROM (t), ((u)) WHERE t.id = u.id", "main.t(0) main.u(0,2)"),
        ("SELECT x FROM t, u ON t.id = t_id", "main.t(0) main.u(1,2)"),
        ("SELECT x FROM (t JOIN u ON t.id = t_id)", "main.t(0) main.u(1,2)"),
        ("SELECT p FROM k, (t JOIN u USING (id))", "main.k(0) main.t(0,1,2,3,4) main.u(0,1,2)"),
        ("SELECT p FROM k, (t AS lost) WHERE t.id", "main.k(0) main.t(0)"),
        ("SELECT p FROM k JOIN ((t)) AS kept ON kept.id", "main.k(0) main.t(0)"),
        ("SELECT 1 FROM h WHERE h.a IN u_view", "main.h(0) main.u(2)"),
        ("SELECT a FROM h WHERE TRUE AND a = false", "main.h(0)"),
        ("SELECT main.h.a FROM h", "main.h(0)"),
        ("SELECT 'now' || a -> '$.x' FROM h", "main.h(0)"),
        ("SELECT sum(a) over FROM t over", "main.t(1)"),
    ] {
        assert_eq!(reads(sql), expected, "{sql}");
    }
}

#[test]
fn a_full_text_table_is_its_shadow_tables_and_its_content() {
    let tables: SortedSet<_> = dependencies("SELECT title FROM docs WHERE docs MATCH ?")
        .sources
        .into_iter()
        .map(|source| source.table.to_string())
        .collect();
    for table in ["main.docs_data", "main.docs_idx", "main.docs_docsize", "main.docs_config", "main.n"] {
        assert!(tables.contains(table), "{table} is not in {tables:?}");
    }
}

#[test]
fn comparisons_with_constants_are_predicates() {
    let position = |at| Operand::Parameter(Slot::Position(at));
    let name = |name: &str| Operand::Parameter(Slot::Name(name.to_owned()));
    for (sql, expected) in [
        ("SELECT a FROM t WHERE id = ?", vec![equal("main.t", 0, vec![position(1)])]),
        ("SELECT ?, ?5, a FROM t WHERE ? = id", vec![equal("main.t", 0, vec![position(6)])]),
        (
            "SELECT :x, ? FROM t WHERE a = :x AND c = ?",
            vec![equal("main.t", 1, vec![name("x")]), equal("main.t", 3, vec![position(3)])],
        ),
        (
            "SELECT a FROM t WHERE (a) == -1 AND 'x' = (b)",
            vec![equal("main.t", 1, vec![literal(-1)]), equal("main.t", 2, vec![literal("x")])],
        ),
        (
            "SELECT a FROM t WHERE rowid IN (1, ?, NULL)",
            vec![equal("main.t", 0, vec![literal(1), position(1), literal(())])],
        ),
        (
            "SELECT a FROM t WHERE a = 1 OR (a = 2 OR a IN (3))",
            vec![equal("main.t", 1, vec![literal(1), literal(2), literal(3)])],
        ),
        ("SELECT c FROM t WHERE c = \"no column\"", vec![equal("main.t", 3, vec![literal("no column")])]),
        ("SELECT x FROM t JOIN u ON t_id = 5 AND t.id = u.id", vec![equal("main.u", 1, vec![literal(5)])]),
        ("SELECT x FROM t LEFT JOIN u ON t_id = 5 AND a = 1", vec![equal("main.u", 1, vec![literal(5)])]),
        ("SELECT x FROM t LEFT JOIN u ON t.id = t_id WHERE x = 5", vec![equal("main.u", 2, vec![literal(5)])]),
        ("SELECT * FROM tv", vec![equal("main.t", 1, vec![literal(7)])]),
        ("SELECT a FROM h WHERE a = TRUE", vec![equal("main.h", 0, vec![literal(1)])]),
        ("SELECT a FROM t WHERE a = ? LIMIT ?, ?", vec![equal("main.t", 1, vec![position(1)])]),
        (
            "SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM u WHERE x = 5 AND a = 1)",
            vec![equal("main.u", 2, vec![literal(5)])],
        ),
    ] {
        assert_eq!(predicates(sql), expected, "{sql}");
    }
}

#[test]
fn bounds_are_predicates() {
    use Relation::{AtLeast, AtMost, Greater, Less};
    let position = |at| vec![Operand::Parameter(Slot::Position(at))];
    for (sql, expected) in [
        ("SELECT a FROM t WHERE r > ?", vec![predicate("main.t", 4, Greater, position(1))]),
        ("SELECT a FROM t WHERE ? > r", vec![predicate("main.t", 4, Less, position(1))]),
        ("SELECT a FROM t WHERE 'x' <= b", vec![predicate("main.t", 2, AtLeast, vec![literal("x")])]),
        ("SELECT a FROM t WHERE a >= -2", vec![predicate("main.t", 1, AtLeast, vec![literal(-2)])]),
        (
            "SELECT a FROM t WHERE c BETWEEN ? AND ?",
            vec![predicate("main.t", 3, AtLeast, position(1)), predicate("main.t", 3, AtMost, position(2))],
        ),
        ("SELECT a FROM t WHERE a BETWEEN id AND 7", vec![predicate("main.t", 1, AtMost, vec![literal(7)])]),
        ("SELECT a FROM t WHERE a < 1 OR 5 > a", vec![predicate("main.t", 1, Less, vec![literal(1), literal(5)])]),
        (
            "SELECT x FROM t LEFT JOIN u ON t.id = t_id WHERE x < 5",
            vec![predicate("main.u", 2, Less, vec![literal(5)])],
        ),
        ("SELECT a FROM t WHERE a NOT BETWEEN 1 AND 2", vec![]),
        ("SELECT a FROM t WHERE NOT a < 1", vec![]),
        ("SELECT a FROM t WHERE a < 1 OR a > 5", vec![]),
        ("SELECT a FROM t WHERE a + 0 < 1", vec![]),
        ("SELECT a FROM t WHERE a < id", vec![]),
        ("SELECT a FROM t LEFT JOIN u ON a < 1", vec![]),
        ("SELECT a FROM g WHERE v < 1", vec![]),
    ] {
        assert_eq!(predicates(sql), expected, "{sql}");
    }
    let collation = |sql| predicates(sql).remove(0).1.collation;
    assert_eq!(collation("SELECT a FROM t WHERE c BETWEEN 'x' COLLATE rtrim AND 'z'"), "RTRIM");
    assert_eq!(collation("SELECT a FROM t WHERE 'x' COLLATE binary < b COLLATE rtrim"), "BINARY");
}

/// `table: joins: column` of each source that joins lead from, in order.
fn path_lookups(sql: &str) -> String {
    let lookup = |source: &Source| {
        let paths = source.path_lookups.iter().map(|lookup| {
            let steps = lookup.path.steps.iter().map(|step| {
                let on: Vec<_> = step.on.iter().map(|(one, other)| format!("{one}={other}")).collect();
                format!("{} {}", on.join(","), step.name)
            });
            format!("{}: {}: {}", source.table, steps.collect::<Vec<_>>().join(" "), lookup.path.column)
        });
        paths.collect::<Vec<_>>()
    };
    let mut path_lookups: Vec<_> = dependencies(sql).sources.iter().flat_map(lookup).collect();
    path_lookups.sort();
    path_lookups.join("; ").replace("\"main\".", "").replace('"', "")
}

#[test]
fn joins_lead_to_constants() {
    for (sql, expected) in [
        ("SELECT a FROM t JOIN u ON t_id = a WHERE x = ?", "main.t: a=t_id u: x"),
        (
            "SELECT 1 FROM t, u, h WHERE h.a = t_id AND t_id = t.id AND x IS 5",
            "main.h: a=t_id u: x; main.t: id=t_id u: x",
        ),
        (
            "SELECT t.a FROM u JOIN t USING (id) JOIN h ON h.a = t.a WHERE x = 1",
            "main.h: a=a t id=id u: x; main.t: id=id u: x",
        ),
        ("SELECT 1 FROM t JOIN t s ON s.a = t.id WHERE s.c = 'x'", "main.t: id=a t: c"),
        ("SELECT 1 FROM u WHERE EXISTS (SELECT 1 FROM t JOIN h ON h.a = t.a WHERE c = ?)", "main.h: a=a t: c"),
        ("SELECT a FROM t JOIN u ON t_id = a AND u.id = t.id WHERE x = ?", "main.t: a=t_id,id=id u: x"),
        // What is compared with a constant itself is found by it.
        ("SELECT a FROM t JOIN u ON t_id = a WHERE x = ? AND t.id = 7", ""),
        ("SELECT a FROM t JOIN u ON t_id = a WHERE t_id = ?", ""),
        // A row that finds no match is there all the same.
        ("SELECT a FROM t LEFT JOIN u ON t_id = a AND x = ?", ""),
        ("SELECT a FROM t LEFT JOIN u ON x = ? WHERE t_id = a", ""),
        ("SELECT a FROM u RIGHT JOIN t ON t_id = a WHERE x = ?", ""),
        // Other types and sequences, expressions, and values that no hook shows.
        ("SELECT a FROM t JOIN u ON x = a WHERE t_id = ?", ""),
        ("SELECT c FROM t JOIN k ON b = p WHERE v = ?", ""),
        ("SELECT c FROM t JOIN k ON c = p COLLATE NOCASE WHERE v = ?", ""),
        ("SELECT t.a FROM t JOIN u ON t_id = t.a + 1 WHERE x = ?", ""),
        ("SELECT t.a FROM t JOIN g ON g.v = t.a WHERE g.s = ?", ""),
        ("SELECT t.a FROM t JOIN u ON t_id > t.a WHERE x = ?", ""),
        ("SELECT t.a FROM t JOIN u ON t_id = t.a OR x = 1 WHERE x = ?", ""),
        ("SELECT t.a FROM t JOIN u ON t_id = t.a WHERE x > ?", ""),
    ] {
        assert_eq!(path_lookups(sql), expected, "{sql}");
    }
}

#[test]
fn what_is_joined_by_equality_is_compared_alike() {
    let position = |at| vec![Operand::Parameter(Slot::Position(at))];
    for (sql, expected) in [
        (
            "SELECT 1 FROM t JOIN u ON t_id = a WHERE a = ?",
            vec![equal("main.t", 1, position(1)), equal("main.u", 1, position(1))],
        ),
        (
            "SELECT 1 FROM t, u, h WHERE h.a = t_id AND t_id > ? AND t.id = h.a",
            vec![
                predicate("main.t", 0, Relation::Greater, position(1)),
                predicate("main.u", 1, Relation::Greater, position(1)),
                predicate("main.h", 0, Relation::Greater, position(1)),
            ],
        ),
        ("SELECT 1 FROM t LEFT JOIN u ON t_id = a WHERE a = ?", vec![equal("main.t", 1, position(1))]),
        ("SELECT 1 FROM t JOIN u ON x = a WHERE a = ?", vec![equal("main.t", 1, position(1))]),
    ] {
        assert_eq!(predicates(sql), expected, "{sql}");
    }
}

#[test]
fn what_filters_not_every_row_is_no_predicate() {
    for sql in [
        "SELECT a FROM t WHERE a = 1 OR c = 2",
        "SELECT a FROM t WHERE NOT a = 1",
        "SELECT a FROM t WHERE +a = 1",
        "SELECT a FROM t WHERE a = 1 + 1",
        "SELECT a FROM t WHERE a = CAST('1' AS INT)",
        "SELECT a FROM t WHERE a NOT IN (1)",
        "SELECT a FROM t WHERE a <> 1",
        "SELECT a FROM t WHERE (a = 1) IS NULL",
        "SELECT a FROM t WHERE a = 1 = 0",
        "SELECT a FROM t WHERE a = 1 < 1",
        "SELECT a FROM t WHERE a IS TRUE",
        "SELECT a FROM t WHERE a IS NOT 1",
        "SELECT a = 1 FROM t",
        "SELECT a FROM t GROUP BY a HAVING a = 1",
        "SELECT a FROM t LEFT JOIN u ON a = 1",
        "SELECT a FROM t RIGHT JOIN u ON a = 1",
        "SELECT x FROM t LEFT JOIN u ON t.id = t_id WHERE x IS NULL",
        "SELECT x FROM t LEFT JOIN u ON t.id = t_id WHERE x IS ?",
        "SELECT a FROM t WHERE (SELECT max(t_id) FROM u WHERE t.a = 1)",
        "SELECT x FROM (SELECT x FROM u) WHERE x = 1",
        "SELECT a + 1 AS z FROM t WHERE z = 1",
        "SELECT v FROM g WHERE v = 1",
        "SELECT id FROM t JOIN u USING (id) WHERE id = 1",
    ] {
        assert_eq!(predicates(sql), [], "{sql}");
    }
}

#[test]
fn the_comparison_decides_the_collation() {
    for (sql, collation) in [
        ("SELECT a FROM t WHERE b = 'x'", "NOCASE"),
        ("SELECT a FROM t WHERE b COLLATE binary = 'x'", "BINARY"),
        ("SELECT a FROM t WHERE c = 'x' COLLATE rtrim", "RTRIM"),
        ("SELECT a FROM t WHERE 'x' COLLATE nocase = c COLLATE rtrim", "NOCASE"),
        ("SELECT a FROM t WHERE (c COLLATE NOCASE) IN ('x')", "NOCASE"),
    ] {
        let collations: Vec<_> = predicates(sql).into_iter().map(|(_, predicate)| predicate.collation).collect();
        assert_eq!(collations, [collation], "{sql}");
    }
}

#[test]
fn what_no_hook_reports_depends_on_every_commit() {
    for sql in [
        "SELECT * FROM sqlite_temp_schema",
        "SELECT name FROM temp.sqlite_master",
        "SELECT changes()",
        "SELECT a FROM t WHERE id = last_insert_rowid()",
        "SELECT schema_version FROM pragma_schema_version",
    ] {
        assert!(dependencies(sql).every_commit.is_some(), "{sql}");
    }
    for sql in [
        "SELECT a FROM t",
        "SELECT value FROM json_each('[1]')",
        "SELECT title FROM docs",
        "SELECT * FROM sqlite_schema",
        "SELECT name FROM main.sqlite_master",
        "SELECT name FROM pragma_table_info('t')",
    ] {
        assert_eq!(dependencies(sql).every_commit, None, "{sql}");
    }
}

#[test]
fn clocks_and_dice_are_told() {
    for (sql, function) in [
        ("SELECT random() FROM t", "random"),
        ("SELECT CURRENT_TIMESTAMP", "current_timestamp"),
        ("SELECT date('now', '-1 day')", "date"),
        ("SELECT a FROM t WHERE r > julianday()", "julianday"),
        ("SELECT strftime('%s')", "strftime"),
    ] {
        assert!(dependencies(sql).nondeterministic.contains(function), "{sql}");
    }
    for sql in ["SELECT date(c), strftime('%Y', c) FROM t", "SELECT datetime(?)"] {
        assert_eq!(dependencies(sql).nondeterministic, SortedSet::new(), "{sql}");
    }
}

#[test]
fn answers_that_the_rows_decide_do_not_depend_on_the_plan() {
    for sql in [
        "SELECT * FROM t WHERE a = ? ORDER BY id DESC LIMIT 50",
        "SELECT t.c, u.x FROM u JOIN t ON t.id = u.t_id ORDER BY u.id LIMIT 50 OFFSET 50",
        "SELECT u.x, t.c FROM u LEFT JOIN t ON t.id = u.t_id WHERE u.x = 1 ORDER BY u.x, u.id LIMIT 50",
        "SELECT v FROM k ORDER BY q, p LIMIT 5",
        "SELECT v FROM k WHERE p = ? ORDER BY q LIMIT 5",
        "SELECT w FROM n WHERE name = ? LIMIT 1",
        "SELECT a FROM h ORDER BY rowid LIMIT 5",
        "SELECT c FROM t ORDER BY c LIMIT 5",
        "SELECT c, count(*) AS n FROM t GROUP BY c ORDER BY n DESC, c LIMIT 10",
        "SELECT count(*), max(c), sum(a), min(r) FROM t LIMIT 1",
        "SELECT (SELECT c FROM t WHERE t.id = u.t_id) FROM u",
        "SELECT t.id, t.c, count(u.id) FROM t LEFT JOIN u ON u.t_id = t.id GROUP BY t.id",
        "SELECT DISTINCT c FROM t",
        "SELECT a FROM t UNION SELECT t_id FROM u",
        "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE t_id = t.id LIMIT 1)",
        "SELECT group_concat(c ORDER BY c) FROM t",
        "SELECT max(a, 1), coalesce(c, '') FROM t",
    ] {
        assert_eq!(dependencies(sql).order_dependence, None, "{sql}");
    }
}

#[test]
fn answers_that_the_plan_decides_are_told() {
    for sql in [
        "SELECT * FROM t LIMIT 5",
        "SELECT * FROM t ORDER BY a LIMIT 5",
        "SELECT a AS id, c FROM t ORDER BY id LIMIT 5",
        "SELECT t.c FROM t JOIN u ON u.t_id = t.id ORDER BY t.id LIMIT 5",
        "SELECT t.c FROM t LEFT JOIN u ON u.t_id = t.id ORDER BY u.id LIMIT 5",
        "SELECT u.x FROM t RIGHT JOIN u ON u.t_id = t.id ORDER BY t.id LIMIT 5",
        "SELECT w FROM n ORDER BY name LIMIT 1",
        "SELECT b FROM t ORDER BY b LIMIT 5",
        "SELECT c, count(*) AS n FROM t GROUP BY c ORDER BY n DESC LIMIT 10",
        "SELECT (SELECT x FROM u WHERE t_id = t.id) FROM t",
        "SELECT group_concat(c) FROM t",
        "SELECT c, max(a) FROM t",
        "SELECT c, count(*) FROM t GROUP BY a",
        "SELECT sum(r) FROM t",
        "SELECT DISTINCT x FROM u",
        "SELECT DISTINCT b FROM t",
        "SELECT x FROM u UNION SELECT a FROM t",
        "SELECT row_number() OVER (ORDER BY a) FROM t",
        "SELECT * FROM (SELECT a FROM t LIMIT 3)",
        "SELECT max(b) FROM t",
    ] {
        assert!(dependencies(sql).order_dependence.is_some(), "{sql}");
    }
}

#[test]
fn what_is_no_select_is_unparsed() {
    let catalog = crate::types::Catalog::default();
    for sql in ["", "DELETE FROM t", "SELECT 1; SELECT 2", "SELECT (", "EXPLAIN SELECT 1", "SELECT 'open"] {
        assert!(super::dependencies(sql, &catalog).is_err(), "{sql}");
    }
}

#[test]
fn deep_and_long_texts_end_without_overflowing_the_stack() {
    let catalog = crate::types::Catalog::default();
    let texts = [
        format!("SELECT {}1{}", "(".repeat(64), ")".repeat(64)),
        format!("SELECT {}1{}", "(SELECT ".repeat(64), ")".repeat(64)),
        format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("SELECT 1 {}", "+ 1 ".repeat(990)),
        format!("SELECT 1 {}", "+ 1 ".repeat(100_000)),
        format!("SELECT {} 1", "NOT ".repeat(5_000)),
        format!("SELECT {} 1", "- ".repeat(900)),
        format!("SELECT 1 WHERE {}", "1 AND ".repeat(900) + "1"),
        format!("SELECT 1 {}", "UNION ALL SELECT 1, 2 ".repeat(499)),
        format!("SELECT 1 {}", "UNION ALL SELECT 1, 2 ".repeat(50_000)),
        format!("SELECT {} 1 {}", "CASE WHEN ".repeat(300), "THEN 1 END".repeat(300)),
        format!("SELECT * FROM {}t{}", "(".repeat(300), ")".repeat(300)),
        format!("SELECT * FROM {}t{}", "(SELECT * FROM ".repeat(90), ")".repeat(90)),
        format!("SELECT DISTINCT {}1{}", "coalesce(1, ".repeat(900), ")".repeat(900)),
        format!("SELECT count(*) GROUP BY {0}1{1} HAVING {0}1{1}", "min(1, ".repeat(900), ")".repeat(900)),
        format!("SELECT {}1{} )", "(1, ".repeat(900), ")".repeat(900)),
    ];
    // The stack of a browser's worker is about this small.
    let small = std::thread::Builder::new().stack_size(1 << 20);
    let run = small.spawn(move || texts.iter().for_each(|sql| drop(super::dependencies(sql, &catalog))));
    run.expect("a thread").join().expect("no overflow");
}

#[test]
fn references_that_double_at_every_cte_end() {
    let catalog = crate::types::Catalog::default();
    let ctes: Vec<_> = (1..40).map(|n| format!("c{n} AS (SELECT 1 FROM c{}, c{})", n - 1, n - 1)).collect();
    let sql = format!("WITH c0 AS (SELECT 1), {} SELECT 1 FROM c39", ctes.join(", "));
    assert!(super::dependencies(&sql, &catalog).is_ok());
    // What the names in a CTE mean may depend on the SELECT around, so there each reference is read.
    assert!(super::dependencies(&format!("SELECT ({sql}) FROM c"), &catalog).is_err());
}

mod mutation {
    use proptest::prelude::*;
    use sqlite3_parser::Bump;

    use crate::sql::syntax::{parse, print};

    const SEEDS: [&str; 6] = [
        "SELECT a.id, count(*) FILTER (WHERE b.x ISNULL) FROM t a NATURAL LEFT OUTER JOIN u AS b USING (id) WHERE a.c GLOB 'x*' \
         AND a.a IN (1, ?2, :n) GROUP BY 1 HAVING max(r) NOT NULL ORDER BY 2 DESC NULLS LAST LIMIT 5, 10",
        "WITH RECURSIVE w(i) AS MATERIALIZED (VALUES (1) UNION SELECT i + 1 FROM w WHERE i < 10) SELECT * FROM w, (t JOIN u)",
        "SELECT sum(a) OVER (PARTITION BY b ORDER BY c ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM t INDEXED BY i",
        "SELECT CASE a WHEN 1 THEN 'x' ELSE b COLLATE nocase END, CAST(c AS VARCHAR(10)), x'0a' FROM t WHERE (a, b) IN (SELECT * FROM u)",
        "SELECT 1 WHERE a IS NOT DISTINCT FROM b AND c IN main.t AND NOT EXISTS (SELECT * FROM json_each('[1]')) OR 1 -> '$.x' <> 3",
        "SELECT 'a' 'b', \"c\", [d e], $v::w(x), 1e5, .5, 0x1F /* z */ -- end",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// Nothing panics, whatever is cut out of a text, doubled or put in its place; what is read is printed so that it
        /// reads the same.
        #[test]
        fn no_text_panics(seed in 0..SEEDS.len(), edits in prop::collection::vec((0..3_u8, any::<prop::sample::Index>(),
            any::<prop::sample::Index>()), 1..8))
        {
            let mut words: Vec<&str> = SEEDS[seed].split_inclusive(|c: char| !c.is_alphanumeric()).collect();
            for (kind, at, other) in edits {
                if words.is_empty() {
                    break;
                }
                let (at, other) = (at.index(words.len()), other.index(words.len()));
                match kind {
                    0 => drop(words.remove(at)),
                    1 => words.insert(at, words[other]),
                    _ => words.swap(at, other),
                }
            }
            let sql = words.concat();
            let catalog = crate::types::Catalog::default();
            drop(crate::sql::analyze::tests::dependencies(&sql, &catalog));
            crate::sql::leading_keyword(&sql);
            crate::sql::normalise(&sql);
            let arena = Bump::new();
            if let Ok(tree) = parse::query(&sql, &arena) {
                let printed = print::text(tree.select);
                let read = parse::query(&printed, &arena).map(|tree| print::text(tree.select));
                prop_assert_eq!(read.ok(), Some(printed));
            }
        }

        #[test]
        fn no_bytes_panic(sql in "\\PC{0,60}") {
            drop(crate::sql::analyze::tests::dependencies(&sql, &crate::types::Catalog::default()));
            crate::sql::leading_keyword(&sql);
            crate::sql::normalise(&sql);
        }
    }
}
