//! The project's own build tool: `cargo xtask COMMAND` sets a machine up, builds, checks and tests.

mod browsers;
mod checks;
mod clang;
mod debian;
mod demo;
mod licences;
mod node;
mod outside;
mod packages;
mod process;
mod project;
mod suites;
mod tally;
mod toolchain;
mod versions;
mod web;

use std::process::ExitCode;

use anyhow::{Result, bail};

/// What `cargo xtask` can be told to do, with the line `--help` shows for it.
/// README and CONTRIBUTING may name only these; `tests/tidy` reads the table.
const COMMANDS: &[(&str, &str)] = &[
    ("setup", "find or install the wasm target, clang, Chromium, Firefox and the npm packages"),
    ("test", "set up and run all tests, or only the suites named: native, outside, browser"),
    ("demo", "set up, build and serve the demo, print its address"),
    ("web", "build the browser packages (--release: optimised, with sizes; --oracle, --benches: that alone)"),
    ("fmt", "format the Rust code (--check to only compare)"),
    ("lint", "clippy, natively and for wasm32, and the TypeScript checks"),
    ("licences", "check the licence of every dependency, crates and npm packages"),
    ("versions", "run the engine's tests with each version of rusqlite it allows, or those named: 0.37"),
    ("ci", "everything that must pass before a change lands"),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let Some((command, rest)) = arguments.split_first() else {
        help();
        return Ok(());
    };
    let flags: Vec<&str> = rest.iter().map(String::as_str).collect();
    match command.as_str() {
        "setup" => only(&flags, &[]).and_then(|()| setup()),
        "test" => suites::test(&flags),
        "demo" => only(&flags, &[]).and_then(|()| demo::serve()),
        "web" => only(&flags, &["--release", "--oracle", "--benches"]).and_then(|()| web(&flags)),
        "fmt" => only(&flags, &["--check"]).and_then(|()| checks::format(!flags.is_empty())),
        "lint" => only(&flags, &[]).and_then(|()| checks::lint()),
        "licences" => only(&flags, &[]).and_then(|()| licences::check()),
        "versions" => versions::test(&flags),
        "ci" => only(&flags, &[]).and_then(|()| suites::ci()),
        "help" | "--help" | "-h" => {
            help();
            Ok(())
        }
        other => {
            help();
            bail!("there is no command `{other}`")
        }
    }
}

fn web(flags: &[&str]) -> Result<()> {
    if flags.contains(&"--oracle") {
        return web::build_oracle();
    }
    if flags.contains(&"--benches") {
        return web::build_benches();
    }
    web::build(if flags.contains(&"--release") { web::Mode::Release } else { web::Mode::Debug })
}

fn setup() -> Result<()> {
    toolchain::current()?;
    clang::current()?;
    browsers::CHROMIUM.current()?;
    browsers::FIREFOX.current()?;
    node::packages()
}

fn only(given: &[&str], known: &[&str]) -> Result<()> {
    match given.iter().find(|flag| !known.contains(flag)) {
        Some(flag) => bail!("`{flag}` is not known here"),
        None => Ok(()),
    }
}

fn help() {
    println!("usage: cargo xtask COMMAND\n");
    for (command, meaning) in COMMANDS {
        println!("  {command:<9} {meaning}");
    }
}
