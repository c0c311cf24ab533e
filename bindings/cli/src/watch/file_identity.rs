//! Which file a path names: a database that is copied over by rename is another file under the same name.

use std::path::{Path, PathBuf};

/// A file, whatever its name is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileIdentity(Numbers);

/// Device and inode.
#[cfg(unix)]
type Numbers = (u64, u64);

/// When the file was created; nothing else that is stable can tell one.
#[cfg(not(unix))]
type Numbers = Option<std::time::SystemTime>;

impl FileIdentity {
    /// The file that a path names now, if there is one.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        #[cfg(unix)]
        let numbers = {
            use std::os::unix::fs::MetadataExt;
            (metadata.dev(), metadata.ino())
        };
        #[cfg(not(unix))]
        let numbers = metadata.created().ok();
        Some(Self(numbers))
    }
}

/// What has become of the file of an open database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The path names it still.
    Same,
    /// The path names nothing.
    Gone,
    /// The path names another file.
    Replaced,
}

/// A path, and the file that it named when the database was opened.
#[derive(Debug)]
pub struct NamedFile {
    /// A database in memory has none.
    path: Option<PathBuf>,
    identity: Option<FileIdentity>,
}

impl NamedFile {
    /// To be called before the database is opened: a file that comes in between is then noticed.
    pub fn new(path: Option<&Path>) -> Self {
        Self { path: path.map(Path::to_owned), identity: path.and_then(FileIdentity::of) }
    }

    /// What has become of it.
    pub fn fate(&self) -> Fate {
        let Some(path) = &self.path else { return Fate::Same };
        match FileIdentity::of(path) {
            None => Fate::Gone,
            Some(found) if self.identity.as_ref() == Some(&found) => Fate::Same,
            Some(_) => Fate::Replaced,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_file_is_another_one_and_a_written_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&path, "one").unwrap();
        let named = NamedFile::new(Some(&path));
        std::fs::write(&path, "two").unwrap();
        assert_eq!(named.fate(), Fate::Same);
        std::fs::write(&other, "three").unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert_eq!(named.fate(), Fate::Replaced);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(named.fate(), Fate::Gone);
        assert_eq!(NamedFile::new(None).fate(), Fate::Same);
    }
}
