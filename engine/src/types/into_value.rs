//! Rust values as parameters, those that may be too large for SQLite among them.

use std::fmt::Display;
use std::sync::Arc;

use super::Value;

/// What can be a parameter: whatever is `Into<Value>`, and the integers that can be larger than SQLite's, each in an `Option` as well.
pub trait IntoValue {
    /// The value.
    ///
    /// # Errors
    /// [`OutOfRange`] for an integer that is not between -2^63 and 2^63 - 1.
    fn into_value(self) -> Result<Value, OutOfRange>;
}

/// An integer that SQLite cannot store: its integers have 64 bits with a sign.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{0} is beyond the integers of SQLite, which have 64 bits with a sign")]
pub struct OutOfRange(Arc<str>);

impl OutOfRange {
    fn new(value: impl Display) -> Self {
        Self(value.to_string().into())
    }
}

impl<T: Into<Value>> IntoValue for T {
    fn into_value(self) -> Result<Value, OutOfRange> {
        Ok(self.into())
    }
}

macro_rules! large_integers {
    ($($type:ty),*) => {$(
        impl IntoValue for $type {
            fn into_value(self) -> Result<Value, OutOfRange> {
                i64::try_from(self).map(Value::Integer).map_err(|_| OutOfRange::new(self))
            }
        }

        impl IntoValue for Option<$type> {
            fn into_value(self) -> Result<Value, OutOfRange> {
                self.map_or(Ok(Value::Null), IntoValue::into_value)
            }
        }
    )*};
}

large_integers!(u64, usize, i128, u128);
