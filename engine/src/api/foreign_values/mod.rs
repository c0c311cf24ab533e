//! Types of other crates as SQLite values, one crate a file. Each writes and reads what rusqlite does with its feature of that name,
//! so that one file can be used by both.

#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "serde_json")]
mod serde_json;
#[cfg(feature = "time")]
mod time;
#[cfg(feature = "uuid")]
mod uuid;
