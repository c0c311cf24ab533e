//! The engine's tests with each version of rusqlite that its manifest allows, in a copy of the project.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::tally::Tally;
use crate::{process, project, toolchain};

/// Runs the tests of the engine with these minor versions of rusqlite (`0.37`), or with all in the range, and prints a line for each.
pub fn test(only: &[&str]) -> Result<()> {
    let manifest = fs::read_to_string(project::path("Cargo.toml"))?;
    let range = Range::of(&manifest)?;
    let minors = range.choose(only)?;
    let folder = std::env::temp_dir().join(format!("tidewater-versions-{}", std::process::id()));
    let test_all = |()| minors.iter().map(|minor| test_one(&folder, &manifest, &range, *minor)).collect();
    let tested: Result<Vec<(String, Tally)>> = copy(&folder).and_then(test_all);
    fs::remove_dir_all(&folder).ok();
    let lines = tested?;
    println!("\n==> rusqlite");
    lines.iter().for_each(|(version, tally)| println!("    {version}: {tally}"));
    ensure!(lines.iter().all(|(_, tally)| tally.failed == 0 && tally.passed > 0), "tests failed");
    Ok(())
}

/// The versions `0.FIRST` to `0.LAST`, and how the manifest says so.
struct Range {
    text: String,
    first: u32,
    last: u32,
}

impl Range {
    /// The range in the workspace's manifest, as `rusqlite = { version = ">=0.37, <0.44", …`.
    fn of(manifest: &str) -> Result<Self> {
        let text = manifest
            .lines()
            .find_map(|line| line.strip_prefix("rusqlite = { version = \"")?.split('"').next())
            .context("Cargo.toml has no range for rusqlite")?;
        let bound = |sign: &str| -> Option<u32> {
            text.split(',').find_map(|part| part.trim().strip_prefix(sign)?.strip_prefix("0.")?.parse().ok())
        };
        let (first, end) = bound(">=").zip(bound("<")).with_context(|| format!("`{text}` is no range of 0.x"))?;
        ensure!(first < end, "`{text}` is empty");
        Ok(Self { text: text.to_owned(), first, last: end - 1 })
    }

    /// The minor versions that are asked for, all if none is.
    fn choose(&self, only: &[&str]) -> Result<Vec<u32>> {
        let all = self.first..=self.last;
        let wanted = only.iter().map(|version| {
            let minor: Option<u32> = version.strip_prefix("0.").and_then(|minor| minor.parse().ok());
            match minor.filter(|minor| all.contains(minor)) {
                Some(minor) => Ok(minor),
                None => bail!("`{version}` is not in `{}`", self.text),
            }
        });
        let wanted: Vec<u32> = wanted.collect::<Result<_>>()?;
        Ok(if wanted.is_empty() { all.collect() } else { wanted })
    }
}

/// The version that cargo chose, and what the tests say of it.
fn test_one(folder: &Path, manifest: &str, range: &Range, minor: u32) -> Result<(String, Tally)> {
    process::step(&format!("The engine with rusqlite 0.{minor}"));
    fs::write(folder.join("Cargo.toml"), manifest.replace(&range.text, &format!("~0.{minor}")))?;
    // Cargo changes as little of this as the other version asks for.
    fs::copy(project::path("Cargo.lock"), folder.join("Cargo.lock"))?;
    let version =
        process::output(cargo(folder)?.args(["tree", "--invert", "rusqlite", "--depth", "0", "--prefix", "none"]))?;
    let version = version.trim().to_owned();
    println!("    {version}");
    let mut tally = Tally::default();
    let mut command = cargo(folder)?;
    command.args(["test", "--package", "tidewater", "--lib", "--tests", "--no-fail-fast"]);
    let succeeded = process::run_reading(&mut command, |line| tally.read(line))?;
    if !succeeded && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok((version, tally))
}

fn cargo(folder: &Path) -> Result<Command> {
    let mut command = toolchain::native_cargo()?;
    command.current_dir(folder).env("CARGO_TARGET_DIR", project::path("target/versions"));
    Ok(command)
}

/// Copies the files that git tracks, and those it would.
fn copy(folder: &Path) -> Result<()> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(project::root());
    for path in process::output(&mut git)?.lines() {
        let (from, to): (PathBuf, PathBuf) = (project::path(path), folder.join(path));
        let Some(parent) = to.parent().filter(|_| from.is_file()) else { continue };
        fs::create_dir_all(parent)?;
        fs::copy(from, to)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn the_range_is_read_from_the_manifest() {
        let range =
            Range::of("a = \"1\"\nrusqlite = { version = \">=0.37, <0.40\", features = [] }\n").expect("a range");
        assert_eq!(range.choose(&[]).expect("all"), [37, 38, 39]);
        assert_eq!(range.choose(&["0.38"]).expect("one"), [38]);
        assert!(range.choose(&["0.40"]).is_err() && range.choose(&["38"]).is_err());
        assert!(Range::of("rusqlite = { version = \"1\" }").is_err() && Range::of("").is_err());
    }
}
