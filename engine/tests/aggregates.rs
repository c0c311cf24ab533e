//! Aggregates that are no sums: a group, or all rows where there is no GROUP BY, is asked for again where a commit touches it;
//! and the query is re-run where only SQLite's own run says which of several equal values is taken.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

mod common;

use common::Checked;
use tidewater::{Engine, Location, Options, PlanKind};

const SCHEMA: &str = "
    CREATE TABLE pay(id INTEGER PRIMARY KEY, team INTEGER, amount INTEGER, name TEXT COLLATE NOCASE, loose);
    CREATE TABLE teams(id INTEGER PRIMARY KEY, title TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
    INSERT INTO pay SELECT i, i % 3, i * 7, 'name ' || i, i * 1.5 FROM n;
    INSERT INTO teams VALUES (0, 'none'), (1, 'one'), (2, 'two');";

fn watched(sql: &'static str) -> Checked {
    Checked::of(SCHEMA, sql)
}

const WRITES: [&str; 4] = [
    "INSERT INTO pay VALUES (900, 2, 5, 'x', 900)",
    "UPDATE pay SET amount = 6 WHERE id = 900",
    "UPDATE pay SET team = 1 WHERE id = 900",
    "DELETE FROM pay WHERE team = 2",
];

#[test]
fn all_rows_are_one_part_where_nothing_groups_them() {
    for sql in [
        "SELECT group_concat(amount, ',' ORDER BY id) FROM pay WHERE team = 2",
        "SELECT json_group_array(amount ORDER BY id), count(*), max(amount) FROM pay WHERE team = 2",
        "SELECT group_concat(p.amount, ',' ORDER BY p.id) FROM pay p JOIN teams t ON t.id = p.team WHERE t.title = 'two'",
        "SELECT group_concat(t.title, ',' ORDER BY t.id, p.id) FROM teams t LEFT JOIN pay p ON p.team = t.id AND p.team = 2",
        "SELECT group_concat(id ORDER BY id) FROM teams t WHERE EXISTS (SELECT 1 FROM pay p WHERE p.team = t.id)",
    ] {
        let checked = watched(sql);
        let (maintained, requeries) = checked.counts(&WRITES);
        assert!(maintained > 0 && requeries == 0, "{sql}: {maintained} {requeries}");
    }
}

#[test]
fn having_may_leave_out_the_one_row() {
    let checked = watched("SELECT group_concat(amount ORDER BY id) FROM pay WHERE team = 2 HAVING count(*) > 20");
    assert_eq!(checked.counts(&WRITES), (4, 0));
}

#[test]
fn equal_values_that_differ_are_left_to_sqlite() {
    for sql in [
        "SELECT team, max(name) FROM pay GROUP BY team",
        "SELECT team, min(name) FILTER (WHERE amount < 800) FROM pay GROUP BY team",
        "SELECT max(name), count(DISTINCT name) FROM pay",
        "SELECT team, sum(DISTINCT loose) FROM pay GROUP BY team",
        "SELECT team, max(loose) FROM pay GROUP BY team",
        "SELECT team FROM pay GROUP BY team HAVING typeof(max(loose)) = 'real' OR max(name) GLOB 'n*'",
        "SELECT team, title FROM teams JOIN pay ON team = teams.id GROUP BY team, title HAVING min(name) <> ''",
    ] {
        let checked = watched(sql);
        assert_eq!(checked.counts(&WRITES[..3]).1, 0, "{sql}");
        let tied = checked.counts(&[
            "INSERT INTO pay VALUES (901, 0, 6, 'NAME 9', 9)",
            "INSERT INTO pay VALUES (902, 1, 6, 'naME 9', 90.0)",
            "INSERT INTO pay VALUES (903, 1, 6, 'Name 9', 90)",
            "DELETE FROM pay WHERE id > 900",
        ]);
        assert!(tied.1 > 0, "{sql}: {tied:?}");
    }
}

#[test]
fn zeros_of_either_sign_are_equal_values_that_differ() {
    let checked = watched("SELECT team, max(amount * loose) FROM pay WHERE amount <= 0 GROUP BY team");
    let tied =
        checked.counts(&["INSERT INTO pay VALUES (901, 0, 0, '', 1.5)", "INSERT INTO pay VALUES (902, 0, 0, '', 2.5)"]);
    assert_eq!(tied, (2, 0));
    let tied = checked.counts(&["INSERT INTO pay VALUES (903, 0, 0, '', -1.5)"]);
    assert_eq!(tied.1, 1);
}

#[test]
fn what_only_counts_its_values_chooses_none() {
    let checked = watched("SELECT count(DISTINCT name), group_concat(id ORDER BY id) FROM pay WHERE team = 0");
    let tied = checked.counts(&["INSERT INTO pay VALUES (901, 0, 6, 'NAME 9', 9)", "DELETE FROM pay WHERE id = 901"]);
    assert_eq!(tied, (2, 0));
}

#[test]
fn a_bare_column_is_of_the_row_that_alone_has_the_extremum() {
    for sql in [
        "SELECT team, max(amount), name FROM pay GROUP BY team",
        "SELECT team, name || id, min(amount) AS least FROM pay WHERE team > 0 GROUP BY team HAVING id > 1 ORDER BY loose",
        "SELECT max(amount), name FROM pay",
        "SELECT t.title, x.name FROM teams t JOIN (SELECT team, max(amount) AS most, name FROM pay GROUP BY team) x ON x.team = t.id",
        "SELECT team, (SELECT title FROM teams WHERE teams.id = pay.team AND pay.id > 1), max(amount) FROM pay GROUP BY team % 2",
        "SELECT team, name, rank() OVER (ORDER BY max(amount) DESC) FROM pay GROUP BY team",
    ] {
        let checked = watched(sql);
        let (maintained, requeries) = checked.counts(&WRITES);
        assert!(maintained > 0 && requeries == 0, "{sql}: {maintained} {requeries}");
        let tied = checked.counts(&[
            "INSERT INTO pay VALUES (901, 1, 910, 'a', 1), (902, 1, 920, 'b', 2)",
            "UPDATE pay SET amount = 910 WHERE id = 902",
            "DELETE FROM pay WHERE id > 900",
        ]);
        assert!(tied.1 > 0, "{sql}: {tied:?}");
    }
}

#[test]
fn a_bare_column_with_one_value_is_that_of_any_row() {
    let sql = "SELECT t.id, t.title, count(*) FROM teams t JOIN pay p ON p.team = t.id GROUP BY p.team";
    let checked = watched(sql);
    assert_eq!(checked.counts(&WRITES).1, 0);
    let checked = watched("SELECT team, name, count(*) FROM pay WHERE id < 4 GROUP BY team");
    assert_eq!(
        checked.counts(&["UPDATE pay SET amount = 5 WHERE id = 2", "UPDATE pay SET name = NULL WHERE id = 2"]).1,
        0
    );
    for differing in [
        "UPDATE pay SET id = -1, team = 1, name = 'NAME 1' WHERE id = 3",
        "UPDATE pay SET name = 'name 1' WHERE id = -1",
    ] {
        assert_eq!(checked.counts(&[differing]).1, 1, "{differing}");
    }
}

#[test]
fn a_bare_column_of_no_rows_is_what_sqlite_makes_of_them() {
    for sql in [
        "SELECT x.kind, max(x.kind) FROM (SELECT typeof(pay.id) AS kind FROM teams LEFT JOIN pay ON team = teams.id) x",
        "SELECT x.name, count(*) FROM (SELECT DISTINCT coalesce(title, 'none') AS name FROM teams WHERE id > 1) x",
    ] {
        let checked = Checked::of(SCHEMA, sql);
        let writes = ["UPDATE teams SET title = 'other'", "DELETE FROM teams", "INSERT INTO teams VALUES (4, NULL)"];
        checked.counts(&writes);
    }
}

#[test]
fn extrema_that_are_several_or_of_some_rows_decide_no_row() {
    for sql in [
        "SELECT team, name, min(amount), max(amount) FROM pay GROUP BY team",
        "SELECT team, name, max(amount) FILTER (WHERE id > 5) FROM pay GROUP BY team",
        "SELECT team, name, max(nullif(amount, amount)) FROM pay GROUP BY team",
        "SELECT team, name, max(DISTINCT amount) FROM pay GROUP BY team",
    ] {
        let checked = watched(sql);
        assert_eq!(checked.counts(&WRITES).0, 0, "{sql}");
    }
}

#[test]
fn bare_columns_where_nothing_checks_them_are_re_run() {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    for sql in [
        "SELECT id FROM teams WHERE title IN (SELECT name FROM pay GROUP BY team)",
        "SELECT id, (SELECT name FROM pay WHERE team = t.id GROUP BY team) FROM teams t",
        "WITH RECURSIVE r(n) AS (SELECT id FROM pay GROUP BY team UNION SELECT n + 1 FROM r WHERE n < 9) SELECT n FROM r",
    ] {
        assert_eq!(engine.explain(sql, ()).unwrap().plan, PlanKind::Requery, "{sql}");
    }
}

#[test]
fn a_sum_that_rounds_as_its_order_has_it_is_sqlites() {
    for sql in [
        "SELECT team, sum(loose), group_concat(amount, ',' ORDER BY amount)
         FROM (SELECT DISTINCT team, loose, amount FROM pay) GROUP BY team",
        "SELECT team, total(loose) FROM (SELECT DISTINCT team, loose, amount FROM pay) GROUP BY team",
    ] {
        let checked = watched(sql);
        assert_eq!(checked.counts(&WRITES), (4, 0), "{sql}");
        let far = "INSERT INTO pay VALUES (1001, 1, 1, 'a', 1e17), (1002, 1, 2, 'b', 0.3), (1003, 1, 3, 'c', -1e17),
                   (1004, 1, 4, 'd', 0.7)";
        assert_eq!(checked.counts(&[far, "UPDATE pay SET amount = 5 WHERE id = 1002"]).0, 1, "{sql}");
        checked.counts(&["DELETE FROM pay WHERE id > 1000"]);
        let one = "UPDATE pay SET loose = loose + 0.1 WHERE id = 900";
        // The plan has rested meanwhile.
        checked.counts(&[one; 8]);
        assert_eq!(checked.counts(&[one, one]), (2, 0), "{sql}");
    }
}

#[test]
fn a_subquery_beside_an_aggregate_is_asked_where_there_are_no_rows() {
    let checked = watched("SELECT EXISTS (SELECT 1 FROM teams WHERE id > 5), group_concat(id) FROM pay WHERE team = 9");
    let writes = ["INSERT INTO teams VALUES (6, 'six')", "DELETE FROM teams WHERE id = 6"];
    assert_eq!(checked.counts(&writes), (2, 0));
}

#[test]
fn where_the_order_shows_the_index_that_a_view_names_is_sqlites() {
    let options = Options::default().with_paranoid(true).with_cost_gate(false);
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    engine
        .exec("CREATE INDEX by_amount ON pay(amount DESC); CREATE VIEW plain AS SELECT amount FROM pay NOT INDEXED", ())
        .unwrap();
    let sql = "SELECT group_concat(DISTINCT amount) FROM plain";
    assert_eq!(engine.explain(sql, ()).unwrap().plan, PlanKind::Requery);
    let _live = engine.subscribe_with(sql, (), |_, _| {}).unwrap();
    engine.exec("INSERT INTO pay VALUES (901, 1, -5, 'a', 1)", ()).unwrap();
    assert_eq!(engine.stats().unwrap().divergences, 0);
    let ordered = "SELECT group_concat(amount ORDER BY amount) FROM plain";
    assert_eq!(engine.explain(ordered, ()).unwrap().plan, PlanKind::Incremental);
}
