//! Aggregates that are no sums: a group, or all rows where there is no GROUP BY, is asked for anew where a commit touches it;
//! and the query is re-run where only SQLite's own run says which of several equal values is taken.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{Engine, Location, Options, Plan};

const SCHEMA: &str = "
    CREATE TABLE pay(id INTEGER PRIMARY KEY, team INTEGER, amount INTEGER, name TEXT COLLATE NOCASE, loose);
    CREATE TABLE teams(id INTEGER PRIMARY KEY, title TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
    INSERT INTO pay SELECT i, i % 3, i * 7, 'name ' || i, i * 1.5 FROM n;
    INSERT INTO teams VALUES (0, 'none'), (1, 'one'), (2, 'two');";

/// A subscription that is compared with SQLite at each commit.
struct Checked {
    engine: Engine,
    _live: tidewater::Watch,
    sql: &'static str,
}

impl Checked {
    fn of(sql: &'static str) -> Self {
        let options = Options::default().with_paranoid(true).with_cost_gate(false);
        let engine = Engine::open(Location::Memory, options).unwrap();
        engine.exec(SCHEMA, ()).unwrap();
        let explained = engine.explain(sql, ()).unwrap();
        assert_eq!(explained.plan, Plan::Incremental, "{sql}: {:?}", explained.reason);
        let live = engine.subscribe_with(sql, (), |_, _| {}).unwrap();
        Self { engine, _live: live, sql }
    }

    /// How many results the writes maintained, and how many they re-ran.
    fn counts(&self, writes: &[&str]) -> (u64, u64) {
        let before = self.engine.stats();
        for write in writes {
            self.engine.exec(write, ()).unwrap();
        }
        let after = self.engine.stats();
        assert_eq!((after.divergences, after.repairs), (0, 0), "{}", self.sql);
        (after.maintained - before.maintained, after.requeries - before.requeries)
    }
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
        let checked = Checked::of(sql);
        let (maintained, requeries) = checked.counts(&WRITES);
        assert!(maintained > 0 && requeries == 0, "{sql}: {maintained} {requeries}");
    }
}

#[test]
fn having_may_leave_out_the_one_row() {
    let checked = Checked::of("SELECT group_concat(amount ORDER BY id) FROM pay WHERE team = 2 HAVING count(*) > 20");
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
        let checked = Checked::of(sql);
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
    let checked = Checked::of("SELECT team, max(amount * loose) FROM pay WHERE amount <= 0 GROUP BY team");
    let tied =
        checked.counts(&["INSERT INTO pay VALUES (901, 0, 0, '', 1.5)", "INSERT INTO pay VALUES (902, 0, 0, '', 2.5)"]);
    assert_eq!(tied, (2, 0));
    let tied = checked.counts(&["INSERT INTO pay VALUES (903, 0, 0, '', -1.5)"]);
    assert_eq!(tied.1, 1);
}

#[test]
fn what_only_counts_its_values_chooses_none() {
    let checked = Checked::of("SELECT count(DISTINCT name), group_concat(id ORDER BY id) FROM pay WHERE team = 0");
    let tied = checked.counts(&["INSERT INTO pay VALUES (901, 0, 6, 'NAME 9', 9)", "DELETE FROM pay WHERE id = 901"]);
    assert_eq!(tied, (2, 0));
}
