//! What no script can bring about: a divergence, which is a bug of the engine's.

use std::sync::Arc;

use serde_json::value::RawValue;
use tidewater::{CommitId, Divergence, Location, Options, Row, Value};

use super::*;

#[test]
fn a_divergence_is_told_and_remembered() {
    let mut session = Replay::new(Engine::open(Location::Memory, Options::default()).unwrap());
    let name = SubscriptionName::from_json(serde_json::from_str::<&RawValue>(r#""s""#).unwrap()).unwrap();
    assert!(!session.diverged());
    let divergence = Divergence {
        commit: CommitId(7),
        sql: Arc::from("SELECT 1"),
        expected: Arc::from([Row::from_iter([Value::Integer(1)])]),
        actual: Arc::from([Row::from_iter([Value::Real(1.0)])]),
        script: "BEGIN;".to_owned(),
    };
    lock(&session.outbox).receive(&name, &Event::Divergence(divergence));
    let lines = String::from_utf8(session.perform(br#"{"op":"exec","sql":""}"#)).unwrap();
    assert_eq!(
        lines,
        r#"{"event":"divergence","sub":"s","commit":7,"sql":"SELECT 1","expected":[[1]],"actual":[[1.0]],"script":"BEGIN;"}
{"ok":true,"commit":0,"changes":0}
"#
    );
    session.perform(br#"{"op":"stats"}"#);
    assert!(session.diverged(), "until the end");
}
