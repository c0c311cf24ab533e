//! A database as SQL text: schema, rows, and what SQLite keeps beside them. Loading it into any SQLite gives the same data.
//!
//! The order is that of the `sqlite3` shell: tables with their rows, then views, triggers and indexes, so that no trigger runs while
//! rows are loaded. Virtual tables are written into the schema, as their rows are in tables of their own.

use std::io::{self, Write};
use std::ops::ControlFlow;

use tidewater::{Engine, Params, Value, is_complete};

use crate::cell::text_at as text;
use crate::failure::Failure;
use crate::interruption::Interruption;
use crate::output::literal::{insert, insert_into, quoted, text_literal};

/// The table in which the engine keeps the number of the last commit.
pub const COMMIT_TABLE: &str = "tidewater_commit";

/// A table, in the order of the schema.
struct Table {
    name: String,
    sql: String,
}

/// Writes the tables with these names, or all; patterns of LIKE are names too. All is read from one state.
pub fn dump(
    engine: &Engine,
    names: &[String],
    interruption: &Interruption,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let is_ours = !engine.in_transaction();
    if is_ours {
        engine.exec("BEGIN", ())?;
    }
    let dumped = Dump { engine, interruption, is_schema_written: false }.write(names, out);
    if is_ours {
        engine.exec("COMMIT", ())?;
    }
    dumped
}

struct Dump<'a> {
    engine: &'a Engine,
    interruption: &'a Interruption,
    /// `writable_schema` is on in what was written.
    is_schema_written: bool,
}

impl Dump<'_> {
    fn write(&mut self, names: &[String], out: &mut dyn Write) -> Result<(), Failure> {
        writeln!(out, "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;")?;
        let tables = self.tables(names)?;
        for table in &tables {
            self.table(table, out)?;
        }
        for table in tables.iter().filter(|table| is_autoincrement(&table.sql)) {
            self.sequence(&table.name, out)?;
        }
        for sql in self.others(names)? {
            statement(&sql, out)?;
        }
        if self.is_schema_written {
            writeln!(out, "PRAGMA writable_schema=OFF;")?;
        }
        writeln!(out, "COMMIT;")?;
        Ok(())
    }

    fn tables(&self, names: &[String]) -> Result<Vec<Table>, Failure> {
        // The tables in which a virtual table keeps its rows belong to it.
        let condition = condition(
            "name",
            "OR (s.name LIKE ?# || '\\_%' ESCAPE '\\' AND (SELECT type FROM pragma_table_list(s.name)) = 'shadow')",
            names,
        );
        let sql = format!(
            "SELECT name, sql FROM main.sqlite_schema AS s WHERE type = 'table' AND sql NOT NULL AND name <> 'sqlite_sequence' \
             AND name <> '{COMMIT_TABLE}' AND {condition} ORDER BY name LIKE 'sqlite\\_stat%' ESCAPE '\\', rowid"
        );
        let rows = self.engine.query(&sql, patterns(names))?;
        Ok(rows.rows.iter().map(|row| Table { name: text(row, 0), sql: text(row, 1) }).collect())
    }

    /// The statements that create everything but tables: views first, for triggers may be of them.
    fn others(&self, names: &[String]) -> Result<Vec<String>, Failure> {
        let condition = condition("tbl_name", "", names);
        let sql = format!(
            "SELECT sql FROM main.sqlite_schema AS s WHERE type IN ('index', 'trigger', 'view') AND sql NOT NULL \
             AND {condition} ORDER BY type DESC, rowid"
        );
        let rows = self.engine.query(&sql, patterns(names))?;
        Ok(rows.rows.iter().map(|row| text(row, 0)).collect())
    }

    fn table(&mut self, table: &Table, out: &mut dyn Write) -> Result<(), Failure> {
        let begins = |words: &str| table.sql.get(..words.len()).is_some_and(|text| text.eq_ignore_ascii_case(words));
        if table.name.starts_with("sqlite_stat") {
            writeln!(out, "ANALYZE sqlite_schema;")?;
        } else if begins("CREATE VIRTUAL TABLE") {
            if !std::mem::replace(&mut self.is_schema_written, true) {
                writeln!(out, "PRAGMA writable_schema=ON;")?;
            }
            let (table_name, sql) = (text_literal(table.name.as_bytes()), text_literal(table.sql.as_bytes()));
            writeln!(
                out,
                "INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql) VALUES('table',{table_name},{table_name},0,{sql});"
            )?;
            return Ok(());
        } else if begins("CREATE TABLE '") {
            // One of a virtual table, which may be there already.
            statement(&format!("CREATE TABLE IF NOT EXISTS {}", &table.sql["CREATE TABLE ".len()..]), out)?;
        } else {
            statement(&table.sql, out)?;
        }
        self.rows(&table.name, out)
    }

    fn rows(&self, table: &str, out: &mut dyn Write) -> Result<(), Failure> {
        // Generated columns are computed again.
        let columns = self.engine.query("SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE hidden = 0", [table])?;
        let columns: Vec<String> = columns.rows.iter().map(|row| quoted(&text(row, 0))).collect();
        let select = format!("SELECT {} FROM main.{}", columns.join(","), quoted(table));
        let begin = insert_into(table);
        let mut written = Ok(());
        self.engine.query_each(&select, (), |row| {
            written = insert(&begin, row.row(), out);
            if written.is_err() || self.interruption.is_requested() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        written?;
        if self.interruption.is_requested() { Err(Failure::interrupted()) } else { Ok(()) }
    }

    /// The last key that a table with AUTOINCREMENT has given.
    fn sequence(&self, table: &str, out: &mut dyn Write) -> Result<(), Failure> {
        let name = text_literal(table.as_bytes());
        let rows =
            self.engine.query("SELECT name, seq FROM main.sqlite_sequence WHERE name = ?1 COLLATE NOCASE", [table])?;
        writeln!(out, "DELETE FROM sqlite_sequence WHERE name={name};")?;
        for row in &rows.rows {
            insert("INSERT INTO sqlite_sequence VALUES(", row, out)?;
        }
        Ok(())
    }
}

/// A condition on a column, with parameters for each of the names; `or` may use one as `?#`.
fn condition(column: &str, or: &str, names: &[String]) -> String {
    if names.is_empty() {
        return "name NOT LIKE 'sqlite\\_autoindex\\_%' ESCAPE '\\'".to_owned();
    }
    let one = |place: usize| format!("s.{column} LIKE ?{place} ESCAPE '\\' {}", or.replace("?#", &format!("?{place}")));
    let all: Vec<_> = (1..=names.len()).map(one).collect();
    format!("({})", all.join(" OR "))
}

fn patterns(names: &[String]) -> Params {
    if names.is_empty() {
        return Params::None;
    }
    Params::Positional(names.iter().map(|name| Value::from(name.as_str())).collect())
}

/// A statement of the schema. It may end in a comment.
fn statement(sql: &str, out: &mut dyn Write) -> io::Result<()> {
    let ended = format!("{sql};");
    if is_complete(&ended) { writeln!(out, "{ended}") } else { writeln!(out, "{sql}\n;") }
}

fn is_autoincrement(sql: &str) -> bool {
    sql.to_ascii_uppercase().contains("AUTOINCREMENT")
}
