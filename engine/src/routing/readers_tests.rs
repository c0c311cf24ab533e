//! The union of what sources read, as they come and go.

use std::sync::Arc;

use super::ReadCounts;
use crate::plan::{Columns, Source};

fn source(table: &str, columns: &[usize]) -> Source {
    Source {
        table: Arc::from(table),
        columns: Columns::Some(columns.iter().copied().collect()),
        predicates: Vec::new(),
        path_lookups: Vec::new(),
    }
}

fn some(columns: &[usize]) -> Option<Columns> {
    Some(Columns::Some(columns.iter().copied().collect()))
}

#[test]
fn what_is_read_is_the_union_and_only_changes_are_told() {
    let mut counts = ReadCounts::default();
    let (first, second) = (source("main.t", &[0, 2]), source("main.t", &[2, 3]));
    counts.add(&first, false);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), some(&[0, 2]))]);
    counts.add(&second, false);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), some(&[0, 2, 3]))]);
    counts.add(&first, false);
    assert!(!counts.has_changed(), "nothing new is read");
    counts.remove(&first, false);
    assert!(!counts.has_changed(), "another one reads the same");
    counts.remove(&first, false);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), some(&[2, 3]))]);
    counts.remove(&second, false);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), None)]);
}

#[test]
fn a_source_that_needs_whole_rows_reads_every_column_while_it_is_there() {
    let mut counts = ReadCounts::default();
    let one = source("main.t", &[1]);
    counts.add(&one, false);
    counts.add(&one, true);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), Some(Columns::All))]);
    counts.remove(&one, true);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), some(&[1]))]);
}

#[test]
fn a_source_that_reads_no_column_still_reads_the_table() {
    let mut counts = ReadCounts::default();
    counts.add(&source("main.t", &[]), false);
    assert_eq!(counts.take_changed(), [(Arc::from("main.t"), some(&[]))]);
    counts.add(&source("main.t", &[]), false);
    assert!(!counts.has_changed());
}
