//! The net effect of diffs is what they do one after the other, and no larger than what remains of it.

use proptest::prelude::*;

use super::NetDiff;
use crate::types::{CommitId, Diff, Edit, Row, Value};

fn row(id: i64) -> Row {
    Row::from_iter([Value::from(id)])
}

fn diff(edits: Vec<Edit>) -> Diff {
    Diff { commit: CommitId(1), edits: edits.into(), causes: std::sync::Arc::default() }
}

/// An edit of a list of this length, made of three numbers.
fn edit((kind, one, two): (u8, usize, usize), rows: &mut Vec<Row>, next: &mut i64) -> Edit {
    *next += 1;
    let at = |number: usize, length: usize| number % length.max(1);
    let edit = match kind % 4 {
        _ if rows.is_empty() => Edit::Insert { index: 0, row: row(*next) },
        0 => Edit::Insert { index: at(one, rows.len() + 1), row: row(*next) },
        1 => Edit::Remove { index: at(one, rows.len()) },
        2 => Edit::Replace { index: at(one, rows.len()), row: row(*next) },
        _ => Edit::Move { from: at(one, rows.len()), to: at(two, rows.len()) },
    };
    edit.apply(rows);
    edit
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_is_what_the_diffs_do_one_after_the_other(
        length in 0_usize..12,
        diffs in prop::collection::vec(prop::collection::vec((any::<u8>(), 0_usize..20, 0_usize..20), 0..8), 0..8),
    ) {
        let first: Vec<Row> = (0..length as i64).map(row).collect();
        let (mut rows, mut next, mut net) = (first.clone(), 1000, NetDiff::default());
        for edits in diffs {
            let edits: Vec<Edit> = edits.into_iter().map(|numbers| edit(numbers, &mut rows, &mut next)).collect();
            net.add(&diff(edits));
        }
        let (mut by_net, edits) = (first.clone(), net.edits());
        edits.iter().for_each(|edit| edit.apply(&mut by_net));
        prop_assert_eq!(&by_net, &rows, "{:?} by {:?}", first, edits);
        prop_assert!(edits.len() <= first.len() + rows.len(), "{:?}", edits);
    }
}

#[test]
fn what_replaces_the_same_row_again_and_again_is_one_edit() {
    let mut net = NetDiff::default();
    (0..20_000).for_each(|id| net.add(&diff(vec![Edit::Replace { index: 3, row: row(id) }])));
    assert_eq!(net.edits(), [Edit::Replace { index: 3, row: row(19_999) }]);
    assert!(net.bytes() < 500, "{} bytes", net.bytes());
}

#[test]
fn what_comes_and_goes_leaves_nothing() {
    let mut net = NetDiff::default();
    for id in 0..100 {
        net.add(&diff(vec![Edit::Insert { index: 5, row: row(id) }]));
        net.add(&diff(vec![Edit::Move { from: 5, to: 2 }, Edit::Remove { index: 2 }]));
    }
    assert_eq!(net, NetDiff::default());
    assert_eq!(net.edits(), []);
}

#[test]
fn a_window_that_slides_keeps_the_rows_that_stay() {
    let mut net = NetDiff::default();
    for id in 0..3 {
        net.add(&diff(vec![Edit::Insert { index: 0, row: row(id) }, Edit::Remove { index: 50 }]));
    }
    let (inserts, removes): (Vec<Edit>, Vec<Edit>) =
        net.edits().into_iter().partition(|edit| matches!(edit, Edit::Insert { .. }));
    assert_eq!((inserts.len(), removes.len()), (3, 3));
}
