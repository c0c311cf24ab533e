//! The Rust toolchain that every child of xtask uses: one that can build for wasm32.
//!
//! The user's own is taken when it has the target or rustup can add it. Where rustup cannot
//! download, `scripts/wasm-toolchain` makes one from Debian's packages, and then native code is
//! built by it too: two compilers would build every dependency twice.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};

use crate::{clang, process, project};

/// The target of everything that runs in a browser.
pub const WASM: &str = "wasm32-unknown-unknown";

const BOOTSTRAP: &str = "RUSTC_BOOTSTRAP";
const TRAPPING: [&str; 2] = ["-Zunstable-options", "-Cpanic=immediate-abort"];

const SCRIPT: &str = "scripts/wasm-toolchain";

/// What a child's environment needs for its cargo to be the chosen one.
#[derive(Debug)]
pub struct Toolchain {
    variables: Vec<(String, String)>,
}

/// The toolchain, found or installed at the first call.
pub fn current() -> Result<&'static Toolchain> {
    static FOUND: OnceLock<Result<Toolchain, String>> = OnceLock::new();
    FOUND.get_or_init(|| find().map_err(|error| format!("{error:#}"))).as_ref().map_err(|error| anyhow!(error.clone()))
}

/// `cargo` of the chosen toolchain in the root folder, with the C compiler for wasm32 set.
pub fn cargo() -> Result<Command> {
    let mut command = native_cargo()?;
    command.envs(clang::current()?.variables());
    Ok(command)
}

/// The same without a C compiler for wasm32, which not every system has.
pub fn native_cargo() -> Result<Command> {
    let mut command = Command::new("cargo");
    command.current_dir(project::root());
    // Set by the cargo that runs xtask, they would pin children to its toolchain.
    for inherited in ["CARGO", "RUSTC", "RUSTDOC"] {
        command.env_remove(inherited);
    }
    command.envs(current()?.variables.iter().cloned());
    Ok(command)
}

/// Makes a `cargo build` for wasm32 build the standard library as well: for size, and with panics that only trap. Both are
/// features of unstable compilers, which a stable one has behind `RUSTC_BOOTSTRAP`, and need the library's source; false where
/// one of them is missing.
pub fn rebuild_standard(cargo: &mut Command, flags: &mut Vec<&'static str>) -> Result<bool> {
    if !rebuilds_standard()? {
        return Ok(false);
    }
    cargo.env(BOOTSTRAP, "1").args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
    flags.extend(TRAPPING);
    Ok(true)
}

/// Whether the compiler traps where the standard library would panic, and the library's source is there.
pub fn rebuilds_standard() -> Result<bool> {
    static FOUND: OnceLock<bool> = OnceLock::new();
    let variables = &current()?.variables;
    Ok(*FOUND.get_or_init(|| {
        let traps = Command::new("rustc")
            .args(["--target", WASM, "--print", "cfg"])
            .args(TRAPPING)
            .current_dir(project::root())
            .envs(variables.iter().cloned())
            .env(BOOTSTRAP, "1")
            .output();
        traps.is_ok_and(|output| output.status.success()) && (has_source(variables) || adds_source(variables))
    }))
}

fn has_source(variables: &[(String, String)]) -> bool {
    sysroot(variables).is_some_and(|root| Path::new(&root).join("lib/rustlib/src/rust/library/Cargo.lock").exists())
}

fn adds_source(variables: &[(String, String)]) -> bool {
    if !process::in_path("rustup") {
        return false;
    }
    process::step("Adding the source of the standard library to the Rust toolchain");
    let mut command = Command::new("rustup");
    command.args(["component", "add", "rust-src"]).current_dir(project::root()).envs(variables.iter().cloned());
    process::run(&mut command).is_ok() && has_source(variables)
}

/// `cargo` of the toolchain that runs xtask: formatting needs no wasm target, and Debian's
/// packages have no rustfmt.
pub fn plain_cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(project::root());
    if let Some(outer) = outer_with_rustfmt() {
        command.env("RUSTUP_TOOLCHAIN", outer);
    }
    command
}

fn outer_with_rustfmt() -> Option<&'static str> {
    if process::probe("cargo", &["fmt", "--version"]).is_some() {
        return None;
    }
    process::probe("rustup", &["run", "stable", "cargo", "fmt", "--version"]).map(|_| "stable")
}

fn find() -> Result<Toolchain> {
    if has_wasm(&[]) {
        return Ok(Toolchain { variables: debian_linker_when_linked() });
    }
    if process::in_path("rustup") {
        process::step(&format!("Adding the target {WASM} to the Rust toolchain"));
        let added = process::run(Command::new("rustup").args(["target", "add", WASM]));
        if added.is_ok() && has_wasm(&[]) {
            return Ok(Toolchain { variables: Vec::new() });
        }
        println!("    rustup cannot add it here");
    }
    if !process::in_path("apt-get") {
        bail!("the Rust toolchain lacks the target {WASM}; add it with `rustup target add {WASM}`");
    }
    process::step("Making a toolchain for wasm32 from Debian's packages");
    let script = project::path(SCRIPT);
    process::run(&mut Command::new(&script))?;
    let variables = script_variables(&script)?;
    if !has_wasm(&variables) {
        bail!("{SCRIPT} ran, and its toolchain still has no standard library for {WASM}");
    }
    Ok(Toolchain { variables })
}

/// Debian's compiler ships no linker for wasm32 of its own.
fn debian_linker_when_linked() -> Vec<(String, String)> {
    let ships_linker =
        sysroot(&[]).is_some_and(|root| walk_for(Path::new(&root).join("lib/rustlib").as_path(), "rust-lld", 4));
    if ships_linker {
        return Vec::new();
    }
    ["wasm-ld", "wasm-ld-19"]
        .into_iter()
        .find(|linker| process::in_path(linker))
        .map(|linker| ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER".to_owned(), linker.to_owned()))
        .into_iter()
        .collect()
}

fn walk_for(folder: &Path, name: &str, depth: usize) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|entry| entry.file_name() == name || (depth > 0 && walk_for(&entry.path(), name, depth - 1)))
}

fn script_variables(script: &Path) -> Result<Vec<(String, String)>> {
    let printed = process::output(Command::new(script).arg("env"))?;
    printed
        .lines()
        .map(|line| {
            line.strip_prefix("export ")
                .and_then(|pair| pair.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .with_context(|| format!("{SCRIPT} env printed `{line}`"))
        })
        .collect()
}

fn has_wasm(variables: &[(String, String)]) -> bool {
    sysroot(variables).is_some_and(|root| {
        std::fs::read_dir(Path::new(&root).join("lib/rustlib").join(WASM).join("lib")).is_ok_and(|mut files| {
            files.any(|file| file.is_ok_and(|file| file.file_name().to_string_lossy().starts_with("libcore")))
        })
    })
}

fn sysroot(variables: &[(String, String)]) -> Option<String> {
    let output = Command::new("rustc")
        .args(["--print", "sysroot"])
        .current_dir(project::root())
        .envs(variables.iter().cloned())
        .output()
        .ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
