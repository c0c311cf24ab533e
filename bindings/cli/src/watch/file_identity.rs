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
    /// The path names another file, beside which the write-ahead log of the old one lies: SQLite would apply it to the new one.
    ReplacedBesideOldLog,
}

/// A path, and the file that it named when the database was opened.
#[derive(Debug)]
pub struct NamedFile {
    /// A database in memory has none.
    path: Option<PathBuf>,
    identity: Option<FileIdentity>,
    /// The write-ahead log, when the file was last there.
    log: Option<FileIdentity>,
}

impl NamedFile {
    /// To be called before the database is opened: a file that comes in between is then noticed.
    pub fn new(path: Option<&Path>) -> Self {
        Self { path: path.map(Path::to_owned), identity: path.and_then(FileIdentity::of), log: None }
    }

    /// What has become of it. The database has to be open: an identity may be given to another file when it is closed.
    pub fn fate(&mut self) -> Fate {
        let Some(path) = &self.path else { return Fate::Same };
        let log = log_of(path);
        match FileIdentity::of(path) {
            None => Fate::Gone,
            Some(found) if self.identity.as_ref() == Some(&found) => {
                self.log = FileIdentity::of(&log);
                Fate::Same
            }
            Some(_) if self.log.is_some() && self.log == FileIdentity::of(&log) && !is_empty(&log) => {
                Fate::ReplacedBesideOldLog
            }
            Some(_) => Fate::Replaced,
        }
    }
}

/// The write-ahead log of a database: <https://sqlite.org/tempfiles.html#walfile>.
fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

fn is_empty(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_file_is_another_one_and_a_written_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&path, "one").unwrap();
        let mut named = NamedFile::new(Some(&path));
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
