//! What dataflows and path lookups ask of the database, answered by the session.

use std::sync::Arc;

use crate::dataflow::RowSource;
use crate::error::Error;
use crate::plan::RowImages;
use crate::routing::PathSource;
use crate::storage::Session;
use crate::types::{Row, SharedBag, Value};

impl RowSource for Session<'_> {
    fn rows(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, Error> {
        Session::rows(self, sql, parameters)
    }

    fn show(&self, table: &Arc<str>, images: &RowImages) {
        Session::show(self, table, images);
    }

    fn show_derived(&self, table: &Arc<str>, rows: &SharedBag) {
        Session::show_derived(self, table, rows);
    }

    fn set_instruction_budget(&self, instructions: u64) {
        Session::set_instruction_budget(self, instructions);
    }

    fn instructions(&self) -> u64 {
        Session::instructions(self)
    }
}

impl PathSource for Session<'_> {
    fn hold_state(&self) -> bool {
        !self.is_alone() && self.begin_reads()
    }

    fn show(&self, table: &Arc<str>, images: &RowImages) {
        Session::show(self, table, images);
    }

    fn show_nothing(&self) {
        Session::show_nothing(self);
    }

    fn rows(&self, sql: &str) -> Result<Vec<Row>, Error> {
        Session::rows(self, sql, &[])
    }
}
