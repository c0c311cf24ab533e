//! The table of what is maintained how, docs/plans.md, is what the engine says: this test writes it when
//! `TIDEWATER_WRITE_DOCS` is set, and otherwise compares.

use std::fmt::Write as _;
use std::path::Path;

use tidewater::{Engine, Location, Options, PlanKind, Step};

const SCHEMA: &str = "
    CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, manager INTEGER);
    CREATE TABLE channels(id INTEGER PRIMARY KEY, title TEXT, parent INTEGER);
    CREATE TABLE messages(id INTEGER PRIMARY KEY, channel INTEGER, author INTEGER, body TEXT, at INTEGER, score REAL,
                          tags TEXT, letters INTEGER AS (length(body)));
    CREATE TABLE reactions(message INTEGER, user INTEGER, emoji TEXT, PRIMARY KEY (message, user, emoji)) WITHOUT ROWID;
    CREATE VIEW recent AS SELECT id, channel, body FROM messages WHERE at > 100;
    CREATE VIEW sizes AS SELECT channel, count(*) AS size FROM messages GROUP BY channel;
    CREATE VIRTUAL TABLE search USING fts5(body);
";

/// What users write, by what it is an example of.
const QUERIES: &[(&str, &str)] = &[
    ("filter and projection", "SELECT id, upper(body) FROM messages WHERE channel = ?"),
    (
        "IN, LIKE, BETWEEN, CASE",
        "SELECT id FROM messages WHERE channel IN (1, 2) AND body LIKE '%x%' AND at BETWEEN 3 AND 9",
    ),
    ("inner join", "SELECT m.body, u.name FROM messages m JOIN users u ON u.id = m.author"),
    (
        "join of six",
        "SELECT 1 FROM users a, users b, users c, channels d, messages e, reactions f WHERE a.id = b.manager AND b.id = c.manager AND d.id = e.channel AND e.author = c.id AND f.message = e.id",
    ),
    ("USING, NATURAL", "SELECT * FROM messages JOIN channels USING (id)"),
    ("LEFT JOIN", "SELECT u.name, m.body FROM users u LEFT JOIN messages m ON m.author = u.id"),
    ("RIGHT JOIN", "SELECT u.name, m.body FROM messages m RIGHT JOIN users u ON m.author = u.id"),
    ("FULL JOIN", "SELECT u.name, m.body FROM messages m FULL JOIN users u ON m.author = u.id"),
    ("table-valued JSON", "SELECT m.id, j.value FROM messages m, json_each(m.tags) j"),
    ("count, sum, avg, total", "SELECT channel, count(*), sum(at), avg(at), total(at) FROM messages GROUP BY channel"),
    ("count of all", "SELECT count(*) FROM messages WHERE channel = ?"),
    ("min, max", "SELECT channel, min(at), max(at) FROM messages GROUP BY channel"),
    ("FILTER", "SELECT channel, count(*) FILTER (WHERE at > 3) FROM messages GROUP BY channel"),
    ("HAVING", "SELECT channel, count(*) FROM messages GROUP BY channel HAVING count(*) > 3"),
    ("count(DISTINCT)", "SELECT channel, count(DISTINCT author) FROM messages GROUP BY channel"),
    ("count(DISTINCT) of all", "SELECT count(DISTINCT author) FROM messages"),
    (
        "group_concat, json_group_array",
        "SELECT channel, group_concat(body ORDER BY id), json_group_array(id ORDER BY id) FROM messages GROUP BY channel",
    ),
    ("the same of all", "SELECT group_concat(body ORDER BY id) FROM messages WHERE channel = ?"),
    (
        "max of values that may be equal and differ",
        "SELECT channel, max(body COLLATE NOCASE) FROM messages GROUP BY channel",
    ),
    ("sum of floats", "SELECT channel, sum(score) FROM messages GROUP BY channel"),
    (
        "aggregate over LEFT JOIN",
        "SELECT u.id, count(m.id) FROM users u LEFT JOIN messages m ON m.author = u.id GROUP BY u.id",
    ),
    ("groups by an alias", "SELECT strftime('%Y', at) AS year, count(*) FROM messages GROUP BY year"),
    (
        "column that the groups decide",
        "SELECT u.name, count(*) FROM messages m JOIN users u ON u.id = m.author GROUP BY m.author",
    ),
    ("bare column", "SELECT channel, body FROM messages GROUP BY channel"),
    ("DISTINCT", "SELECT DISTINCT author FROM messages WHERE channel = ?"),
    ("UNION ALL", "SELECT id FROM users UNION ALL SELECT id FROM channels"),
    (
        "UNION, INTERSECT, EXCEPT",
        "SELECT id FROM users UNION SELECT id FROM channels EXCEPT SELECT author FROM messages",
    ),
    ("IN (SELECT)", "SELECT name FROM users WHERE id IN (SELECT author FROM messages WHERE channel = ?)"),
    ("NOT IN (SELECT)", "SELECT name FROM users WHERE id NOT IN (SELECT author FROM messages)"),
    (
        "EXISTS, NOT EXISTS",
        "SELECT name FROM users u WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.author = u.id)",
    ),
    ("scalar subquery", "SELECT name, (SELECT max(at) FROM messages m WHERE m.author = u.id) FROM users u"),
    (
        "derived table",
        "SELECT x.id FROM (SELECT id, channel FROM messages WHERE at > 3) x JOIN channels c ON c.id = x.channel",
    ),
    (
        "derived aggregate",
        "SELECT c.title, s.size FROM channels c JOIN (SELECT channel, count(*) AS size FROM messages GROUP BY channel) s ON s.channel = c.id",
    ),
    ("CTE", "WITH r AS (SELECT * FROM messages WHERE at > 3) SELECT id FROM r WHERE channel = 1"),
    ("view", "SELECT body FROM recent WHERE channel = ?"),
    ("aggregating view", "SELECT c.title, s.size FROM channels c JOIN sizes s ON s.channel = c.id"),
    ("ORDER BY an expression", "SELECT id, body FROM messages ORDER BY lower(body) COLLATE NOCASE DESC NULLS LAST, id"),
    (
        "LIMIT and OFFSET",
        "SELECT id, body FROM messages WHERE channel = ? ORDER BY at DESC, id DESC LIMIT 50 OFFSET 10",
    ),
    ("LIMIT by parameters", "SELECT id, body FROM messages ORDER BY at DESC LIMIT ? OFFSET ?"),
    (
        "LIMIT in FROM",
        "SELECT m.body, u.name FROM (SELECT * FROM messages ORDER BY at DESC, id DESC LIMIT 50) m JOIN users u ON u.id = m.author",
    ),
    (
        "LIMIT of groups in FROM",
        "SELECT c.title, s.size FROM (SELECT channel, count(*) AS size FROM messages GROUP BY channel ORDER BY size DESC, channel LIMIT 3) s JOIN channels c ON c.id = s.channel",
    ),
    (
        "LIMIT in FROM over rows that may be tied",
        "SELECT count(*), max(id) FROM (SELECT id FROM messages ORDER BY at LIMIT 50)",
    ),
    (
        "window function by partition",
        "SELECT id, row_number() OVER (PARTITION BY channel ORDER BY at, id) FROM messages",
    ),
    ("window function over all", "SELECT id, row_number() OVER (ORDER BY at, id) FROM messages"),
    (
        "window function over all, in FROM",
        "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY at, id) AS place FROM messages) WHERE place <= 3",
    ),
    (
        "window function over groups",
        "SELECT author, count(*), rank() OVER (ORDER BY count(*) DESC) FROM messages GROUP BY author",
    ),
    (
        "window function over an outer join",
        "SELECT u.name, m.body, row_number() OVER (ORDER BY u.id, m.id) FROM users u LEFT JOIN messages m ON m.author = u.id",
    ),
    (
        "recursive CTE",
        "WITH RECURSIVE below(id) AS (SELECT 1 UNION SELECT c.id FROM channels c JOIN below b ON c.parent = b.id) SELECT id FROM below",
    ),
    ("VALUES", "VALUES (1, 'a'), (2, 'b')"),
    ("row values", "SELECT id FROM messages WHERE (channel, author) = (?, ?)"),
    ("virtual generated column", "SELECT id FROM messages WHERE letters > 3"),
    ("the schema", "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN (SELECT title FROM channels)"),
    ("columns of tables", "SELECT s.name, c.name FROM sqlite_schema s, pragma_table_info(s.name) c"),
    ("full-text search", "SELECT rowid FROM search WHERE search MATCH 'x'"),
    ("now", "SELECT id FROM messages WHERE at > unixepoch('now') - 60"),
    ("random", "SELECT id FROM messages ORDER BY random()"),
];

fn strategies(step: &Step) -> String {
    let mut names = vec![step.strategy.to_owned()];
    for input in &step.inputs {
        let below = strategies(input);
        if !names.contains(&below) {
            names.push(below);
        }
    }
    names.join(" over ")
}

#[test]
fn the_table_of_plans_is_what_the_engine_says() {
    let engine = Engine::open(Location::Memory, Options::default()).expect("a database in memory");
    engine.exec(SCHEMA, ()).expect("a schema");
    let mut table = String::from(
        "# How queries are maintained\n\nWritten by `engine/tests/plans.rs` from what `explain` says. Everything that SQLite accepts can be \
         subscribed;\nwhat has no plan is re-run when a commit can affect it, and compared.\n\n\
         | what | for example | strategy |\n| --- | --- | --- |\n",
    );
    for (what, sql) in QUERIES {
        let explained = engine.explain(sql, ()).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let strategy = match (explained.plan, &explained.steps) {
            (PlanKind::Incremental, Some(steps)) => strategies(steps),
            _ => format!("re-run: {}", explained.reason.unwrap_or_default()),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(table, "| {what} | `{}` | {strategy} |", sql.replace('|', "\\|"));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/plans.md");
    if std::env::var_os("TIDEWATER_WRITE_DOCS").is_some() {
        std::fs::write(&path, &table).expect("docs/plans.md can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, table, "docs/plans.md is out of date: run this test with TIDEWATER_WRITE_DOCS=1");
}
