//! Conversions between rusqlite's types and the engine's.

use std::ops::ControlFlow;
use std::sync::Arc;

use rusqlite::Statement;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef as SqliteValue};

use super::limits::ResultLimit;
use super::{EachRow, Signature};
use crate::error::Error;
use crate::types::{OutOfRange, Params, Row, RowBuilder, Value, ValueRef};

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => SqliteValue::Null,
            Self::Integer(value) => SqliteValue::Integer(*value),
            Self::Real(value) => SqliteValue::Real(*value),
            Self::Text(text) => SqliteValue::Text(text.as_bytes()),
            Self::Blob(bytes) => SqliteValue::Blob(bytes),
        }))
    }
}

pub(super) fn value_ref(value: SqliteValue<'_>) -> ValueRef<'_> {
    match value {
        SqliteValue::Null => ValueRef::Null,
        SqliteValue::Integer(value) => ValueRef::Integer(value),
        SqliteValue::Real(value) => ValueRef::Real(value),
        SqliteValue::Text(bytes) => ValueRef::Text(bytes),
        SqliteValue::Blob(bytes) => ValueRef::Blob(bytes),
    }
}

pub(super) fn error(error: rusqlite::Error) -> Error {
    match error {
        rusqlite::Error::SqliteFailure(failure, message) => Error::Sqlite {
            extended_code: failure.extended_code,
            message: message.unwrap_or_else(|| failure.to_string()).into(),
            offset: None,
        },
        rusqlite::Error::SqlInputError { error, msg, offset, .. } => Error::Sqlite {
            extended_code: error.extended_code,
            message: msg.into(),
            offset: u32::try_from(offset).ok(),
        },
        rusqlite::Error::MultipleStatement => Error::NotOneStatement("several"),
        rusqlite::Error::InvalidPath(path) => Error::CannotOpen(format!("not a path: {}", path.display()).into()),
        other => Error::Sqlite {
            extended_code: rusqlite::ffi::SQLITE_MISUSE,
            message: other.to_string().into(),
            offset: None,
        },
    }
}

/// What a call returns that cannot fail in some versions of rusqlite.
pub(super) trait Outcome {
    /// As a result of the engine's.
    fn checked(self) -> Result<(), Error>;
}

impl Outcome for () {
    fn checked(self) -> Result<(), Error> {
        Ok(())
    }
}

impl Outcome for rusqlite::Result<()> {
    fn checked(self) -> Result<(), Error> {
        self.map_err(error)
    }
}

/// The error of a text that stands at `start` in the one that was given.
pub(super) fn moved(mut error: Error, start: usize) -> Error {
    if let Error::Sqlite { offset: Some(offset), .. } = &mut error {
        *offset = offset.saturating_add(u32::try_from(start).unwrap_or(u32::MAX));
    }
    error
}

/// The error that SQLite returns when no transaction is open.
pub(super) fn no_transaction(verb: &str) -> Error {
    let message = format!("cannot {verb} - no transaction is active");
    Error::Sqlite { extended_code: rusqlite::ffi::SQLITE_ERROR, message: message.into(), offset: None }
}

pub(super) fn columns(statement: &Statement<'_>) -> Arc<[String]> {
    // An iterator in some versions of rusqlite, a vector in others.
    #[allow(clippy::useless_conversion, reason = "of another version")]
    statement.column_names().into_iter().map(str::to_owned).collect()
}

pub(super) fn signature(statement: &Statement<'_>) -> Signature {
    let slot = |index| {
        let name = statement.parameter_name(index)?;
        (!name.starts_with('?')).then(|| name[1..].to_owned())
    };
    Signature { columns: columns(statement), slots: (1..=statement.parameter_count()).map(slot).collect() }
}

/// The values of a statement's slots in order: one for each slot, and none that there is no slot for.
pub(crate) fn slot_values(slots: &[Option<String>], params: &Params) -> Result<Vec<Value>, Error> {
    match params {
        Params::None if slots.is_empty() => Ok(Vec::new()),
        Params::None => Err(wrong_count(0, slots.len())),
        Params::Positional(values) if values.len() == slots.len() => Ok(values.clone()),
        Params::Positional(values) => Err(wrong_count(values.len(), slots.len())),
        Params::Named(values) => {
            let is_known = |name: &str| slots.iter().flatten().any(|slot| slot == bare_name(name));
            if let Some((name, _)) = values.iter().find(|(name, _)| !is_known(name)) {
                return Err(unknown_name(name));
            }
            slots.iter().map(|slot| named_value(slot.as_deref(), values)).collect()
        }
        Params::OutOfRange(value) => Err(out_of_range(value)),
    }
}

fn named_value(slot: Option<&str>, values: &[(String, Value)]) -> Result<Value, Error> {
    let Some(slot) = slot else {
        return Err(Error::BadParameters("the statement has parameters without a name".into()));
    };
    match values.iter().find(|(name, _)| bare_name(name) == slot) {
        Some((_, value)) => Ok(value.clone()),
        None => Err(Error::BadParameters(format!("the parameter {slot} has no value").into())),
    }
}

/// A parameter's name without the sigil that SQL writes before it.
pub(super) fn bare_name(name: &str) -> &str {
    name.strip_prefix([':', '@', '$']).unwrap_or(name)
}

pub(super) fn wrong_count(given: usize, slots: usize) -> Error {
    Error::BadParameters(format!("{given} parameters were given, the statement has {slots}").into())
}

pub(super) fn out_of_range(value: &OutOfRange) -> Error {
    Error::BadParameters(value.to_string().into())
}

pub(super) fn unknown_name(name: &str) -> Error {
    Error::BadParameters(format!("the statement has no parameter named {name}").into())
}

pub(super) fn bind_slots(statement: &mut Statement<'_>, values: &[Value]) -> Result<(), Error> {
    for (index, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, value).map_err(error)?;
    }
    Ok(())
}

/// Steps a statement to its end and packs its rows.
pub(super) fn rows(statement: &mut Statement<'_>, limit: ResultLimit) -> Result<Vec<Row>, Error> {
    let (mut packed, mut size, mut fits) = (Vec::new(), limit.counted(), Ok(()));
    step(statement, |_, row| {
        fits = size.add(&row);
        packed.push(row);
        if fits.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    fits.map(|()| packed)
}

/// Steps a statement and hands on each row with the names of the columns, which are returned in any case.
pub(super) fn each_row(statement: &mut Statement<'_>, each: EachRow<'_>) -> Result<Arc<[String]>, Error> {
    let mut names: Option<Arc<[String]>> = None;
    step(statement, |statement, row| each(names.get_or_insert_with(|| columns(statement)), &row))?;
    Ok(names.unwrap_or_else(|| columns(statement)))
}

fn step(
    statement: &mut Statement<'_>,
    mut each: impl FnMut(&Statement<'_>, Row) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut builder = RowBuilder::default();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(error)? {
        // The columns are counted for each row: SQLite recompiles a statement when the columns of its table have changed.
        for column in 0..row.as_ref().column_count() {
            builder.push(value_ref(row.get_ref(column).map_err(error)?));
        }
        if each(row.as_ref(), builder.finish()).is_break() {
            break;
        }
    }
    Ok(())
}
