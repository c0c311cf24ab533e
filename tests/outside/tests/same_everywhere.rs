//! The engine without the settings of its own repository: SQLite is built without math functions and with STAT4, as applications
//! build it.

use tidewater::{Engine, Location, Options, PlanKind, Value};
use tidewater_oracle::campaign::sample;

const SCHEMA: &str = "
    CREATE TABLE contact(id INTEGER PRIMARY KEY, email TEXT COLLATE NOCASE, n, m);
    CREATE INDEX contact_by_email ON contact(email);
    WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 2000)
    INSERT INTO contact SELECT x, 'a' || x % 700, x % 5, x % 7 || 'y' FROM i;
    ANALYZE;
";

/// Queries whose plans ask SQLite more than columns and comparisons.
const PLANNED: [&str; 8] = [
    "SELECT email, count(*) FROM contact GROUP BY email",
    "SELECT email, max(n), count(DISTINCT m) FROM contact GROUP BY email",
    "SELECT n, group_concat(DISTINCT m) FROM contact GROUP BY n",
    "SELECT DISTINCT m FROM contact",
    "SELECT n FROM contact UNION SELECT m FROM contact",
    "SELECT id, sqrt(n) FROM contact WHERE sqrt(n) > 1.5",
    "SELECT n, max(m), min(m) FROM contact GROUP BY n",
    "SELECT id, email FROM contact WHERE email = 'A7' ORDER BY id DESC LIMIT 3",
];

#[test]
fn this_build_of_sqlite_is_another_one() {
    let engine = Engine::open(Location::Memory, Options::default()).unwrap();
    let sqlite = engine.sqlite().unwrap();
    assert!(!sqlite.has("ENABLE_MATH_FUNCTIONS") && sqlite.lends_math_functions, "{sqlite:?}");
    assert!(sqlite.has("ENABLE_STAT4"), "{sqlite:?}");
    let root = engine.query("SELECT sqrt(2.25), pi() > 3", ()).unwrap();
    assert_eq!(root.rows[0].get(0).map(|value| value.to_value()), Some(Value::from(1.5)));
}

#[test]
fn what_is_planned_is_maintained() {
    for sql in PLANNED {
        let options = Options::default().with_paranoid(true).with_cost_gate(false);
        let engine = Engine::open(Location::Memory, options).unwrap();
        engine.exec(SCHEMA, ()).unwrap();
        let live = engine.subscribe(sql, ()).unwrap();
        assert_eq!(live.plan(), PlanKind::Incremental, "{sql}");
        for write in 0..20 {
            let sql = "UPDATE contact SET n = ?1 % 9, m = 'x' || ?1, email = 'a' || ?1 WHERE id % 400 = ?1";
            engine.exec(sql, [write]).unwrap();
        }
        let stats = engine.stats().unwrap();
        assert_eq!((stats.given_up, stats.divergences, stats.repairs), (0, 0, 0), "{sql}: {stats:?}");
        assert!(stats.maintained > 0 && stats.requeries == 0, "{sql}: {stats:?}");
        assert_eq!(engine.explain(sql, ()).unwrap().plan, PlanKind::Incremental, "{sql}");
    }
}

/// `cargo xtask test outside` compares the line with that of the same sample inside the repository.
#[test]
fn a_sample_of_the_oracle_finds_nothing() {
    println!("{}", sample().unwrap());
}
