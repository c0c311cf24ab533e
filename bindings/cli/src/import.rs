//! Reads a file of comma-separated values into a table: all of it or nothing.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder};
use tidewater::{Engine, Params, Text, Value};

use crate::cell::text_at;
use crate::failure::Failure;
use crate::interruption::Interruption;
use crate::output::literal::name;

/// The savepoint of an import inside a transaction.
const SAVEPOINT: &str = "tidewater_import";

/// What to import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub file: PathBuf,
    pub table: String,
    /// What stands between fields.
    pub separator: u8,
    /// How many records are left out at the beginning. The next one is data, unless the table is missing.
    pub skip: Option<usize>,
}

/// What was imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    pub rows: usize,
    /// The table was missing and is there now.
    pub has_created: bool,
}

impl Import {
    /// Imports the file, in one transaction or within the open one.
    pub fn run(&self, engine: &Engine, interruption: &Interruption) -> Result<Imported, Failure> {
        let file = File::open(&self.file).map_err(|error| self.failure(None, error))?;
        let records =
            ReaderBuilder::new().has_headers(false).flexible(true).delimiter(self.separator).from_reader(file);
        let is_inside = engine.in_transaction();
        let savepoint = format!("SAVEPOINT {SAVEPOINT}");
        let release = format!("RELEASE {SAVEPOINT}");
        let (begin, end) =
            if is_inside { (savepoint.as_str(), release.as_str()) } else { ("BEGIN IMMEDIATE", "COMMIT") };
        engine.exec(begin, ())?;
        let imported = self.read(records, engine, interruption).and_then(|imported| {
            engine.exec(end, ())?;
            Ok(imported)
        });
        // The first error is told; COMMIT may have failed after it ended the transaction.
        if imported.is_err() && engine.in_transaction() {
            if is_inside {
                let _ = engine.exec(&format!("ROLLBACK TO {SAVEPOINT}"), ());
                let _ = engine.exec(&release, ());
            } else {
                let _ = engine.exec("ROLLBACK", ());
            }
        }
        imported
    }

    fn read(
        &self,
        mut records: Reader<File>,
        engine: &Engine,
        interruption: &Interruption,
    ) -> Result<Imported, Failure> {
        let mut record = ByteRecord::new();
        for _ in 0..self.skip.unwrap_or(0) {
            self.next(&mut records, &mut record)?;
        }
        let mut has_record = self.next(&mut records, &mut record)?;
        let mut columns = self.columns(engine)?;
        let has_created = columns.is_empty();
        if has_created {
            if !has_record {
                return Err(self.failure(None, "no line with the names of the columns"));
            }
            columns = distinct(&record);
            engine.exec(&create(&self.table, &columns), ())?;
            has_record = self.next(&mut records, &mut record)?;
        } else if has_record
            && self.skip.is_none()
            && let Some(named) = as_header(&record, &columns)
        {
            columns = named;
            has_record = self.next(&mut records, &mut record)?;
        }
        let insert = insert(&self.table, &columns);
        let mut rows = 0;
        while has_record {
            self.insert(engine, &insert, columns.len(), &record)?;
            rows += 1;
            if interruption.is_requested() {
                return Err(Failure::interrupted());
            }
            has_record = self.next(&mut records, &mut record)?;
        }
        Ok(Imported { rows, has_created })
    }

    fn next(&self, records: &mut Reader<File>, record: &mut ByteRecord) -> Result<bool, Failure> {
        records.read_byte_record(record).map_err(|error| self.failure(Some(records.position().line()), error))
    }

    fn insert(&self, engine: &Engine, insert: &str, columns: usize, record: &ByteRecord) -> Result<(), Failure> {
        let line = record.position().map(csv::Position::line);
        if record.len() != columns {
            let fields = if record.len() == 1 { "1 field".to_owned() } else { format!("{} fields", record.len()) };
            return Err(self.failure(line, format!("{fields} for {columns} columns")));
        }
        let values = record.iter().map(|field| Value::Text(Text::from_bytes(field))).collect();
        engine.exec(insert, Params::Positional(values)).map_err(|error| self.failure(line, error))?;
        Ok(())
    }

    /// The columns that can be written; none if there is no such table.
    fn columns(&self, engine: &Engine) -> Result<Vec<String>, Failure> {
        let rows = engine.query("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0", [self.table.as_str()])?;
        Ok(rows.rows.iter().map(|row| text_at(row, 0)).collect())
    }

    fn failure(&self, line: Option<u64>, message: impl ToString) -> Failure {
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        Failure::Message(format!("{}{line}: {}", shown(&self.file), message.to_string()))
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The columns in the order of a record that names them all; nothing if it does not.
fn as_header(record: &ByteRecord, columns: &[String]) -> Option<Vec<String>> {
    let find = |field: &[u8]| columns.iter().find(|column| column.as_bytes().eq_ignore_ascii_case(field)).cloned();
    let named: Vec<String> = record.iter().map(find).collect::<Option<_>>()?;
    let is_distinct = named.iter().collect::<HashSet<_>>().len() == named.len();
    (named.len() == columns.len() && is_distinct).then_some(named)
}

/// Names of columns for a new table: those of the record, with a number where one is empty or comes again.
fn distinct(record: &ByteRecord) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut unique = |(place, field): (usize, &[u8])| {
        let field = String::from_utf8_lossy(field);
        let plain = if field.trim().is_empty() { format!("column{}", place + 1) } else { field.trim().to_owned() };
        let numbered = (2..).map(|number| format!("{plain}_{number}"));
        let mut candidates = std::iter::once(plain.clone()).chain(numbered);
        candidates.find(|name| seen.insert(name.to_lowercase())).unwrap_or_default()
    };
    record.iter().enumerate().map(&mut unique).collect()
}

fn create(table: &str, columns: &[String]) -> String {
    let columns: Vec<_> = columns.iter().map(|column| format!("{} TEXT", name(column))).collect();
    format!("CREATE TABLE {}({})", name(table), columns.join(", "))
}

fn insert(table: &str, columns: &[String]) -> String {
    let names: Vec<_> = columns.iter().map(|column| name(column)).collect();
    format!("INSERT INTO {}({}) VALUES ({})", name(table), names.join(", "), vec!["?"; columns.len()].join(", "))
}
