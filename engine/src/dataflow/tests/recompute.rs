//! `key recompute`: the rows of the keys that a commit touches are asked for again.

use proptest::prelude::*;

use super::memory::Memory;
use super::{BINDING, Change, PLAN, bag, follows, gives_up, history, job, plan, row, table_ref, text};
use crate::dataflow::Dataflows;
use crate::error::GiveUp;
use crate::plan::{AffectedKeys, Node, OrderDependence, Plan, Recompute};
use crate::types::{Collation, Row, Value, ValueRef, WeightedRow};

/// By key, the least of its second column and how many rows of the other table join it, with the key behind.
fn least(tables: &[Vec<Row>]) -> Vec<Row> {
    let number = |row: &Row, at| if let Some(ValueRef::Integer(number)) = row.get(at) { number } else { 0 };
    let of_key = |key: i64| {
        let least = tables[0].iter().filter(|row| number(row, 0) == key).map(|row| number(row, 1)).min()?;
        let others = tables[1].iter().filter(|row| number(row, 0) == key).count();
        Some(row(&[least, i64::try_from(others).ok()?, key]))
    };
    (0..8).filter_map(of_key).collect()
}

fn without_key(row: &Row) -> Row {
    row.values().take(2).map(ValueRef::to_value).collect()
}

fn is_of(row: &Row, parameters: &[Value]) -> bool {
    row.get(2).map(ValueRef::to_value).as_ref() == parameters.last()
}

fn memory() -> Memory {
    Memory::default()
        .with("key", |tables, _| {
            tables[0]
                .iter()
                .map(|row| [row.get(0).map_or(Value::Null, ValueRef::to_value)].into_iter().collect())
                .collect()
        })
        .with("all", |tables, _| least(tables))
        .with("whole", |tables, _| least(tables).iter().map(without_key).collect())
        .with("rows", |tables, parameters| {
            least(tables).iter().filter(|row| is_of(row, parameters)).map(without_key).collect()
        })
        .with("keyed rows", |tables, parameters| {
            least(tables).into_iter().filter(|row| is_of(row, parameters)).collect()
        })
}

fn recompute(rows: &str, remembers: bool, check: Option<OrderDependence>) -> Plan {
    let affected = |table_ref| AffectedKeys { text: text("key", &[table_ref]), path: vec![table_ref] };
    let recompute = Recompute {
        table_refs: vec![table_ref("a"), table_ref("b")],
        key: vec![Collation::Binary],
        affected_keys: vec![affected(0), affected(1)],
        rows: rows.into(),
        remembers,
        all: "all:a|b".into(),
        width: 2,
        check,
        what: "by key",
        linear: None,
    };
    plan(Node::Recompute(recompute), Vec::new())
}

proptest! {
    #[test]
    fn the_rows_of_touched_keys_are_exchanged(history in history(2)) {
        follows(&recompute("rows:a|b", true, None), &memory(), &["a", "b"], &history, "whole:a|b");
    }

    #[test]
    fn a_window_can_remember_the_rows_for_it(history in history(2)) {
        let (plan, memory) = (recompute("keyed rows:a|b", false, None), memory());
        let mut dataflows = Dataflows::default();
        dataflows.install(PLAN, &plan);
        // What the window holds: all rows, with their keys.
        let mut held: Vec<Row> = Vec::new();
        for changes in history {
            let images = memory.commit(&["a", "b"], &changes);
            let changes = dataflows.maintain(PLAN, &[job(images)], &memory, &|binding, visit| {
                assert_eq!(binding, BINDING);
                held.iter().for_each(|row| visit(row.as_ref()));
            });
            for (row, weight) in changes.into_iter().next().expect("one job").expect("it is not given up") {
                match held.iter().position(|held| *held == row) {
                    Some(at) if weight == -1 => drop(held.remove(at)),
                    None if weight == 1 => held.push(row),
                    _ => panic!("{row:?} {weight}"),
                }
            }
            let one = |row: &Row| -> WeightedRow { (row.clone(), 1) };
            prop_assert_eq!(bag(held.iter().map(one)), bag(memory.all("all:a|b")));
            prop_assert_eq!(dataflows.state_bytes(), 0);
        }
    }
}

#[test]
fn a_check_beside_the_rows_gives_up() {
    // The key stands where the check is looked for, and is not 0.
    let commit = |key| -> [Vec<Change>; 1] { [vec![(0, true, key, 1)]] };
    let plan = recompute("keyed rows:a|b", true, Some(OrderDependence::EqualInGroup));
    assert_eq!(gives_up(&plan, &memory(), &["a", "b"], &commit(0)), None);
    assert_eq!(gives_up(&plan, &memory(), &["a", "b"], &commit(3)), Some(GiveUp::CheckFailed));
}

#[test]
fn what_costs_more_than_it_may_is_given_up() {
    let (plan, memory) = (recompute("rows:a|b", true, None), memory());
    let mut dataflows = Dataflows::default();
    dataflows.install(PLAN, &plan);
    let mut cheap = job(memory.commit(&["a"], &[(0, true, 1, 1), (0, true, 2, 1)]));
    cheap.instruction_budget = 1;
    let changes = dataflows.maintain(PLAN, &[cheap], &memory, &|_, _| {});
    assert_eq!(changes, [Err(GiveUp::OverBudget)]);
}
