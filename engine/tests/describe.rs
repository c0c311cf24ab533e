//! What is told of a statement without running it.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test says what it tests by its name")]

use tidewater::{Affinity, ColumnDescription, Engine, Location, Options};

const SCHEMA: &str = "
    CREATE TABLE item(id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL COLLATE NOCASE, price REAL, tag);
    CREATE TABLE sale(item INTEGER NOT NULL, day TEXT NOT NULL, amount INT, PRIMARY KEY(day, item)) WITHOUT ROWID;
    CREATE VIEW named AS SELECT id AS number, name AS called, price FROM item;";

fn engine() -> Engine {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    engine
}

fn columns(sql: &str) -> Vec<ColumnDescription> {
    engine().describe(sql).unwrap_or_else(|error| panic!("{sql}: {error}")).columns
}

/// One character for each column: `!` for one that is never NULL.
fn never_null(sql: &str) -> String {
    columns(sql).iter().map(|column| if column.not_null { '!' } else { '?' }).collect()
}

#[test]
fn columns_tell_where_they_come_from() {
    let told = |sql: &str| -> Vec<String> {
        let origin = |column: &ColumnDescription| match &column.origin {
            Some(origin) => format!("{} = {}.{}.{}", column.name, origin.database, origin.table, origin.column),
            None => column.name.clone(),
        };
        columns(sql).iter().map(origin).collect()
    };
    assert_eq!(
        told("SELECT name, i.price AS cost, rowid FROM item i"),
        ["name = main.item.name", "cost = main.item.price", "id = main.item.id",]
    );
    assert_eq!(told("SELECT name || '', count(*), +price FROM item"), ["name || ''", "count(*)", "+price"]);
    assert_eq!(told("SELECT called FROM named"), ["called = main.item.name"]);
    assert_eq!(told("SELECT x FROM (SELECT tag AS x FROM item)"), ["x = main.item.tag"]);
    assert_eq!(told("WITH c(y) AS (SELECT day FROM sale) SELECT y FROM c"), ["y = main.sale.day"]);
    assert_eq!(told("SELECT name FROM item UNION ALL SELECT day FROM sale"), ["name = main.item.name"]);
}

#[test]
fn columns_tell_their_type() {
    let told = |sql: &str| -> Vec<(Option<String>, Option<Affinity>, Option<String>)> {
        columns(sql).into_iter().map(|column| (column.declared_type, column.affinity, column.collation)).collect()
    };
    let of = |declared: Option<&str>, affinity, collation: &str| {
        (declared.map(str::to_owned), affinity, Some(collation.to_owned()))
    };
    assert_eq!(
        told("SELECT name, price, tag, id FROM item"),
        [
            of(Some("VARCHAR(20)"), Some(Affinity::Text), "NOCASE"),
            of(Some("REAL"), Some(Affinity::Real), "BINARY"),
            of(None, Some(Affinity::Blob), "BINARY"),
            of(Some("INTEGER"), Some(Affinity::Integer), "BINARY"),
        ]
    );
    assert_eq!(
        told("SELECT CAST(tag AS TEXT), 1, count(*), name COLLATE RTRIM FROM item"),
        [
            of(None, Some(Affinity::Text), "BINARY"),
            of(None, None, "BINARY"),
            of(None, None, "BINARY"),
            of(None, Some(Affinity::Text), "RTRIM"),
        ]
    );
}

#[test]
fn columns_tell_whether_they_can_be_null() {
    for (sql, expected) in [
        ("SELECT id, name, price, tag, rowid FROM item", "!!??!"),
        ("SELECT item, day, amount FROM sale", "!!?"),
        // Joins.
        ("SELECT id, item FROM item JOIN sale ON item = id", "!!"),
        ("SELECT id, item FROM item LEFT JOIN sale ON item = id", "!?"),
        ("SELECT id, item FROM item RIGHT JOIN sale ON item = id", "?!"),
        ("SELECT id, item FROM item FULL JOIN sale ON item = id", "??"),
        ("SELECT a.id, b.id, c.id FROM item a LEFT JOIN (item b JOIN item c ON b.id = c.id) ON a.id = b.id", "!??"),
        ("SELECT id FROM item JOIN (SELECT item AS id FROM sale) USING (id)", "!"),
        ("SELECT id, item FROM item LEFT JOIN sale ON item = id WHERE item > 3", "!!"),
        ("SELECT id, amount FROM item LEFT JOIN sale ON item = id WHERE amount IS NOT NULL AND day = 'x'", "!!"),
        ("SELECT id, amount FROM item LEFT JOIN sale ON item = id WHERE amount IS NOT NULL OR day = 'x'", "!?"),
        // Expressions.
        ("SELECT 1, 'x', x'', 1.5, NULL, ?, TRUE, current_date", "!!!!??!!"),
        ("SELECT id + 1, id - 1, id / 1, -id, +id, ~id, NOT id FROM item", "???!!!!"),
        ("SELECT name || id, name || tag, id & 1, id = 1, tag = 1, tag IS 1, tag IS NULL FROM item", "!?!!?!!"),
        ("SELECT id AND name, id AND tag, id BETWEEN 1 AND 2, id BETWEEN 1 AND tag FROM item", "!?!?"),
        ("SELECT id IN (1, 2), id IN (1, NULL), tag IN (), id IN (SELECT item FROM sale) FROM item", "!?!!"),
        (
            "SELECT id IN (SELECT amount FROM sale), EXISTS (SELECT 1), (SELECT 1), (SELECT count(*) FROM sale) FROM item",
            "?!?!",
        ),
        ("SELECT CASE WHEN id > 1 THEN name ELSE 'x' END, CASE WHEN id > 1 THEN name END FROM item", "!?"),
        (
            "SELECT coalesce(tag, name), coalesce(tag, price), ifnull(tag, 0), nullif(id, 1), iif(tag, 1, 2) FROM item",
            "!?!?!",
        ),
        (
            "SELECT CAST(id AS TEXT), name COLLATE BINARY, length(name), length(tag), typeof(tag), hex(tag) FROM item",
            "!!!?!!",
        ),
        ("SELECT max(id, 2), min(id, tag), json_extract(name, '$') FROM item", "!??"),
        // Groups.
        ("SELECT count(*), count(tag), max(id), sum(id), total(id) FROM item", "!!???"),
        ("SELECT id, count(*) FROM item", "?!"),
        ("SELECT id, count(*) FROM item GROUP BY name", "!!"),
        ("SELECT name, max(id), min(tag), sum(id), max(id) FILTER (WHERE id > 3) FROM item GROUP BY name", "!!???"),
        ("SELECT id, sum(tag) FROM item HAVING count(*) > 0", "??"),
        ("SELECT id, (SELECT count(item.id) FROM sale) FROM item", "??"),
        ("SELECT id, (SELECT max(amount) FROM sale) FROM item", "!?"),
        ("SELECT id, group_concat(name) FROM item", "??"),
        ("SELECT id, of_the_application(name) FROM item", "??"),
        // Windows.
        ("SELECT id, row_number() OVER (), count(*) OVER (), max(id) OVER (), lag(id) OVER () FROM item", "!!!??"),
        // Queries in FROM.
        ("SELECT * FROM named", "!!?"),
        ("SELECT number FROM (SELECT number FROM named LIMIT 3)", "!"),
        ("WITH c(a, b) AS (SELECT name, tag FROM item) SELECT a, b FROM c", "!?"),
        ("SELECT x FROM (SELECT max(id) AS x FROM item)", "?"),
        ("WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c LIMIT 9) SELECT n FROM c", "?"),
        ("SELECT value FROM json_each('[null]')", "?"),
        // Compounds.
        ("SELECT id FROM item UNION SELECT item FROM sale", "!"),
        ("SELECT id FROM item UNION ALL SELECT tag FROM item", "?"),
        ("VALUES (1, 2), (3, NULL)", "!?"),
        ("SELECT DISTINCT name FROM item ORDER BY name LIMIT 3", "!"),
        ("SELECT id AS x, name AS y FROM item ORDER BY x", "!!"),
    ] {
        let engine = engine();
        let register = |connection: &mut tidewater::rusqlite::Connection| {
            let flags = tidewater::rusqlite::functions::FunctionFlags::SQLITE_UTF8;
            connection.create_scalar_function("of_the_application", 1, flags, |_| Ok(1))
        };
        engine.with_connection(register).unwrap().unwrap();
        let described = engine.describe(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let told: String = described.columns.iter().map(|column| if column.not_null { '!' } else { '?' }).collect();
        assert_eq!(told, expected, "{sql}");
    }
}

#[test]
fn parameters_are_told_by_number_and_name() {
    let told = |sql: &str| -> Vec<(usize, Option<String>)> {
        let described = engine().describe(sql).unwrap();
        described.parameters.into_iter().map(|parameter| (parameter.number, parameter.name)).collect()
    };
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(told("SELECT ?, :a, @b, $c, :a"), [(1, None), (2, name("a")), (3, name("b")), (4, name("c"))]);
    assert_eq!(told("SELECT ?3"), [(1, None), (2, None), (3, None)]);
    assert_eq!(told("SELECT 1"), []);
}

#[test]
fn statements_that_write_are_described_and_not_run() {
    let engine = engine();
    let insert = engine.describe("INSERT INTO item(name) VALUES (:name) RETURNING id, name").unwrap();
    assert_eq!(insert.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["id", "name"]);
    assert_eq!((insert.parameters.len(), insert.only_reads), (1, false));
    let create = engine.describe("CREATE TABLE another(a)").unwrap();
    assert_eq!((create.columns.len(), create.only_reads), (0, false));
    assert!(engine.describe("SELECT 1").unwrap().only_reads);
    assert_eq!(engine.query_one("SELECT count(*) FROM item", ()).unwrap(), Some((0,)));
    for (sql, code) in [
        ("PRAGMA foreign_keys = OFF", "not_described"),
        ("BEGIN", "not_described"),
        ("VACUUM", "not_described"),
        ("", "not_one_statement"),
        ("SELECT 1; SELECT 2", "not_one_statement"),
        ("SELECT nothing FROM item", "sql_error"),
    ] {
        assert_eq!(engine.describe(sql).unwrap_err().code(), code, "{sql}");
    }
    assert_eq!(engine.query_one("PRAGMA foreign_keys", ()).unwrap(), Some((1,)));
    engine.exec("ALTER TABLE item ADD COLUMN more INT NOT NULL DEFAULT 1", ()).unwrap();
    assert!(engine.describe("SELECT * FROM item").unwrap().columns[4].not_null, "of the schema as it is now");
}

#[test]
fn what_the_parser_here_does_not_read_is_described_by_sqlite() {
    assert_eq!(never_null("EXPLAIN QUERY PLAN SELECT 1").len(), 4);
}
