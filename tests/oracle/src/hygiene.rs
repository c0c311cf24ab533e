//! Requirements on deliveries besides correct rows: ordered, complete, exactly once, and without needless edits.

use tidewater::{Diff, Edit, Event, Row, SubscriptionId};

use crate::compare::difference;
use crate::text::tokens;

/// Events come commit by commit and in the order of subscribing, no subscription twice for one commit.
pub(crate) fn order(events: &[(SubscriptionId, Event)]) -> Result<(), String> {
    for pair in events.windows(2) {
        let [before, after] = [(pair[0].1.commit(), pair[0].0), (pair[1].1.commit(), pair[1].0)];
        if before >= after {
            return Err(format!("commit and subscription {after:?} after {before:?}"));
        }
    }
    Ok(())
}

/// Applies a diff with checks. Returns whether a row is removed and inserted again, which is correct but needless.
pub(crate) fn apply(diff: &Diff, rows: &mut Vec<Row>) -> Result<bool, String> {
    let (mut put, mut taken) = (Vec::new(), Vec::new());
    for edit in diff.edits.iter() {
        if let Some(problem) = problem(edit, rows) {
            return Err(format!("{problem}: {edit:?} on {} rows", rows.len()));
        }
        match edit {
            Edit::Insert { row, .. } => put.push(row.clone()),
            Edit::Remove { index } => taken.push(rows[*index].clone()),
            Edit::Replace { index, row } => {
                put.push(row.clone());
                taken.push(rows[*index].clone());
            }
            Edit::Move { .. } => {}
        }
        edit.apply(rows);
    }
    let net: u64 = difference(&put, &taken).values().map(|count| count.unsigned_abs()).sum();
    Ok(net != (put.len() + taken.len()) as u64)
}

fn problem(edit: &Edit, rows: &[Row]) -> Option<&'static str> {
    let outside = match edit {
        Edit::Insert { index, .. } => *index > rows.len(),
        Edit::Remove { index } | Edit::Replace { index, .. } => *index >= rows.len(),
        Edit::Move { from, to } => *from >= rows.len() || *to >= rows.len(),
    };
    match edit {
        _ if outside => Some("an index that is not there"),
        Edit::Replace { index, row } if rows[*index] == *row => Some("a row replaced by itself"),
        Edit::Move { from, to } if from == to => Some("a row moved to where it is"),
        _ => None,
    }
}

/// Whether a script could end a transaction.
pub(crate) fn may_commit(sql: &str) -> bool {
    tokens(sql).iter().any(|token| ["commit", "end", "release", "rollback"].iter().any(|word| token.is(word)))
}
