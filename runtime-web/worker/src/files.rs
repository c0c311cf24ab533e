//! The files of a database in the origin private file system.

use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use tidewater_host::{Patience, RETRY_EVERY, Refusal, patience};
use tidewater_protocol::HostFailure;

use crate::js::{message, timer};

/// The VFS, which this worker's only connection uses.
pub const VFS: &str = "tidewater";
/// The database's name inside the VFS.
pub const FILE: &str = "main.sqlite";

/// Database, WAL and journals, with a few to spare; each is an open file.
const FILES: usize = 8;

/// Why the files could not be had.
pub struct Failure {
    pub reason: HostFailure,
    pub message: String,
}

/// Opens the files, or again those of a pool that was paused; asks again as long as it is worth it.
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
        let Patience { reason, milliseconds } = patience(refusal(&error, &exception(&error)));
        if waited >= milliseconds {
            return Err(Failure { reason, message: error.to_string() });
        }
        timer::sleep(RETRY_EVERY).await;
        waited += RETRY_EVERY;
    }
}

fn exception(error: &OpfsSAHError) -> Option<String> {
    let OpfsSAHError::Opfs { value, .. } = error else { return None };
    Some(message::field(value, "name").and_then(|name| name.as_string()).unwrap_or_default())
}

fn refusal<'a>(error: &OpfsSAHError, exception: &'a Option<String>) -> Refusal<'a> {
    match (error, exception) {
        (OpfsSAHError::NotSupported, _) => Refusal::NotSupported,
        (OpfsSAHError::Opfs { operation, .. }, Some(name)) => {
            Refusal::Exception { name, is_root: *operation == "get OPFS root" }
        }
        _ => Refusal::Broken,
    }
}
