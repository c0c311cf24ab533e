//! Derived tables: what changes in them is read like the changed rows of a table.

use std::sync::Arc;

use proptest::prelude::*;

use super::memory::Memory;
use super::{Change, follows, history, plan, table_ref, text};
use crate::plan::{Combine, Delta, Derived, DerivedColumn, Node, Plan, TableRef};
use crate::types::{Affinity, Collation, Row, Value, ValueRef};

const TABLE: &str = "derived 0";

/// The different rows of one table that agree in the first column with those of another one.
fn joined(tables: &[Vec<Row>]) -> Vec<Row> {
    let with = |one: &Row| {
        let others = tables[1].iter().filter(|other| one.get(0) == other.get(0));
        others.map(|other| one.values().chain(other.values()).map(ValueRef::to_value).collect()).collect::<Vec<Row>>()
    };
    tables[0].iter().flat_map(with).collect()
}

fn set(rows: &[Row]) -> Vec<Row> {
    let mut set = rows.to_vec();
    set.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
    set.dedup();
    set
}

fn as_reals(row: &Row) -> Row {
    let real = |value: ValueRef<'_>| match value {
        ValueRef::Integer(number) => Value::Real(number as f64),
        other => other.to_value(),
    };
    row.values().map(real).collect()
}

fn memory() -> Memory {
    Memory::default()
        .with("rows", |tables, _| tables[0].clone())
        .with("joined", |tables, _| joined(tables))
        .with("whole", |tables, _| joined(&[set(&tables[0]), tables[1].clone()]))
        .with("reals", |tables, _| tables[0].iter().map(as_reals).collect())
}

fn delta(table_refs: Vec<TableRef>, statement: &str) -> Delta {
    let all: Vec<usize> = (0..table_refs.len()).collect();
    Delta { table_refs, texts: vec![text(statement, &all)], evaluator: None }
}

fn of_derived() -> TableRef {
    let column = DerivedColumn { affinity: Some(Affinity::Integer), collation: Collation::Binary };
    TableRef::of_derived(TABLE.into(), [column, column].into())
}

/// The different rows of `a` as a table that another part reads.
fn over_distinct(root: Delta, is_held: bool, reals: &[usize]) -> Plan {
    let parts = vec![Node::Delta(delta(vec![table_ref("a")], "rows"))];
    let node = Node::Combine(Combine { parts, distinct: true, operators: Vec::new(), loose: None, state: 1 });
    let derived = Derived { table: TABLE.into(), node, is_held, reals: Arc::from(reals) };
    plan(Node::Delta(root), vec![derived])
}

proptest! {
    #[test]
    fn a_join_with_a_derived_table_follows_both(history in history(2)) {
        let root = delta(vec![of_derived(), table_ref("b")], "joined");
        follows(&over_distinct(root, true, &[]), &memory(), &["a", "b"], &history, "whole:a|b");
    }

    #[test]
    fn its_numbers_are_read_as_its_columns_have_them(history in history(1)) {
        // No row twice, so that all of them are different.
        let once = |(at, commit): (usize, Vec<Change>)| -> Vec<Change> {
            commit.into_iter().take(1).map(|(_, _, x, y)| (0, true, x, y + 10 * at as i64)).collect()
        };
        let history: Vec<Vec<Change>> = history.into_iter().enumerate().map(once).collect();
        let plan = over_distinct(delta(vec![of_derived()], "rows"), false, &[0, 1]);
        follows(&plan, &memory(), &["a"], &history, "reals:a");
    }
}
