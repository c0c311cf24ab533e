//! One wasm module: compiled by cargo, given its JavaScript glue by wasm-bindgen, shrunk by wasm-opt.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::profile::{self, Profile};
use super::{Mode, package};
use crate::{node, process, project, toolchain};

const WORKER: &str = "tidewater-worker";

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

/// A wasm module.
pub struct Module {
    /// The crate that it is made from.
    package: &'static str,
    /// The feature of the crate that makes it, if it has several.
    feature: Option<&'static str>,
    /// The name of its glue.
    name: &'static str,
    /// Where the glue goes.
    folder: fn() -> PathBuf,
    /// The file that is shipped; none for a module that the bundler puts into its script, or that is not shipped.
    shipped: Option<&'static str>,
}

impl Module {
    /// Only what users download is worth the minute that wasm-opt takes.
    fn is_downloaded(&self) -> bool {
        self.package == WORKER
    }
}

/// The modules of the npm package.
pub const SHIPPED: &[Module] = &[
    Module { package: WORKER, feature: Some("coordinator"), name: "coordinator", folder: package::glue, shipped: None },
    Module {
        package: WORKER,
        feature: Some("host"),
        name: "host",
        folder: package::glue,
        shipped: Some("tidewater.wasm"),
    },
];

/// The oracle, which runs in a browser to be compared with itself.
pub const ORACLE: Module = Module {
    package: "tidewater-oracle-wasm",
    feature: None,
    name: "oracle",
    folder: || project::path("target/oracle-wasm"),
    shipped: None,
};

/// The benches, which are run in a browser's worker.
pub const BENCHES: Module = Module {
    package: "tidewater-benches-wasm",
    feature: None,
    name: "benches",
    folder: || project::path("target/benches-wasm"),
    shipped: None,
};

/// Builds one module.
pub fn build(module: &Module, mode: Mode) -> Result<()> {
    process::step(&format!("Building the {}'s wasm", module.name));
    let compiled = compile(module, mode)?;
    let glue = (module.folder)();
    Bindgen::new()
        .input_path(&compiled)
        .out_name(module.name)
        .web(true)?
        .typescript(true)
        .generate(&glue)
        .with_context(|| format!("wasm-bindgen failed on {}", compiled.display()))?;
    let bound = glue.join(format!("{}_bg.wasm", module.name));
    if mode == Mode::Release && module.is_downloaded() {
        let mut optimise = node::tool("wasm-opt");
        // With names, for the profile; they change nothing else.
        optimise.args(FEATURES).args(["-Os", "--debuginfo"]);
        process::run(optimise.arg(&bound).arg("-o").arg(&bound))?;
        shrunk(module, &bound)?;
    }
    if let Some(name) = module.shipped {
        fs::create_dir_all(package::dist())?;
        fs::copy(&bound, package::dist().join(name))?;
    }
    Ok(())
}

/// Prints what the module is made of, and takes its names away.
fn shrunk(module: &Module, bound: &Path) -> Result<()> {
    let named = fs::read(bound)?;
    let tables = Profile::of(&named)?.print(module.name);
    print!("{tables}");
    fs::write(project::path("target/web").join(format!("{}-profile.txt", module.name)), tables)?;
    fs::write(bound, profile::strip(&named)?)?;
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
    cargo.args(["build", "--package", module.package, "--target", toolchain::WASM, "--profile", profile]);
    if let Some(feature) = module.feature {
        cargo.args(["--no-default-features", "--features", feature]);
    }
    cargo.arg("--target-dir").arg(&target);
    // Names that tell the types of a generic, for the profile.
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Csymbol-mangling-version=v0");
    process::run(&mut cargo)?;
    let folder = match mode {
        Mode::Debug => "debug",
        Mode::Release => profile,
    };
    Ok(target.join(toolchain::WASM).join(folder).join(module.package.replace('-', "_")).with_extension("wasm"))
}
