//! Where a database is, as a command line says it: a file, a URI, or memory.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use tidewater::Location;

/// The name of a database in memory, as SQLite spells it.
const MEMORY: &str = ":memory:";

/// What FILE names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `:memory:`, or no FILE at all.
    Memory,
    /// A path.
    File(PathBuf),
    /// `file:app.db?mode=ro`.
    Uri(String),
}

impl From<OsString> for Place {
    fn from(text: OsString) -> Self {
        match text.to_str() {
            Some(MEMORY) => Self::Memory,
            Some(uri) if uri.starts_with("file:") => Self::Uri(uri.to_owned()),
            _ => Self::File(text.into()),
        }
    }
}

impl Place {
    /// The same for the engine.
    pub fn location(&self) -> Location {
        match self {
            Self::Memory => Location::Memory,
            Self::File(path) => Location::File(path.clone()),
            Self::Uri(uri) => Location::Uri(uri.clone()),
        }
    }

    /// The path of the file, if it can be told. The path of a URI may be escaped, and a URI may name memory.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Memory => None,
            Self::File(path) => Some(path),
            Self::Uri(uri) => {
                let (path, query) = uri.strip_prefix("file:")?.split_once('?').unwrap_or((&uri["file:".len()..], ""));
                let is_plain = !path.contains(['%', '#']) && !path.starts_with("//") && !path.starts_with(':');
                let is_file = !query.contains("mode=memory") && !query.contains("vfs=");
                (is_plain && is_file && !path.is_empty()).then(|| Path::new(path))
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("a database in memory"),
            Self::File(path) => path.display().fmt(f),
            Self::Uri(uri) => f.write_str(uri),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        Place::from(OsString::from(text))
    }

    #[test]
    fn a_file_a_uri_and_memory_are_told_apart() {
        assert_eq!(place(":memory:"), Place::Memory);
        assert_eq!(place("file:a.db"), Place::Uri("file:a.db".to_owned()));
        for file in ["a.db", "./file:a.db", "memory", ""] {
            assert_eq!(place(file), Place::File(file.into()), "{file}");
        }
    }

    #[test]
    fn the_path_of_a_uri_is_known_where_nothing_changes_it() {
        for (text, path) in [
            ("a.db", Some("a.db")),
            ("file:a.db", Some("a.db")),
            ("file:/tmp/a.db?mode=ro&cache=private", Some("/tmp/a.db")),
            ("file:a%20b.db", None),
            ("file:///tmp/a.db", None),
            ("file::memory:?cache=shared", None),
            ("file:a?mode=memory", None),
            ("file:", None),
            (":memory:", None),
        ] {
            assert_eq!(place(text).path(), path.map(Path::new), "{text}");
        }
    }
}
