//! Operators without SQLite: each is driven over a few rows in memory, and what it makes of the changes of each commit is
//! compared with the whole query. A test that fails here names the operator.

mod accumulate;
mod combine;
mod delta;
mod derived;
mod fixpoint;
mod memory;
mod recompute;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Dataflows, Job};
use crate::error::GiveUp;
use crate::plan::{Derived, Node, Plan, SqlText, TableRef};
use crate::types::{BindingId, PlanId, Row, Value, WeightedRow};

use memory::Memory;

const PLAN: PlanId = PlanId(1);
const BINDING: BindingId = BindingId(1);

/// A change of a table: which of the history's tables, whether the row comes, and its two columns.
type Change = (usize, bool, i64, i64);

/// Commits of changes of some tables.
fn history(tables: usize) -> impl Strategy<Value = Vec<Vec<Change>>> {
    prop::collection::vec(
        prop::collection::vec((0..tables, prop::bool::weighted(0.6), 0..4_i64, 0..4_i64), 0..6),
        0..14,
    )
}

fn row(values: &[i64]) -> Row {
    values.iter().map(|value| Value::Integer(*value)).collect()
}

fn table_ref(table: &str) -> TableRef {
    TableRef { table: table.into(), name: table.to_owned(), derived: None }
}

/// A statement of [`Memory`] over some of a node's tables.
fn text(name: &str, table_refs: &[usize]) -> SqlText {
    let mut text = SqlText::constant(name);
    for (at, table_ref) in table_refs.iter().enumerate() {
        text.push(if at == 0 { ":" } else { "|" });
        text.push_table(*table_ref);
    }
    text
}

/// A plan that ends in this node.
fn plan(root: Node, derived: Vec<Derived>) -> Plan {
    Plan {
        declared: Vec::new(),
        derived,
        root,
        width: 0,
        order: [].into(),
        window: None,
        hydrate: "".into(),
        identity: "".into(),
        parameters: 0,
        is_stateless: false,
        sorted_by: None,
    }
}

fn job(images: super::ImagesByTable) -> Job {
    Job { binding: BINDING, parameters: Vec::new(), images, derived: Vec::new(), instruction_budget: 1_000_000 }
}

fn bag(rows: impl IntoIterator<Item = WeightedRow>) -> BTreeMap<Vec<u8>, i64> {
    let mut bag = BTreeMap::new();
    for (row, weight) in rows {
        *bag.entry(row.as_bytes().to_vec()).or_default() += weight;
    }
    bag.retain(|_, weight| *weight != 0);
    bag
}

/// The dataflows that a plan can have, by where they keep sums.
fn dataflows(plan: &Plan) -> Vec<Dataflows> {
    let mut all = vec![Dataflows::default()];
    #[cfg(feature = "differential")]
    all.push(Dataflows::in_differential());
    all.iter_mut().for_each(|dataflows| dataflows.install(PLAN, plan));
    all
}

/// Plays a history: after each commit the rows that came and went lead to those that the statement `whole` gives.
fn follows(plan: &Plan, memory: &Memory, tables: &[&'static str], history: &[Vec<Change>], whole: &str) {
    for mut dataflows in dataflows(plan) {
        memory.clear();
        let mut held = bag(dataflows.hydrate(PLAN, &job(Vec::new()), memory).expect("first rows"));
        assert_eq!(held, bag(memory.all(whole)), "at first");
        for changes in history {
            let images = memory.commit(tables, changes);
            let mut changes = dataflows.maintain(PLAN, &[job(images)], memory, &|_, _| {});
            for (row, weight) in changes.pop().expect("one job").expect("it is not given up") {
                assert_ne!(weight, 0, "{row:?}");
                *held.entry(row.as_bytes().to_vec()).or_default() += weight;
            }
            held.retain(|_, weight| *weight != 0);
            assert_eq!(held, bag(memory.all(whole)));
        }
        assert_eq!(dataflows.binding_bytes(PLAN, BINDING), dataflows.state_bytes());
        dataflows.forget(PLAN, BINDING);
        assert_eq!(dataflows.state_bytes(), 0, "what is forgotten takes no memory");
    }
}

/// Why a plan is given up in the first of some commits in which it is.
fn gives_up(plan: &Plan, memory: &Memory, tables: &[&'static str], history: &[Vec<Change>]) -> Option<GiveUp> {
    let mut dataflows = Dataflows::default();
    dataflows.install(PLAN, plan);
    if let Err(why) = dataflows.hydrate(PLAN, &job(Vec::new()), memory) {
        return Some(why);
    }
    let mut commits = history.iter().map(|changes| job(memory.commit(tables, changes)));
    commits.find_map(|job| dataflows.maintain(PLAN, &[job], memory, &|_, _| {}).pop()?.err())
}
