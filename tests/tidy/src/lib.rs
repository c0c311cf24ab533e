//! Fails when a rule of the project is broken. The tables in ARCHITECTURE.md are the rules for edges, rooms,
//! foreign libraries and laws: they are read from there, so that the paper and the check cannot differ.
//!
//! Every rule is a function from text to findings with a test that shows it can find something, and a test that
//! runs it over the project.

#[cfg(test)]
mod circles;
#[cfg(test)]
mod edges;
#[cfg(test)]
mod files;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod manifests;
#[cfg(test)]
mod papers;
#[cfg(test)]
mod pure;
#[cfg(test)]
mod rooms;
#[cfg(test)]
mod rust;
#[cfg(test)]
mod shape;
#[cfg(test)]
mod table;
#[cfg(test)]
mod words;

/// Runs the Rust examples of README.md as documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;

/// Panics with every finding when there is one.
#[cfg(test)]
#[track_caller]
fn assert_none(rule: &str, findings: Vec<String>) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}
