//! The aggregate by which plans have SQLite sum up whole groups: see [`ExactSum`].

use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};

use super::convert;
use crate::error::Error;
use crate::plan::EXACT_SUM;
use crate::types::{ExactSum, ValueRef};

struct Sums;

impl Aggregate<ExactSum, Option<[u8; ExactSum::BYTES]>> for Sums {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<ExactSum> {
        Ok(ExactSum::default())
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut ExactSum) -> rusqlite::Result<()> {
        match convert::value_ref(context.get_raw(0)) {
            ValueRef::Null => {}
            value => *sum = sum.plus(ExactSum::of(value)),
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<ExactSum>) -> rusqlite::Result<Option<[u8; ExactSum::BYTES]>> {
        Ok(sum.map(ExactSum::to_bytes))
    }
}

pub(super) fn install(connection: &Connection) -> Result<(), Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_aggregate_function(EXACT_SUM, 1, flags, Sums).map_err(convert::error)
}
