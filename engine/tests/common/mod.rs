//! A history under a subscription that each commit is compared with SQLite.

use tidewater::{Engine, Location, Options, Plan};

/// Plays writes under a subscription; why the query is re-run, if it is, and how often it was maintained.
pub fn play(schema: &str, writes: &[&str], sql: &str) -> (Option<String>, u64) {
    let options = Options::default().with_paranoid(true).with_cost_gate(false);
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec(schema, ()).unwrap();
    let watch = engine.subscribe(sql, ()).unwrap();
    for write in writes {
        engine.exec(write, ()).unwrap();
    }
    let explained = engine.explain(sql, ()).unwrap();
    drop(watch);
    let stats = engine.stats();
    assert_eq!((stats.divergences, stats.repairs), (0, 0), "{sql}");
    let is_planned = explained.plan == Plan::Incremental;
    ((!is_planned).then(|| explained.reason.unwrap()), stats.maintained)
}
