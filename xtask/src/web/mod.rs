//! Builds what runs in a browser: the wasm of host and coordinator, and the npm package around them.

use anyhow::{Result, bail};

/// How much the build optimises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Fast to build.
    Debug,
    /// What is shipped.
    Release,
}

/// Builds the browser packages.
pub fn build(_mode: Mode) -> Result<()> {
    bail!("the browser packages are not in this tree yet")
}
