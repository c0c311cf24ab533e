//! The chat application: built for its tests, served for people.

use anyhow::Result;

use crate::web::Mode;
use crate::{node, packages, process};

/// Where the demo is.
const PACKAGE: &str = "examples/chat";

/// Builds the browser packages and the demo, unless this run has done so.
pub fn build() -> Result<()> {
    packages::built(Mode::Release)?;
    process::step("Building the demo");
    process::run(node::npm().args(["run", "build", "--workspace", PACKAGE]))
}

/// Builds the demo and serves it until it is stopped.
pub fn serve() -> Result<()> {
    build()?;
    process::step("Serving the demo; open its address in two tabs (Ctrl-C stops it)");
    process::run(node::npm().args(["run", "preview", "--workspace", PACKAGE]))
}
