//! Values.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::hex::{self, Hex};
use crate::types::{Text, Value, ValueRef};

impl Serialize for ValueRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_for_people = serializer.is_human_readable();
        match *self {
            Self::Null => serializer.serialize_unit(),
            Self::Integer(value) => serializer.serialize_i64(value),
            Self::Real(value) if is_for_people && value.is_infinite() => {
                tagged(serializer, "real", if value > 0.0 { "inf" } else { "-inf" })
            }
            Self::Real(value) => serializer.serialize_f64(value),
            Self::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => serializer.serialize_str(text),
                Err(_) => tagged(serializer, "text_hex", &Hex(bytes).to_string()),
            },
            Self::Blob(bytes) if is_for_people => tagged(serializer, "blob", &Hex(bytes).to_string()),
            Self::Blob(bytes) => serializer.serialize_bytes(bytes),
        }
    }
}

fn tagged<S: Serializer>(serializer: S, tag: &str, text: &str) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, text)?;
    map.end()
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().serialize(serializer)
    }
}

/// `true` and `false` are 1 and 0.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, a number, a text, or one of {\"blob\"}, {\"real\"} and {\"text_hex\"}")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        value.try_into().map_err(|_| E::custom(format_args!("{value} is beyond the integers of SQLite")))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Some((tag, text)) = map.next_entry::<String, String>()? else {
            return Err(de::Error::invalid_length(0, &self));
        };
        let value = match (tag.as_str(), text.as_str()) {
            ("blob", digits) => hex::parse(digits).map(Value::from),
            ("text_hex", digits) => hex::parse(digits).map(|bytes| Value::Text(Text::from_bytes(&bytes))),
            ("real", "inf") => Some(Value::Real(f64::INFINITY)),
            ("real", "-inf") => Some(Value::Real(f64::NEG_INFINITY)),
            _ => None,
        };
        let value = value.ok_or_else(|| de::Error::custom(format_args!("{{{tag:?}: {text:?}}} is no value")))?;
        match map.next_key::<String>()? {
            None => Ok(value),
            Some(_) => Err(de::Error::invalid_length(2, &self)),
        }
    }
}
