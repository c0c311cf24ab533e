//! Changes of a database's files, as the system reports them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use super::signal::Signal;

/// What SQLite writes beside a database file: <https://sqlite.org/tempfiles.html>. The file itself, the rollback journal and the
/// write-ahead log; the log's index is written through memory, which is not reported.
const ENDINGS: [&str; 3] = ["", "-journal", "-wal"];

/// Reports changes as long as it lives.
pub(super) struct FileEvents {
    _watcher: RecommendedWatcher,
}

impl FileEvents {
    /// Watches databases; nothing if the system cannot. The folders are watched, because journals come and go.
    pub(super) fn watch(databases: &[PathBuf], signal: Arc<Signal>) -> Option<Self> {
        let databases: Vec<PathBuf> = databases.iter().map(|path| path.canonicalize().ok()).collect::<Option<_>>()?;
        let mut folders: Vec<&Path> = databases.iter().filter_map(|path| path.parent()).collect();
        folders.sort_unstable();
        folders.dedup();
        let files: Vec<PathBuf> =
            databases.iter().flat_map(|path| ENDINGS.map(|ending| with_ending(path, ending))).collect();
        let watched = files.clone();
        let report = move |event: notify::Result<Event>| {
            if event.map_or(true, |event| concerns(&event, &watched)) {
                signal.files_changed();
            }
        };
        let mut watcher = notify::recommended_watcher(report).ok()?;
        if folders.is_empty() {
            return None;
        }
        for folder in folders {
            watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
        }
        Some(Self { _watcher: watcher })
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(path);
    path.push(ending);
    path.into()
}

/// Whether an event may mean that one of the files has changed.
fn concerns(event: &Event, files: &[PathBuf]) -> bool {
    event.need_rescan() || (!event.kind.is_access() && event.paths.iter().any(|path| files.contains(path)))
}
