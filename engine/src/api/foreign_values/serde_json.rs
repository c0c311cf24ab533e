//! JSON documents: null and numbers as they are, the others as text.

use serde_json::{Number, Value as Json};

use crate::api::from_value::FromValue;
use crate::types::{Value, ValueRef};

/// NULL for null, INTEGER or REAL for a number; TEXT of the JSON for the others, and for integers from 2^63.
impl From<Json> for Value {
    fn from(json: Json) -> Self {
        Self::from(&json)
    }
}

/// As for the document itself.
impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => Self::Integer(integer),
                (None, Some(real)) if number.is_f64() => Self::Real(real),
                _ => json.to_string().into(),
            },
            _ => json.to_string().into(),
        }
    }
}

/// NULL, a finite number, or TEXT or BLOB of JSON.
impl FromValue for Json {
    const NAME: &'static str = "serde_json::Value";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(Self::Null),
            ValueRef::Integer(value) => Some(value.into()),
            ValueRef::Real(value) => Number::from_f64(value).map(Self::Number),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => serde_json::from_slice(bytes).ok(),
        }
    }
}
