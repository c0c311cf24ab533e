//! The npm package: its TypeScript bundled into files that stand alone, and its type declarations.

use std::path::PathBuf;

use anyhow::Result;

use super::Mode;
use crate::{node, process, project};

const PACKAGE: &str = "bindings/js";

/// Each becomes one file without imports: bundlers that merely copy a worker file then still ship a working one.
const ENTRIES: &[&str] = &["index", "worker", "coordinator"];

/// Where wasm-bindgen's output lies until it is bundled.
pub fn glue() -> PathBuf {
    project::path(PACKAGE).join("pkg")
}

/// What is shipped.
pub fn dist() -> PathBuf {
    project::path(PACKAGE).join("dist")
}

/// Bundles the package's entries and writes their declarations.
pub fn bundle(mode: Mode) -> Result<()> {
    process::step("Bundling the npm package");
    let mut esbuild = node::tool("esbuild");
    esbuild.current_dir(project::path(PACKAGE));
    esbuild.args(ENTRIES.iter().map(|entry| format!("src/{entry}.ts")));
    esbuild.args([
        "--bundle",
        "--format=esm",
        "--target=es2022",
        "--outdir=dist",
        "--log-level=warning",
        "--loader:.deflate=binary",
    ]);
    match mode {
        Mode::Debug => esbuild.arg("--sourcemap"),
        Mode::Release => esbuild.arg("--minify"),
    };
    process::run(&mut esbuild)?;
    let mut declarations = node::tool("tsc");
    declarations.current_dir(project::path(PACKAGE)).args(["--project", "tsconfig.build.json"]);
    process::run(&mut declarations)
}
