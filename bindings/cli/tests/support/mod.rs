//! A `tidewater replay` process to talk to, and a subscriber that believes only what it is told.

// Each test binary uses its own part of this.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use serde_json::{Value, json};

/// The command under test.
pub fn tidewater() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tidewater"))
}

/// A running `tidewater replay`.
pub struct Replay {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// The lines that one request led to.
#[derive(Debug)]
pub struct Reply {
    pub events: Vec<Value>,
    pub answer: Value,
}

impl Reply {
    /// The code of the error that the answer is.
    pub fn code(&self) -> &str {
        assert_eq!(self.answer["ok"], json!(false), "{self:?}");
        assert!(!self.answer["error"]["message"].as_str().unwrap().is_empty(), "{self:?}");
        self.answer["error"]["code"].as_str().unwrap()
    }

    /// The number of the last commit.
    pub fn commit(&self) -> u64 {
        assert_eq!(self.answer["ok"], json!(true), "{self:?}");
        self.answer["commit"].as_u64().unwrap()
    }

    /// The rows of the answer.
    pub fn rows(&self) -> &Value {
        assert_eq!(self.answer["ok"], json!(true), "{self:?}");
        &self.answer["rows"]
    }
}

impl Replay {
    pub fn start(flags: &[&str]) -> Self {
        let mut child =
            tidewater().arg("replay").args(flags).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    /// Sends bytes as one line and gives the lines up to the answer as they came.
    pub fn send(&mut self, line: &[u8]) -> Vec<String> {
        let input = self.input.as_mut().unwrap();
        input.write_all(line).unwrap();
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the process ended after {lines:?}");
            let is_answer = line.starts_with(r#"{"ok":"#);
            lines.push(line.trim_end().to_owned());
            if is_answer {
                return lines;
            }
        }
    }

    pub fn ask(&mut self, request: &Value) -> Reply {
        let lines = self.send(request.to_string().as_bytes());
        let mut values: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let answer = values.pop().unwrap();
        Reply { events: values, answer }
    }

    pub fn exec(&mut self, sql: &str) -> Reply {
        self.ask(&json!({"op": "exec", "sql": sql}))
    }

    pub fn query(&mut self, sql: &str) -> Reply {
        self.ask(&json!({"op": "query", "sql": sql}))
    }

    pub fn subscribe(&mut self, id: &str, sql: &str) -> Reply {
        self.ask(&json!({"op": "subscribe", "id": id, "sql": sql}))
    }

    /// Ends the input and waits; nothing may come any more.
    pub fn finish(mut self) -> ExitStatus {
        self.input = None;
        let mut rest = String::new();
        assert_eq!(self.output.read_line(&mut rest).unwrap(), 0, "{rest}");
        self.child.wait().unwrap()
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}

/// The rows of every subscription, brought up to date by events alone.
#[derive(Default)]
pub struct Subscriber {
    pub rows: BTreeMap<String, Vec<Value>>,
}

impl Subscriber {
    /// Takes the answer to a subscribe in.
    pub fn subscribed(&mut self, reply: &Reply) {
        let id = reply.answer["sub"].as_str().unwrap().to_owned();
        self.rows.insert(id, reply.rows().as_array().unwrap().clone());
    }

    /// Takes the events before an answer in.
    pub fn receive(&mut self, reply: &Reply) {
        for event in &reply.events {
            let id = event["sub"].as_str().unwrap();
            match event["event"].as_str().unwrap() {
                "diff" => apply(&event["edits"], self.rows.get_mut(id).unwrap()),
                "columns" => {
                    self.rows.insert(id.to_owned(), event["rows"].as_array().unwrap().clone());
                }
                other => panic!("{other}: {event}"),
            }
        }
    }
}

/// Applies edits as the format describes them.
pub fn apply(edits: &Value, rows: &mut Vec<Value>) {
    let edits = edits.as_array().unwrap();
    assert!(!edits.is_empty(), "an empty diff");
    let at = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    for edit in edits {
        if let Some(index) = edit.get("insert") {
            rows.insert(at(index), edit["row"].clone());
        } else if let Some(index) = edit.get("remove") {
            rows.remove(at(index));
        } else if let Some(index) = edit.get("replace") {
            rows[at(index)] = edit["row"].clone();
        } else {
            let row = rows.remove(at(&edit["move"]));
            rows.insert(at(&edit["to"]), row);
        }
    }
}
