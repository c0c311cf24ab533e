//! Events, errors and what a write did.

use serde::ser::{Serialize, Serializer};

use crate::api::event::{Divergence, Event};
use crate::api::executed::Executed;
use crate::error::Error;
use crate::types::{CommitId, Diff, Row, Snapshot};

/// `{"code":"constraint","message":"UNIQUE constraint failed: item.name","extended_code":2067}`; SQLite's code is there where the
/// error is SQLite's.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        #[serde(rename = "Error")]
        struct Out<'e> {
            code: &'e str,
            message: &'e str,
            #[serde(skip_serializing_if = "Option::is_none")]
            extended_code: Option<i32>,
        }
        let extended_code = match self {
            Self::Sqlite { extended_code, .. } => Some(*extended_code),
            _ => None,
        };
        Out { code: self.code(), message: &self.to_string(), extended_code }.serialize(serializer)
    }
}

/// `{"commit":7,"changes":2,"last_insert_rowid":4}`.
impl Serialize for Executed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        #[serde(rename = "Executed")]
        struct Out {
            commit: CommitId,
            changes: u64,
            last_insert_rowid: i64,
        }
        let Self { commit, changes, last_insert_rowid } = *self;
        Out { commit, changes, last_insert_rowid }.serialize(serializer)
    }
}

/// `{"commit":7,"sql":"..","expected":[..],"actual":[..],"script":".."}`.
impl Serialize for Divergence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        #[serde(rename = "Divergence")]
        struct Out<'e> {
            commit: CommitId,
            sql: &'e str,
            expected: &'e [Row],
            actual: &'e [Row],
            script: &'e str,
        }
        let Self { commit, sql, expected, actual, script } = self;
        Out { commit: *commit, sql, expected, actual, script }.serialize(serializer)
    }
}

/// What it is in the field `event`, and beside it the fields of what it is:
/// `{"event":"diff","commit":7,"edits":[..]}`, `{"event":"recovered","commit":7,"edits":[..]}`,
/// `{"event":"columns","commit":7,"columns":[..],"rows":[..]}`, `{"event":"error","commit":7,"error":{..},"closed":false}`,
/// `{"event":"divergence",..}`.
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        #[serde(tag = "event", rename_all = "lowercase", rename = "Event")]
        enum Out<'e> {
            Diff(&'e Diff),
            Recovered(&'e Diff),
            Columns(&'e Snapshot),
            Error { commit: CommitId, error: &'e Error, closed: bool },
            Divergence(&'e Divergence),
        }
        let out = match self {
            Self::Diff(diff) => Out::Diff(diff),
            Self::Recovered(diff) => Out::Recovered(diff),
            Self::Columns(snapshot) => Out::Columns(snapshot),
            Self::Error { commit, error, closed } => Out::Error { commit: *commit, error, closed: *closed },
            Self::Divergence(divergence) => Out::Divergence(divergence),
        };
        out.serialize(serializer)
    }
}
