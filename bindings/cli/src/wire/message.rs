//! Answers and events as JSON objects.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use tidewater::{Error, Event, Executed, Explain, PlanKind, Rows, Snapshot, Stats};

use super::{Edits, RowsJson};

/// The name that a script gives a subscription: a JSON string or number, echoed as written.
#[derive(Clone, Debug)]
pub struct SubscriptionName {
    json: Arc<RawValue>,
    meaning: Meaning,
}

/// Two spellings of one string are the same name; numbers are compared by their digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Meaning {
    Text(Arc<str>),
    Number(Arc<str>),
}

impl SubscriptionName {
    /// `None` if the JSON is neither a string nor a number.
    pub fn from_json(json: &RawValue) -> Option<Self> {
        let meaning = match json.get().as_bytes().first() {
            Some(b'"') => Meaning::Text(serde_json::from_str::<String>(json.get()).ok()?.into()),
            Some(b'-' | b'0'..=b'9') => Meaning::Number(json.get().into()),
            _ => return None,
        };
        Some(Self { json: json.to_owned().into(), meaning })
    }

    /// The name as the script wrote it.
    pub fn json(&self) -> &RawValue {
        &self.json
    }
}

impl PartialEq for SubscriptionName {
    fn eq(&self, other: &Self) -> bool {
        self.meaning == other.meaning
    }
}

impl Eq for SubscriptionName {}

impl Hash for SubscriptionName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.meaning.hash(state);
    }
}

/// The maximum number of characters of a message: messages can quote a long statement.
const MESSAGE: usize = 2000;

/// Why a request failed: a stable code and a message.
#[derive(Debug, Serialize)]
pub struct Failure {
    pub code: &'static str,
    pub message: String,
}

impl Failure {
    fn new(code: &'static str, mut message: String) -> Self {
        if let Some((end, _)) = message.char_indices().nth(MESSAGE) {
            message.truncate(end);
            message.push('…');
        }
        Self { code, message }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new("bad_request", message.into())
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self::new(error.code(), sentence(error))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

/// An error with its causes, each mentioned once.
fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// The answer to a request.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Answer<'a> {
    Done {
        ok: bool,
    },
    Executed {
        ok: bool,
        commit: u64,
        changes: u64,
    },
    Rows {
        ok: bool,
        columns: &'a [String],
        rows: RowsJson<'a>,
    },
    Subscribed {
        ok: bool,
        sub: &'a RawValue,
        commit: u64,
        columns: &'a [String],
        rows: RowsJson<'a>,
        plan: &'a str,
    },
    Explained {
        ok: bool,
        #[serde(flatten)]
        explain: &'a Explain,
    },
    Counted {
        ok: bool,
        #[serde(flatten)]
        stats: &'a Stats,
    },
    Failed {
        ok: bool,
        error: Failure,
    },
}

impl<'a> Answer<'a> {
    pub const fn done() -> Self {
        Self::Done { ok: true }
    }

    pub fn executed(executed: &Executed) -> Self {
        Self::Executed { ok: true, commit: executed.commit.0, changes: executed.changes }
    }

    pub fn rows(rows: &'a Rows) -> Self {
        Self::Rows { ok: true, columns: &rows.columns, rows: RowsJson(&rows.rows) }
    }

    pub fn subscribed(name: &'a SubscriptionName, snapshot: &'a Snapshot, plan: PlanKind) -> Self {
        Self::Subscribed {
            ok: true,
            sub: name.json(),
            commit: snapshot.commit.0,
            columns: &snapshot.columns,
            rows: RowsJson(&snapshot.rows),
            plan: plan.as_str(),
        }
    }

    pub const fn explained(explain: &'a Explain) -> Self {
        Self::Explained { ok: true, explain }
    }

    pub const fn counted(stats: &'a Stats) -> Self {
        Self::Counted { ok: true, stats }
    }

    pub const fn failed(failure: Failure) -> Self {
        Self::Failed { ok: false, error: failure }
    }
}

/// An event of a subscription, or its first result. `sub` is left out if there is only one subscription.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventLine<'a> {
    Snapshot {
        commit: u64,
        columns: &'a [String],
        rows: RowsJson<'a>,
        plan: &'a str,
    },
    Diff {
        #[serde(skip_serializing_if = "Option::is_none")]
        sub: Option<&'a RawValue>,
        commit: u64,
        edits: Edits<'a>,
    },
    Columns {
        #[serde(skip_serializing_if = "Option::is_none")]
        sub: Option<&'a RawValue>,
        commit: u64,
        columns: &'a [String],
        rows: RowsJson<'a>,
    },
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        sub: Option<&'a RawValue>,
        commit: u64,
        error: Failure,
    },
    Divergence {
        #[serde(skip_serializing_if = "Option::is_none")]
        sub: Option<&'a RawValue>,
        commit: u64,
        sql: &'a str,
        expected: RowsJson<'a>,
        actual: RowsJson<'a>,
        script: &'a str,
    },
}

impl<'a> EventLine<'a> {
    pub fn snapshot(snapshot: &'a Snapshot, plan: PlanKind) -> Self {
        Self::Snapshot {
            commit: snapshot.commit.0,
            columns: &snapshot.columns,
            rows: RowsJson(&snapshot.rows),
            plan: plan.as_str(),
        }
    }

    pub fn event(name: Option<&'a SubscriptionName>, event: &'a Event) -> Self {
        let sub = name.map(SubscriptionName::json);
        match event {
            // The protocol says of a recovery that it is a diff, which may have no edits.
            Event::Diff(diff) | Event::Recovered(diff) => {
                Self::Diff { sub, commit: diff.commit.0, edits: Edits(&diff.edits) }
            }
            Event::Columns(snapshot) => Self::Columns {
                sub,
                commit: snapshot.commit.0,
                columns: &snapshot.columns,
                rows: RowsJson(&snapshot.rows),
            },
            Event::Error { commit, error, closed: _ } => {
                Self::Error { sub, commit: commit.0, error: Failure::from(&**error) }
            }
            Event::Divergence(divergence) => Self::Divergence {
                sub,
                commit: divergence.commit.0,
                sql: &divergence.sql,
                expected: RowsJson(&divergence.expected),
                actual: RowsJson(&divergence.actual),
                script: &divergence.script,
            },
            other => Self::Error {
                sub,
                commit: other.commit().0,
                error: Failure::new("unknown_event", format!("the protocol has no form for {other:?}")),
            },
        }
    }
}
