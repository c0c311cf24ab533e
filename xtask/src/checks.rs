//! The checks that run no test: formatting, lints, types.

use anyhow::Result;

use crate::{node, process, project, toolchain};

/// Formats the Rust code, or compares it with what formatting would make.
pub fn format(check_only: bool) -> Result<()> {
    process::step("Rust formatting");
    let mut command = toolchain::plain_cargo();
    command.args(["fmt", "--all"]);
    if check_only {
        command.arg("--check");
    }
    process::run(&mut command)
}

/// Clippy natively and for wasm32, warnings being errors.
pub fn lint() -> Result<()> {
    process::step("Clippy, native");
    process::run(toolchain::cargo()?.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    process::step("Clippy, wasm32");
    let mut command = toolchain::cargo()?;
    command.args(["clippy", "--target", toolchain::WASM]);
    for (name, folder) in project::WASM_CRATES {
        if project::path(folder).exists() {
            command.args(["--package", name]);
        }
    }
    process::run(command.args(["--", "-D", "warnings"]))?;
    types()
}

/// The TypeScript compiler over every npm package.
fn types() -> Result<()> {
    if !project::has_npm_packages() {
        return Ok(());
    }
    node::packages()?;
    for package in project::NPM_PACKAGES {
        process::step(&format!("TypeScript, {package}"));
        process::run(node::tool("tsc").args(["--noEmit", "--project", package]))?;
    }
    Ok(())
}
