//! The frames that a transaction appends to the WAL, written at once.
//!
//! SQLite writes each frame in two parts, a header of 24 bytes and then the page
//! (<https://sqlite.org/fileformat2.html#the_write_ahead_log>). In a browser each write is a call out of WebAssembly into the file
//! system, and costs more than the bytes. Here they wait for the last frame of the transaction, whose header says that it
//! commits.
//!
//! Invariant: what SQLite takes for committed is in the file. The write of the last page writes all that waits, and its error is the error
//! of COMMIT. Everything else that SQLite does with the file (reading it, its size, a write elsewhere) first writes what waits.
//!
//! A caller that answers several commits together can hold them back ([`Session::hold_commits`]), and has to release them before it
//! tells anybody ([`Session::release_commits`]). If that fails, SQLite takes for committed what is not in the file: the caller has to give the
//! connection up, and all that SQLite does with the file fails from then on.

mod frames;

use std::ffi::{c_int, c_void};
use std::ptr;

use rusqlite::{Connection, ffi};

use super::{Session, convert};
use crate::error::Error;
use frames::{Frames, Taken};

/// A file's methods in place of those that it had. The file points to the first field.
#[repr(C)]
struct Gathering {
    methods: ffi::sqlite3_io_methods,
    original: *const ffi::sqlite3_io_methods,
    frames: Frames,
}

/// The file of the WAL, or of the rollback journal, of the main database.
fn journal(connection: &Connection) -> Option<*mut ffi::sqlite3_file> {
    let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
    // SAFETY: The connection is open, and for this operation SQLite writes a pointer to a file to the place it is given
    // (<https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntljournalpointer>).
    let found = unsafe {
        ffi::sqlite3_file_control(
            connection.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_JOURNAL_POINTER,
            ptr::from_mut(&mut file).cast::<c_void>(),
        )
    };
    // SAFETY: The file is SQLite's and stays at its place until it is closed. Its methods are null until it is open.
    (found == ffi::SQLITE_OK && !file.is_null() && unsafe { !(*file).pMethods.is_null() }).then_some(file)
}

/// Gathers the writes to the WAL of the main database, if it has one, until that is closed.
pub(super) fn install(connection: &Connection) {
    let Some(file) = journal(connection) else { return };
    // SAFETY: The file is open, and nothing else runs on the connection now.
    unsafe {
        let original = (*file).pMethods;
        let methods = ffi::sqlite3_io_methods {
            xClose: Some(close),
            xRead: Some(read),
            xWrite: Some(write),
            xTruncate: Some(truncate),
            xSync: Some(sync),
            xFileSize: Some(file_size),
            ..*original
        };
        let gathering = Box::new(Gathering { methods, original, frames: Frames::default() });
        (*file).pMethods = Box::into_raw(gathering).cast::<ffi::sqlite3_io_methods>();
    }
}

impl Session<'_> {
    /// Lets the frames of commits wait, until [`Session::release_commits`]. Nothing waits where writes are not gathered.
    pub(crate) fn hold_commits(&self) {
        if let Some(file) = self.gathered() {
            // SAFETY: It is a file whose methods `install` has replaced.
            unsafe { state(file).0.hold(true) };
        }
    }

    /// Writes what waits. If that fails, the connection is not to be used any more.
    pub(crate) fn release_commits(&self) -> Result<(), Error> {
        let Some(file) = self.gathered() else { return Ok(()) };
        // SAFETY: It is a file whose methods `install` has replaced.
        let written = unsafe {
            // What is written for other reasons while commits wait (a checkpoint, a read) may have failed before.
            let flushed = flush(file);
            state(file).0.hold(false);
            flushed
        };
        match written {
            ffi::SQLITE_OK => Ok(()),
            code => Err(convert::error(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))),
        }
    }

    /// The file of the WAL, if writes to it are gathered.
    fn gathered(&self) -> Option<*mut ffi::sqlite3_file> {
        let file = journal(self.connection)?;
        // SAFETY: The file is open, so it has methods.
        let own = unsafe { (*(*file).pMethods).xWrite }?;
        ptr::fn_addr_eq(own, write as Write).then_some(file)
    }
}

type Write = unsafe extern "C" fn(*mut ffi::sqlite3_file, *const c_void, c_int, ffi::sqlite3_int64) -> c_int;

/// The state of a file, and its own methods.
///
/// # Safety
/// `file` was given to one of the functions below by SQLite, which calls them for files whose methods [`install`] has replaced, one at a time.
unsafe fn state<'f>(file: *mut ffi::sqlite3_file) -> (&'f mut Frames, &'f ffi::sqlite3_io_methods) {
    // SAFETY: `pMethods` is what `install` made, see above; the original methods live as long as their VFS, which has open files.
    unsafe {
        let gathering = &mut *(*file).pMethods.cast_mut().cast::<Gathering>();
        (&mut gathering.frames, &*gathering.original)
    }
}

/// Writes what waits.
///
/// # Safety
/// As [`state`].
unsafe fn flush(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: As demanded of the caller.
    let (frames, original) = unsafe { state(file) };
    let Some(write) = original.xWrite else { return ffi::SQLITE_IOERR_WRITE };
    if frames.has_lost() {
        // SQLite would take what the file has in their place for frames, and copy that to the database.
        return ffi::SQLITE_IOERR_WRITE;
    }
    let mut parts = frames.waiting().map(|(start, bytes)| {
        let length = c_int::try_from(bytes.len()).unwrap_or(c_int::MAX);
        // SAFETY: The file's own method, with bytes that live through the call.
        unsafe { write(file, bytes.as_ptr().cast(), length, start) }
    });
    let failed = parts.find(|written| *written != ffi::SQLITE_OK);
    drop(parts);
    frames.written(failed.is_none());
    failed.unwrap_or(ffi::SQLITE_OK)
}

/// Writes what waits, then calls a method of the file.
macro_rules! after_flush {
    ($($(#[$doc:meta])* $name:ident => $method:ident($($argument:ident: $type:ty),*);)*) => {$(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $type)*) -> c_int {
            // SAFETY: SQLite calls this as it calls the method of the file, with arguments for that.
            unsafe {
                match (flush(file), state(file).1.$method) {
                    (ffi::SQLITE_OK, Some(method)) => method(file $(, $argument)*),
                    (ffi::SQLITE_OK, None) => ffi::SQLITE_IOERR,
                    (failed, _) => failed,
                }
            }
        }
    )*};
}

after_flush! {
    read => xRead(into: *mut c_void, length: c_int, offset: ffi::sqlite3_int64);
    truncate => xTruncate(size: ffi::sqlite3_int64);
    sync => xSync(flags: c_int);
    file_size => xFileSize(size: *mut ffi::sqlite3_int64);
    write_through => xWrite(from: *const c_void, length: c_int, offset: ffi::sqlite3_int64);
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    length: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives `length` bytes at `from`, and the file as in the other functions.
    unsafe {
        let bytes = std::slice::from_raw_parts(from.cast::<u8>(), usize::try_from(length).unwrap_or(0));
        match state(file).0.take(offset, bytes) {
            Taken::Gathered if state(file).0.has_lost() => ffi::SQLITE_IOERR_WRITE,
            Taken::Gathered => ffi::SQLITE_OK,
            Taken::Complete => flush(file),
            Taken::Other => write_through(file, from, length, offset),
        }
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: As in the other functions. The file gets its own methods back before they close it, and the state is not used any more.
    unsafe {
        let flushed = flush(file);
        let gathering = Box::from_raw((*file).pMethods.cast_mut().cast::<Gathering>());
        (*file).pMethods = gathering.original;
        let closed = (*gathering.original).xClose.map_or(ffi::SQLITE_OK, |close| close(file));
        if flushed == ffi::SQLITE_OK { closed } else { flushed }
    }
}
