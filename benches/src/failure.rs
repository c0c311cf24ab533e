//! Errors of measurements.

use thiserror::Error;

/// The result of everything here that can fail.
pub type Outcome<T> = Result<T, Failure>;

/// Why a measurement failed.
#[derive(Debug, Error)]
pub enum Failure {
    /// The engine refused.
    #[error("engine: {0}")]
    Engine(#[from] tidewater::Error),
    /// SQLite refused.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A file could not be read or written.
    #[error("file: {0}")]
    Io(#[from] std::io::Error),
    /// The report could not be written.
    #[error("report: {0}")]
    Json(#[from] serde_json::Error),
    /// A workload does not fit its line.
    #[error("{0}")]
    Workload(String),
}
