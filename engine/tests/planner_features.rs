//! What the planner does where a feature is disabled: it takes the next correct way, with the same results, or the query is
//! re-run and says why.

#![allow(clippy::unwrap_used, reason = "a test")]

use tidewater::{DisabledFeatures, Engine, Location, Options, PlannerFeature, Step};

const SCHEMA: &str = "
    CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER, t TEXT);
    CREATE TABLE b(id INTEGER PRIMARY KEY, a INTEGER, n INTEGER);
    INSERT INTO a VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 2, 'z'), (4, NULL, NULL);
    INSERT INTO b VALUES (1, 1, 5), (2, 1, 6), (3, 3, 7), (4, 9, 8);";

const WRITES: &[&str] = &[
    "INSERT INTO a VALUES (5, 2, 'x'), (6, 3, 'v')",
    "UPDATE b SET a = 2 WHERE id = 2",
    "UPDATE a SET n = n + 1",
    "DELETE FROM a WHERE id IN (1, 6)",
    "INSERT INTO b SELECT id + 10, 3, n FROM b",
    "UPDATE a SET t = 'x' WHERE t > 'x'",
    "DELETE FROM b WHERE n > 6",
];

fn engine(disabled: DisabledFeatures) -> Engine {
    let options = Options::default().with_paranoid(true).with_cost_gate(false).with_disabled_features(disabled);
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec(SCHEMA, ()).unwrap();
    engine
}

fn shape(step: &Step) -> String {
    let inputs: Vec<String> = step.inputs.iter().map(shape).collect();
    let inputs = if inputs.is_empty() { String::new() } else { format!(" < {}", inputs.join(" + ")) };
    format!("{}: {}{inputs}", step.strategy, step.detail)
}

/// How a query is planned, or why it is re-run.
fn planned(engine: &Engine, sql: &str) -> String {
    let explained = engine.explain(sql, ()).unwrap();
    explained.steps.as_ref().map_or_else(|| explained.reason.unwrap(), shape)
}

/// Plays the writes under a subscription, which each commit is compared with SQLite.
fn play(engine: &Engine, sql: &str) {
    let watch = engine.subscribe(sql, ()).unwrap();
    for write in WRITES {
        engine.exec(write, ()).unwrap();
    }
    drop(watch);
    let stats = engine.stats().unwrap();
    assert_eq!((stats.divergences, stats.repairs), (0, 0), "{sql}");
}

/// A feature, a query, how it is planned with all features, and how with this one disabled.
const CASES: &[(PlannerFeature, &str, &str, &str)] = &[
    (
        PlannerFeature::Delta,
        "SELECT a.t, b.n FROM a JOIN b ON b.a = a.id",
        "delta: inner join of 2",
        "key recompute: by row",
    ),
    (
        PlannerFeature::Evaluator,
        "SELECT t, id FROM a WHERE n BETWEEN 1 AND 2 AND t IS NOT NULL",
        "delta: rows of one table, without a statement",
        "delta: rows of one table",
    ),
    (
        PlannerFeature::Accumulate,
        "SELECT n, count(*), sum(id) FROM a GROUP BY n",
        "accumulate: count, sum by 1 < delta: rows of one table, without a statement",
        "key recompute: by group; re-run where the order of rows decides: floating-point SUM whose rounding depends on row order",
    ),
    (
        PlannerFeature::Projection,
        "SELECT n + 1, count(*) * 2 FROM a GROUP BY n HAVING count(*) > 1",
        "delta: rows of one table < accumulate: count by 1 < delta: rows of one table, without a statement",
        "key recompute: by group",
    ),
    (
        PlannerFeature::Recompute,
        "SELECT a.id, b.n FROM a LEFT JOIN b ON b.a = a.id",
        "key recompute: by row",
        "the planner feature `recompute` is disabled (planned with disabled features: recompute)",
    ),
    (
        PlannerFeature::Combine,
        "SELECT DISTINCT n FROM a",
        "accumulate: DISTINCT < delta: rows of one table, without a statement",
        "the planner feature `combine` is disabled (planned with disabled features: combine)",
    ),
    (
        PlannerFeature::Combine,
        "SELECT n FROM a UNION SELECT a FROM b",
        "accumulate: UNION < delta: rows of one table, without a statement + delta: rows of one table, without a statement",
        "the planner feature `combine` is disabled (planned with disabled features: combine)",
    ),
    (
        PlannerFeature::Fixpoint,
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION SELECT b.n FROM b JOIN r ON b.a = r.x) SELECT x FROM r",
        "delta: rows of one table, without a statement < fixpoint: UNION < delta: constant rows",
        "the planner feature `fixpoint` is disabled (planned with disabled features: fixpoint)",
    ),
    (
        PlannerFeature::Window,
        "SELECT id FROM a ORDER BY id LIMIT 2",
        "window: LIMIT 2 OFFSET 0 < delta: rows of one table, without a statement",
        "the planner feature `window` is disabled (planned with disabled features: window)",
    ),
    (
        PlannerFeature::Direct,
        "SELECT x.v, b.n FROM (SELECT id, n + 1 AS v FROM a) x JOIN b ON b.a = x.id",
        "delta: inner join of 2",
        "delta: inner join of 2 < delta: rows of one table",
    ),
    (
        PlannerFeature::OverRows,
        "SELECT count(*), sum(b.n) FROM a LEFT JOIN b ON b.a = a.id",
        "accumulate: count, sum < delta: rows of one table, without a statement < key recompute: by row",
        "key recompute: of all rows",
    ),
    (
        PlannerFeature::OverHeld,
        "SELECT x.v, b.n FROM (SELECT id, n + 1 AS v FROM a) x LEFT JOIN b ON b.a = x.id",
        "key recompute: by row < delta: rows of one table",
        "a derived table is joined to something that is not linear (planned with disabled features: over_held)",
    ),
    (
        PlannerFeature::Scalar,
        "SELECT id FROM a WHERE n >= (SELECT avg(n) FROM b)",
        "delta: inner join of 2 < accumulate: avg < delta: rows of one table, without a statement",
        "key recompute: by row",
    ),
    (
        PlannerFeature::OuterToInner,
        "SELECT a.id, b.n FROM a LEFT JOIN b ON b.a = a.id WHERE b.n > 5",
        "delta: inner join of 2",
        "key recompute: by row",
    ),
    (
        PlannerFeature::Flatten,
        "SELECT x.id, b.n FROM (SELECT id, n FROM a) x LEFT JOIN b ON b.a = x.id",
        "key recompute: by row",
        "key recompute: by row < delta: rows of one table, without a statement",
    ),
    (
        PlannerFeature::Fold,
        "SELECT a.id, b.n FROM a FULL JOIN b ON b.a = a.id",
        "delta: rows of one table, without a statement < delta: UNION ALL < key recompute: by row + key recompute: by row",
        "the join keeps all rows of no table (planned with disabled features: fold)",
    ),
    (
        PlannerFeature::Distinct,
        "SELECT DISTINCT id, t FROM a",
        "delta: rows of one table, without a statement",
        "accumulate: DISTINCT < delta: rows of one table, without a statement",
    ),
    (
        PlannerFeature::Prune,
        "SELECT x.n FROM (SELECT n, count(*) AS c, group_concat(t) AS t FROM a GROUP BY n) x WHERE x.c > 1",
        "delta: rows of one table, without a statement < accumulate: count by 1 < delta: rows of one table, without a statement",
        "delta: rows of one table, without a statement < key recompute: by group",
    ),
    (
        PlannerFeature::Determined,
        "SELECT a.t, count(*) FROM a JOIN b ON b.a = a.id GROUP BY b.a",
        "accumulate: count by 1 < delta: inner join of 2",
        "key recompute: by group",
    ),
];

#[test]
fn a_disabled_feature_gives_way_to_the_next() {
    for (feature, sql, before, after) in CASES {
        let [free, forced] = [DisabledFeatures::NOTHING, DisabledFeatures::NOTHING.and(*feature)].map(engine);
        assert_eq!(
            (planned(&free, sql).as_str(), planned(&forced, sql).as_str()),
            (*before, *after),
            "{feature:?}: {sql}"
        );
        play(&free, sql);
        play(&forced, sql);
    }
}

#[test]
fn what_windows_and_conditions_spare_is_missed_without_it() {
    let live = |disabled: Option<PlannerFeature>, sql: &str| {
        let engine = engine(disabled.into_iter().collect());
        let watch = engine.subscribe(sql, ()).unwrap();
        engine.exec("INSERT INTO a VALUES (7, 2, 'x')", ()).unwrap();
        let live = engine.explain(sql, ()).unwrap().live.unwrap();
        for write in WRITES {
            engine.exec(write, ()).unwrap();
        }
        assert_eq!((engine.stats().unwrap().divergences, engine.stats().unwrap().repairs), (0, 0), "{sql}");
        drop(watch);
        live
    };
    let first = "SELECT id FROM a ORDER BY id LIMIT 1";
    assert_eq!((live(None, first).state_rows, live(Some(PlannerFeature::Prefix), first).state_rows), (1, 5));
    assert_eq!((live(None, first).beyond, live(Some(PlannerFeature::Beyond), first).beyond), (1, 0));
    // The condition that is worth a constant is no part of what a dataflow is known by.
    let templates = |disabled: DisabledFeatures| {
        let engine = engine(disabled);
        let _held = ["", "1 = 1 AND "].map(|true_or_not| {
            engine.subscribe(&format!("SELECT n, count(*) FROM a WHERE {true_or_not}n = 1 GROUP BY n"), ()).unwrap()
        });
        engine.stats().unwrap().dataflows
    };
    assert_eq!(
        (templates(DisabledFeatures::NOTHING), templates(DisabledFeatures::NOTHING.and(PlannerFeature::Constant))),
        (1, 2)
    );
    let chosen = "SELECT x.n, x.c FROM (SELECT n, count(*) c FROM a GROUP BY n) x JOIN b ON b.id = x.c WHERE x.n = 1";
    assert!(live(None, chosen).state_bytes < live(Some(PlannerFeature::Pushdown), chosen).state_bytes);
}

#[test]
fn features_have_names() {
    for feature in PlannerFeature::ALL {
        assert_eq!(feature.name().parse(), Ok(DisabledFeatures::NOTHING.and(feature)));
    }
    let some: DisabledFeatures = " scalar, flatten,".parse().unwrap();
    assert_eq!(some.to_string(), "scalar,flatten");
    assert_eq!((some.has(PlannerFeature::Flatten), some.has(PlannerFeature::Delta)), (true, false));
    assert_eq!("".parse(), Ok(DisabledFeatures::NOTHING));
    let unknown = "flatten,sideways".parse::<DisabledFeatures>().unwrap_err();
    assert_eq!(unknown.to_string(), "no planner feature is called `sideways`");
}
