//! Forms of SELECT that take a way of their own to a plan: columns that joins merge, orders that are no result columns,
//! subqueries without FROM around them. Each is maintained, and its results are SQLite's.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

mod common;

const SCHEMA: &str = "
    CREATE TABLE a(x INTEGER, y TEXT, p);
    CREATE TABLE b(x INTEGER, y TEXT COLLATE NOCASE, q);
    CREATE TABLE c(x INTEGER, r);
    CREATE TABLE one(x INTEGER PRIMARY KEY);
    INSERT INTO a VALUES (1, 'i', 1), (2, 'j', 2), (NULL, 'k', 3);
    INSERT INTO b VALUES (2, 'J', 2), (3, 'k', 3), (NULL, 'l', 4);
    INSERT INTO c VALUES (3, 3), (4, 'd'), (1, 1.5);
    INSERT INTO one VALUES (1);";

const WRITES: &[&str] = &[
    "INSERT INTO a VALUES (3, 'm', 5)",
    "INSERT INTO c VALUES (2, NULL), (5, 'e')",
    "UPDATE b SET x = x + 1",
    "INSERT INTO one VALUES (2), (3)",
    "UPDATE a SET y = upper(y), p = p + 1 WHERE x > 1",
    "DELETE FROM c WHERE x = 3",
    "UPDATE one SET x = x + 2 WHERE x > 1",
    "DELETE FROM b WHERE q = 3",
    "DELETE FROM a",
    "INSERT INTO a SELECT x, y, q FROM b",
];

/// Plays the writes; why the query is re-run, if it is.
fn play(sql: &str) -> Option<&'static str> {
    let (reason, maintained) = common::play(SCHEMA, WRITES, sql);
    assert_eq!(maintained > 0, reason.is_none(), "{sql}");
    reason
}

fn maintained(queries: &[&str]) {
    for sql in queries {
        assert_eq!(play(sql), None, "{sql}");
    }
}

#[test]
fn a_full_join_merges_columns_to_the_first_that_is_not_null() {
    maintained(&[
        "SELECT x, p, q FROM a FULL JOIN b USING (x) ORDER BY x, p, q",
        "SELECT * FROM a FULL JOIN c USING (x)",
        "SELECT x, count(*) FROM a FULL JOIN b USING (x) GROUP BY x",
        "SELECT DISTINCT x FROM a FULL JOIN b USING (x) FULL JOIN c USING (x)",
        "SELECT * FROM a LEFT JOIN b USING (x) RIGHT JOIN c USING (x)",
        "SELECT x, r FROM a JOIN b USING (x) FULL JOIN c USING (x) WHERE r IS NOT NULL",
        "SELECT count(*) FROM a FULL JOIN b ON a.x = b.x",
        "SELECT x FROM c WHERE EXISTS (SELECT 1 FROM a FULL JOIN b ON a.x = b.x WHERE p = r OR q = r)",
    ]);
    // Compared, the column has the affinity and the collating sequence of the first.
    for sql in ["SELECT p FROM a FULL JOIN b USING (x) WHERE x = 2", "SELECT y FROM b FULL JOIN a USING (y)"] {
        assert_eq!(play(sql), Some("using_in_full_join"), "{sql}");
    }
    let differently = "SELECT p FROM a JOIN b USING (y) RIGHT JOIN (SELECT y FROM a) AS s USING (y)";
    assert_eq!(play(differently), Some("using_mixed_columns"));
}

#[test]
fn rows_are_ordered_by_what_is_no_result_column() {
    maintained(&[
        "SELECT p FROM a ORDER BY (SELECT count(*) FROM b WHERE b.q = a.p) DESC, p",
        "SELECT p FROM a ORDER BY x IN (SELECT x FROM b), p LIMIT 2",
        "SELECT p FROM a ORDER BY row_number() OVER (PARTITION BY x ORDER BY p, y, rowid), p",
        "SELECT rowid FROM a GROUP BY rowid ORDER BY (SELECT max(x) FROM b WHERE b.q = a.rowid), rowid",
        "SELECT p FROM a ORDER BY 2147483648, p",
    ]);
}

#[test]
fn a_table_after_in_is_all_of_it() {
    maintained(&[
        "SELECT p FROM a WHERE x IN one",
        "SELECT p FROM a WHERE x NOT IN one",
        "SELECT p FROM a WHERE (x, p) IN c",
        "WITH few AS (SELECT x FROM one WHERE x < 4) SELECT p, x IN few FROM a",
    ]);
}

#[test]
fn what_no_table_decides_is_one_row() {
    maintained(&[
        "SELECT EXISTS (SELECT 1 FROM a WHERE x = 3), 7",
        "SELECT (SELECT p FROM a ORDER BY p DESC, y LIMIT 1), 3 IN (SELECT x FROM b)",
        "SELECT 'x' WHERE NOT EXISTS (SELECT 1 FROM c WHERE x = 3)",
        "SELECT value, (SELECT count(*) FROM b WHERE b.x = value) FROM json_each('[1, 2, 3]')",
    ]);
}

#[test]
fn joins_in_parentheses_are_one_side() {
    maintained(&[
        "SELECT * FROM a JOIN (b JOIN c ON b.x = c.x) ON a.x = c.x - 1",
        "SELECT a.p, b.q, c.r FROM a LEFT JOIN (b JOIN c ON b.x = c.x) ON a.x = b.x - 1",
        "SELECT a.p, q, r FROM a LEFT JOIN (b LEFT JOIN c ON b.x = c.x AND r <> 'd') ON a.x = b.x OR r IS NULL",
        "SELECT * FROM a JOIN (b FULL JOIN c ON b.x = c.x) ON a.x = c.x OR a.y = b.y",
        "SELECT * FROM (a LEFT JOIN b ON a.x = b.x) LEFT JOIN (c JOIN one ON c.x = one.x) ON c.x = a.x",
        "SELECT p, count(r), max(one.x) FROM a, (b JOIN (c CROSS JOIN one) ON b.x = c.x) WHERE b.y = 'J' GROUP BY p",
        "SELECT q FROM b RIGHT JOIN (a JOIN c ON a.x = c.x) ON a.y = b.y ORDER BY c.r, q",
        "SELECT p FROM a WHERE EXISTS (SELECT 1 FROM c JOIN (b JOIN one ON one.x = b.x AND b.q > a.p) ON c.x = b.x)",
    ]);
    for sql in
        ["SELECT * FROM a JOIN (b JOIN c USING (x)) ON p = q", "SELECT * FROM c NATURAL JOIN (b JOIN a ON p = q)"]
    {
        assert_eq!(play(sql), Some("using_beside_parentheses"), "{sql}");
    }
}
