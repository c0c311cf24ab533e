//! Answers and events as JSON objects.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use tidewater::{Error, Event, Executed, Explain, Plan, Rows, Snapshot, Stats};

use super::{Edits, RowsJson};

/// The name a script gives a subscription: a JSON string or number, echoed as it was written.
#[derive(Clone, Debug)]
pub struct SubscriptionName {
    json: Arc<RawValue>,
    meaning: Meaning,
}

/// Two spellings of one string are one name; numbers are compared digit by digit.
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

/// The most characters of a message: one that quotes the whole of a long statement helps nobody.
const MESSAGE: usize = 2000;

/// Why a request got no result: a stable code and a sentence.
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

/// An error with its causes, each named once.
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

/// An answer to one request.
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

    pub fn subscribed(name: &'a SubscriptionName, snapshot: &'a Snapshot, plan: Plan) -> Self {
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

    pub const fn failed(failure: Failure) -> Self {
        Self::Failed { ok: false, error: failure }
    }
}

/// What happened to a subscription, or the state it started from; `sub` is left out where there is only one.
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
    pub fn snapshot(snapshot: &'a Snapshot, plan: Plan) -> Self {
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
            Event::Diff(diff) => Self::Diff { sub, commit: diff.commit.0, edits: Edits(&diff.edits) },
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
        }
    }
}

/// The answer to `stats`: the engine's counters by name.
#[derive(Serialize)]
pub struct StatsAnswer {
    ok: bool,
    commits: u64,
    subscriptions: u64,
    templates: u64,
    bindings: u64,
    dataflows: u64,
    state_bytes: u64,
    remembered_bytes: u64,
    memory_budget: Option<u64>,
    evicted: u64,
    without_state: u64,
    requeries: u64,
    maintained: u64,
    refused: u64,
    given_up: u64,
    beyond: u64,
    refills: u64,
    lookups: u64,
    repairs: u64,
    rows_in: u64,
    rows_out: u64,
    disagreements: u64,
    divergences: u64,
}

/// The engine's counters as an answer. Without `..`: a new counter has to be answered as well.
pub const fn stats_answer(stats: &Stats) -> StatsAnswer {
    let Stats {
        commits,
        subscriptions,
        templates,
        bindings,
        dataflows,
        state_bytes,
        remembered_bytes,
        memory_budget,
        evicted,
        without_state,
        requeries,
        maintained,
        refused,
        given_up,
        beyond,
        refills,
        lookups,
        repairs,
        rows_in,
        rows_out,
        disagreements,
        divergences,
    } = *stats;
    StatsAnswer {
        ok: true,
        commits,
        subscriptions,
        templates,
        bindings,
        dataflows,
        state_bytes,
        remembered_bytes,
        memory_budget,
        evicted,
        without_state,
        requeries,
        maintained,
        refused,
        given_up,
        beyond,
        refills,
        lookups,
        repairs,
        rows_in,
        rows_out,
        disagreements,
        divergences,
    }
}
