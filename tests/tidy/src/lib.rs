//! Fails when a rule of the project is broken. The tables in ARCHITECTURE.md are the rules for edges, rooms,
//! foreign libraries and laws: they are read from there, so that the paper and the check cannot differ.
//!
//! Every rule is a function from text to findings with a test that shows it can find something, and a test that
//! runs it over the project.
#![cfg(test)]

mod edges;
mod files;
mod foreign;
mod laws;
mod manifests;
mod papers;
mod rooms;
mod rust;
mod shape;
mod table;
mod words;

/// Runs the Rust examples of README.md as documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// Panics with every finding when there is one.
#[track_caller]
fn assert_none(rule: &str, findings: Vec<String>) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}
