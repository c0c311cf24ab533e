//! A cache of compiled statements, and the loop that packs their rows.
//!
//! rusqlite has a statement cache too, but it clears the parameters of a statement that it takes back. SQLite then
//! recompiles the statement if the value of a parameter could lead to another plan, for example one compared with a column
//! that has no index (`sqlite3_clear_bindings` and `sqlite3VdbeReprepareOnBind`). Maintenance would spend more on compiling
//! than on reading. Here parameters keep their values until they are bound again.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_int};
use std::ptr::{self, NonNull};

use rusqlite::{Connection, ffi};
use rustc_hash::FxHashMap;

use super::limits::ResultLimit;
use super::values::bytes;
use crate::error::Error;
use crate::types::{Row, RowBuilder, Value, ValueRef};

/// The capacity of the cache.
const MOST: usize = 512;

/// The assumed cost of binding, starting and ending a statement, in SQLite's instructions.
const INSTRUCTIONS_OF_A_STATEMENT: u64 = 60;

/// The statements of one connection. [`Statements::flush`] must be called before it is closed.
#[derive(Default)]
pub(super) struct Statements {
    kept: RefCell<FxHashMap<Box<str>, Kept>>,
    uses: Cell<u64>,
}

struct Kept {
    compiled: Compiled,
    /// When it was last used, as a count of uses.
    used: u64,
}

/// A compiled statement; dropping it finalizes it.
struct Compiled(NonNull<ffi::sqlite3_stmt>);

// SAFETY: SQLite lets any thread use a statement together with its connection, one thread at a time
// (<https://sqlite.org/threadsafe.html>, multi-thread). `Storage` owns both, and the engine uses them under its lock.
unsafe impl Send for Compiled {}

impl Statements {
    /// Runs a statement that returns rows. Parameters without a value are NULL; values without a parameter are ignored.
    pub(super) fn rows(
        &self,
        connection: &Connection,
        sql: &str,
        values: &[Value],
        instructions: &Cell<u64>,
        limit: ResultLimit,
    ) -> Result<Vec<Row>, Error> {
        // Removed from the cache while it runs, so that a nested call of SQLite cannot use it.
        let taken = self.kept.borrow_mut().remove_entry(sql);
        let (text, compiled) = match taken {
            Some((text, kept)) => (text, kept.compiled),
            None => (Box::from(sql), Compiled::new(connection, sql)?),
        };
        let rows = compiled.bind(values).and_then(|()| compiled.rows(limit));
        instructions.set(instructions.get() + INSTRUCTIONS_OF_A_STATEMENT + compiled.end());
        self.keep(text, compiled);
        rows
    }

    /// Compiles a statement that will be run.
    pub(super) fn compile(&self, connection: &Connection, sql: &str) -> Result<(), Error> {
        if !self.kept.borrow().contains_key(sql) {
            self.keep(Box::from(sql), Compiled::new(connection, sql)?);
        }
        Ok(())
    }

    fn keep(&self, text: Box<str>, compiled: Compiled) {
        self.uses.set(self.uses.get() + 1);
        let kept = &mut *self.kept.borrow_mut();
        if kept.len() >= MOST
            && let Some(oldest) = kept.iter().min_by_key(|(_, kept)| kept.used).map(|(text, _)| text.clone())
        {
            kept.remove(&oldest);
        }
        kept.insert(text, Kept { compiled, used: self.uses.get() });
    }

    /// Drops all statements.
    pub(super) fn flush(&self) {
        self.kept.borrow_mut().clear();
    }
}

impl Compiled {
    fn new(connection: &Connection, sql: &str) -> Result<Self, Error> {
        let length = c_int::try_from(sql.len()).map_err(|_| Error::NotOneStatement("a text too long"))?;
        let mut raw = ptr::null_mut();
        // SAFETY: the handle is open while the connection is borrowed, and is neither closed nor kept here; the text is
        // `length` bytes long, and SQLite copies what it needs.
        let (database, code) = unsafe {
            let database = connection.handle();
            let flags = ffi::SQLITE_PREPARE_PERSISTENT;
            let text = sql.as_ptr().cast::<c_char>();
            (database, ffi::sqlite3_prepare_v3(database, text, length, flags, &raw mut raw, ptr::null_mut()))
        };
        match NonNull::new(raw) {
            Some(raw) if code == ffi::SQLITE_OK => Ok(Self(raw)),
            None if code == ffi::SQLITE_OK => Err(Error::NotOneStatement("none")),
            _ => Err(error(database, code)),
        }
    }

    fn bind(&self, values: &[Value]) -> Result<(), Error> {
        let raw = self.0.as_ptr();
        // SAFETY: the statement is alive and reset. SQLite copies texts and blobs before it returns (SQLITE_TRANSIENT);
        // their pointers and lengths come from slices, so they are valid and not null.
        unsafe {
            for number in 1..=ffi::sqlite3_bind_parameter_count(raw) {
                let value = usize::try_from(number - 1).ok().and_then(|place| values.get(place));
                let code = match value {
                    None | Some(Value::Null) => ffi::sqlite3_bind_null(raw, number),
                    Some(Value::Integer(value)) => ffi::sqlite3_bind_int64(raw, number, *value),
                    Some(Value::Real(value)) => ffi::sqlite3_bind_double(raw, number, *value),
                    Some(Value::Text(text)) => {
                        let (bytes, copied) = (text.as_bytes(), ffi::SQLITE_TRANSIENT());
                        let (text, length) = (bytes.as_ptr().cast::<c_char>(), bytes.len() as u64);
                        let utf8 = u8::try_from(ffi::SQLITE_UTF8).unwrap_or(1);
                        ffi::sqlite3_bind_text64(raw, number, text, length, copied, utf8)
                    }
                    Some(Value::Blob(bytes)) => {
                        let (blob, length) = (bytes.as_ptr().cast(), bytes.len() as u64);
                        ffi::sqlite3_bind_blob64(raw, number, blob, length, ffi::SQLITE_TRANSIENT())
                    }
                };
                if code != ffi::SQLITE_OK {
                    return Err(error(ffi::sqlite3_db_handle(raw), code));
                }
            }
        }
        Ok(())
    }

    /// Steps to the end and packs the rows it returns.
    fn rows(&self, limit: ResultLimit) -> Result<Vec<Row>, Error> {
        let raw = self.0.as_ptr();
        let (mut packed, mut size) = (Vec::new(), limit.counted());
        let mut builder = RowBuilder::default();
        loop {
            // SAFETY: the statement is alive.
            match unsafe { ffi::sqlite3_step(raw) } {
                ffi::SQLITE_ROW => {}
                ffi::SQLITE_DONE => return Ok(packed),
                // SAFETY: the statement and its connection are alive.
                code => return Err(error(unsafe { ffi::sqlite3_db_handle(raw) }, code)),
            }
            // The columns are counted for each row: SQLite recompiles a statement when the columns of its table have
            // changed. SAFETY: the statement is alive.
            for column in 0..unsafe { ffi::sqlite3_column_count(raw) } {
                // SAFETY: the statement has a current row, and the column exists in it. SQLite's pointers are valid until
                // the next step or a conversion of the column; the builder copies the value before either.
                builder.push(unsafe { value(raw, column) });
            }
            let row = builder.finish();
            size.add(&row)?;
            packed.push(row);
        }
    }

    /// Resets the statement. Returns the instructions it took.
    fn end(&self) -> u64 {
        // SAFETY: the statement is alive. Resetting repeats the error of the last step, which the step already returned.
        let steps = unsafe {
            ffi::sqlite3_reset(self.0.as_ptr());
            ffi::sqlite3_stmt_status(self.0.as_ptr(), ffi::SQLITE_STMTSTATUS_VM_STEP, 1)
        };
        u64::from(steps.unsigned_abs())
    }
}

impl Drop for Compiled {
    fn drop(&mut self) {
        // SAFETY: no one else has the statement, and its connection is open: `Storage` drops its statements first.
        unsafe { ffi::sqlite3_finalize(self.0.as_ptr()) };
    }
}

/// A value of the current row.
///
/// # Safety
/// The statement must have a current row with this column, and the value must not be used after the next step or another
/// access to the column.
unsafe fn value<'row>(raw: *mut ffi::sqlite3_stmt, column: c_int) -> ValueRef<'row> {
    // SAFETY: the caller guarantees it. The length is read after the pointer, in the order that SQLite requires.
    unsafe {
        match ffi::sqlite3_column_type(raw, column) {
            ffi::SQLITE_INTEGER => ValueRef::Integer(ffi::sqlite3_column_int64(raw, column)),
            ffi::SQLITE_FLOAT => ValueRef::Real(ffi::sqlite3_column_double(raw, column)),
            ffi::SQLITE_TEXT => {
                let text = ffi::sqlite3_column_text(raw, column);
                ValueRef::Text(bytes(text, ffi::sqlite3_column_bytes(raw, column)))
            }
            ffi::SQLITE_BLOB => {
                let blob = ffi::sqlite3_column_blob(raw, column);
                ValueRef::Blob(bytes(blob.cast(), ffi::sqlite3_column_bytes(raw, column)))
            }
            _ => ValueRef::Null,
        }
    }
}

/// The error of the call that has just failed.
fn error(database: *mut ffi::sqlite3, code: c_int) -> Error {
    // SAFETY: the connection is open, and the NUL-terminated text is copied before any other call.
    let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(database)) };
    Error::Sqlite { extended_code: code, message: message.to_string_lossy().into(), offset: None }
}
