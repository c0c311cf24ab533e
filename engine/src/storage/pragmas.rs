//! What PRAGMAs with an argument change: the database, as a part of the transaction, the file, or the connection alone.

/// PRAGMAs that a transaction contains: with an argument they write to the database, or only read.
const TRANSACTIONAL: [&str; 14] = [
    "application_id",
    "defer_foreign_keys",
    "foreign_key_check",
    "foreign_key_list",
    "incremental_vacuum",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
    "user_version",
];

/// PRAGMAs that no transaction contains and that set the file, or do something and set nothing.
const LASTING: [&str; 5] = ["auto_vacuum", "encoding", "optimize", "page_size", "wal_checkpoint"];

/// Whether a transaction contains what the PRAGMA of this name in lower case does, whatever its argument.
pub(super) fn is_transactional(name: &str) -> bool {
    TRANSACTIONAL.contains(&name)
}

/// Whether the PRAGMA changes nothing that is gone with the connection.
pub(super) fn lasts(name: &str) -> bool {
    is_transactional(name) || LASTING.contains(&name)
}
