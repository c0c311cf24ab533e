//! `delta`: joins and parts of UNION ALL follow every change of any of their tables.

use proptest::prelude::*;

use super::memory::Memory;
use super::{PLAN, follows, gives_up, history, job, plan, table_ref, text};
use crate::dataflow::Dataflows;
use crate::error::GiveUp;
use crate::plan::{Cell, Condition, Delta, Evaluator, MOST_CHANGED, Node, Number, Plan, Test};
use crate::types::{Affinity, Row, ValueRef};

/// Rows of two tables that agree in their first column.
fn pairs(tables: &[Vec<Row>]) -> Vec<Row> {
    let is_pair = |one: &Row, other: &Row| one.get(0) == other.get(0);
    let of_one = |one: &Row| {
        let others = tables[1].iter().filter(|other| is_pair(one, other));
        others.map(|other| one.values().chain(other.values()).map(ValueRef::to_value).collect()).collect::<Vec<Row>>()
    };
    tables[0].iter().flat_map(of_one).collect()
}

fn memory() -> Memory {
    Memory::default()
        .with("pairs", |tables, _| pairs(tables))
        .with("some", |tables, _| {
            tables[0].iter().filter(|row| matches!(row.get(1), Some(ValueRef::Integer(2..)))).cloned().collect()
        })
        .with("union", |tables, _| [pairs(tables), pairs(&[tables[1].clone(), tables[1].clone()])].concat())
}

fn delta(tables: &[&str], texts: &[(&str, &[usize])]) -> Delta {
    Delta {
        table_refs: tables.iter().map(|table| table_ref(table)).collect(),
        texts: texts.iter().map(|(name, table_refs)| text(name, table_refs)).collect(),
        evaluator: None,
    }
}

fn join(tables: &[&str]) -> Plan {
    plan(Node::Delta(delta(tables, &[("pairs", &[0, 1])])), Vec::new())
}

proptest! {
    #[test]
    fn a_join_follows_both_tables(history in history(2)) {
        follows(&join(&["a", "b"]), &memory(), &["a", "b"], &history, "pairs:a|b");
    }

    #[test]
    fn a_join_of_a_table_with_itself_follows_it(history in history(1)) {
        follows(&join(&["a", "a"]), &memory(), &["a"], &history, "pairs:a|a");
    }

    #[test]
    fn a_sum_of_parts_follows_each(history in history(2)) {
        let parts = delta(&["a", "b", "b", "b"], &[("pairs", &[0, 1]), ("pairs", &[2, 3])]);
        follows(&plan(Node::Delta(parts), Vec::new()), &memory(), &["a", "b"], &history, "union:a|b");
    }

    #[test]
    fn the_evaluator_is_the_statement(history in history(1)) {
        let is_more = Condition {
            column: 1,
            affinity: Affinity::Integer,
            is_binary: true,
            test: Test::Greater(Number::Literal(1)),
        };
        let evaluator =
            Evaluator { table_ref: 0, shown: vec![Cell::Column(0), Cell::Column(1)], conditions: vec![is_more] };
        let by_evaluator = Delta { evaluator: Some(evaluator), ..delta(&["a"], &[("some", &[0])]) };
        follows(&plan(Node::Delta(by_evaluator), Vec::new()), &memory(), &["a"], &history, "some:a");
    }
}

#[test]
fn more_changed_tables_than_there_are_terms_for_are_given_up() {
    let refs: Vec<usize> = (0..=MOST_CHANGED).collect();
    let many = delta(&["a"; MOST_CHANGED + 1], &[("pairs", &refs)]);
    let why = gives_up(&plan(Node::Delta(many), Vec::new()), &memory(), &["a"], &[vec![(0, true, 1, 1)]]);
    assert_eq!(why, Some(GiveUp::TooManyTables));
}

#[test]
fn a_statement_that_fails_gives_up() {
    let (plan, memory) = (join(&["a", "b"]), memory());
    let mut dataflows = Dataflows::default();
    dataflows.install(PLAN, &plan);
    let mut job = job(memory.commit(&["a"], &[(0, true, 1, 1)]));
    job.instruction_budget = 0;
    assert_eq!(dataflows.maintain(PLAN, &[job], &memory, &|_, _| {}), [Err(GiveUp::StatementFailed)]);
}
