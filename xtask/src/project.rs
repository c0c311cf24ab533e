//! Where things are in the project, and which packages a step concerns.

use std::path::{Path, PathBuf};

/// Crates that run in a browser: linted and built for wasm32 as well as natively.
pub const WASM_CRATES: &[&str] = &[
    "tidewater",
    "tidewater-protocol",
    "tidewater-coordinator",
    "tidewater-host",
    "tidewater-worker",
    "tidewater-oracle",
    "tidewater-oracle-wasm",
    "tidewater-benches",
    "tidewater-benches-wasm",
];

/// The crates that are published.
pub const PUBLISHED: &[&str] = &["tidewater-derive", "tidewater", "tidewater-cli"];

/// The npm packages, members of the root workspace.
pub const NPM_PACKAGES: &[&str] = &["bindings/js", "tests/browser", "examples/chat"];

/// The root folder of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// A path inside the project.
pub fn path(inside: &str) -> PathBuf {
    root().join(inside)
}
