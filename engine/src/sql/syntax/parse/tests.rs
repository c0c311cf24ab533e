//! What is written otherwise on the way to the parser, and what is not given to it.

use sqlite3_parser::Bump;

use super::{query, view};
use crate::sql::syntax::print;

/// The text of the tree.
fn printed(sql: &str) -> String {
    let arena = Bump::new();
    let tree = query(sql, &arena).unwrap_or_else(|unparsed| panic!("{sql}: {}", unparsed.reason));
    print::text(tree.select)
}

#[test]
fn parameters_are_their_numbers() {
    for (sql, expected) in [
        ("SELECT ?, ?5, ?", "SELECT ?1, ?5, ?6"),
        ("SELECT :x, ?, @x, :x, ?", "SELECT ?1, ?2, ?3, ?1, ?4"),
        ("SELECT ?2, ?1, $v::w(x)", "SELECT ?2, ?1, ?3"),
    ] {
        assert_eq!(printed(sql), expected, "{sql}");
    }
    let arena = Bump::new();
    let parameters = query("SELECT ?, :x, @y", &arena).expect("a SELECT").parameters;
    assert_eq!([1, 2, 3, 4].map(|number| parameters.name(number)), [None, Some("x"), Some("y"), None]);
}

#[test]
fn an_offset_before_the_limit_comes_after_it() {
    for (sql, expected) in [
        ("SELECT 1 LIMIT 2", "SELECT 1 LIMIT 2"),
        ("SELECT 1 LIMIT 2 OFFSET 3", "SELECT 1 LIMIT 2 OFFSET 3"),
        ("SELECT 1 LIMIT 2, 3", "SELECT 1 LIMIT 3 OFFSET 2"),
        ("SELECT 1 LIMIT ?, ?", "SELECT 1 LIMIT ?2 OFFSET ?1"),
        ("SELECT 1 LIMIT 1 + max(1, 2), - 3;", "SELECT 1 LIMIT - 3 OFFSET 1 + max(1, 2)"),
        (
            "SELECT (SELECT 1 LIMIT 4, 5) LIMIT (SELECT 1 LIMIT 6, 7), (8)",
            "SELECT (SELECT 1 LIMIT 5 OFFSET 4) LIMIT (8) OFFSET (SELECT 1 LIMIT 7 OFFSET 6)",
        ),
    ] {
        assert_eq!(printed(sql), expected, "{sql}");
    }
}

#[test]
fn a_text_is_divided_as_sqlite_divides_it() {
    for (sql, expected) in [
        ("\u{feff}SELECT \u{b}1 /* open", "SELECT 1"),
        (";;SELECT 'it''s' \"a b\";-- end", "SELECT 'it''s' \"a b\""),
        ("SELECT x'0A' [c d], `e`", "SELECT x'0A' [c d], `e`"),
    ] {
        assert_eq!(printed(sql), expected, "{sql}");
    }
}

#[test]
fn the_select_of_a_view_is_found_behind_any_name() {
    for sql in [
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE TEMP VIEW IF NOT EXISTS \"as\".[select](a, b) AS SELECT a FROM t",
        "create view view as/**/select a from t -- as select",
    ] {
        let arena = Bump::new();
        let select = view(sql, &arena).unwrap_or_else(|unparsed| panic!("{sql}: {}", unparsed.reason));
        assert_eq!(print::text(select).to_lowercase(), "select a from t", "{sql}");
    }
}

#[test]
fn depth_is_refused_where_sqlite_refuses_it() {
    let arena = Bump::new();
    for (sql, is_read) in [
        (format!("SELECT 1{}", " + 1".repeat(990)), true),
        (format!("SELECT 1{}", " + 1".repeat(1_001)), false),
        (format!("SELECT {}1{}", "(".repeat(900), ")".repeat(900)), true),
        (format!("SELECT {}1{}", "(".repeat(1_001), ")".repeat(1_001)), false),
        (format!("SELECT {}1{}", "(end, ".repeat(100_000), ")".repeat(100_000)), false),
        (format!("SELECT {}1", "NOT ".repeat(100_000)), false),
        (format!("SELECT {}1{}", "end(".repeat(900), ")".repeat(900)), true),
    ] {
        assert_eq!(query(&sql, &arena).is_ok(), is_read, "{}", &sql[..40]);
    }
}
