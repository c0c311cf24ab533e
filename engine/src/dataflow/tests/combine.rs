//! DISTINCT and compound SELECTs: how often a row comes from each part decides how often it is there.

use proptest::prelude::*;

use super::memory::Memory;
use super::{follows, gives_up, history, plan, table_ref, text};
use crate::error::GiveUp;
use crate::plan::{Combine, Delta, Node, Plan, SetOperator};
use crate::types::{Collation, Row, Value, ValueRef};

fn set(rows: &[Row]) -> Vec<Row> {
    let mut set: Vec<Row> = Vec::new();
    for row in rows {
        if !set.contains(row) {
            set.push(row.clone());
        }
    }
    set
}

fn both(tables: &[Vec<Row>]) -> Vec<Row> {
    [&tables[0][..], &tables[1][..]].concat()
}

/// The columns as a float and an integer by turns: equal to SQL, and different.
fn in_two_forms(row: &Row) -> Row {
    let values: Vec<ValueRef<'_>> = row.values().collect();
    match values[..] {
        [ValueRef::Integer(x), ValueRef::Integer(1)] => [Value::Real(x as f64)].into_iter().collect(),
        [x, ..] => [x.to_value()].into_iter().collect(),
        [] => row.clone(),
    }
}

fn memory() -> Memory {
    Memory::default()
        .with("rows", |tables, _| tables[0].clone())
        .with("forms", |tables, _| tables[0].iter().map(in_two_forms).collect())
        .with("distinct", |tables, _| set(&tables[0]))
        .with("union all", |tables, _| both(tables))
        .with("union", |tables, _| set(&both(tables)))
        .with("intersect", |tables, _| set(&tables[0]).into_iter().filter(|row| tables[1].contains(row)).collect())
        .with("except", |tables, _| set(&tables[0]).into_iter().filter(|row| !tables[1].contains(row)).collect())
        .with("distinct union all", |tables, _| [set(&tables[0]), tables[1].clone()].concat())
}

fn part(statement: &str, table: &str) -> Node {
    Node::Delta(Delta { table_refs: vec![table_ref(table)], texts: vec![text(statement, &[0])], evaluator: None })
}

fn combine(distinct: bool, operators: &[SetOperator]) -> Plan {
    let parts = ["a", "b"][..=operators.len()].iter().map(|table| part("rows", table)).collect();
    let operators = operators.to_vec();
    plan(Node::Combine(Combine { parts, distinct, operators, loose: None, state: 1 }), Vec::new())
}

proptest! {
    #[test]
    fn rows_are_there_as_often_as_the_operator_says(history in history(2)) {
        let cases: [(bool, &[SetOperator], &str); 6] = [
            (true, &[], "distinct:a"),
            (false, &[SetOperator::UnionAll], "union all:a|b"),
            (false, &[SetOperator::Union], "union:a|b"),
            (false, &[SetOperator::Intersect], "intersect:a|b"),
            (false, &[SetOperator::Except], "except:a|b"),
            (true, &[SetOperator::UnionAll], "distinct union all:a|b"),
        ];
        for (distinct, operators, whole) in cases {
            follows(&combine(distinct, operators), &memory(), &["a", "b"], &history, whole);
        }
    }
}

#[test]
fn equal_rows_that_differ_are_given_up_only_while_both_are_there() {
    let loose = Some(vec![Collation::Binary]);
    let node = Combine { parts: vec![part("forms", "a")], distinct: true, operators: Vec::new(), loose, state: 1 };
    let plan = plan(Node::Combine(node), Vec::new());
    let exchanged = [vec![(0, true, 2, 1)], vec![(0, true, 2, 2), (0, false, 2, 1)], vec![(0, true, 3, 1)]];
    assert_eq!(gives_up(&plan, &memory(), &["a"], &exchanged), None);
    let both = [vec![(0, true, 2, 1)], vec![(0, true, 2, 2)]];
    assert_eq!(gives_up(&plan, &memory(), &["a"], &both), Some(GiveUp::EqualRowsDiffer));
}
