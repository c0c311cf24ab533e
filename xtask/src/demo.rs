//! Serves the chat application.

use anyhow::Result;

use crate::web::Mode;
use crate::{node, packages, process};

/// Builds the browser packages and serves `examples/chat` until it is stopped.
pub fn serve() -> Result<()> {
    node::packages()?;
    packages::built(Mode::Release)?;
    process::step("Building the demo");
    process::run(node::npm().args(["run", "build", "--workspace", "examples/chat"]))?;
    process::step("Serving the demo; open the address below in two tabs (Ctrl-C stops it)");
    process::run(node::npm().args(["run", "preview", "--workspace", "examples/chat"]))
}
