//! SQLite's values as Rust sees them without a copy, and as results.

use std::ffi::c_int;

use rusqlite::ffi;

use crate::types::ValueRef;

/// A value that SQLite holds.
///
/// # Safety
/// It must be valid, and neither be changed nor converted while the result is used.
pub(super) unsafe fn read<'v>(value: *mut ffi::sqlite3_value) -> ValueRef<'v> {
    // SAFETY: the caller guarantees it. The length is read after the pointer, in the order that SQLite requires.
    unsafe {
        match ffi::sqlite3_value_type(value) {
            ffi::SQLITE_INTEGER => ValueRef::Integer(ffi::sqlite3_value_int64(value)),
            ffi::SQLITE_FLOAT => ValueRef::Real(ffi::sqlite3_value_double(value)),
            ffi::SQLITE_TEXT => {
                let text = ffi::sqlite3_value_text(value);
                ValueRef::Text(bytes(text, ffi::sqlite3_value_bytes(value)))
            }
            ffi::SQLITE_BLOB => {
                let blob = ffi::sqlite3_value_blob(value);
                ValueRef::Blob(bytes(blob.cast(), ffi::sqlite3_value_bytes(value)))
            }
            _ => ValueRef::Null,
        }
    }
}

/// Makes a value the result of a function or a column. SQLite copies it.
///
/// # Safety
/// The context must be that of the call that this is a part of.
pub(super) unsafe fn give(context: *mut ffi::sqlite3_context, value: ValueRef<'_>) {
    // SAFETY: the caller guarantees the context; pointers and lengths come from slices, and SQLite copies the bytes before it
    // returns (SQLITE_TRANSIENT).
    unsafe {
        match value {
            ValueRef::Null => ffi::sqlite3_result_null(context),
            ValueRef::Integer(value) => ffi::sqlite3_result_int64(context, value),
            ValueRef::Real(value) => ffi::sqlite3_result_double(context, value),
            ValueRef::Text(text) => {
                let utf8 = u8::try_from(ffi::SQLITE_UTF8).unwrap_or(1);
                let (start, copied) = (text.as_ptr().cast(), ffi::SQLITE_TRANSIENT());
                ffi::sqlite3_result_text64(context, start, text.len() as u64, copied, utf8);
            }
            ValueRef::Blob(blob) => {
                ffi::sqlite3_result_blob64(context, blob.as_ptr().cast(), blob.len() as u64, ffi::SQLITE_TRANSIENT());
            }
        }
    }
}

/// Bytes that SQLite owns; an empty blob has a null pointer.
///
/// # Safety
/// The pointer must be null, or point to `length` bytes that live as long as the result is used.
pub(super) unsafe fn bytes<'v>(start: *const u8, length: c_int) -> &'v [u8] {
    match usize::try_from(length) {
        // SAFETY: the caller guarantees it.
        Ok(length) if !start.is_null() => unsafe { std::slice::from_raw_parts(start, length) },
        _ => &[],
    }
}
