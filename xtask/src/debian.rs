//! Installing Debian packages where that is possible, and saying what to install where it is not.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

/// Installs `packages`, which are needed for `purpose`.
pub fn install(purpose: &str, packages: &[&str]) -> Result<()> {
    let wanted = packages.join(" ");
    if !process::in_path("apt-get") {
        bail!("{purpose} is missing; install it with your system's package manager (Debian's name: {wanted})");
    }
    if !is_root() {
        bail!("{purpose} is missing; run `sudo apt-get install {wanted}` and then this command again");
    }
    process::step(&format!("Installing {purpose}: {wanted}"));
    process::run(Command::new("apt-get").args(["update", "-qq"]))?;
    process::run(
        Command::new("apt-get")
            .args(["install", "-qq", "-y", "--no-install-recommends"])
            .args(packages)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

/// Whether packages can be installed without asking anybody.
fn is_root() -> bool {
    process::probe("id", &["-u"]).is_some_and(|id| id.trim() == "0")
}
