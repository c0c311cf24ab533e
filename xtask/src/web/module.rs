//! One wasm module: compiled by cargo, given its JavaScript glue by wasm-bindgen, shrunk by wasm-opt.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::{Mode, package};
use crate::{node, process, project, toolchain};

const CRATE: &str = "tidewater-worker";

/// What wasm-opt may use: what rustc uses by default. All that it knows would be more than browsers do.
const FEATURES: &[&str] = &[
    "--mvp-features",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// A wasm module of the package.
pub struct Module {
    /// The feature of the worker crate that makes it, and the name of its glue.
    feature: &'static str,
    /// The file that is shipped; none for a module that the bundler puts into its script.
    shipped: Option<&'static str>,
}

/// The modules of the package.
pub const ALL: &[Module] =
    &[Module { feature: "coordinator", shipped: None }, Module { feature: "host", shipped: Some("tidewater.wasm") }];

/// Builds one module into the package.
pub fn build(module: &Module, mode: Mode) -> Result<()> {
    process::step(&format!("Building the {}'s wasm", module.feature));
    let compiled = compile(module, mode)?;
    let glue = package::glue();
    Bindgen::new()
        .input_path(&compiled)
        .out_name(module.feature)
        .web(true)?
        .typescript(true)
        .remove_name_section(mode == Mode::Release)
        .remove_producers_section(mode == Mode::Release)
        .generate(&glue)
        .with_context(|| format!("wasm-bindgen failed on {}", compiled.display()))?;
    let bound = glue.join(format!("{}_bg.wasm", module.feature));
    if mode == Mode::Release {
        let mut optimise = node::tool("wasm-opt");
        optimise.args(FEATURES).args(["-Os", "--strip-debug", "--strip-producers"]);
        process::run(optimise.arg(&bound).arg("-o").arg(&bound))?;
    }
    if let Some(name) = module.shipped {
        fs::create_dir_all(package::dist())?;
        fs::copy(&bound, package::dist().join(name))?;
    }
    Ok(())
}

fn compile(module: &Module, mode: Mode) -> Result<PathBuf> {
    // A folder of its own: the two features and the wasm profile would otherwise evict native artefacts and wait for
    // the lock of native builds.
    let target = project::path("target").join("web");
    let profile = match mode {
        Mode::Debug => "dev",
        Mode::Release => "release-wasm",
    };
    let mut cargo = toolchain::cargo()?;
    cargo.args(["build", "--package", CRATE, "--target", toolchain::WASM, "--profile", profile]);
    cargo.args(["--no-default-features", "--features", module.feature]).arg("--target-dir").arg(&target);
    process::run(&mut cargo)?;
    let folder = match mode {
        Mode::Debug => "debug",
        Mode::Release => profile,
    };
    Ok(target.join(toolchain::WASM).join(folder).join(CRATE.replace('-', "_")).with_extension("wasm"))
}
