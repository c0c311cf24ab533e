//! Serves the chat application.

use anyhow::Result;

use crate::{node, process, web};

/// Builds the browser packages and serves `examples/chat` until it is stopped.
pub fn serve() -> Result<()> {
    node::packages()?;
    web::build(web::Mode::Release)?;
    process::step("Building the demo");
    process::run(node::npm().args(["run", "build", "--workspace", "examples/chat"]))?;
    process::step("Serving the demo; open the address below in two tabs (Ctrl-C stops it)");
    process::run(node::npm().args(["run", "preview", "--workspace", "examples/chat"]))
}
