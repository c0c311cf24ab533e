//! The list against a plain vector that is sorted again.

use std::sync::Arc;

use proptest::prelude::*;

use super::Listing;
use crate::results::sorting::{Missing, Sorting};
use crate::types::{Row, SortTerm, Value};

fn row(id: i64, by: i64) -> Row {
    [Value::from(id), Value::from(by)].into_iter().collect()
}

fn sorting(terms: &[(usize, SortTerm)]) -> Sorting {
    Sorting { width: 2, terms: terms.into() }
}

#[test]
fn a_row_that_is_not_there_is_missing() {
    let mut list = Listing::new(sorting(&[]), [(row(1, 1), 1)], false).0;
    assert_eq!(list.apply(&[(row(2, 2), -1)]), Err(Missing));
}

#[test]
fn a_row_that_sorts_elsewhere_moves() {
    let by = [(1, SortTerm::default())];
    let mut list = Listing::new(sorting(&by), [(row(1, 10), 1), (row(2, 20), 1), (row(3, 30), 1)], false).0;
    let edits = list.apply(&[(row(1, 10), -1), (row(1, 40), 1)]).unwrap();
    assert!(matches!(edits[0], crate::types::Edit::Move { from: 0, to: 2 }), "{edits:?}");
    assert_eq!(edits.len(), 2);
}

proptest! {
    #[test]
    fn edits_lead_to_the_rows(
        start in prop::collection::vec((0_i64..400, 0_i64..6), 0..600),
        batches in prop::collection::vec(prop::collection::vec((any::<prop::sample::Index>(), 0_i64..400, 0_i64..6, 0..3), 0..12), 1..12),
        descending in any::<bool>(),
        is_sorted in any::<bool>(),
    ) {
        let term = SortTerm { descending, ..SortTerm::default() };
        let terms: Arc<[(usize, SortTerm)]> = if is_sorted { [(1, term)].into() } else { [].into() };
        let mut model: Vec<Row> = start.iter().map(|(id, by)| row(*id, *by)).collect();
        let mut list = Listing::new(Sorting { width: 2, terms }, model.iter().map(|row| (row.clone(), 1)), false).0;
        let mut subscriber = list.rows(0, usize::MAX);
        for batch in batches {
            let mut changes: Vec<(Row, i64)> = Vec::new();
            for (which, id, by, kind) in batch {
                if kind > 0 && !model.is_empty() {
                    let gone = model.swap_remove(which.index(model.len()));
                    changes.push((gone, -1));
                }
                if kind < 2 {
                    model.push(row(id, by));
                    changes.push((row(id, by), 1));
                }
            }
            // As the dataflow does: equal rows are added up.
            let mut sums: Vec<(Row, i64)> = Vec::new();
            for (row, weight) in changes {
                match sums.iter_mut().find(|(other, _)| *other == row) {
                    Some((_, sum)) => *sum += weight,
                    None => sums.push((row, weight)),
                }
            }
            sums.retain(|(_, weight)| *weight != 0);
            for edit in list.apply(&sums).unwrap() {
                edit.apply(&mut subscriber);
            }
            prop_assert_eq!(&subscriber, &list.rows(0, usize::MAX));
            prop_assert_eq!(subscriber.len(), list.len());
            let sorted = |rows: &[Row]| {
                let mut rows: Vec<Vec<u8>> = rows.iter().map(|row| row.as_bytes().to_vec()).collect();
                rows.sort();
                rows
            };
            prop_assert_eq!(sorted(&subscriber), sorted(&model));
            if is_sorted {
                let by = |row: &Row| match row.get(1) { Some(crate::types::ValueRef::Integer(by)) => by, _ => 0 };
                let in_order = |pair: &[Row]| if descending { by(&pair[0]) >= by(&pair[1]) } else { by(&pair[0]) <= by(&pair[1]) };
                prop_assert!(subscriber.windows(2).all(in_order));
            }
        }
    }
}
