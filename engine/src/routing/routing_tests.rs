//! What routing must let through, and what it may keep away.

use std::sync::Arc;

use super::change_values::ChangeValues;
use super::index::TableIndex;
use super::interest::Interest;
use crate::plan::{Columns, Dependencies, Operand, Predicate, Relation, Slot, Source};
use crate::types::{Affinity, BindingId, Change, ChangeBatch, Row, RowKey, TableChanges, Value};

fn batch(old: Option<[Value; 2]>, new: Option<[Value; 2]>) -> ChangeBatch {
    let change = Change { key: RowKey::RowId(1), old: old.map(Row::from_iter), new: new.map(Row::from_iter) };
    ChangeBatch { tables: [(Arc::from("main.t"), TableChanges { rows: vec![change] })].into() }
}

fn reading(columns: &[usize], predicates: Vec<Predicate>) -> Dependencies {
    let columns = Columns::Some(columns.iter().copied().collect());
    Dependencies {
        sources: vec![Source { table: "main.t".into(), columns, predicates, path_lookups: Vec::new() }],
        ..Dependencies::default()
    }
}

fn equals(column: usize, relation: Relation, operand: Operand) -> Predicate {
    Predicate { column, relation, affinity: Affinity::Blob, collation: "BINARY".into(), any_of: vec![operand] }
}

fn is_affected(dependencies: &Dependencies, slots: &[Value], batch: &ChangeBatch) -> bool {
    let any_row_matters = dependencies.order_dependence.is_some();
    let interest = Interest { dependencies, slots, slot_names: &[], any_row_matters };
    dependencies.sources.iter().enumerate().any(|(at, source)| {
        let mut index = TableIndex::default();
        index.add((BindingId(1), at), source, &interest);
        let mut is_found = false;
        for change in batch.tables.get(&source.table).into_iter().flat_map(|table| &table.rows) {
            let change = ChangeValues::of(change);
            index.find(&change, &mut |_| is_found |= interest.is_touched(source, &change));
        }
        index.remove((BindingId(1), at), source, &interest);
        assert!(index.is_empty(), "what was added can be removed");
        is_found
    })
}

#[test]
fn other_tables_do_not_matter() {
    let mut dependencies = reading(&[0], Vec::new());
    dependencies.sources[0].table = "main.other".into();
    assert!(!is_affected(&dependencies, &[], &batch(None, Some([1.into(), 2.into()]))));
}

#[test]
fn an_update_of_columns_that_are_not_read_does_not_matter() {
    let dependencies = reading(&[0], Vec::new());
    assert!(!is_affected(&dependencies, &[], &batch(Some([1.into(), 2.into()]), Some([1.into(), 3.into()]))));
    assert!(is_affected(&dependencies, &[], &batch(Some([1.into(), 2.into()]), Some([2.into(), 2.into()]))));
    assert!(
        is_affected(&reading(&[], Vec::new()), &[], &batch(None, Some([1.into(), 2.into()]))),
        "count(*) sees inserts"
    );
}

#[test]
fn a_row_matters_if_its_old_or_its_new_image_satisfies_the_predicate() {
    let dependencies = reading(&[0, 1], vec![equals(0, Relation::Equal, Operand::Parameter(Slot::Position(1)))]);
    let moved = batch(Some([7.into(), 1.into()]), Some([8.into(), 1.into()]));
    for (slot, expected) in [(7, true), (8, true), (9, false)] {
        assert_eq!(is_affected(&dependencies, &[slot.into()], &moved), expected, "{slot}");
    }
}

#[test]
fn null_equals_nothing_and_is_null() {
    let null_row = batch(None, Some([Value::Null, 1.into()]));
    let equal = |operand| reading(&[0], vec![equals(0, Relation::Equal, Operand::Literal(operand))]);
    let is = |operand| reading(&[0], vec![equals(0, Relation::Is, Operand::Literal(operand))]);
    assert!(!is_affected(&equal(Value::Null), &[], &null_row));
    assert!(!is_affected(&equal(1.into()), &[], &null_row));
    assert!(is_affected(&is(Value::Null), &[], &null_row));
    assert!(!is_affected(&is(1.into()), &[], &null_row));
}

#[test]
fn values_of_different_classes_may_be_equal_by_affinity() {
    let text = batch(None, Some(["5".into(), 1.into()]));
    let dependencies = reading(&[0], vec![equals(0, Relation::Equal, Operand::Literal(5.into()))]);
    assert!(is_affected(&dependencies, &[], &text));
}

#[test]
fn collations_widen_equality() {
    let row = batch(None, Some(["ABC  ".into(), 1.into()]));
    let mut dependencies = reading(&[0], vec![equals(0, Relation::Equal, Operand::Literal("abc  ".into()))]);
    assert!(!is_affected(&dependencies, &[], &row));
    dependencies.sources[0].predicates[0].collation = "NOCASE".into();
    assert!(is_affected(&dependencies, &[], &row));
    dependencies.sources[0].predicates[0].collation = "UNHEARD_OF".into();
    assert!(is_affected(&dependencies, &[], &row));
}

#[test]
fn an_order_dependent_query_sees_every_change_of_its_tables() {
    let mut dependencies = reading(&[0], vec![equals(0, Relation::Equal, Operand::Literal(5.into()))]);
    dependencies.order_dependence = Some(crate::plan::OrderDependence::TiedLimit);
    assert!(is_affected(&dependencies, &[], &batch(None, Some([6.into(), 1.into()]))));
}
