//! Edits and diffs.

use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::types::{Cause, CommitId, Diff, Edit, Row};

/// An edit of either direction; which fields it has says which edit it is.
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(rename = "Edit", deny_unknown_fields)]
struct EditForm<R> {
    #[serde(skip_serializing_if = "Option::is_none")]
    insert: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remove: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replace: Option<usize>,
    #[serde(rename = "move", skip_serializing_if = "Option::is_none")]
    from: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<R>,
}

/// `{"insert":0,"row":["tea"]}`, `{"remove":0}`, `{"replace":0,"row":["tea"]}`, `{"move":0,"to":2}`.
impl Serialize for Edit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let empty = EditForm::<&Row> { insert: None, remove: None, replace: None, from: None, to: None, row: None };
        let form = match self {
            Self::Insert { index, row } => EditForm { insert: Some(*index), row: Some(row), ..empty },
            Self::Remove { index } => EditForm { remove: Some(*index), ..empty },
            Self::Replace { index, row } => EditForm { replace: Some(*index), row: Some(row), ..empty },
            Self::Move { from, to } => EditForm { from: Some(*from), to: Some(*to), ..empty },
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Edit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let EditForm { insert, remove, replace, from, to, row } = EditForm::<Row>::deserialize(deserializer)?;
        match (insert, remove, replace, from, to, row) {
            (Some(index), None, None, None, None, Some(row)) => Ok(Self::Insert { index, row }),
            (None, Some(index), None, None, None, None) => Ok(Self::Remove { index }),
            (None, None, Some(index), None, None, Some(row)) => Ok(Self::Replace { index, row }),
            (None, None, None, Some(from), Some(to), None) => Ok(Self::Move { from, to }),
            _ => Err(de::Error::custom("expected an edit: insert and row, remove, replace and row, or move and to")),
        }
    }
}

#[derive(serde::Serialize)]
#[serde(rename = "Diff")]
struct DiffOut<'d> {
    commit: CommitId,
    edits: &'d [Edit],
    #[serde(skip_serializing_if = "<[Cause]>::is_empty")]
    causes: &'d [Cause],
}

#[derive(serde::Deserialize)]
#[serde(rename = "Diff")]
struct DiffIn {
    commit: CommitId,
    edits: Vec<Edit>,
}

/// `{"commit":7,"edits":[{"remove":0}]}`, with `causes` if there are any.
impl Serialize for Diff {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        DiffOut { commit: self.commit, edits: &self.edits, causes: &self.causes }.serialize(serializer)
    }
}

/// Without the causes.
impl<'de> Deserialize<'de> for Diff {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let DiffIn { commit, edits } = DiffIn::deserialize(deserializer)?;
        Ok(Self { commit, edits: edits.into(), causes: Arc::default() })
    }
}
