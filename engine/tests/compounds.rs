//! Compound SELECTs whose columns compare differently or are sorted by COLLATE: how they are planned, and that the results
//! are SQLite's.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

mod common;

const SCHEMA: &str = "
    CREATE TABLE a(id INTEGER PRIMARY KEY, bin TEXT, nocase TEXT COLLATE NOCASE, rtrim TEXT COLLATE RTRIM, r REAL);
    CREATE TABLE b(id INTEGER PRIMARY KEY, bin TEXT, nocase TEXT COLLATE NOCASE, rtrim TEXT COLLATE RTRIM, i INTEGER);
    INSERT INTO a VALUES (1, 'x', 'x', 'x', 1), (2, 'y', 'y', 'y', 2.5);
    INSERT INTO b VALUES (1, 'y', 'y', 'z', 1), (2, 'v', 'v', 'v', 3);";

const WRITES: &[&str] = &[
    "INSERT INTO a VALUES (3, 'Y', 'V', 'x ', 3)",
    "INSERT INTO b VALUES (3, 'X', 'Y', 'x  ', 4), (4, 'v', 'X', 'y', 5)",
    "UPDATE a SET bin = upper(bin), r = id",
    "DELETE FROM b WHERE id = 2",
    "UPDATE b SET nocase = lower(nocase), i = i - 2",
    "DELETE FROM a",
    "INSERT INTO a SELECT id, bin, nocase, rtrim, i FROM b",
];

/// Queries with rows that are always equal to SQL and differ: their plans give way at run time.
const ALWAYS_EQUAL: [&str; 4] = [
    "VALUES ('x'), ('X') INTERSECT SELECT nocase FROM a",
    "SELECT i FROM b EXCEPT SELECT r FROM a UNION ALL SELECT r FROM a ORDER BY 1 COLLATE BINARY LIMIT 3",
    "SELECT x.r FROM (SELECT r FROM a INTERSECT SELECT i FROM b ORDER BY 1 COLLATE NOCASE) AS x",
    "SELECT CAST(r AS REAL) AS r FROM a UNION SELECT i FROM b ORDER BY r COLLATE RTRIM",
];

/// Plays the writes; why the query is re-run, if it is.
fn play(sql: &str) -> Option<&'static str> {
    let (reason, maintained) = common::play(SCHEMA, WRITES, sql);
    assert_eq!(maintained > 0, reason.is_none() && !ALWAYS_EQUAL.contains(&sql), "{sql}");
    reason
}

#[test]
fn columns_compare_as_in_the_first_select_that_says_how() {
    for sql in [
        "SELECT bin FROM a UNION SELECT nocase FROM b",
        "SELECT nocase FROM a EXCEPT SELECT bin FROM b",
        "SELECT 'X' UNION SELECT nocase FROM b ORDER BY 1",
        "SELECT id FROM a UNION SELECT nocase FROM b UNION SELECT bin FROM b ORDER BY 1 DESC",
        "SELECT bin FROM a UNION SELECT nocase FROM a UNION SELECT bin FROM b UNION SELECT nocase FROM b",
        "VALUES ('x'), ('X') INTERSECT SELECT nocase FROM a",
        "SELECT bin, rtrim FROM a UNION ALL SELECT nocase, bin FROM b EXCEPT SELECT 'V', 'x'",
        "SELECT bin FROM a UNION ALL SELECT nocase FROM b ORDER BY 1, 1 DESC",
        "SELECT bin FROM a UNION SELECT nocase FROM b UNION SELECT rtrim FROM b",
    ] {
        assert_eq!(play(sql), None, "{sql}");
    }
    let several = "SELECT 'x' UNION SELECT nocase FROM a UNION SELECT bin FROM a UNION SELECT rtrim FROM b";
    assert_eq!(play(several), Some("mixed_compound"));
}

#[test]
fn a_collate_in_order_by_makes_a_subquery_of_the_compound() {
    for sql in [
        "SELECT bin FROM a UNION SELECT nocase FROM b ORDER BY 1 COLLATE NOCASE, 1 COLLATE BINARY",
        "SELECT r, bin FROM a UNION SELECT i, bin FROM b ORDER BY 2 COLLATE NOCASE, 1",
        "SELECT i FROM b EXCEPT SELECT r FROM a UNION ALL SELECT r FROM a ORDER BY 1 COLLATE BINARY LIMIT 3",
        "SELECT x.r FROM (SELECT r FROM a INTERSECT SELECT i FROM b ORDER BY 1 COLLATE NOCASE) AS x",
        "SELECT CAST(r AS REAL) AS r FROM a UNION SELECT i FROM b ORDER BY r COLLATE RTRIM",
    ] {
        assert_eq!(play(sql), None, "{sql}");
    }
    for last in ["DISTINCT bin FROM b", "bin FROM b GROUP BY bin", "bin FROM b GROUP BY bin HAVING count(*) > 1"] {
        let sql =
            format!("SELECT bin FROM a UNION SELECT nocase FROM a UNION ALL SELECT {last} ORDER BY 1 COLLATE NOCASE");
        assert_eq!(play(&sql), Some("compound_order_collation"), "{sql}");
    }
}
