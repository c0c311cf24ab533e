//! The value of a column, read as a type that implements `Deserialize`.

use std::fmt::{self, Display};

use serde::de::value::SeqDeserializer;
use serde::de::{self, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::types::ValueRef;

/// Why a row cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    message: String,
    column: Option<String>,
}

impl Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "column `{column}`: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Mismatch {}

impl de::Error for Mismatch {
    fn custom<T: Display>(message: T) -> Self {
        Self { message: message.to_string(), column: None }
    }

    fn missing_field(field: &'static str) -> Self {
        de::Error::custom(format_args!("there is no column `{field}`"))
    }
}

/// The value of a column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell<'r> {
    pub(super) column: &'r str,
    pub(super) value: ValueRef<'r>,
}

impl Cell<'_> {
    /// What reading it gives; an error names the column.
    fn named<T>(self, read: Result<T, Mismatch>) -> Result<T, Mismatch> {
        read.map_err(|Mismatch { message, column }| Mismatch {
            message,
            column: column.or_else(|| Some(self.column.to_owned())),
        })
    }
}

impl<'r> IntoDeserializer<'r, Mismatch> for Cell<'r> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Cell<'de> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        self.named(match self.value {
            ValueRef::Null => visitor.visit_unit(),
            ValueRef::Integer(value) => visitor.visit_i64(value),
            ValueRef::Real(value) => visitor.visit_f64(value),
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => visitor.visit_borrowed_str(text),
                Err(_) => visitor.visit_borrowed_bytes(bytes),
            },
            ValueRef::Blob(bytes) => visitor.visit_borrowed_bytes(bytes),
        })
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.value {
            ValueRef::Integer(value @ (0 | 1)) => self.named(visitor.visit_bool(value == 1)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        self.named(match self.value {
            ValueRef::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mismatch> {
        self.named(visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.value {
            ValueRef::Blob(bytes) => self.named(visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied()))),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_seq(visitor)
    }

    /// The variant of this name.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self.value {
            ValueRef::Text(bytes) => {
                let name = std::str::from_utf8(bytes).map_err(de::Error::custom);
                self.named(name.and_then(|name| visitor.visit_enum(name.into_deserializer())))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct map struct
        identifier ignored_any
    }
}
