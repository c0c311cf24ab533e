//! Opens databases; errors name the file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tidewater::{Engine, Location, Options};

/// Opens an existing file: a mistyped name must not create an empty database.
pub fn open_existing(file: &Path, options: Options) -> Result<Engine> {
    ensure!(file.exists(), "{}: no such file", file.display());
    open(Some(file.to_owned()), options)
}

/// Opens or creates a file, or a database in memory.
pub fn open(file: Option<PathBuf>, options: Options) -> Result<Engine> {
    let name = file.as_ref().map_or_else(|| "a database in memory".to_owned(), |path| path.display().to_string());
    let location = file.map_or(Location::Memory, Location::File);
    Engine::open(location, options).with_context(|| format!("cannot open {name}"))
}
