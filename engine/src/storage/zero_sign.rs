//! A SQL function that tells 0.0 from -0.0, which SQL calls equal. Plans use it in place of `atan2`, which SQLite has only where
//! it is built with its math functions.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use super::convert;
use crate::error::Error;
use crate::plan::ZERO_SIGN;
use crate::types::ValueRef;

pub(super) fn install(connection: &Connection) -> Result<(), Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection
        .create_scalar_function(ZERO_SIGN, 1, flags, |context| Ok(is_negative(convert::value_ref(context.get_raw(0)))))
        .map_err(convert::error)
}

fn is_negative(value: ValueRef<'_>) -> bool {
    matches!(value, ValueRef::Real(real) if real.is_sign_negative())
}
