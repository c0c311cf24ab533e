//! The union of what sources read, as they come and go.

use std::sync::Arc;

use super::{CostChange, ReadCounts};
use crate::plan::{Columns, Source, TableScope};

fn source(table: &str, columns: &[usize]) -> Source {
    Source {
        table: Arc::from(table),
        columns: Columns::Some(columns.iter().copied().collect()),
        predicates: Vec::new(),
        path_lookups: Vec::new(),
    }
}

/// What evaluating each of these sources again costs.
const COST: u64 = 100;

/// As many rows are worth keeping as it costs.
const AS_ROWS: fn(u64) -> usize = |cost| usize::try_from(cost).unwrap();

/// Counts of which the tests look at the columns.
#[derive(Default)]
struct Counts(ReadCounts);

impl Counts {
    fn add(&mut self, source: &Source, is_whole: bool) {
        self.0.count(source, is_whole, CostChange { before: None, now: Some(COST) });
    }

    fn remove(&mut self, source: &Source, is_whole: bool) {
        self.0.count(source, is_whole, CostChange { before: Some(COST), now: None });
    }

    fn take_changed(&mut self) -> Vec<(Arc<str>, Option<Columns>)> {
        let changed = self.0.take_changed(&AS_ROWS).into_iter();
        changed.map(|(table, reads)| (table, reads.map(|reads| reads.columns))).collect()
    }

    fn has_changed(&self) -> bool {
        self.0.has_changed()
    }

    fn scope(&mut self) -> TableScope {
        self.0.take_changed(&AS_ROWS).pop().and_then(|(_, scope)| scope).unwrap()
    }
}

fn some(columns: &[usize]) -> Option<Columns> {
    Some(Columns::Some(columns.iter().copied().collect()))
}

#[test]
fn what_is_read_is_the_union_and_only_changes_are_told() {
    let mut counts = Counts::default();
    let (first, second) = (source("main.t", &[0, 2]), source("main.t", &[2, 3]));
    counts.add(&first, false);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), some(&[0, 2]))]);
    counts.add(&second, false);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), some(&[0, 2, 3]))]);
    counts.add(&first, false);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), some(&[0, 2, 3]))], "at twice the cost");
    counts.remove(&first, false);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), some(&[0, 2, 3]))], "another one reads the same");
    counts.remove(&first, false);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), some(&[2, 3]))]);
    counts.remove(&second, false);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), None)]);
}

#[test]
fn a_source_that_needs_whole_rows_reads_every_column_while_it_is_there() {
    let mut counts = Counts::default();
    let one = source("main.t", &[1]);
    counts.add(&one, false);
    counts.add(&one, true);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), Some(Columns::All))]);
    counts.remove(&one, true);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), some(&[1]))]);
}

#[test]
fn a_source_that_reads_no_column_still_reads_the_table() {
    let mut counts = Counts::default();
    counts.add(&source("main.t", &[]), false);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), some(&[]))]);
}

#[test]
fn the_cost_of_a_column_is_that_of_its_readers_and_of_those_that_read_all() {
    let mut counts = Counts::default();
    counts.add(&source("main.t", &[0, 2]), false);
    counts.add(&source("main.t", &[2]), false);
    counts.add(&source("main.t", &[1]), true);
    let scope = counts.scope();
    assert_eq!((scope.most_rows, &*scope.most_updates), (300, &[200, 100, 300, 100][..]));
    assert_eq!([scope.most_updates_of(&[0, 1]), scope.most_updates_of(&[9])], [300, 100]);
}

#[test]
fn a_cost_is_told_again_when_its_order_of_magnitude_changes() {
    let mut counts = Counts::default();
    let source = source("main.t", &[0]);
    counts.add(&source, false);
    counts.scope();
    counts.0.count(&source, false, CostChange { before: Some(COST), now: Some(COST + 20) });
    assert!(!counts.has_changed());
    counts.0.count(&source, false, CostChange { before: Some(COST + 20), now: Some(1000) });
    assert_eq!(counts.scope().most_rows, 1000);
}
