//! What is known of the tables without stored rows is what SQLite says of them.

use rusqlite::Connection;

use super::{FUNCTIONS, SCHEMA, named};
use crate::types::Affinity;

/// Names, declared types, and whether they are hidden.
fn declared(connection: &Connection, name: &str) -> Vec<(String, String, bool)> {
    let sql = "SELECT name, type, hidden <> 0 FROM pragma_table_xinfo(?1) ORDER BY cid";
    let mut statement = connection.prepare(sql).expect("a statement");
    let rows = statement.query_map([name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    rows.expect("rows").collect::<Result<_, _>>().expect("columns")
}

#[test]
fn columns_are_those_that_sqlite_tells() {
    let connection = Connection::open_in_memory().expect("an in-memory database");
    for name in FUNCTIONS.iter().map(|(name, ..)| *name).chain(SCHEMA) {
        let declared = declared(&connection, name);
        let table = named(None, name).expect("known");
        // SQLite may be built without a function that its shell has.
        assert!(!declared.is_empty() || name == "generate_series", "{name}");
        let columns: Vec<_> = table.columns().collect();
        for ((column, type_, is_hidden), own) in declared.iter().zip(&columns) {
            let told = match own.1 {
                Affinity::Text => "TEXT",
                Affinity::Integer => "INT",
                _ => "",
            };
            assert_eq!((own.0, told, own.2), (column.as_str(), type_.as_str(), *is_hidden));
        }
        assert!(declared.is_empty() || declared.len() == columns.len(), "{name}");
    }
}

#[test]
fn the_temp_schema_is_not_known() {
    assert!(named(Some("temp"), "sqlite_schema").is_none());
    assert!(named(None, "sqlite_temp_schema").is_none());
    assert_eq!(
        named(Some("other"), "SQLITE_MASTER").map(|table| table.text),
        Some("\"other\".sqlite_schema".to_owned())
    );
}
