//! The browser that the browser tests run in.

use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Result, anyhow, bail};

use crate::debian;

/// Names the browser for xtask and, as xtask sets it, for the tests.
pub const VARIABLE: &str = "CHROMIUM_PATH";

const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const FIXED_PLACES: &[&str] = &[
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// The path of the browser, found or installed at the first call.
pub fn current() -> Result<&'static str> {
    static FOUND: OnceLock<Result<String, String>> = OnceLock::new();
    FOUND
        .get_or_init(|| find_or_install().map_err(|error| format!("{error:#}")))
        .as_deref()
        .map_err(|error| anyhow!(error.clone()))
}

fn find_or_install() -> Result<String> {
    if let Ok(chosen) = std::env::var(VARIABLE) {
        if !Path::new(&chosen).exists() {
            bail!("{VARIABLE} is {chosen}, which does not exist");
        }
        return Ok(chosen);
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    debian::install("Chromium", &["chromium"])?;
    find().ok_or_else(|| anyhow!("Chromium is installed and not in PATH; set {VARIABLE}"))
}

fn find() -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .chain(FIXED_PLACES.iter().map(Into::into))
        .find(|candidate| candidate.is_file())
        .map(|found| found.to_string_lossy().into_owned())
}
