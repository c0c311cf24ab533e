//! Derived tables, joins that are taken apart and recursion: what a small change costs beside an evaluation, in SQLite's
//! instructions, and that the result is what a fresh query gives.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{Engine, Event, Location, Options, PlanKind, Row, Subscription};

const SCHEMA: &str = "
    CREATE TABLE node(id INTEGER PRIMARY KEY, parent INTEGER, name TEXT NOT NULL, size INTEGER NOT NULL);
    CREATE INDEX node_parent ON node(parent);
    CREATE TABLE note(id INTEGER PRIMARY KEY, node INTEGER, body TEXT);
    CREATE INDEX note_node ON note(node);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
    INSERT INTO node SELECT i, nullif(i / 2, 0), 'node ' || i, i % 97 FROM n;
    INSERT INTO note SELECT id * 3, id, 'note of ' || id FROM node WHERE id % 3 = 0;";

struct Watched {
    engine: Engine,
    sql: String,
    live: Subscription,
    rows: Vec<Row>,
}

impl Watched {
    fn new(sql: &str) -> Self {
        let engine = Engine::open(Location::Memory, Options::default().with_paranoid(true)).unwrap();
        engine.exec(SCHEMA, ()).unwrap();
        assert_eq!(engine.explain(sql, ()).unwrap().plan, PlanKind::Incremental, "{sql}");
        let live = engine.subscribe(sql, ()).unwrap();
        let rows = live.snapshot().rows.to_vec();
        Self { engine, sql: sql.to_owned(), live, rows }
    }

    /// Runs a write and takes its diff in; how many of SQLite's instructions it took to bring the result up to date.
    fn write(&mut self, sql: &str) -> u64 {
        let before = self.work();
        self.engine.exec(sql, ()).unwrap();
        while let Some(event) = self.live.try_next() {
            if let Event::Diff(diff) = event {
                diff.apply(&mut self.rows);
            }
        }
        let sorted = |mut rows: Vec<Row>| {
            rows.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
            rows
        };
        let fresh = self.engine.query(&self.sql, ()).unwrap().rows;
        assert_eq!(sorted(self.rows.clone()), sorted(fresh), "{sql}");
        assert_eq!(self.engine.stats().unwrap().divergences, 0, "{sql}");
        self.work() - before
    }

    fn work(&self) -> u64 {
        let live = self.engine.explain(&self.sql, ()).unwrap().live.unwrap();
        live.instructions_per_commit.unwrap_or(0) * live.commits
    }

    fn maintained(&self) -> (u64, u64) {
        let stats = self.engine.stats().unwrap();
        (stats.maintained, stats.requeries)
    }
}

#[test]
fn a_leaf_of_a_tree_costs_a_step_and_not_the_tree() {
    let mut below = Watched::new(
        "WITH RECURSIVE below(id, depth) AS (SELECT 2, 0 UNION ALL SELECT n.id, b.depth + 1 FROM node n JOIN below b ON n.parent = b.id)
         SELECT n.name, b.depth FROM below b JOIN node n ON n.id = b.id",
    );
    let of_all = below.rows.len();
    assert!(of_all > 1500, "{of_all}");
    // Of an average that is rounded down, one instruction a commit is lost.
    assert!(below.write("INSERT INTO node VALUES (9001, 4, 'leaf', 1)") < 3_000);
    assert!(below.write("DELETE FROM node WHERE id = 9001") < 4_000);
    assert!(below.write("UPDATE node SET name = 'renamed' WHERE id = 17") < 4_000);
    assert_eq!(below.maintained(), (3, 0));
    // A whole part of the tree moves out, and back in further down.
    below.write("UPDATE node SET parent = 3 WHERE id = 9");
    below.write("UPDATE node SET parent = 8 WHERE id = 9");
    below.write("DELETE FROM node WHERE id IN (4, 5)");
}

#[test]
fn what_is_reached_in_several_ways_stays_until_none_is_left() {
    let mut reached = Watched::new(
        "WITH RECURSIVE reached(id) AS (SELECT 3 UNION SELECT n.id FROM node n JOIN reached r ON n.id < 300 AND (n.parent = r.id OR n.size = r.id + 4000))
         SELECT count(*), max(id) FROM reached",
    );
    // A circle: SQLite's UNION ends where nothing new comes.
    reached.write("UPDATE node SET parent = 3000 WHERE id = 3");
    reached.write("UPDATE node SET size = 4003 WHERE id = 6");
    reached.write("UPDATE node SET parent = NULL WHERE id = 6");
    reached.write("UPDATE node SET size = 1 WHERE id = 6");
    reached.write("DELETE FROM node WHERE id = 7");
}

#[test]
fn groups_that_are_joined_cost_what_changed_in_them() {
    let mut sums = Watched::new(
        "SELECT n.name, s.notes FROM node n JOIN (SELECT node, count(*) AS notes FROM note GROUP BY node) s ON s.node = n.id",
    );
    assert!(sums.write("INSERT INTO note VALUES (1, 3, 'one more')") < 2_000);
    assert!(sums.write("UPDATE node SET name = 'renamed' WHERE id = 3") < 2_000);
    assert!(sums.write("DELETE FROM note WHERE node = 6") < 2_000);
    assert_eq!(sums.maintained(), (3, 0));
}

#[test]
fn having_and_expressions_of_sums_are_drawn_from_them() {
    let mut large = Watched::new(
        "SELECT parent, count(*) * 2 + sum(size), count(DISTINCT size % 5) FROM node GROUP BY parent HAVING sum(size) > 100",
    );
    assert!(large.write("INSERT INTO node VALUES (9001, 4, 'x', 300)") < 2_000);
    assert!(large.write("DELETE FROM node WHERE id = 9001") < 2_000);
    assert!(large.write("UPDATE node SET size = size + 5 WHERE id = 12") < 2_000);
    assert_eq!(large.maintained(), (3, 0));
}

#[test]
fn a_full_join_shows_both_sides_alone() {
    let mut both = Watched::new("SELECT n.name, o.body FROM node n FULL JOIN note o ON o.node = n.id");
    assert!(both.write("INSERT INTO note VALUES (1, 100000, 'of nobody')") < 2_000);
    assert!(both.write("UPDATE note SET node = 5 WHERE id = 1") < 3_000);
    assert!(both.write("DELETE FROM node WHERE id = 3") < 3_000);
    assert_eq!(both.maintained(), (3, 0));
}

#[test]
fn a_value_of_all_rows_is_a_row_of_its_own() {
    let mut share = Watched::new(
        "SELECT (SELECT count(*) FROM note WHERE body LIKE '%o%'), (SELECT max(size) FROM node WHERE parent = 4)",
    );
    assert!(share.write("INSERT INTO note VALUES (1, 3, 'one more')") < 1_500);
    assert!(share.write("UPDATE node SET size = 500 WHERE id = 8") < 1_500);
    assert_eq!(share.maintained(), (2, 0));
}

#[test]
fn a_condition_on_a_group_leaves_the_others_out() {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    engine.exec("CREATE VIEW notes AS SELECT node, count(*) AS notes FROM note GROUP BY node", ()).unwrap();
    let sql = "SELECT notes FROM notes WHERE node = ?";
    let _one = engine.subscribe(sql, [3]).unwrap();
    let bytes = engine.explain(sql, [3]).unwrap().live.unwrap().state_bytes;
    assert!(bytes < 1_000, "the state of one group, {bytes} bytes");
}

#[test]
fn a_plan_that_has_to_see_what_limit_leaves_out_does_not_hold_up_its_query() {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    // SQLite stops at the fifth row; the derived table would have 4000 to the power of 4.
    let sql = "SELECT DISTINCT a.id, b.id, c.id, d.id FROM node a, node b, node c, node d LIMIT 5";
    assert_eq!(engine.explain(sql, ()).unwrap().plan, PlanKind::Incremental);
    let mut live = engine.subscribe(sql, ()).unwrap();
    let mut rows = live.snapshot().rows.to_vec();
    assert_eq!(rows.len(), 5);
    engine.exec("DELETE FROM node WHERE id = 1", ()).unwrap();
    while let Some(event) = live.try_next() {
        if let Event::Diff(diff) = event {
            diff.apply(&mut rows);
        }
    }
    assert_eq!(rows, engine.query(sql, ()).unwrap().rows.to_vec());
}

fn steps(sql: &str) -> String {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    let explained = engine.explain(sql, ()).unwrap();
    format!("{:?}", explained.steps)
}

#[test]
fn distinct_goes_where_no_rows_are_equal_or_equal_ones_are_taken_once() {
    for (with, without) in [
        ("SELECT DISTINCT id, name FROM node", "SELECT id, name FROM node"),
        (
            "SELECT DISTINCT n.id, o.id, o.body FROM node n LEFT JOIN note o ON o.node = n.id",
            "SELECT n.id, o.id, o.body FROM node n LEFT JOIN note o ON o.node = n.id",
        ),
        (
            "SELECT DISTINCT parent, count(*) FROM node GROUP BY parent",
            "SELECT parent, count(*) FROM node GROUP BY parent",
        ),
        ("SELECT DISTINCT id FROM node UNION SELECT node FROM note", "SELECT id FROM node UNION SELECT node FROM note"),
        (
            "SELECT id FROM node WHERE id IN (SELECT DISTINCT node FROM note)",
            "SELECT id FROM node WHERE id IN (SELECT node FROM note)",
        ),
    ] {
        assert_eq!(steps(with), steps(without), "{with}");
    }
    // Here rows can be equal.
    for sql in [
        "SELECT DISTINCT name FROM node",
        "SELECT DISTINCT count(*) FROM node GROUP BY parent",
        "SELECT DISTINCT n.id FROM node n JOIN note o ON o.node = n.id",
    ] {
        assert_ne!(steps(sql), steps(&sql.replace("DISTINCT ", "")), "{sql}");
    }
}

#[test]
fn columns_that_nobody_names_are_not_maintained() {
    let named = "SELECT g.parent FROM (SELECT parent, count(*) AS n FROM node GROUP BY parent) AS g WHERE g.n > 1";
    let more = "SELECT g.parent FROM (SELECT parent, group_concat(name), count(*) AS n, group_concat(size) FROM node \
                GROUP BY parent) AS g WHERE g.n > 1";
    assert_eq!(steps(more), steps(named));
    let mut watched = Watched::new(more);
    watched.write("UPDATE node SET parent = 3 WHERE id = 9");
    // A row there stands for all rows, whichever of its columns is named.
    let mut one = Watched::new("SELECT n.id, 1 FROM node n, (SELECT 7 AS x, count(*) AS y FROM note) AS c");
    one.write("DELETE FROM note");
    assert_eq!(one.rows.len(), 4000);
}

#[test]
fn conditions_that_are_worth_a_constant_go() {
    let plain = "SELECT id FROM node WHERE parent = 7";
    assert_eq!(steps("SELECT id FROM node WHERE 1 = 1 AND parent = 7 AND TRUE"), steps(plain));
    let mut never = Watched::new("SELECT id FROM node WHERE parent = 7 AND 1 = 0");
    never.write("INSERT INTO node VALUES (9000, 7, 'new', 1)");
    assert!(never.rows.is_empty());
    assert_eq!((never.engine.stats().unwrap().requeries, never.engine.stats().unwrap().repairs), (0, 0));
}
