//! Node, and the npm packages of the root workspace.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{process, project};

const OLDEST_NODE: u32 = 20;

/// Installs the npm packages that package-lock.json names, unless that is done already.
pub fn packages() -> Result<()> {
    check_version()?;
    let lock = fs::read(project::path("package-lock.json")).context("cannot read package-lock.json")?;
    let installed = project::path("node_modules/.tidewater-lock");
    if fs::read(&installed).is_ok_and(|done| done == lock) {
        return Ok(());
    }
    process::step("Installing the npm packages");
    process::run(npm().args(["ci", "--no-audit", "--no-fund"]))?;
    fs::write(&installed, lock)?;
    Ok(())
}

/// `npm` in the root folder. Tests use the Chromium that xtask finds, so no package may
/// download a browser of its own.
pub fn npm() -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(project::root()).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    command
}

/// A command of an installed npm package, in the root folder.
pub fn tool(name: &str) -> Command {
    let file = if cfg!(windows) { format!("{name}.cmd") } else { name.to_owned() };
    let mut command = Command::new(project::path("node_modules/.bin").join(file));
    command.current_dir(project::root());
    command
}

fn check_version() -> Result<()> {
    let Some(printed) = process::probe("node", &["--version"]) else {
        bail!("Node {OLDEST_NODE} or newer is missing; install it (nodejs.org, or your system's package manager)");
    };
    let major: u32 = printed
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse().ok())
        .with_context(|| format!("node --version printed `{printed}`"))?;
    if major < OLDEST_NODE {
        bail!("Node {OLDEST_NODE} or newer is needed; this machine has {}", printed.trim());
    }
    Ok(())
}
