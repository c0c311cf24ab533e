//! The test suites, and the whole of what must pass before a change lands.

use anyhow::{Result, bail};

use crate::tally::Tally;
use crate::{checks, process, toolchain};

/// Runs the named suites, or all.
pub fn test(_names: &[&str]) -> Result<()> {
    let tally = native()?;
    close(tally)
}

/// Every check and every test.
pub fn ci() -> Result<()> {
    checks::format(true)?;
    checks::lint()?;
    test(&[])
}

fn native() -> Result<Tally> {
    process::step("Native tests");
    let mut tally = Tally::default();
    let nextest = process::probe("cargo", &["nextest", "--version"]).is_some();
    let mut command = toolchain::cargo()?;
    if nextest {
        command.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    } else {
        command.args(["test", "--workspace", "--all-targets", "--no-fail-fast"]);
    }
    let mut passed = process::run_reading(&mut command, |line| tally.read(line))?;
    process::step("Documentation tests");
    passed &=
        process::run_reading(toolchain::cargo()?.args(["test", "--workspace", "--doc", "--no-fail-fast"]), |line| {
            tally.read(line)
        })?;
    if !passed && tally.failed == 0 {
        bail!("the native tests did not run to their end");
    }
    Ok(tally)
}

fn close(tally: Tally) -> Result<()> {
    println!("\n{tally}");
    if tally.failed > 0 {
        bail!("{} tests failed", tally.failed);
    }
    if tally.passed == 0 {
        bail!("no test ran");
    }
    Ok(())
}
