//! The browsers that the browser tests run in.

use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Result, anyhow, bail};

use crate::debian;

/// A browser, and where it may be.
pub struct Browser {
    name: &'static str,
    /// Names the browser's path for xtask and, as xtask sets it, for the tests.
    pub variable: &'static str,
    programs: &'static [&'static str],
    fixed_places: &'static [&'static str],
    /// Debian's package.
    package: &'static str,
    found: OnceLock<Result<String, String>>,
}

pub static CHROMIUM: Browser = Browser {
    name: "Chromium",
    variable: "CHROMIUM_PATH",
    programs: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    fixed_places: &[
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ],
    package: "chromium",
    found: OnceLock::new(),
};

pub static FIREFOX: Browser = Browser {
    name: "Firefox",
    variable: "FIREFOX_PATH",
    programs: &["firefox-esr", "firefox"],
    fixed_places: &["/Applications/Firefox.app/Contents/MacOS/firefox"],
    package: "firefox-esr",
    found: OnceLock::new(),
};

impl Browser {
    /// The path of the browser, found or installed at the first call.
    pub fn current(&'static self) -> Result<&'static str> {
        self.found
            .get_or_init(|| self.find_or_install().map_err(|error| format!("{error:#}")))
            .as_deref()
            .map_err(|error| anyhow!(error.clone()))
    }

    fn find_or_install(&self) -> Result<String> {
        let Self { name, variable, package, .. } = self;
        if let Ok(chosen) = std::env::var(variable) {
            if !Path::new(&chosen).exists() {
                bail!("{variable} is {chosen}, which does not exist");
            }
            return Ok(chosen);
        }
        if let Some(found) = self.find() {
            return Ok(found);
        }
        debian::install(name, &[package])?;
        self.find().ok_or_else(|| anyhow!("{name} is installed and not in PATH; set {variable}"))
    }

    fn find(&self) -> Option<String> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<_> = std::env::split_paths(&path).collect();
        self.programs
            .iter()
            .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
            .chain(self.fixed_places.iter().map(Into::into))
            .find(|candidate| candidate.is_file())
            .map(|found| found.to_string_lossy().into_owned())
    }
}
