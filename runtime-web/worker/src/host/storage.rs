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
const GIVE_UP_AFTER: u64 = 5_000;

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
        let failure = failure(&error);
        if failure.reason != HostFailure::Busy || waited >= GIVE_UP_AFTER {
            return Err(failure);
        }
        timer::sleep(RETRY_EVERY).await;
        waited += RETRY_EVERY;
    }
}

fn failure(error: &OpfsSAHError) -> Failure {
    let (exception, is_root) = match error {
        OpfsSAHError::Opfs { value, operation, .. } => {
            let name = Reflect::get(value, &"name".into()).ok().and_then(|name| name.as_string());
            (name.unwrap_or_default(), *operation == "get OPFS root")
        }
        _ => (String::new(), false),
    };
    let reason = match exception.as_str() {
        "NoModificationAllowedError" => HostFailure::Busy,
        "SecurityError" | "NotSupportedError" => HostFailure::Unavailable,
        _ if is_root || matches!(error, OpfsSAHError::NotSupported) => HostFailure::Unavailable,
        _ => HostFailure::Failed,
    };
    Failure { reason, message: error.to_string() }
}
