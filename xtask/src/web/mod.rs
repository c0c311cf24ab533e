//! Builds what runs in a browser: the wasm modules of host and coordinator, and the npm package around them.
//!
//! cargo → wasm-bindgen → wasm-opt → esbuild, each from crates.io or npm at the version the lock files name. What
//! is shipped ends in `bindings/js/dist`; between steps things lie in `bindings/js/pkg`.

mod module;
mod package;
mod profile;
mod size;
mod symbol;

use anyhow::Result;

use crate::{node, process, toolchain};

/// How much the build optimises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Fast to build: no link-time optimisation, no wasm-opt, names kept.
    Debug,
    /// What is shipped.
    Release,
}

/// Builds the oracle for a browser, with the compiler's settings of what is shipped.
pub fn build_oracle() -> Result<()> {
    module::build(&module::ORACLE, Mode::Release)
}

/// Builds the benches for a browser, as what is shipped is built.
pub fn build_benches() -> Result<()> {
    module::build(&module::BENCHES, Mode::Release)
}

/// Fails when a file of the packages, built to be shipped, is larger than its budget. What is built without the standard
/// library's source is not what is shipped: it is larger.
pub fn check_size() -> Result<()> {
    process::step("Sizes of what is shipped");
    if !toolchain::rebuilds_standard()? {
        println!("    not compared: the standard library's source is not available");
        return Ok(());
    }
    size::check(&package::dist())
}

/// Builds the browser packages and prints the size of every artefact; of what is shipped also what it is made of.
pub fn build(mode: Mode) -> Result<()> {
    node::packages()?;
    for module in module::SHIPPED {
        module::build(module, mode)?;
    }
    package::bundle(mode)?;
    size::print(&package::dist())
}
