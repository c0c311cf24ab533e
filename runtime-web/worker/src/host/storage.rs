//! The files of a database in the origin private file system.

use js_sys::Reflect;
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use tidewater_protocol::HostFailure;

use crate::js::timer;

/// The VFS, which this worker's only connection uses.
pub const VFS: &str = "tidewater";
/// The database's name inside the VFS.
pub const FILE: &str = "main.sqlite";

/// Database, WAL and journals, with a few to spare; each is an open file.
const FILES: usize = 8;
const RETRY_EVERY: u64 = 20;
/// How long files are waited for that are held elsewhere.
const HELD_FOR: u64 = 5_000;
/// How long a file system is asked for again that is refused without a word of its being forbidden: taken at its word, a
/// passing failure would put an empty database in memory in the place of the one on disk.
const REFUSED_FOR: u64 = 1_000;

/// Why the files could not be had.
pub struct Failure {
    pub reason: HostFailure,
    pub message: String,
}

/// Opens the files, or again those of a pool that was paused. Browsers free a dead worker's files a moment after its locks
/// (Firefox) or two seconds later (a worker that was busy), so files that are held are asked for again for a while.
pub async fn open(database: &str, paused: Option<&OpfsSAHPoolUtil>) -> Result<Option<OpfsSAHPoolUtil>, Failure> {
    let directory = format!("tidewater/{database}");
    let configuration =
        OpfsSAHPoolCfgBuilder::new().vfs_name(VFS).directory(&directory).initial_capacity(FILES).build();
    let mut waited = 0;
    loop {
        let attempt = match paused {
            Some(pool) => pool.resume().await.map(|()| None),
            None => install::<WasmOsCallback>(&configuration, false).await.map(Some),
        };
        let error = match attempt {
            Ok(installed) => return Ok(installed),
            Err(error) => error,
        };
        let (failure, patience) = failure(&error);
        if waited >= patience {
            return Err(failure);
        }
        timer::sleep(RETRY_EVERY).await;
        waited += RETRY_EVERY;
    }
}

/// What an error means, and for how long it is worth trying again.
fn failure(error: &OpfsSAHError) -> (Failure, u64) {
    let (exception, is_root) = match error {
        OpfsSAHError::Opfs { value, operation, .. } => {
            let name = Reflect::get(value, &"name".into()).ok().and_then(|name| name.as_string());
            (name.unwrap_or_default(), *operation == "get OPFS root")
        }
        _ => (String::new(), false),
    };
    let (reason, patience) = match exception.as_str() {
        "NoModificationAllowedError" => (HostFailure::Busy, HELD_FOR),
        "SecurityError" | "NotSupportedError" => (HostFailure::Unavailable, 0),
        _ if matches!(error, OpfsSAHError::NotSupported) => (HostFailure::Unavailable, 0),
        _ if is_root => (HostFailure::Unavailable, REFUSED_FOR),
        _ => (HostFailure::Failed, 0),
    };
    (Failure { reason, message: error.to_string() }, patience)
}
