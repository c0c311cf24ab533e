//! Join paths: inner joins by equality from the rows of one table reference to another one that is compared with constants.
//!
//! A row of a result is made of one row of each inner-joined table reference. So a changed row matters only to queries whose
//! constants are found at the end of its join path, either in the tables after the commit or in the tables before it. Tables
//! that the commit changed are therefore read in both versions. Where the path finds nothing, no statement of a plan could
//! make a result row of the changed row.

use std::sync::Arc;

use super::{Predicate, TableVersion, quoted};

/// Joins, one after another, from the rows of a table reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JoinPath {
    /// The table where the path starts, `database.table` in lower case.
    pub table: Arc<str>,
    /// The name of the rowid in its delta table.
    pub rowid: &'static str,
    /// The joins; at least one.
    pub steps: Vec<JoinStep>,
    /// The column of the last table whose values are looked up.
    pub column: String,
}

/// A join by equality of columns with one affinity and one collating sequence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JoinStep {
    /// The joined table, `database.table` in lower case.
    pub table: Arc<str>,
    /// Its name as SQL writes it.
    pub name: String,
    /// The pairs of equal columns: of the table before, and of this one.
    pub on: Vec<(String, String)>,
}

/// A join path to a table reference that is compared with constants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathLookup {
    /// The path.
    pub path: Arc<JoinPath>,
    /// The comparison at its end.
    pub predicate: Predicate,
    /// Whether SQLite looks up each join by an index or by rowid.
    pub is_served: bool,
}

impl JoinPath {
    /// The statement that looks up the path for the changed rows. It returns distinct pairs of a changed row's rowid and a value
    /// of the last column, `most` at most. For the steps for which `is_old` is true it reads the rows that the commit removed.
    #[must_use]
    pub fn sql(&self, is_old: impl Fn(usize) -> bool, most: usize) -> String {
        let last = self.steps.len();
        let mut from = format!("{} AS i0", quoted(&TableVersion::Changed.table_name(&self.table)));
        let mut on = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            let name = if is_old(at) { quoted(&TableVersion::Old.table_name(&step.table)) } else { step.name.clone() };
            // SQLite keeps to the order of what is joined by CROSS JOIN.
            from.push_str(&format!(" CROSS JOIN {name} AS i{}", at + 1));
            on.extend(step.on.iter().map(|(a, b)| format!("i{at}.{} = i{}.{}", quoted(a), at + 1, quoted(b))));
        }
        let (rowid, column, on) = (self.rowid, quoted(&self.column), on.join(" AND "));
        format!("SELECT DISTINCT i0.{rowid}, i{last}.{column} COLLATE BINARY FROM {from} WHERE {on} LIMIT {most}")
    }
}
