//! UUIDs as BLOBs of 16 bytes.

use uuid::Uuid;

use crate::api::from_value::FromValue;
use crate::types::{Value, ValueRef};

/// A BLOB of 16 bytes.
impl From<Uuid> for Value {
    fn from(uuid: Uuid) -> Self {
        Self::Blob(uuid.as_bytes().as_slice().into())
    }
}

/// A BLOB of 16 bytes, or TEXT in any of a UUID's forms.
impl FromValue for Uuid {
    const NAME: &'static str = "Uuid";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Blob(bytes) => Self::from_slice(bytes).ok(),
            ValueRef::Text(text) => Self::try_parse_ascii(text).ok(),
            _ => None,
        }
    }
}
