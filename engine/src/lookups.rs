//! What dataflows ask of the database, answered by the session.

use std::sync::Arc;

use crate::dataflow::Source;
use crate::error::Error;
use crate::plan::Images;
use crate::storage::Session;
use crate::types::{Row, Value};

impl Source for Session<'_> {
    fn rows(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, Error> {
        Session::rows(self, sql, parameters)
    }

    fn show(&self, table: &Arc<str>, images: &Images) {
        Session::show(self, table, images);
    }

    fn work(&self) -> u64 {
        Session::work(self)
    }
}
