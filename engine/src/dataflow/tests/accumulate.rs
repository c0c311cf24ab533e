//! `accumulate`: the rows of groups follow from their sums, whatever comes and goes.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::memory::Memory;
use super::{follows, gives_up, history, plan, table_ref, text};
use crate::error::GiveUp;
use crate::plan::{Accumulate, Delta, Distinct, Measure, Node, Plan, Shown};
use crate::types::{Collation, ExactSum, Row, Value, ValueRef};

const MEASURES: [Measure; 7] = [
    Measure::Rows,
    Measure::Count,
    Measure::Sum,
    Measure::Average,
    Measure::Minimum(Collation::Binary),
    Measure::Maximum(Collation::Binary),
    Measure::Distinct(Collation::Binary),
];

/// The second column, in which 0 stands for NULL.
fn argument(row: &Row) -> Value {
    match row.get(1) {
        Some(ValueRef::Integer(0)) | None => Value::Null,
        Some(value) => value.to_value(),
    }
}

fn group_of(row: &Row) -> Value {
    row.get(0).map_or(Value::Null, ValueRef::to_value)
}

/// The arguments of each group that are not NULL, and how many rows it has.
fn groups(rows: &[Row]) -> BTreeMap<i64, (i64, Vec<i64>)> {
    let mut groups: BTreeMap<i64, (i64, Vec<i64>)> = BTreeMap::new();
    for row in rows {
        let Value::Integer(group) = group_of(row) else { panic!("groups are numbers") };
        let (rows, values) = groups.entry(group).or_default();
        *rows += 1;
        if let Value::Integer(value) = argument(row) {
            values.push(value);
        }
    }
    groups
}

fn different(values: &[i64]) -> i64 {
    let mut values = values.to_vec();
    values.sort_unstable();
    values.dedup();
    i64::try_from(values.len()).expect("few values")
}

fn or_null(value: Option<i64>) -> Value {
    value.map_or(Value::Null, Value::Integer)
}

/// A group as the query shows it.
fn shown(group: i64, rows: i64, values: &[i64]) -> Row {
    let count = i64::try_from(values.len()).expect("few values");
    let (sum, any) = (values.iter().sum::<i64>(), count > 0);
    [
        Value::Integer(group),
        Value::Integer(rows),
        Value::Integer(count),
        or_null(any.then_some(sum)),
        if any { Value::Real(sum as f64 / count as f64) } else { Value::Null },
        or_null(values.iter().min().copied()),
        or_null(values.iter().max().copied()),
        Value::Integer(different(values)),
    ]
    .into_iter()
    .collect()
}

/// A group with what its measures have summed up.
fn summed_up(group: i64, rows: i64, values: &[i64]) -> Row {
    let sum = values.iter().fold(ExactSum::default(), |sum, value| sum.plus(ExactSum::of(ValueRef::Integer(*value))));
    [
        Value::Integer(group),
        Value::Integer(rows),
        Value::Integer(i64::try_from(values.len()).expect("few values")),
        Value::Blob(sum.to_bytes()[..].into()),
        Value::Blob(sum.to_bytes()[..].into()),
        or_null(values.iter().min().copied()),
        or_null(values.iter().max().copied()),
        Value::Integer(different(values)),
    ]
    .into_iter()
    .collect()
}

fn memory() -> Memory {
    Memory::default()
        .with("input", |tables, _| {
            let row = |row: &Row| [group_of(row)].into_iter().chain(vec![argument(row); MEASURES.len() - 1]).collect();
            tables[0].iter().map(row).collect()
        })
        .with("shown", |tables, _| {
            groups(&tables[0]).into_iter().map(|(group, (rows, values))| shown(group, rows, &values)).collect()
        })
        .with("all", |tables, _| {
            groups(&tables[0]).into_iter().map(|(group, (rows, values))| summed_up(group, rows, &values)).collect()
        })
        .with("one", |tables, parameters| {
            let is_asked = |(group, _): &(i64, _)| parameters.last() == Some(&Value::Integer(*group));
            let asked = groups(&tables[0]).into_iter().filter(is_asked);
            asked.map(|(group, (rows, values))| summed_up(group, rows, &values)).collect()
        })
        .with("values", |tables, _| {
            let mut counts: BTreeMap<(i64, i64), i64> = BTreeMap::new();
            for (group, (_, values)) in groups(&tables[0]) {
                values.into_iter().for_each(|value| *counts.entry((group, value)).or_default() += 1);
            }
            counts.into_iter().map(|((group, value), count)| super::row(&[group, value, count])).collect()
        })
        .with("rows", |_, _| panic!("sums tell what these groups show"))
}

fn accumulate(measures: &[Measure]) -> Plan {
    let counted = measures.iter().position(|measure| matches!(measure, Measure::Distinct(_)));
    let distinct =
        Distinct { measure: counted.unwrap_or(0), collation: Collation::Binary, all: "values:a".into(), state: 2 };
    let accumulate = Accumulate {
        input: Delta { table_refs: vec![table_ref("a")], texts: vec![text("input", &[0])], evaluator: None },
        values: 1,
        measures: measures.to_vec(),
        shown: [Shown::Group(0)].into_iter().chain((0..measures.len()).map(Shown::Measure)).collect(),
        keys: 1,
        rows: "rows:a".into(),
        all: "all:a".into(),
        one: "one:a".into(),
        state: 1,
        distinct: counted.map(|_| distinct).into_iter().collect(),
    };
    plan(Node::Accumulate(accumulate), Vec::new())
}

proptest! {
    #[test]
    fn groups_follow_their_rows(history in history(1)) {
        follows(&accumulate(&MEASURES), &memory(), &["a"], &history, "shown:a");
    }
}

#[test]
fn a_sum_that_may_overflow_is_given_up() {
    let big = i64::MAX - 1;
    let history = [vec![(0, true, 1, big)], vec![(0, true, 1, big)]];
    let memory = memory();
    assert_eq!(gives_up(&accumulate(&MEASURES), &memory, &["a"], &history), Some(GiveUp::SumMayOverflow));
}

#[test]
fn the_least_integer_is_given_up() {
    let history = [vec![(0, true, i64::MIN, 1)]];
    assert_eq!(gives_up(&accumulate(&MEASURES), &memory(), &["a"], &history), Some(GiveUp::LeastInteger));
}
