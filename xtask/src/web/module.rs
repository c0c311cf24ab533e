//! One wasm module: compiled by cargo, given its JavaScript glue by wasm-bindgen, shrunk by wasm-opt.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::DeflateEncoder;
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

/// For size. A function that is called in one place stays a function if it is larger than so many instructions: inlined, it
/// takes 6 % more when compressed, because long functions have many locals, and is no faster.
const OPTIMISED: &[&str] = &["-Os", "--one-caller-inline-max-function-size=20"];

/// Twice the linker's default: an expression may be 1000 deep, and costs a frame or two of each pass over it for each level.
const STACK: &str = "-Clink-arg=-zstack-size=2097152";

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
    /// How it is shipped.
    shipped: Shipped,
}

/// How a module comes to a browser.
enum Shipped {
    /// As a file of this name.
    File(&'static str),
    /// In its script, compressed: the text that stands for bytes there compresses badly.
    InScript,
    /// Not at all.
    Not,
}

impl Module {
    fn is_downloaded(&self) -> bool {
        self.package == WORKER
    }

    /// Only what is downloaded, and what measures how fast that is, is worth the minutes that it takes to be small.
    fn is_small(&self) -> bool {
        self.is_downloaded() || self.package == BENCHES.package
    }
}

/// The modules of the npm package.
pub const SHIPPED: &[Module] = &[
    Module {
        package: WORKER,
        feature: Some("coordinator"),
        name: "coordinator",
        folder: package::glue,
        shipped: Shipped::InScript,
    },
    Module {
        package: WORKER,
        feature: Some("host"),
        name: "host",
        folder: package::glue,
        shipped: Shipped::File("tidewater.wasm"),
    },
];

/// The oracle, which runs in a browser to be compared with itself.
pub const ORACLE: Module = Module {
    package: "tidewater-oracle-wasm",
    feature: None,
    name: "oracle",
    folder: || project::path("target/oracle-wasm"),
    shipped: Shipped::Not,
};

/// The benches, which are run in a browser's worker.
pub const BENCHES: Module = Module {
    package: "tidewater-benches-wasm",
    feature: None,
    name: "benches",
    folder: || project::path("target/benches-wasm"),
    shipped: Shipped::Not,
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
    if mode == Mode::Release && module.is_small() {
        let mut optimise = node::tool("wasm-opt");
        // With names, for the profile; they change nothing else.
        optimise.args(FEATURES).args(OPTIMISED).arg("--debuginfo");
        process::run(optimise.arg(&bound).arg("-o").arg(&bound))?;
    }
    if mode == Mode::Release && module.is_downloaded() {
        shrunk(module, &bound)?;
    }
    match module.shipped {
        Shipped::File(name) => {
            fs::create_dir_all(package::dist())?;
            fs::copy(&bound, package::dist().join(name))?;
        }
        Shipped::InScript => fs::write(bound.with_extension("wasm.deflate"), deflate(&fs::read(&bound)?)?)?,
        Shipped::Not => {}
    }
    Ok(())
}

fn deflate(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
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
    cargo.args(["rustc", "--lib", "--package", module.package, "--target", toolchain::WASM, "--profile", profile]);
    if let Some(feature) = module.feature {
        cargo.args(["--no-default-features", "--features", feature]);
    }
    cargo.arg("--target-dir").arg(&target);
    // Names that tell the types of a generic, for the profile.
    let mut flags = vec!["-Csymbol-mangling-version=v0"];
    if mode == Mode::Release && module.is_small() && !toolchain::rebuild_standard(&mut cargo, &mut flags)? {
        println!("    The standard library's source is not available: the module will be larger than what is shipped");
    }
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags.join(" "));
    cargo.args(["--", STACK]);
    process::run(&mut cargo)?;
    let folder = match mode {
        Mode::Debug => "debug",
        Mode::Release => profile,
    };
    Ok(target.join(toolchain::WASM).join(folder).join(module.package.replace('-', "_")).with_extension("wasm"))
}
