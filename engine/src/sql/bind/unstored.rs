//! Tables that no commit changes rows of: functions whose rows follow from their arguments alone, and the schema, which
//! changes only by what has everything looked at again.

use crate::plan::quoted;
use crate::types::Affinity;

/// A name in FROM that stands for no rows of the database's tables.
#[derive(Clone, Debug)]
pub struct Unstored {
    /// What the statements of a plan call it.
    pub text: String,
    columns: &'static [&'static str],
    hidden: usize,
    is_schema: bool,
}

/// Functions with their columns, and how many of the last ones are hidden.
const FUNCTIONS: [(&str, &[&str], usize); 11] = [
    ("json_each", &JSON_COLUMNS, 2),
    ("json_tree", &JSON_COLUMNS, 2),
    ("jsonb_each", &JSON_COLUMNS, 2),
    ("jsonb_tree", &JSON_COLUMNS, 2),
    ("generate_series", &["value", "start", "stop", "step"], 3),
    ("pragma_table_info", &["cid", "name", "type", "notnull", "dflt_value", "pk", "arg", "schema"], 2),
    ("pragma_table_xinfo", &["cid", "name", "type", "notnull", "dflt_value", "pk", "hidden", "arg", "schema"], 2),
    ("pragma_index_list", &["seq", "name", "unique", "origin", "partial", "arg", "schema"], 2),
    ("pragma_index_info", &["seqno", "cid", "name", "arg", "schema"], 2),
    ("pragma_index_xinfo", &["seqno", "cid", "name", "desc", "coll", "key", "arg", "schema"], 2),
    (
        "pragma_foreign_key_list",
        &["id", "seq", "table", "from", "to", "on_update", "on_delete", "match", "arg", "schema"],
        2,
    ),
];

const JSON_COLUMNS: [&str; 10] = ["key", "value", "type", "atom", "id", "parent", "fullkey", "path", "json", "root"];

/// The table that lists the schema, by both its names. That of the temp database lists what the engine has there as well.
const SCHEMA: [&str; 2] = ["sqlite_schema", "sqlite_master"];

const SCHEMA_COLUMNS: [&str; 5] = ["type", "name", "tbl_name", "rootpage", "sql"];

/// What a name stands for that is neither a CTE nor listed in the catalog.
pub(super) fn named(database: Option<&str>, name: &str) -> Option<Unstored> {
    let lower = name.to_ascii_lowercase();
    if SCHEMA.contains(&lower.as_str()) {
        let database = database.unwrap_or("main");
        let text = format!("{}.sqlite_schema", quoted(database));
        let is_temp = database.eq_ignore_ascii_case("temp");
        return (!is_temp).then_some(Unstored { text, columns: &SCHEMA_COLUMNS, hidden: 0, is_schema: true });
    }
    let &(text, columns, hidden) = FUNCTIONS.iter().find(|(function, ..)| *function == lower)?;
    Some(Unstored { text: text.to_owned(), columns, hidden, is_schema: false })
}

/// Whether a name that the catalog does not list stands for no rows of the database's tables.
pub(crate) fn is_unstored(database: Option<&str>, name: &str) -> bool {
    named(database, name).is_some()
}

impl Unstored {
    /// Its columns with their affinities, and whether they are hidden. Those of functions are declared without types, which is
    /// BLOB.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, Affinity, bool)> + use<'_> {
        let column =
            |(at, name): (usize, &&'static str)| (*name, self.affinity(name), at + self.hidden >= self.columns.len());
        self.columns.iter().enumerate().map(column)
    }

    fn affinity(&self, column: &str) -> Affinity {
        match (self.is_schema, column) {
            (true, "rootpage") => Affinity::Integer,
            (true, _) => Affinity::Text,
            (false, _) => Affinity::Blob,
        }
    }
}

#[cfg(test)]
mod tests;
