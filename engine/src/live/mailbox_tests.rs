//! A late reader gets what the events come to, in their order.

use std::sync::Arc;

use super::{Event, Mailbox};
use crate::error::Error;
use crate::types::{CommitId, Diff, Edit, Row, Snapshot, Value};

fn row(id: i64) -> Row {
    Row::from_iter([Value::from(id)])
}

fn diff(commit: u64, edits: Vec<Edit>) -> Event {
    Event::Diff(Diff { commit: CommitId(commit), edits: edits.into(), causes: Arc::default() })
}

fn recovered(commit: u64) -> Event {
    Event::Recovered(Diff { commit: CommitId(commit), edits: Arc::default(), causes: Arc::default() })
}

fn replace(commit: u64) -> Event {
    diff(commit, vec![Edit::Replace { index: 0, row: row(commit as i64) }])
}

fn error(commit: u64) -> Event {
    Event::Error { commit: CommitId(commit), error: Arc::new(Error::NotASelect), closed: false }
}

fn columns(commit: u64) -> Event {
    let columns = Arc::from(["a".to_owned()]);
    Event::Columns(Snapshot { commit: CommitId(commit), columns, rows: [row(7)].into() })
}

fn read(events: Vec<Event>) -> Vec<Event> {
    let mailbox = Mailbox::new(2);
    events.into_iter().for_each(|event| drop(mailbox.put(event)));
    std::iter::from_fn(|| mailbox.take()).collect()
}

#[test]
fn events_wait_one_by_one_up_to_the_limit_and_are_merged_beyond_it() {
    assert_eq!(read((1..=2).map(replace).collect()), [replace(1), replace(2)]);
    assert_eq!(read((1..=9).map(replace).collect()), [replace(1), replace(2), replace(9)]);
}

#[test]
fn a_reader_that_catches_up_gets_events_one_by_one_again() {
    let mailbox = Mailbox::new(1);
    (1..=5).for_each(|commit| drop(mailbox.put(replace(commit))));
    assert_eq!(mailbox.waiting().events, 2);
    assert_eq!((mailbox.take(), mailbox.take(), mailbox.take()), (Some(replace(1)), Some(replace(5)), None));
    drop(mailbox.put(replace(6)));
    assert_eq!((mailbox.take(), mailbox.waiting().merged), (Some(replace(6)), 3));
}

#[test]
fn what_comes_to_nothing_is_not_told() {
    let (insert, remove) = (Edit::Insert { index: 0, row: row(1) }, Edit::Remove { index: 0 });
    let events = vec![replace(1), replace(2), diff(3, vec![insert]), diff(4, vec![remove])];
    assert_eq!(read(events), [replace(1), replace(2)]);
}

#[test]
fn a_failure_is_told_last_and_only_if_it_lasts() {
    let told = read(vec![replace(1), replace(2), replace(3), error(4)]);
    assert_eq!(told, [replace(1), replace(2), diff(4, vec![Edit::Replace { index: 0, row: row(3) }]), error(4)]);
    let after = read(vec![replace(1), replace(2), error(3), replace(4)]);
    assert_eq!(after, [replace(1), replace(2), replace(4)]);
    let known = read(vec![replace(1), error(2), recovered(3)]);
    assert_eq!(known, [replace(1), error(2), recovered(3)]);
    let failing_again = read(vec![replace(1), error(2), recovered(3), replace(4), error(5)]);
    let Some(Event::Recovered(between)) = failing_again.get(2) else { panic!("{failing_again:?}") };
    assert_eq!((between.edits.len(), &failing_again[3..]), (1, &[error(5)][..]));
}

#[test]
fn a_reader_who_has_taken_a_failure_is_told_of_the_recovery_where_all_events_are_merged() {
    let mailbox = Mailbox::new(0);
    drop(mailbox.put(error(1)));
    assert_eq!(mailbox.take(), Some(error(1)));
    drop(mailbox.put(recovered(2)));
    drop(mailbox.put(error(3)));
    drop(mailbox.put(recovered(4)));
    assert_eq!((mailbox.take(), mailbox.take()), (Some(recovered(4)), None));
    drop(mailbox.put(replace(5)));
    assert_eq!((mailbox.take(), mailbox.take()), (Some(replace(5)), None));
}

#[test]
fn new_columns_replace_what_was_merged_before() {
    let told = read(vec![replace(1), replace(2), replace(3), columns(4), replace(5)]);
    let Some(Event::Columns(snapshot)) = told.last() else { panic!("{told:?}") };
    assert_eq!((told.len(), snapshot.commit, &*snapshot.rows), (3, CommitId(5), &[row(5)][..]));
}
