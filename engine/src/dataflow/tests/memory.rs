//! A row source of a few rows in memory. Statements are functions of the rows of the tables that they name.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Change;
use crate::dataflow::{ImagesByTable, RowSource};
use crate::error::Error;
use crate::plan::RowImages;
use crate::types::{Row, SharedBag, Value, WeightedRow, lock_bag};

/// What a statement gives for the rows of its tables and the values of its parameters.
type Statement = fn(&[Vec<Row>], &[Value]) -> Vec<Row>;

/// Tables as the last commit left them, and what is shown of changed rows.
///
/// A statement is written `name:table|table`, where the text of a plan puts the versions of its tables.
#[derive(Default)]
pub(super) struct Memory {
    statements: FxHashMap<&'static str, Statement>,
    tables: RefCell<FxHashMap<String, Vec<Row>>>,
    images: RefCell<FxHashMap<String, RowImages>>,
    derived: RefCell<FxHashMap<String, SharedBag>>,
    instructions: Cell<u64>,
    /// Whether statements may take nothing, and fail.
    is_exhausted: Cell<bool>,
}

impl Memory {
    pub(super) fn with(mut self, name: &'static str, statement: Statement) -> Self {
        self.statements.insert(name, statement);
        self
    }

    /// All rows of a statement, each with the weight 1.
    pub(super) fn all(&self, statement: &str) -> Vec<WeightedRow> {
        self.run(statement, &[]).into_iter().map(|row| (row, 1)).collect()
    }

    pub(super) fn clear(&self) {
        self.tables.borrow_mut().clear();
        self.images.borrow_mut().clear();
        self.derived.borrow_mut().clear();
    }

    /// Changes tables; the rows that went and came in each that is another one now. A row goes only if it is there.
    pub(super) fn commit(&self, tables: &[&'static str], changes: &[Change]) -> ImagesByTable {
        let before = self.tables.borrow().clone();
        for (table, comes, x, y) in changes {
            let mut tables_now = self.tables.borrow_mut();
            let rows = tables_now.entry(tables[*table].to_owned()).or_default();
            let row = super::row(&[*x, *y]);
            match (comes, rows.iter().position(|held| *held == row)) {
                (true, _) => rows.push(row),
                (false, Some(at)) => drop(rows.remove(at)),
                (false, None) => {}
            }
        }
        let after = self.tables.borrow();
        let rows_of =
            |tables: &FxHashMap<String, Vec<Row>>, table: &str| tables.get(table).cloned().unwrap_or_default();
        let images = |table: &&str| {
            let (before, after) = (rows_of(&before, table), rows_of(&after, table));
            let images = RowImages { old: less(&before, &after), new: less(&after, &before) };
            (images.len() > 0).then(|| (Arc::from(*table), images))
        };
        tables.iter().filter_map(images).collect()
    }

    fn run(&self, statement: &str, parameters: &[Value]) -> Vec<Row> {
        let (name, tables) = statement.split_once(':').unwrap_or((statement, ""));
        let tables: Vec<Vec<Row>> = tables
            .split('|')
            .filter(|table| !table.is_empty())
            .map(|table| self.read(table.trim_matches('"')))
            .collect();
        let instructions = 1 + tables.iter().map(Vec::len).sum::<usize>() as u64;
        self.instructions.set(self.instructions.get() + instructions);
        self.statements[name](&tables, parameters)
    }

    /// The rows of a version of a table.
    fn read(&self, name: &str) -> Vec<Row> {
        let Some(version) = name.strip_prefix("tidewater ") else {
            return self.tables.borrow().get(name).cloned().unwrap_or_default();
        };
        let (version, table) = version.split_once(' ').expect("a version and a table");
        if version == "post" {
            let derived = self.derived.borrow();
            return derived
                .get(table)
                .map(|bag| lock_bag(bag).rows())
                .into_iter()
                .flatten()
                .map(|(_, row)| row)
                .collect();
        }
        let images = self.images.borrow().get(table).cloned().unwrap_or_default();
        let (old, new) = (images.old.iter(), images.new.iter());
        let rows: Vec<&(i64, Row)> = match version {
            "old" => old.collect(),
            "new" => new.collect(),
            "changed" => old.chain(new).collect(),
            other => panic!("no version {other}"),
        };
        rows.into_iter().map(|(_, row)| row.clone()).collect()
    }
}

impl RowSource for Memory {
    fn rows(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, Error> {
        if self.is_exhausted.get() {
            return Err(Error::Sqlite { extended_code: 9, message: "interrupted".into(), offset: None });
        }
        Ok(self.run(sql, parameters))
    }

    fn show(&self, table: &Arc<str>, images: &RowImages) {
        self.images.borrow_mut().insert(table.to_string(), images.clone());
    }

    fn show_derived(&self, table: &Arc<str>, rows: &SharedBag) {
        self.derived.borrow_mut().insert(table.to_string(), Arc::clone(rows));
    }

    fn set_instruction_budget(&self, instructions: u64) {
        self.is_exhausted.set(instructions == 0);
    }

    fn instructions(&self) -> u64 {
        self.instructions.get()
    }
}

/// The rows of one bag that another one does not have.
fn less(rows: &[Row], other: &[Row]) -> Arc<[(i64, Row)]> {
    let mut other = other.to_vec();
    let is_more = |row: &&Row| match other.iter().position(|held| held == *row) {
        Some(at) => {
            other.swap_remove(at);
            false
        }
        None => true,
    };
    rows.iter().filter(is_more).map(|row| (0, row.clone())).collect()
}
