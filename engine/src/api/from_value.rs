//! SQLite values as Rust types.

use std::borrow::Cow;
use std::sync::Arc;

use crate::types::{Text, Value, ValueRef};

/// A type that a SQLite value can be read as. Nothing is converted that could lose something: TEXT is no number, and an integer has
/// to fit.
///
/// | SQLite | Rust |
/// | --- | --- |
/// | INTEGER | all integer types, `bool` (0 and 1), `f64` (up to 2^53) and `f32` (up to 2^24) |
/// | REAL | `f64`; `f32`, rounded |
/// | TEXT | `String`, `Box<str>`, `Arc<str>`, `Cow<str>`, [`Text`] |
/// | BLOB | `Vec<u8>`, `Box<[u8]>`, `Arc<[u8]>`, `Cow<[u8]>`, `[u8; N]` |
/// | NULL or one of these | `Option` |
/// | any | [`Value`] |
///
/// The features `uuid`, `chrono`, `time` and `serde_json` add the types of these crates; each writes and reads what rusqlite does
/// with its feature of that name:
///
/// | type | is written as | is read from |
/// | --- | --- | --- |
/// | `uuid::Uuid` | BLOB of 16 bytes | that, or TEXT in any of a UUID's forms |
/// | dates and times of `chrono` and `time` | TEXT such as `2026-11-30`, `12:30:00.5`, `2026-11-30 12:30:00`, `2026-11-30 12:30:00+00:00` | that, also with `T` between date and time, `Z`, and without seconds; those with an offset also from INTEGER, seconds since 1970 |
/// | `serde_json::Value` | NULL, INTEGER and REAL for null and numbers; else TEXT of the JSON | those, and BLOB of the JSON |
pub trait FromValue: Sized {
    /// What messages call the type.
    const NAME: &'static str;

    /// The value as this type, or nothing if it is none.
    fn from_value(value: ValueRef<'_>) -> Option<Self>;
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl FromValue for $type {
            const NAME: &'static str = stringify!($type);

            fn from_value(value: ValueRef<'_>) -> Option<Self> {
                match value {
                    ValueRef::Integer(value) => value.try_into().ok(),
                    _ => None,
                }
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

impl FromValue for bool {
    const NAME: &'static str = "bool";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Integer(0) => Some(false),
            ValueRef::Integer(1) => Some(true),
            _ => None,
        }
    }
}

/// The largest integer up to which `f64` holds all, 2^53.
const WHOLE_IN_F64: u64 = 1 << f64::MANTISSA_DIGITS;

/// The same of `f32`, 2^24.
const WHOLE_IN_F32: u64 = 1 << f32::MANTISSA_DIGITS;

/// A REAL, or an INTEGER up to 2^53.
impl FromValue for f64 {
    const NAME: &'static str = "f64";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Real(value) => Some(value),
            ValueRef::Integer(value) if value.unsigned_abs() <= WHOLE_IN_F64 => Some(value as Self),
            _ => None,
        }
    }
}

/// A REAL, rounded, unless it is too large; or an INTEGER up to 2^24.
impl FromValue for f32 {
    const NAME: &'static str = "f32";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Real(value) => {
                let rounded = value as Self;
                (rounded.is_finite() || value.is_infinite()).then_some(rounded)
            }
            ValueRef::Integer(value) if value.unsigned_abs() <= WHOLE_IN_F32 => Some(value as Self),
            _ => None,
        }
    }
}

/// The text, if it is UTF-8.
pub(super) fn text(value: ValueRef<'_>) -> Option<&str> {
    match value {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

fn blob(value: ValueRef<'_>) -> Option<&[u8]> {
    match value {
        ValueRef::Blob(bytes) => Some(bytes),
        _ => None,
    }
}

macro_rules! owned {
    ($($type:ty = $name:literal from $read:ident),* $(,)?) => {$(
        impl FromValue for $type {
            const NAME: &'static str = $name;

            fn from_value(value: ValueRef<'_>) -> Option<Self> {
                $read(value).map(Into::into)
            }
        }
    )*};
}

owned!(
    String = "String" from text,
    Box<str> = "Box<str>" from text,
    Arc<str> = "Arc<str>" from text,
    Vec<u8> = "Vec<u8>" from blob,
    Box<[u8]> = "Box<[u8]>" from blob,
    Arc<[u8]> = "Arc<[u8]>" from blob,
);

/// Owned.
impl FromValue for Cow<'_, str> {
    const NAME: &'static str = "Cow<str>";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        String::from_value(value).map(Cow::Owned)
    }
}

/// Owned.
impl FromValue for Cow<'_, [u8]> {
    const NAME: &'static str = "Cow<[u8]>";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        Vec::from_value(value).map(Cow::Owned)
    }
}

/// A BLOB of this length.
impl<const N: usize> FromValue for [u8; N] {
    const NAME: &'static str = "[u8; N]";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        blob(value)?.try_into().ok()
    }
}

/// TEXT, also if it is not UTF-8.
impl FromValue for Text {
    const NAME: &'static str = "Text";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Text(bytes) => Some(Self::from_bytes(bytes)),
            _ => None,
        }
    }
}

impl FromValue for Value {
    const NAME: &'static str = "Value";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        Some(value.to_value())
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const NAME: &'static str = T::NAME;

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}
