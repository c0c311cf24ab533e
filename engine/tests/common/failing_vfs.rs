//! A VFS over the system's, in which writes, flushes and truncations fail when a test wants it.

#![allow(missing_docs, clippy::unwrap_used, reason = "part of tests")]

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::Once;

use tidewater::rusqlite::ffi;

/// Its name.
pub const NAME: &CStr = c"failing";

/// Which operations fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// None.
    Never,
    /// The operation of this number.
    Once(u64),
    /// That one and all after it.
    From(u64),
}

thread_local! {
    static FAULT: Cell<(Fault, c_int)> = const { Cell::new((Fault::Never, 0)) };
    static OPERATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Counts operations from 0, and lets some of this thread fail with a code of SQLite's.
pub fn inject(fault: Fault, code: c_int) {
    FAULT.set((fault, code));
    OPERATIONS.set(0);
}

/// How many operations there were since the last [`inject`].
pub fn operations() -> u64 {
    OPERATIONS.get()
}

/// The code that an operation fails with, if it does.
fn failure() -> Option<c_int> {
    let number = OPERATIONS.replace(OPERATIONS.get() + 1);
    let (fault, code) = FAULT.get();
    let fails = match fault {
        Fault::Never => false,
        Fault::Once(only) => number == only,
        Fault::From(first) => number >= first,
    };
    fails.then_some(code)
}

/// Makes it known to SQLite.
pub fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: The default VFS lives as long as the process, and so does the copy of it, which is leaked. Its functions take the VFS that
        // they are called with by its `pAppData` alone, which the copy has too.
        unsafe {
            let default = ffi::sqlite3_vfs_find(ptr::null());
            let copy = ffi::sqlite3_vfs { zName: NAME.as_ptr(), pNext: ptr::null_mut(), xOpen: Some(open), ..*default };
            assert_eq!(ffi::sqlite3_vfs_register(Box::into_raw(Box::new(copy)), 0), ffi::SQLITE_OK);
        }
    });
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite calls this as it calls the default VFS, whose function this hands the call to.
    unsafe {
        let default = ffi::sqlite3_vfs_find(ptr::null());
        let opened = (*default).xOpen.unwrap()(default, name, file, flags, out);
        let original = (*file).pMethods;
        if opened == ffi::SQLITE_OK && !original.is_null() {
            let replaced = ffi::sqlite3_io_methods {
                xWrite: Some(write),
                xSync: Some(sync),
                xTruncate: Some(truncate),
                ..*original
            };
            // Leaked: a test opens some thousand files.
            (*file).pMethods = Box::into_raw(Box::new(replaced));
            SYSTEM.set(original);
        }
        opened
    }
}

thread_local! {
    /// The methods that the system's files have. To write, to flush and to truncate are the same functions for the database and for its WAL
    /// (`os_unix.c`).
    static SYSTEM: Cell<*const ffi::sqlite3_io_methods> = const { Cell::new(ptr::null()) };
}

fn system() -> &'static ffi::sqlite3_io_methods {
    // SAFETY: `open` has set them before it replaced those of any file, and they are static in SQLite.
    unsafe { &*SYSTEM.get() }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    length: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let system = system();
    match failure() {
        // SAFETY: The call is handed on as it came.
        None => unsafe { system.xWrite.unwrap()(file, from, length, offset) },
        Some(code) => {
            // Half of it is written, as by a disk that fills up.
            // SAFETY: As above, with fewer of the bytes.
            unsafe { system.xWrite.unwrap()(file, from, length / 2, offset) };
            code
        }
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    let system = system();
    // SAFETY: The call is handed on as it came.
    failure().unwrap_or_else(|| unsafe { system.xSync.unwrap()(file, flags) })
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    let system = system();
    // SAFETY: The call is handed on as it came.
    failure().unwrap_or_else(|| unsafe { system.xTruncate.unwrap()(file, size) })
}
