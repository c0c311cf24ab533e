//! Opening a database: flags, pragmas in their order, hooks.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::cancel::CancelSlot;
use super::catalog::Roots;
use super::commit_number::CommitNumber;
use super::delta_tables::DeltaTables;
use super::instruction_budget::InstructionBudget;
use super::limits::{ResultLimit, TimeLimit};
#[cfg(not(target_arch = "wasm32"))]
use super::math_functions;
use super::passing::Passing;
use super::statements::Statements;
use super::virtual_columns::VirtualColumns;
use super::{State, Storage, capture, convert, exact_sums, functions, gathering, reads, zero_sign};
use crate::api::options::{Access, Location, Options};
use crate::error::Error;
use crate::plan::quoted;
use crate::types::{Catalog, SortedMap};

const MAIN: &str = "main";

/// The capacity of the cache of compiled statements.
const STATEMENT_CACHE: usize = 512;

impl Storage {
    pub(crate) fn open(location: &Location, options: &Options) -> Result<Self, Error> {
        let mut connection = connect(location, options).map_err(convert::error)?;
        configure(&connection, location, options).map_err(convert::error)?;
        connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
        lend_functions(&connection, options)?;
        exact_sums::install(&connection)?;
        zero_sign::install(&connection)?;
        let recorder = capture::install(&mut connection)?;
        let passing = Passing::new(options.is_replaceable);
        let reads = reads::install(&mut connection, &recorder, passing.clone())?;
        let (cancel, time) = (CancelSlot::default(), TimeLimit::new(options));
        let instruction_budget = InstructionBudget::install(&mut connection, cancel.clone(), time.clone())?;
        let commit_number = match location {
            Location::Memory => CommitNumber::in_memory(),
            Location::File(_) | Location::Uri(_) => CommitNumber::in_database(&connection)?,
        };
        if options.exclusive {
            gathering::install(&connection);
        }
        let data_versions = data_versions(&connection, &[])?;
        let state = State {
            recorder,
            reads,
            statements: Statements::default(),
            delta_tables: DeltaTables::default(),
            instruction_budget,
            cancel,
            time,
            result_limit: ResultLimit::new(options),
            passing,
            virtual_columns: VirtualColumns::default(),
            instructions: Cell::new(0),
            catalog: Arc::new(Catalog::default()),
            unplannable: functions::unplannable(&connection).map_err(convert::error)?,
            roots: Roots::default(),
            catalog_is_stale: true,
            commit_number,
            has_exact_commit_numbers: options.exact_commit_numbers,
            data_versions,
            is_alone: options.exclusive || *location == Location::Memory,
            external: false,
            settings_changed: false,
            schema_is_writable: false,
            wrapped: false,
            is_set_apart: false,
            is_wal: is_wal(&connection),
            has_main_alone: false,
            is_interruptible: Arc::default(),
            holds_reads: Cell::new(false),
        };
        Ok(Self { connection, state })
    }
}

/// A connection that only reads, with the functions that the main one has.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn reader(location: &Location, options: &Options) -> Result<Connection, Error> {
    let connection = connect(location, options).map_err(convert::error)?;
    configure(&connection, location, options).map_err(convert::error)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    lend_functions(&connection, options)?;
    Ok(connection)
}

/// Registers the functions that queries can call.
fn lend_functions(connection: &Connection, options: &Options) -> Result<(), Error> {
    if let Some(on_open) = &options.on_open {
        on_open.call(connection).map_err(convert::error)?;
    }
    #[cfg(not(target_arch = "wasm32"))]
    if !math_functions::are_built_in(connection).map_err(convert::error)? {
        math_functions::install(connection)?;
    }
    Ok(())
}

/// Whether the file is in WAL mode.
pub(super) fn is_wal(connection: &Connection) -> bool {
    let mode = connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
    mode.is_ok_and(|mode| mode.eq_ignore_ascii_case("wal"))
}

fn connect(location: &Location, options: &Options) -> rusqlite::Result<Connection> {
    let access = match options.access {
        Access::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let (path, flags) = match location {
        Location::Memory => return Connection::open_in_memory_with_flags(flags | OpenFlags::SQLITE_OPEN_CREATE),
        Location::File(path) => (path.as_path(), flags),
        Location::Uri(uri) => (Path::new(uri), flags | OpenFlags::SQLITE_OPEN_URI),
    };
    match &options.vfs {
        None => Connection::open_with_flags(path, flags),
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs.as_str()),
    }
}

fn configure(connection: &Connection, location: &Location, options: &Options) -> rusqlite::Result<()> {
    connection.busy_timeout(options.busy_timeout)?;
    // Literals of a query are parameters in the statements of its plan. Without this, SQLite plans by the values of parameters,
    // and finds other rows for a parameter than for the literal where an index is partial: <https://sqlite.org/queryplanner-ng.html#qpstab>.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if options.exclusive && *location != Location::Memory {
        // Exclusive locking has to come first: without it, a VFS that has no shared memory silently keeps a rollback
        // journal instead of WAL (sqlite3PagerWalSupported).
        // Of a new file. A small commit writes whole pages: builds whose pages are larger by default write more for nothing.
        connection.pragma_update(None, "page_size", 4096)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
    }
    if let Some(kib) = options.cache_kib {
        connection.pragma_update(None, "cache_size", -i64::from(kib))?;
    }
    connection.pragma_update(None, "foreign_keys", options.foreign_keys)
}

/// For each file, a number that changes when another connection commits to it, but not when this one does:
/// <https://sqlite.org/pragma.html#pragma_data_version>. An empty list means `main`.
pub(super) fn data_versions(connection: &Connection, files: &[String]) -> Result<SortedMap<String, i64>, Error> {
    let main = [MAIN.to_owned()];
    let files = if files.is_empty() { &main } else { files };
    let version = |file: &String| {
        let mut pragma = connection.prepare_cached(&format!("PRAGMA {}.data_version", quoted(file)))?;
        Ok((file.clone(), pragma.query_row([], |row| row.get(0))?))
    };
    // No other connection has the temporary database. A database that was detached has no version.
    let files = files.iter().filter(|file| *file != "temp");
    files
        .map(version)
        .filter(|version| !matches!(version, Err(error) if is_unknown(error)))
        .collect::<rusqlite::Result<_>>()
        .map_err(convert::error)
}

fn is_unknown(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::Unknown)
}
