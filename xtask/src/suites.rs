//! The test suites, and the whole of what must pass before a change lands.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::browsers::{CHROMIUM, FIREFOX};
use crate::tally::Tally;
use crate::web::{self, Mode};
use crate::{checks, demo, licences, node, outside, packages, process, project, toolchain};

type Suite = (&'static str, fn() -> Result<Tally>);

const SUITES: &[Suite] = &[("native", native), ("outside", outside::test), ("browser", browser)];

/// The npm packages with a `test` script. The demo's tests are in tests/browser.
const TESTED_PACKAGES: &[&str] = &["bindings/js", "tests/browser"];

/// Names the native oracle for the tests in a browser.
const ORACLE: &str = "TIDEWATER_ORACLE";

/// Sets the machine up and runs the named suites, or all of them. All run, even when one fails.
pub fn test(names: &[&str]) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| !SUITES.iter().any(|(suite, _)| suite == *name)) {
        let known: Vec<_> = SUITES.iter().map(|(suite, _)| *suite).collect();
        bail!("there is no suite `{unknown}`, only {}", known.join(", "));
    }
    toolchain::current()?;
    let mut total = Tally::default();
    for (name, suite) in SUITES {
        if names.is_empty() || names.contains(name) {
            total.include(suite()?);
        }
    }
    process::print_durations();
    println!("\n{total}");
    if total.failed > 0 {
        bail!("tests failed");
    }
    if total.passed == 0 {
        bail!("no test ran");
    }
    Ok(())
}

/// Every check and every test.
pub fn ci() -> Result<()> {
    checks::format(true)?;
    licences::check()?;
    // What is linted and tested is what is shipped.
    packages::built(Mode::Release)?;
    web::check_size()?;
    checks::lint()?;
    checks::package()?;
    test(&[])
}

fn native() -> Result<Tally> {
    process::step("Native tests");
    let nextest = process::probe("cargo", &["nextest", "--version"]).is_some();
    let mut command = toolchain::native_cargo()?;
    if nextest {
        command.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    } else {
        command.args(["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]);
    }
    let mut tally = counted(&mut command)?;
    process::step("Native tests: examples in the documentation");
    tally.include(counted(toolchain::native_cargo()?.args(["test", "--workspace", "--doc", "--no-fail-fast"]))?);
    process::step("Native tests: the example programs");
    for example in examples()? {
        process::run(toolchain::native_cargo()?.args(["run", "--quiet", "-p", "tidewater", "--example", &example]))?;
        tally.passed += 1;
    }
    Ok(tally)
}

/// The names of the engine's example programs.
fn examples() -> Result<Vec<String>> {
    let files = std::fs::read_dir(project::path("engine/examples"))?.collect::<std::io::Result<Vec<_>>>()?;
    let name = |file: &std::fs::DirEntry| Some(file.path().file_stem()?.to_str()?.to_owned());
    let mut names: Vec<String> = files.iter().filter_map(name).collect();
    names.sort_unstable();
    Ok(names)
}

/// What runs in a browser: the built package as an application would use it.
fn browser() -> Result<Tally> {
    let chromium = CHROMIUM.current()?;
    let firefox = FIREFOX.current()?;
    demo::build()?;
    web::build_oracle()?;
    let oracle = native_oracle()?;
    let mut tally = Tally::default();
    for package in TESTED_PACKAGES {
        process::step(&format!("Tests of {package}"));
        let mut command = node::npm();
        command.args(["run", "test", "--workspace", package]);
        command.env(CHROMIUM.variable, chromium).env(ORACLE, &oracle);
        tally.include(counted(&mut command)?);
    }
    process::step("Tests of tests/browser in Firefox");
    let mut command = node::npm();
    command.args(["run", "firefox", "--workspace", "tests/browser"]).env(FIREFOX.variable, firefox);
    tally.include(counted(&mut command)?);
    Ok(tally)
}

/// The oracle's program: what it logs natively, it has to log in a browser.
fn native_oracle() -> Result<PathBuf> {
    process::run(toolchain::cargo()?.args(["build", "--package", "tidewater-oracle", "--bin", "oracle"]))?;
    Ok(project::path("target/debug/oracle"))
}

/// Runs a test runner and counts; one that fails without naming a failed test counts as a failure.
fn counted(command: &mut Command) -> Result<Tally> {
    let mut tally = Tally::default();
    let succeeded = process::run_reading(command, |line| tally.read(line))?;
    if !succeeded && tally.failed == 0 {
        println!("    the runner itself failed");
        tally.failed = 1;
    }
    Ok(tally)
}
