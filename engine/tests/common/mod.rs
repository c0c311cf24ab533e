//! A history under a subscription that each commit is compared with SQLite.
#![allow(dead_code, reason = "not every test file plays in every way")]

use tidewater::{Engine, Location, Options, PlanKind, Watch};

/// Plays writes under a subscription; the code of why the query is re-run, if it is, and how often it was maintained.
pub fn play(schema: &str, writes: &[&str], sql: &str) -> (Option<&'static str>, u64) {
    let options = Options::default().with_paranoid(true).with_cost_gate(false);
    let engine = Engine::open(Location::Memory, options).unwrap();
    engine.exec(schema, ()).unwrap();
    let watch = engine.subscribe(sql, ()).unwrap();
    for write in writes {
        engine.exec(write, ()).unwrap();
    }
    drop(watch);
    let explained = engine.explain(sql, ()).unwrap();
    let stats = engine.stats().unwrap();
    assert_eq!((stats.divergences, stats.repairs), (0, 0), "{sql}");
    let is_planned = explained.plan == PlanKind::Incremental;
    ((!is_planned).then(|| explained.reason_code.unwrap()), stats.maintained)
}

/// A subscription that a plan maintains and that is compared with SQLite at each commit.
pub struct Checked {
    engine: Engine,
    _live: Watch,
    sql: &'static str,
}

impl Checked {
    pub fn of(schema: &str, sql: &'static str) -> Self {
        let options = Options::default().with_paranoid(true).with_cost_gate(false);
        let engine = Engine::open(Location::Memory, options).unwrap();
        engine.exec(schema, ()).unwrap();
        let explained = engine.explain(sql, ()).unwrap();
        assert_eq!(explained.plan, PlanKind::Incremental, "{sql}: {:?}", explained.reason);
        let live = engine.subscribe_with(sql, (), |_, _| {}).unwrap();
        Self { engine, _live: live, sql }
    }

    /// How many results the writes maintained, and how many they re-ran.
    pub fn counts(&self, writes: &[&str]) -> (u64, u64) {
        let before = self.engine.stats().unwrap();
        for write in writes {
            self.engine.exec(write, ()).unwrap();
        }
        let after = self.engine.stats().unwrap();
        assert_eq!((after.divergences, after.repairs), (0, 0), "{}", self.sql);
        (after.maintained - before.maintained, after.requeries - before.requeries)
    }
}
