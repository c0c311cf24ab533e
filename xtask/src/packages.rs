//! The browser packages, built at most once in a run of xtask: lint needs their types, demo and tests their code.

use std::sync::OnceLock;

use anyhow::{Result, anyhow};

use crate::web::{self, Mode};

/// Builds the packages, unless this run has done so, in whichever mode.
pub fn built(mode: Mode) -> Result<()> {
    static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
    BUILT.get_or_init(|| web::build(mode).map_err(|error| format!("{error:#}"))).clone().map_err(|error| anyhow!(error))
}
