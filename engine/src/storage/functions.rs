//! The functions that the application has registered, and which of them no plan can call: those that are not deterministic, and
//! aggregates, whose algebra is unknown.

use rusqlite::Connection;

use super::{Session, convert};
use crate::api::sqlite_build::SqliteBuild;
use crate::error::Error;
use crate::types::SortedMap;

/// `SQLITE_DETERMINISTIC`: <https://sqlite.org/c3ref/c_deterministic.html>.
const DETERMINISTIC: i64 = 0x800;

/// Functions that SQLite itself registers for each connection: those of its extensions read the indexes of virtual tables, which
/// have no plan anyway; `PRAGMA case_sensitive_like` registers `like`, whose value depends on nothing else.
const OF_SQLITE: [&str; 17] = [
    "bm25",
    "fts3_tokenizer",
    "fts5",
    "fts5_get_locale",
    "fts5_insttoken",
    "fts5_locale",
    "fts5_source_id",
    "highlight",
    "like",
    "match",
    "matchinfo",
    "offsets",
    "optimize",
    "rtreecheck",
    "rtreedepth",
    "rtreenode",
    "snippet",
];

/// Why no plan can call a function of the application's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unplannable {
    /// It is not declared to return the same value for the same arguments.
    Nondeterministic,
    /// It is an aggregate or a window function.
    Aggregate,
}

impl Session<'_> {
    /// The build of SQLite.
    pub(crate) fn sqlite_build(&self) -> Result<SqliteBuild, Error> {
        let texts = |sql: &str| {
            let mut statement = self.connection.prepare(sql)?;
            statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
        };
        let options = texts("PRAGMA compile_options").map_err(convert::error)?;
        let lends_math_functions = !options.iter().any(|option| option == "ENABLE_MATH_FUNCTIONS");
        Ok(SqliteBuild { version: rusqlite::version().to_owned(), options, lends_math_functions })
    }
}

/// The functions of a connection that no plan can call, by their names in lower case.
pub(super) fn unplannable(connection: &Connection) -> rusqlite::Result<SortedMap<String, Unplannable>> {
    // Without a function: the application may have registered another one under its name.
    let sql = "SELECT name, type = 's', flags & ?1 <> 0 FROM pragma_function_list WHERE NOT builtin";
    let mut statement = connection.prepare(sql)?;
    let functions = statement.query_map([DETERMINISTIC], |row| {
        let (name, is_scalar, is_deterministic): (String, bool, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let name = name.to_ascii_lowercase();
        Ok(match (is_scalar, is_deterministic) {
            _ if OF_SQLITE.contains(&name.as_str()) || name.starts_with("tidewater_") => None,
            (false, _) => Some((name, Unplannable::Aggregate)),
            (true, false) => Some((name, Unplannable::Nondeterministic)),
            (true, true) => None,
        })
    })?;
    functions.filter_map(Result::transpose).collect()
}
