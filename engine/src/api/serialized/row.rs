//! Rows: a list of values; with the names of the columns, an object.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::api::rows::NamedRow;
use crate::types::{CommitId, Row, RowBuilder, Rows, Snapshot, Value};

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.values())
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Row, A::Error> {
        let mut row = RowBuilder::default();
        while let Some(value) = list.next_element::<Value>()? {
            row.push(value.as_ref());
        }
        Ok(row.finish())
    }
}

/// `{"name":"tea","price":320}`; of several columns with one name, the first.
impl Serialize for NamedRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (place, (name, value)) in self.columns().iter().zip(self.row().values()).enumerate() {
            if !self.columns()[..place].contains(name) {
                map.serialize_entry(name, &value)?;
            }
        }
        map.end()
    }
}

#[derive(serde::Serialize)]
#[serde(rename = "Rows")]
struct RowsOut<'r> {
    columns: &'r [String],
    rows: &'r [Row],
}

#[derive(serde::Deserialize)]
#[serde(rename = "Rows")]
struct RowsIn {
    columns: Vec<String>,
    rows: Vec<Row>,
}

/// `{"columns":["name"],"rows":[["tea"]]}`.
impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RowsOut { columns: &self.columns, rows: &self.rows }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let RowsIn { columns, rows } = RowsIn::deserialize(deserializer)?;
        Ok(Self { columns: columns.into(), rows })
    }
}

#[derive(serde::Serialize)]
#[serde(rename = "Snapshot")]
struct SnapshotOut<'r> {
    commit: CommitId,
    columns: &'r [String],
    rows: &'r [Row],
}

#[derive(serde::Deserialize)]
#[serde(rename = "Snapshot")]
struct SnapshotIn {
    commit: CommitId,
    columns: Vec<String>,
    rows: Vec<Row>,
}

/// `{"commit":7,"columns":["name"],"rows":[["tea"]]}`.
impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SnapshotOut { commit: self.commit, columns: &self.columns, rows: &self.rows }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Snapshot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let SnapshotIn { commit, columns, rows } = SnapshotIn::deserialize(deserializer)?;
        Ok(Self { commit, columns: columns.into(), rows: rows.into() })
    }
}
