//! Why every commit may affect a query.

/// What a query reads that changes without a hook that reports it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AlwaysAffected {
    /// A table whose changes SQLite does not report.
    #[error("no hook reports changes of {table}")]
    Unreported { table: String },
    /// A virtual table, with its module if that is known.
    #[error("{table} is a virtual table{}", .module.as_ref().map(|module| format!(" of the module {module}")).unwrap_or_default())]
    VirtualTable { table: String, module: Option<String> },
    /// A function whose value every commit changes.
    #[error("{function}() reads the state of the connection")]
    ConnectionFunction { function: String },
}

impl AlwaysAffected {
    /// See [`Reason::code`](super::Reason::code).
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreported { .. } => "unreported_table",
            Self::VirtualTable { .. } => "virtual_table",
            Self::ConnectionFunction { .. } => "connection_function",
        }
    }
}
