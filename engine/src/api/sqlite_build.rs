//! What the build of SQLite offers that an engine runs on.

use serde::Serialize;

/// The build of SQLite below an engine. Builds differ in what their compile options switch on; the engine's plans use nothing
/// that one of them could lack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SqliteBuild {
    /// The version, such as `3.51.1`.
    pub version: String,
    /// The compile options without `SQLITE_`, as `PRAGMA compile_options` lists them.
    pub options: Vec<String>,
    /// Whether the math functions, such as `sqrt`, are the engine's, because SQLite was built without its own.
    pub lends_math_functions: bool,
}

impl SqliteBuild {
    /// Whether SQLite was built with a compile option, given without `SQLITE_` and without its value.
    #[must_use]
    pub fn has(&self, option: &str) -> bool {
        self.options.iter().any(|known| known.split('=').next() == Some(option))
    }
}
