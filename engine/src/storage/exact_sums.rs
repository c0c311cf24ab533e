//! SQL functions that compute exact sums of whole groups and of window frames: see [`ExactSum`].

use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags, SqlFnOutput, WindowAggregate};

use super::convert;
use crate::error::Error;
use crate::plan::{EXACT_SUM, ROUNDS_BY_ORDER};
use crate::types::{ExactSum, ValueRef};

/// An aggregate function that returns a function of the exact sum.
struct OfExactSum<T>(fn(ExactSum) -> T);

impl<T: SqlFnOutput> Aggregate<ExactSum, T> for OfExactSum<T> {
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

    fn finalize(&self, _: &mut Context<'_>, sum: Option<ExactSum>) -> rusqlite::Result<T> {
        Ok((self.0)(sum.unwrap_or_default()))
    }
}

/// For a moving frame, SQLite adds the rows that enter and subtracts those that leave. A rounding error stays in its sum,
/// so the exact sum counts the magnitude of all rows that were ever added.
impl<T: SqlFnOutput> WindowAggregate<ExactSum, T> for OfExactSum<T> {
    fn value(&self, sum: Option<&mut ExactSum>) -> rusqlite::Result<T> {
        Ok((self.0)(sum.copied().unwrap_or_default()))
    }

    fn inverse(&self, context: &mut Context<'_>, sum: &mut ExactSum) -> rusqlite::Result<()> {
        match convert::value_ref(context.get_raw(0)) {
            ValueRef::Null => {}
            value => *sum = sum.plus(ExactSum::of(value).negated()),
        }
        Ok(())
    }
}

pub(super) fn install(connection: &Connection) -> Result<(), Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection
        .create_aggregate_function(EXACT_SUM, 1, flags, OfExactSum(ExactSum::to_bytes))
        .and_then(|()| connection.create_window_function(ROUNDS_BY_ORDER, 1, flags, OfExactSum(rounds_by_order)))
        .map_err(convert::error)
}

fn rounds_by_order(sum: ExactSum) -> bool {
    sum.integer().is_none() && sum.float().is_none()
}
