//! Virtual tables in Rust: eponymous-only ones, which are in no schema (<https://sqlite.org/vtab.html>).
//!
//! rusqlite has them as well, but changes the form of their traits from version to version; SQLite's own interface stays. With it
//! the engine builds with every version of rusqlite that an application may bring along.

use std::ffi::{CStr, CString, c_char, c_int, c_void};

use rusqlite::{Connection, ffi};

use super::values;
use crate::error::Error;
use crate::types::ValueRef;

/// What a virtual table returns.
pub(super) trait VirtualTable: Clone + Send + Sync + 'static {
    /// A position among its rows.
    type Cursor: Cursor;

    /// The CREATE TABLE with the columns.
    fn declaration(&self) -> &CStr;

    /// Chooses how the rows of a statement are looked up.
    fn best_index(&self, index: &mut Index<'_>);

    /// A cursor that has no row yet.
    fn open(&self) -> Self::Cursor;
}

/// A position among the rows of a virtual table.
pub(super) trait Cursor {
    /// Goes to the first row that the chosen index finds for these values; `name` is what [`Index::choose`] was given.
    fn filter(&mut self, name: &str, values: &Arguments<'_>) -> Result<(), ResultCode>;

    /// Goes to the next row.
    fn advance(&mut self);

    /// Whether there is no current row.
    fn is_at_end(&self) -> bool;

    /// A value of the current row.
    fn value(&self, column: usize) -> ValueRef<'_>;

    /// The rowid of the current row.
    fn rowid(&self) -> i64;
}

/// What SQLite returns and is returned: <https://sqlite.org/rescode.html>.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResultCode(c_int);

/// The comparisons by which a statement could look rows up, and the choice among them.
pub(super) struct Index<'i>(&'i mut ffi::sqlite3_index_info);

/// A usable comparison of a column for equality.
#[derive(Clone, Copy, Debug)]
pub(super) struct Equality {
    /// Its place among the statement's comparisons.
    at: usize,
    /// The column.
    pub(super) column: usize,
}

/// The values that a cursor looks rows up by.
pub(super) struct Arguments<'a>(&'a [*mut ffi::sqlite3_value]);

impl Index<'_> {
    /// The usable comparisons for equality, with IS and IN.
    pub(super) fn equalities(&self) -> Vec<Equality> {
        let count = usize::try_from(self.0.nConstraint).unwrap_or_default();
        let equality = |at: usize| {
            // SAFETY: SQLite's array has `nConstraint` elements.
            let constraint = unsafe { &*self.0.aConstraint.add(at) };
            let is_equality =
                matches!(c_int::from(constraint.op), ffi::SQLITE_INDEX_CONSTRAINT_EQ | ffi::SQLITE_INDEX_CONSTRAINT_IS);
            let column = usize::try_from(constraint.iColumn).ok()?;
            (constraint.usable != 0 && is_equality).then_some(Equality { at, column })
        };
        (0..count).filter_map(equality).collect()
    }

    /// The collating sequence of a comparison.
    pub(super) fn collation(&self, equality: Equality) -> Option<&str> {
        let at = c_int::try_from(equality.at).ok()?;
        // SAFETY: the comparison exists. SQLite's text lives as long as this call of xBestIndex.
        let name = unsafe { ffi::sqlite3_vtab_collation(std::ptr::from_ref(self.0).cast_mut(), at) };
        // SAFETY: a text of SQLite's ends in NUL.
        if name.is_null() { None } else { unsafe { CStr::from_ptr(name) }.to_str().ok() }
    }

    /// Whether a comparison is with a list of values.
    pub(super) fn is_list(&mut self, equality: Equality) -> bool {
        self.handle_list(equality, -1)
    }

    /// Asks SQLite for the values of a list all at once; whether it will.
    pub(super) fn take_list(&mut self, equality: Equality) -> bool {
        self.handle_list(equality, 1)
    }

    fn handle_list(&mut self, equality: Equality, handle: c_int) -> bool {
        let Ok(at) = c_int::try_from(equality.at) else { return false };
        // SAFETY: the comparison exists.
        unsafe { ffi::sqlite3_vtab_in(self.0, at, handle) != 0 }
    }

    /// Chooses the comparisons whose values the cursor gets, in this order; SQLite checks each row that is found again. `name` is
    /// handed to the cursor and shown by EXPLAIN QUERY PLAN.
    pub(super) fn choose(&mut self, by: &[Equality], name: &str, rows: i64, cost: f64) {
        for (argument, equality) in (1..).zip(by) {
            // SAFETY: SQLite's array has an element for each comparison.
            unsafe { (*self.0.aConstraintUsage.add(equality.at)).argvIndex = argument };
        }
        self.0.estimatedRows = rows;
        self.0.estimatedCost = cost;
        if !name.is_empty()
            && let Ok(name) = CString::new(name)
        {
            // SAFETY: the format copies a text that ends in NUL into memory of SQLite's, which it frees as it is told to.
            self.0.idxStr = unsafe { ffi::sqlite3_mprintf(c"%s".as_ptr(), name.as_ptr()) };
            self.0.needToFreeIdxStr = 1;
        }
    }
}

impl Arguments<'_> {
    /// The values; a list that was taken all at once has none of its own.
    pub(super) fn values(&self) -> Vec<ValueRef<'_>> {
        // SAFETY: SQLite's values live as long as this call of xFilter, and nothing converts them meanwhile.
        self.0.iter().map(|value| unsafe { values::read(*value) }).collect()
    }

    /// Visits the values of a list.
    pub(super) fn for_each_in(&self, place: usize, mut visit: impl FnMut(ValueRef<'_>)) -> Result<(), ResultCode> {
        let Some(list) = self.0.get(place) else { return Ok(()) };
        let mut element = std::ptr::null_mut();
        // SAFETY: the value is an argument of this call of xFilter.
        let mut code = unsafe { ffi::sqlite3_vtab_in_first(*list, &raw mut element) };
        while code == ffi::SQLITE_OK && !element.is_null() {
            // SAFETY: the element lives until the next one is asked for.
            visit(unsafe { values::read(element) });
            // SAFETY: as for the first one.
            code = unsafe { ffi::sqlite3_vtab_in_next(*list, &raw mut element) };
        }
        match code {
            ffi::SQLITE_OK | ffi::SQLITE_DONE => Ok(()),
            code => Err(ResultCode(code)),
        }
    }
}

/// A virtual table, as a statement sees it.
#[repr(C)]
struct Connected<T> {
    /// The base class, which has to be first.
    base: ffi::sqlite3_vtab,
    table: T,
}

/// A cursor, as a statement sees it.
#[repr(C)]
struct Opened<C> {
    /// The base class, which has to be first.
    base: ffi::sqlite3_vtab_cursor,
    cursor: C,
}

struct Module<T>(std::marker::PhantomData<T>);

impl<T: VirtualTable> Module<T> {
    const METHODS: &'static ffi::sqlite3_module = &{
        // SAFETY: a module without methods is all zero; newer versions of SQLite have more of them.
        let mut module: ffi::sqlite3_module = unsafe { std::mem::zeroed() };
        // Without xCreate it is eponymous-only.
        module.xConnect = Some(connect::<T>);
        module.xBestIndex = Some(best_index::<T>);
        module.xDisconnect = Some(disconnect::<T>);
        module.xOpen = Some(open::<T>);
        module.xClose = Some(close::<T>);
        module.xFilter = Some(filter::<T>);
        module.xNext = Some(next::<T>);
        module.xEof = Some(eof::<T>);
        module.xColumn = Some(column::<T>);
        module.xRowid = Some(rowid::<T>);
        module
    };
}

/// Registers a virtual table under a name, in the place of an older one of that name. No statement may still read that.
pub(super) fn register<T: VirtualTable>(connection: &Connection, name: &str, table: T) -> Result<(), Error> {
    let misuse =
        |message: &str| Error::Sqlite { extended_code: ffi::SQLITE_MISUSE, message: message.into(), offset: None };
    let name = CString::new(name).map_err(|_| misuse("a name with a NUL"))?;
    let table = Box::into_raw(Box::new(table)).cast::<c_void>();
    // SAFETY: the connection is open; SQLite owns the box from here on and frees it by `destroy`, also where this fails.
    let code = unsafe {
        let methods = std::ptr::from_ref(Module::<T>::METHODS);
        ffi::sqlite3_create_module_v2(connection.handle(), name.as_ptr(), methods, table, Some(destroy::<T>))
    };
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(misuse("a virtual table cannot be registered")) }
}

unsafe extern "C" fn destroy<T: VirtualTable>(table: *mut c_void) {
    // SAFETY: SQLite gives back the box of `register`, once.
    drop(unsafe { Box::from_raw(table.cast::<T>()) });
}

unsafe extern "C" fn connect<T: VirtualTable>(
    database: *mut ffi::sqlite3,
    table: *mut c_void,
    _argc: c_int,
    _argv: *const *const c_char,
    connected: *mut *mut ffi::sqlite3_vtab,
    _error: *mut *mut c_char,
) -> c_int {
    // SAFETY: `table` is the box of `register`; the other pointers are valid for this call.
    unsafe {
        let table = &*table.cast::<T>();
        let code = ffi::sqlite3_declare_vtab(database, table.declaration().as_ptr());
        if code == ffi::SQLITE_OK {
            let made = Connected { base: std::mem::zeroed(), table: table.clone() };
            *connected = Box::into_raw(Box::new(made)).cast();
        }
        code
    }
}

unsafe extern "C" fn disconnect<T: VirtualTable>(connected: *mut ffi::sqlite3_vtab) -> c_int {
    // SAFETY: it is the box that `connect` made, given back once.
    drop(unsafe { Box::from_raw(connected.cast::<Connected<T>>()) });
    ffi::SQLITE_OK
}

unsafe extern "C" fn best_index<T: VirtualTable>(
    connected: *mut ffi::sqlite3_vtab,
    info: *mut ffi::sqlite3_index_info,
) -> c_int {
    // SAFETY: `connect` made the first, the second is SQLite's and valid for this call.
    unsafe { (*connected.cast::<Connected<T>>()).table.best_index(&mut Index(&mut *info)) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn open<T: VirtualTable>(
    connected: *mut ffi::sqlite3_vtab,
    opened: *mut *mut ffi::sqlite3_vtab_cursor,
) -> c_int {
    // SAFETY: `connect` made the first, the second is valid for this call. A base class may be all zero; SQLite fills it.
    unsafe {
        let cursor = (*connected.cast::<Connected<T>>()).table.open();
        *opened = Box::into_raw(Box::new(Opened { base: std::mem::zeroed(), cursor })).cast();
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close<T: VirtualTable>(opened: *mut ffi::sqlite3_vtab_cursor) -> c_int {
    // SAFETY: it is the box that `open` made, given back once.
    drop(unsafe { Box::from_raw(opened.cast::<Opened<T::Cursor>>()) });
    ffi::SQLITE_OK
}

/// The cursor behind SQLite's pointer.
///
/// # Safety
/// `open` made it, and nobody else uses it during the call that it was given to.
unsafe fn cursor<'c, T: VirtualTable>(opened: *mut ffi::sqlite3_vtab_cursor) -> &'c mut T::Cursor {
    // SAFETY: the caller guarantees it.
    unsafe { &mut (*opened.cast::<Opened<T::Cursor>>()).cursor }
}

unsafe extern "C" fn filter<T: VirtualTable>(
    opened: *mut ffi::sqlite3_vtab_cursor,
    _number: c_int,
    name: *const c_char,
    argc: c_int,
    argv: *mut *mut ffi::sqlite3_value,
) -> c_int {
    // SAFETY: the cursor is `open`'s; the name ends in NUL or is null; there are `argc` values, or none and no array.
    let (cursor, name, values) = unsafe {
        let name = if name.is_null() { c"" } else { CStr::from_ptr(name) };
        let values = match usize::try_from(argc) {
            Ok(count) if count > 0 => std::slice::from_raw_parts(argv, count),
            _ => &[],
        };
        (cursor::<T>(opened), name, values)
    };
    match cursor.filter(name.to_str().unwrap_or_default(), &Arguments(values)) {
        Ok(()) => ffi::SQLITE_OK,
        Err(ResultCode(code)) => code,
    }
}

unsafe extern "C" fn next<T: VirtualTable>(opened: *mut ffi::sqlite3_vtab_cursor) -> c_int {
    // SAFETY: the cursor is `open`'s.
    unsafe { cursor::<T>(opened) }.advance();
    ffi::SQLITE_OK
}

unsafe extern "C" fn eof<T: VirtualTable>(opened: *mut ffi::sqlite3_vtab_cursor) -> c_int {
    // SAFETY: the cursor is `open`'s.
    c_int::from(unsafe { cursor::<T>(opened) }.is_at_end())
}

unsafe extern "C" fn column<T: VirtualTable>(
    opened: *mut ffi::sqlite3_vtab_cursor,
    context: *mut ffi::sqlite3_context,
    column: c_int,
) -> c_int {
    // SAFETY: the cursor is `open`'s, the context is valid for this call.
    unsafe { values::give(context, cursor::<T>(opened).value(usize::try_from(column).unwrap_or(usize::MAX))) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn rowid<T: VirtualTable>(opened: *mut ffi::sqlite3_vtab_cursor, rowid: *mut i64) -> c_int {
    // SAFETY: the cursor is `open`'s, the place is valid for this call.
    unsafe { *rowid = cursor::<T>(opened).rowid() };
    ffi::SQLITE_OK
}
