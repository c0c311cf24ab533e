//! `fixpoint`: what can be reached follows edges that come and go, round in circles as well.

use std::sync::Arc;

use proptest::prelude::*;

use super::memory::Memory;
use super::{Change, follows, gives_up, history, plan, row, table_ref, text};
use crate::error::GiveUp;
use crate::plan::{Delta, DerivedColumn, Fixpoint, Node, Plan, TableRef};
use crate::types::{Affinity, Collation, Row, ValueRef};

fn number(row: &Row, at: usize) -> i64 {
    if let Some(ValueRef::Integer(number)) = row.get(at) { number } else { -1 }
}

/// The ends of the edges that begin where rows are.
fn step(rows: &[Row], edges: &[Row]) -> Vec<Row> {
    let from = |place: &Row| {
        let own = edges.iter().filter(|edge| number(edge, 0) == number(place, 0));
        own.map(|edge| row(&[number(edge, 1)])).collect::<Vec<_>>()
    };
    rows.iter().flat_map(from).collect()
}

/// Where it begins: the first columns of a table.
fn begin(rows: &[Row]) -> Vec<Row> {
    rows.iter().map(|start| row(&[number(start, 0)])).collect()
}

fn reached(tables: &[Vec<Row>]) -> Vec<Row> {
    let mut all: Vec<Row> = Vec::new();
    let mut front = begin(&tables[0]);
    while !front.is_empty() {
        front.retain(|row| {
            let is_new = !all.contains(row);
            all.extend(is_new.then(|| row.clone()));
            is_new
        });
        front = step(&front, &tables[1]);
    }
    all
}

fn ways(tables: &[Vec<Row>]) -> Vec<Row> {
    let mut all = begin(&tables[0]);
    let mut front = all.clone();
    while !front.is_empty() {
        front = step(&front, &tables[1]);
        all.extend(front.iter().cloned());
    }
    all
}

fn memory() -> Memory {
    Memory::default()
        .with("begin", |tables, _| begin(&tables[0]))
        .with("step", |tables, _| step(&tables[0], &tables[1]))
        .with("sought", |tables, _| {
            step(&tables[0], &tables[1]).into_iter().filter(|row| tables[2].contains(row)).collect()
        })
        .with("reached", |tables, _| reached(tables))
        .with("ways", |tables, _| ways(tables))
        .with("count up", |tables, _| tables[0].iter().map(|place| row(&[number(place, 0) + 1])).collect())
        .with("nothing", |_, _| Vec::new())
}

fn fixpoint(is_set: bool, all: &str, steps: &str) -> Plan {
    let columns: Arc<[DerivedColumn]> =
        [DerivedColumn { affinity: Some(Affinity::Integer), collation: Collation::Binary }].into();
    let own = TableRef::of_derived("own".into(), columns);
    let fixpoint = Fixpoint {
        table_refs: vec![table_ref("edges"), own.clone(), own],
        own: 1,
        again: 2,
        base: Box::new(Node::Delta(Delta {
            table_refs: vec![table_ref("start")],
            texts: vec![text("begin", &[0])],
            evaluator: None,
        })),
        steps: vec![text(steps, &[1, 0])],
        sought: vec![text("sought", &[1, 0, 2])],
        reads: vec![("edges".into(), vec![0, 1])],
        is_set,
        columns: vec![Collation::Binary],
        all: all.into(),
    };
    plan(Node::Fixpoint(Box::new(fixpoint).as_ref().clone()), Vec::new())
}

proptest! {
    #[test]
    fn what_is_reached_follows_its_edges(history in history(2)) {
        follows(&fixpoint(true, "reached:start|edges", "step"), &memory(), &["start", "edges"], &history, "reached:start|edges");
    }

    #[test]
    fn each_way_counts_where_there_are_no_circles(history in history(2)) {
        let upwards = |(table, comes, x, y): Change| (table, comes, x, if table == 1 { x + 1 + y % 2 } else { y });
        let history: Vec<Vec<Change>> =
            history.into_iter().map(|commit| commit.into_iter().map(upwards).collect()).collect();
        follows(&fixpoint(false, "ways:start|edges", "step"), &memory(), &["start", "edges"], &history, "ways:start|edges");
    }
}

#[test]
fn a_recursion_without_an_end_is_given_up() {
    let endless = fixpoint(true, "nothing", "count up");
    let why = gives_up(&endless, &memory(), &["start", "edges"], &[vec![(0, true, 1, 1)]]);
    assert_eq!(why, Some(GiveUp::NoEndInSight));
}
