//! The edits between two lists reproduce the second, and no fewer moves or changes would do.

use proptest::prelude::*;

use super::diff::{Order, edits_between};
use crate::types::{Edit, Row, Value};

fn rows(ids: &[i64]) -> Vec<Row> {
    ids.iter().map(|&id| Row::from_iter([Value::from(id)])).collect()
}

fn applied(old: &[i64], new: &[i64]) -> Vec<Edit> {
    let mut list = rows(old);
    let (edits, arranged) = edits_between(&list, &rows(new), Order::Declared);
    assert_eq!(arranged, None);
    edits.iter().for_each(|edit| edit.apply(&mut list));
    assert_eq!(list, rows(new), "{old:?} -> {new:?} by {edits:?}");
    edits
}

fn count(edits: &[Edit]) -> [usize; 4] {
    let mut counts = [0; 4];
    for edit in edits {
        counts[match edit {
            Edit::Insert { .. } => 0,
            Edit::Remove { .. } => 1,
            Edit::Replace { .. } => 2,
            Edit::Move { .. } => 3,
        }] += 1;
    }
    counts
}

#[test]
fn equal_lists_need_no_edit() {
    assert_eq!(applied(&[1, 2, 2, 3], &[1, 2, 2, 3]), []);
    assert_eq!(applied(&[], &[]), []);
}

#[test]
fn one_row_is_one_edit() {
    assert_eq!(count(&applied(&[1, 2, 3], &[1, 2, 9, 3])), [1, 0, 0, 0]);
    assert_eq!(count(&applied(&[1, 2, 3], &[1, 3])), [0, 1, 0, 0]);
    assert_eq!(count(&applied(&[1, 2, 3], &[1, 9, 3])), [0, 0, 1, 0]);
    assert_eq!(count(&applied(&[1, 2, 3, 4], &[2, 3, 4, 1])), [0, 0, 0, 1]);
    assert_eq!(count(&applied(&[1, 2, 3, 4], &[4, 1, 2, 3])), [0, 0, 0, 1]);
}

#[test]
fn a_sliding_window_is_one_insert_and_one_remove() {
    assert_eq!(count(&applied(&[5, 4, 3, 2], &[6, 5, 4, 3])), [1, 1, 0, 0]);
}

#[test]
fn copies_of_a_row_are_counted() {
    assert_eq!(count(&applied(&[7, 7, 7], &[7, 7])), [0, 1, 0, 0]);
    assert_eq!(count(&applied(&[7], &[7, 7, 7])), [2, 0, 0, 0]);
}

#[test]
fn a_reversed_list_moves_all_rows_but_one() {
    let old: Vec<i64> = (0..5_000).collect();
    let new: Vec<i64> = old.iter().rev().copied().collect();
    assert_eq!(count(&applied(&old, &new)), [0, 0, 0, 4_999]);
}

#[test]
fn a_reversed_very_long_list_is_replaced_place_by_place() {
    let old: Vec<i64> = (0..20_000).collect();
    let new: Vec<i64> = old.iter().rev().copied().collect();
    assert_eq!(count(&applied(&old, &new)), [0, 0, 20_000, 0]);
}

fn rearranged(old: &[i64], new: &[i64]) -> Vec<Edit> {
    let mut list = rows(old);
    let (edits, arranged) = edits_between(&list, &rows(new), Order::Incidental);
    let result = arranged.unwrap_or_else(|| rows(new));
    edits.iter().for_each(|edit| edit.apply(&mut list));
    assert_eq!(list, result, "{old:?} -> {new:?} by {edits:?}");
    let sorted = |mut rows: Vec<Row>| {
        rows.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        rows
    };
    assert_eq!(sorted(list), sorted(rows(new)));
    edits
}

#[test]
fn rows_without_a_declared_order_do_not_move() {
    assert_eq!(rearranged(&[1, 2, 3, 3], &[3, 1, 3, 2]), []);
    assert_eq!(count(&rearranged(&[1, 2, 3, 4], &[4, 9, 2, 1])), [0, 0, 1, 0]);
    assert_eq!(count(&rearranged(&[1, 2, 3], &[3, 2, 1, 0])), [1, 0, 0, 0]);
}

/// The length of a longest common subsequence, by the textbook's table.
fn longest_common(a: &[i64], b: &[i64]) -> usize {
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            table[i + 1][j + 1] = if x == y { table[i][j] + 1 } else { table[i][j + 1].max(table[i + 1][j]) };
        }
    }
    table[a.len()][b.len()]
}

proptest! {
    #[test]
    fn any_list_becomes_any_other(old in prop::collection::vec(0i64..6, 0..24), new in prop::collection::vec(0i64..6, 0..24)) {
        applied(&old, &new);
        let moves = count(&rearranged(&old, &new))[3];
        prop_assert_eq!(moves, 0);
    }

    #[test]
    fn edits_are_as_few_as_can_be_for_distinct_rows(
        old in prop::sample::subsequence((0i64..16).collect::<Vec<_>>(), 0..16).prop_shuffle(),
        new in prop::sample::subsequence((0i64..16).collect::<Vec<_>>(), 0..16).prop_shuffle(),
    ) {
        let [inserts, removes, replaces, moves] = count(&applied(&old, &new));
        let common = old.iter().filter(|id| new.contains(id)).count();
        prop_assert_eq!(moves, common - longest_common(&old, &new));
        prop_assert_eq!(removes + replaces, old.len() - common);
        prop_assert_eq!(inserts + replaces, new.len() - common);
    }
}
