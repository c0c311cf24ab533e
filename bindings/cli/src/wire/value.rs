//! Lossless JSON for SQLite values, rows and edits.

use std::collections::BTreeMap;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;
use tidewater::{Edit, Row, Text, Value, ValueRef};

/// A value. An INTEGER never has a fraction and a REAL always has a fraction or an exponent, so the type is preserved.
pub struct Cell<'a>(pub ValueRef<'a>);

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            ValueRef::Null => serializer.serialize_unit(),
            ValueRef::Integer(value) => serializer.serialize_i64(value),
            ValueRef::Real(value) if value == f64::INFINITY => tagged(serializer, "real", "inf"),
            ValueRef::Real(value) if value == f64::NEG_INFINITY => tagged(serializer, "real", "-inf"),
            ValueRef::Real(value) => serializer.serialize_f64(value),
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => serializer.serialize_str(text),
                Err(_) => tagged(serializer, "text_hex", &HEXLOWER.encode(bytes)),
            },
            ValueRef::Blob(bytes) => tagged(serializer, "blob", &HEXLOWER.encode(bytes)),
        }
    }
}

fn tagged<S: Serializer>(serializer: S, tag: &str, payload: &str) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, payload)?;
    map.end()
}

/// One row: an array of values.
pub struct Cells<'a>(pub &'a Row);

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.values().map(Cell))
    }
}

/// A list of rows.
pub struct RowsJson<'a>(pub &'a [Row]);

impl Serialize for RowsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Cells))
    }
}

/// The edits of a diff.
pub struct Edits<'a>(pub &'a [Edit]);

impl Serialize for Edits<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.0.len()))?;
        for edit in self.0 {
            sequence.serialize_element(&OneEdit(edit))?;
        }
        sequence.end()
    }
}

struct OneEdit<'a>(&'a Edit);

impl Serialize for OneEdit<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            Edit::Insert { index, row } => {
                map.serialize_entry("insert", index)?;
                map.serialize_entry("row", &Cells(row))?;
            }
            Edit::Remove { index } => map.serialize_entry("remove", index)?,
            Edit::Replace { index, row } => {
                map.serialize_entry("replace", index)?;
                map.serialize_entry("row", &Cells(row))?;
            }
            Edit::Move { from, to } => {
                map.serialize_entry("move", from)?;
                map.serialize_entry("to", to)?;
            }
        }
        map.end()
    }
}

/// Parses a value in the format of [`Cell`]. The error says what is wrong.
pub fn parse_value(json: &RawValue) -> Result<Value, String> {
    let text = json.get();
    match text.as_bytes().first() {
        Some(b'n') => Ok(Value::Null),
        Some(b'"') => serde_json::from_str::<String>(text).map(Value::from).map_err(|error| error.to_string()),
        Some(b'{') => parse_tagged(text),
        Some(b'-' | b'0'..=b'9') => parse_number(text),
        _ => Err(format!("{text} is not a value; expected null, a number, a string or a tagged object")),
    }
}

/// Parses the digits itself: a JSON library's number type would turn 2^63 and `-0` into floats.
fn parse_number(digits: &str) -> Result<Value, String> {
    if digits.contains(['.', 'e', 'E']) {
        return match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Value::Real(value)),
            _ => Err(format!("{digits} is outside the range of REAL; write an infinity as {{\"real\":\"inf\"}}")),
        };
    }
    digits
        .parse::<i64>()
        .map(Value::Integer)
        .map_err(|_| format!("{digits} does not fit into 64 bits; write a REAL with a fraction or an exponent"))
}

fn parse_tagged(text: &str) -> Result<Value, String> {
    let malformed =
        || format!("{text} is not a value; expected {{\"real\":..}}, {{\"text_hex\":..}} or {{\"blob\":..}}");
    let fields: BTreeMap<String, String> = serde_json::from_str(text).map_err(|_| malformed())?;
    let bytes = |hex: &str| {
        HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).map_err(|error| format!("\"{hex}\" is not hexadecimal: {error}"))
    };
    let mut fields = fields.iter().map(|(tag, payload)| (tag.as_str(), payload.as_str()));
    match (fields.next(), fields.next()) {
        (Some(("real", "inf")), None) => Ok(Value::Real(f64::INFINITY)),
        (Some(("real", "-inf")), None) => Ok(Value::Real(f64::NEG_INFINITY)),
        (Some(("text_hex", hex)), None) => Ok(Value::Text(Text::from_bytes(&bytes(hex)?))),
        (Some(("blob", hex)), None) => Ok(Value::from(bytes(hex)?)),
        _ => Err(malformed()),
    }
}

#[cfg(test)]
mod tests;
