//! Parameters: a list by position, an object by name, `null` or nothing for none.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{self, Serialize, Serializer};

use crate::types::{Params, Value};

impl Serialize for Params {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_unit(),
            Self::Positional(values) => serializer.collect_seq(values),
            Self::Named(values) => serializer.collect_map(values.iter().map(|(name, value)| (name, value))),
            Self::OutOfRange(value) => Err(ser::Error::custom(value)),
        }
    }
}

impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyParams)
    }
}

struct AnyParams;

impl<'de> Visitor<'de> for AnyParams {
    type Value = Params;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of values, values by name, or null")
    }

    fn visit_unit<E>(self) -> Result<Params, E> {
        Ok(Params::None)
    }

    fn visit_none<E>(self) -> Result<Params, E> {
        Ok(Params::None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Params, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Params, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element::<Value>()? {
            values.push(value);
        }
        Ok(Params::Positional(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Params, A::Error> {
        let mut values = Vec::new();
        while let Some(entry) = map.next_entry::<String, Value>()? {
            values.push(entry);
        }
        Ok(Params::Named(values))
    }
}
