//! Opens databases; errors name the file.

use anyhow::{Context, Result, ensure};
use tidewater::{Access, Engine, Options};

use crate::place::Place;

/// Opens an existing file: a mistyped name must not create an empty database.
pub fn open_existing(place: &Place, options: Options) -> Result<Engine> {
    if let Some(path) = place.path() {
        ensure!(path.exists(), "{place}: no such file");
    }
    open(place, options.with_access(Access::Write))
}

/// Opens or creates a file, or a database in memory.
pub fn open(place: &Place, options: Options) -> Result<Engine> {
    Engine::open(place.location(), options).with_context(|| format!("cannot open {place}"))
}
