//! The preupdate hook: what SQLite says of a row that it is about to write.
//!
//! It is SQLite's interface and not rusqlite's: the hook is called for every row of a bulk write, where checking names and every
//! value costs as much as the write.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, ffi};

use super::{Recorder, UNKNOWN_TABLE, lock};
use crate::storage::values;
use crate::types::ValueRef;

/// A row that is about to be written. It lives as long as the call of the hook.
pub(super) struct RowWrite<'h> {
    connection: *mut ffi::sqlite3,
    /// The names of the database and of the table.
    database: *const c_char,
    table: *const c_char,
    names: PhantomData<&'h CStr>,
    /// The rowid before the write, of a row that is updated or deleted.
    pub(super) old_rowid: Option<i64>,
    /// The rowid after the write, of a row that is inserted or updated.
    pub(super) new_rowid: Option<i64>,
}

/// Where SQLite's schema has the names of a table and of its database. They stay there, and nobody else's come there, until a statement
/// is compiled: one that writes rows of another table after a change of the schema has to be compiled after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NamesAt(usize, usize);

impl RowWrite<'_> {
    pub(super) fn names_at(&self) -> NamesAt {
        NamesAt(self.database.addr(), self.table.addr())
    }

    /// The names of the database and of the table.
    pub(super) fn names(&self) -> [&str; 2] {
        // SAFETY: the hook is being called with these names, which are NUL-terminated and live during the call.
        let names = unsafe { [CStr::from_ptr(self.database), CStr::from_ptr(self.table)] };
        names.map(|name| name.to_str().unwrap_or_default())
    }

    /// A value before the write.
    pub(super) fn old_value(&self, column: c_int) -> ValueRef<'_> {
        self.value(column, ffi::sqlite3_preupdate_old)
    }

    /// A value after the write.
    pub(super) fn new_value(&self, column: c_int) -> ValueRef<'_> {
        self.value(column, ffi::sqlite3_preupdate_new)
    }

    fn value(
        &self,
        column: c_int,
        read: unsafe extern "C" fn(*mut ffi::sqlite3, c_int, *mut *mut ffi::sqlite3_value) -> c_int,
    ) -> ValueRef<'_> {
        let mut value = ptr::null_mut();
        // SAFETY: the hook is being called for this connection, and SQLite checks the column and whether the write has such a value.
        // The value stays as it is until the hook returns, and the result does not outlive this, which does not outlive the call.
        unsafe {
            match read(self.connection, column, &raw mut value) {
                ffi::SQLITE_OK if !value.is_null() => values::read(value),
                _ => ValueRef::Null,
            }
        }
    }

    /// Whether it is a write through a blob handle.
    pub(super) fn is_blob_write(&self) -> bool {
        // SAFETY: the hook is being called for this connection.
        unsafe { ffi::sqlite3_preupdate_blobwrite(self.connection) >= 0 }
    }
}

/// Lets the recorder hear of every row that is written. [`remove`] has to be called before the last reference to it is dropped.
pub(super) fn install(connection: &Connection, recorder: &Arc<Mutex<Recorder>>) {
    let recorder = Arc::as_ptr(recorder).cast_mut().cast::<c_void>();
    // SAFETY: the handle is open while the connection is borrowed. The recorder lives until the hook is removed.
    unsafe { ffi::sqlite3_preupdate_hook(connection.handle(), Some(on_write), recorder) };
}

/// Takes the hook away.
pub(in crate::storage) fn remove(connection: &Connection) {
    // SAFETY: the handle is open while the connection is borrowed.
    unsafe { ffi::sqlite3_preupdate_hook(connection.handle(), None, ptr::null_mut()) };
}

/// What SQLite calls: <https://sqlite.org/c3ref/preupdate_blobwrite.html>.
unsafe extern "C" fn on_write(
    recorder: *mut c_void,
    connection: *mut ffi::sqlite3,
    operation: c_int,
    database: *const c_char,
    table: *const c_char,
    old_rowid: i64,
    new_rowid: i64,
) {
    // SAFETY: `install` gave SQLite a recorder that lives.
    let recorder = unsafe { &*recorder.cast::<Mutex<Recorder>>() };
    let old_rowid = (operation != ffi::SQLITE_INSERT).then_some(old_rowid);
    let new_rowid = (operation != ffi::SQLITE_DELETE).then_some(new_rowid);
    let write = RowWrite { connection, database, table, names: PhantomData, old_rowid, new_rowid };
    // A panic must not go through SQLite.
    if catch_unwind(AssertUnwindSafe(|| lock(recorder).record(&write))).is_err() {
        lock(recorder).incomplete = Some(UNKNOWN_TABLE);
    }
}
