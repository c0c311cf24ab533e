//! Results as JSON.

use serde_json::{Value, json};
use tidewater::{Diff, Edit, Row, Snapshot, ValueRef};

/// `{"commit": 1, "rows": [[1, "write"]]}`
pub fn snapshot(snapshot: &Snapshot) -> Value {
    json!({ "commit": snapshot.commit.0, "rows": snapshot.rows.iter().map(row).collect::<Vec<_>>() })
}

/// `{"commit": 2, "edits": [{"insert": 1, "row": [2, "read"]}]}`
pub fn diff(diff: &Diff) -> Value {
    json!({ "commit": diff.commit.0, "edits": diff.edits.iter().map(edit).collect::<Vec<_>>() })
}

fn edit(edit: &Edit) -> Value {
    match edit {
        Edit::Insert { index, row: new } => json!({ "insert": index, "row": row(new) }),
        Edit::Remove { index } => json!({ "remove": index }),
        Edit::Replace { index, row: new } => json!({ "replace": index, "row": row(new) }),
        Edit::Move { from, to } => json!({ "move": from, "to": to }),
    }
}

fn row(row: &Row) -> Value {
    row.values().map(value).collect()
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => integer.into(),
        ValueRef::Real(real) => real.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(bytes) => bytes.into(),
    }
}
