//! Bags count copies, and find by columns what could be equal.

use super::Bag;
use crate::types::{Row, RowBuilder, Value, ValueRef};

fn row(values: &[Value]) -> Row {
    let mut builder = RowBuilder::default();
    values.iter().for_each(|value| builder.push(value.as_ref()));
    builder.finish()
}

fn plain(rows: Vec<(i64, Row)>) -> Vec<Row> {
    rows.into_iter().map(|(_, row)| row).collect()
}

#[test]
fn copies_come_and_go() {
    let one = row(&[Value::Integer(1), Value::Text("a".into())]);
    let mut bag = Bag::of(&[(one.clone(), 2)]);
    assert_eq!(plain(bag.rows()), [one.clone(), one.clone()]);
    let numbers: Vec<i64> = bag.rows().iter().map(|(number, _)| *number).collect();
    assert_ne!(numbers[0], numbers[1]);
    bag.add(&one, -1);
    assert_eq!(plain(bag.rows()), std::slice::from_ref(&one));
    bag.add(&one, -1);
    assert!(bag.rows().is_empty());
    assert_eq!(bag.state_bytes(), 0);
}

#[test]
fn a_search_finds_what_some_comparison_calls_equal() {
    let rows = [Value::Integer(1), Value::Real(1.0), Value::Text("1".into()), Value::Text("A ".into()), Value::Null]
        .map(|value| row(&[Value::Integer(7), value]));
    let mut bag = Bag::of(&rows.clone().map(|row| (row, 1)));
    assert_eq!(bag.find(&[1], &[ValueRef::Text(b"1")]).len(), 3);
    assert_eq!(plain(bag.find(&[1], &[ValueRef::Text(b"a")])), [rows[3].clone()]);
    assert_eq!(plain(bag.find(&[1], &[ValueRef::Null])), [rows[4].clone()]);
    assert_eq!(bag.find(&[0, 1], &[ValueRef::Integer(7), ValueRef::Integer(1)]).len(), 3);
    assert!(bag.find(&[0], &[ValueRef::Integer(8)]).is_empty());
    // What comes later is found by the same columns.
    bag.add(&row(&[Value::Integer(8), Value::Null]), 1);
    assert_eq!(bag.find(&[0], &[ValueRef::Integer(8)]).len(), 1);
    bag.add(&rows[0], -1);
    assert_eq!(bag.find(&[1], &[ValueRef::Integer(1)]).len(), 2);
}

#[test]
fn a_text_that_may_be_a_number_is_found_by_any() {
    let long = row(&[Value::Text("12345678901234567".into())]);
    let mut bag = Bag::of(&[(long.clone(), 1), (row(&[Value::Integer(5)]), 1)]);
    assert_eq!(plain(bag.find(&[0], &[ValueRef::Integer(3)])), [long]);
    assert_eq!(bag.find(&[0], &[ValueRef::Text(b"12345678901234567")]).len(), 2);
}
