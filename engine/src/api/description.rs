//! What is known of a statement without running it.

use serde::Serialize;

use crate::types::Affinity;

/// What is known of a statement without running it; see [`Engine::describe`](crate::Engine::describe).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Description {
    /// The columns of its result; none for a statement that returns no rows.
    pub columns: Vec<ColumnDescription>,
    /// Its parameters: as many as it has to be given, the first for `?1`.
    pub parameters: Vec<ParameterDescription>,
    /// Whether it only reads, as `sqlite3_stmt_readonly` says.
    pub only_reads: bool,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ColumnDescription {
    /// Its name, as the rows have it.
    pub name: String,
    /// The column of a table whose values it shows, if it plainly shows one: also through views, subqueries and CTEs.
    pub origin: Option<ColumnOrigin>,
    /// The type that the column of the table was declared with, if it has one.
    pub declared_type: Option<String>,
    /// The affinity, if it has one and that is known. A value need not be of that type: TEXT may stand in an INTEGER column.
    pub affinity: Option<Affinity>,
    /// The name of the collating sequence by which it is compared, if that is known.
    pub collation: Option<String>,
    /// Whether it is certainly never NULL. It may be so where this says no.
    pub not_null: bool,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ColumnOrigin {
    /// `main`, `temp`, or the name that the database is attached as.
    pub database: String,
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
}

/// A parameter of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ParameterDescription {
    /// Its number, counted from 1.
    pub number: usize,
    /// Its name without the sigil, if it has one.
    pub name: Option<String>,
}
