//! Trails: joins by equality that lead from a row of one table reference to the constants which another one is compared with.
//!
//! A row of a result is made of a row of each table reference that is joined inside of it. A changed row therefore matters only
//! to those to whom a row matters that the trail leads to, as the tables are after the commit or as the commit found them:
//! what changed at once is looked for in both. Where nothing is found, no statement of a plan could make a row of it either.

use std::sync::Arc;

use super::{Predicate, TableVersion, quoted};

/// Joins, one after another, from the rows of a table reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trail {
    /// The table of the table reference, `database.table` in lower case.
    pub table: Arc<str>,
    /// How its version calls the rowid.
    pub rowid: &'static str,
    /// The joins; at least one.
    pub links: Vec<Link>,
    /// The column of the last table whose values are looked for.
    pub column: String,
}

/// A join by equality of columns with one affinity and one collating sequence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    /// The table that it leads to, `database.table` in lower case.
    pub table: Arc<str>,
    /// Its name as SQL writes it.
    pub name: String,
    /// The columns that are equal, of the table before and of this one.
    pub on: Vec<(String, String)>,
}

/// A trail to a table reference that is compared with constants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// The way to it.
    pub trail: Arc<Trail>,
    /// The comparison there.
    pub predicate: Predicate,
    /// Whether SQLite looks each join up, by an index or by rowid.
    pub is_served: bool,
}

impl Trail {
    /// The statement that follows the trail from the changed rows: their rowids and the values that are found, each once, and
    /// no more than so many. Of the links for which `is_old` is true it reads the rows that the commit took away.
    #[must_use]
    pub fn sql(&self, is_old: impl Fn(usize) -> bool, most: usize) -> String {
        let last = self.links.len();
        let mut from = format!("{} AS i0", quoted(&TableVersion::Changed.table_name(&self.table)));
        let mut on = Vec::new();
        for (at, link) in self.links.iter().enumerate() {
            let name = if is_old(at) { quoted(&TableVersion::Old.table_name(&link.table)) } else { link.name.clone() };
            // SQLite keeps to the order of what is joined by CROSS JOIN.
            from.push_str(&format!(" CROSS JOIN {name} AS i{}", at + 1));
            on.extend(link.on.iter().map(|(a, b)| format!("i{at}.{} = i{}.{}", quoted(a), at + 1, quoted(b))));
        }
        let (rowid, column, on) = (self.rowid, quoted(&self.column), on.join(" AND "));
        format!("SELECT DISTINCT i0.{rowid}, i{last}.{column} COLLATE BINARY FROM {from} WHERE {on} LIMIT {most}")
    }
}
