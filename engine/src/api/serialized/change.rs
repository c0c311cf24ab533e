//! Ids, and the changed rows of a commit.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::types::{Cause, Change, ChangeBatch, CommitId, Row, RowKey, SubscriptionId, TableChanges};

macro_rules! ids {
    ($($type:ident),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                u64::deserialize(deserializer).map(Self)
            }
        }
    )*};
}

ids!(CommitId, SubscriptionId);

/// The rowid, or the list of the primary key's values.
impl Serialize for RowKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::RowId(rowid) => rowid.serialize(serializer),
            Self::PrimaryKey(key) => key.serialize(serializer),
        }
    }
}

#[derive(serde::Serialize)]
#[serde(rename = "Change")]
struct ChangeOut<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<&'r str>,
    key: &'r RowKey,
    old: &'r Option<Row>,
    new: &'r Option<Row>,
}

/// `{"key":1,"old":null,"new":[1,"tea"]}`.
impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ChangeOut { table: None, key: &self.key, old: &self.old, new: &self.new }.serialize(serializer)
    }
}

/// `{"table":"main.item","key":1,"old":null,"new":[1,"tea"]}`.
impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ChangeOut { table: Some(&self.table), key: &self.key, old: &self.old, new: &self.new }.serialize(serializer)
    }
}

/// The list of its changes.
impl Serialize for TableChanges {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.rows.serialize(serializer)
    }
}

/// `{"main.item":[{"key":1,"old":null,"new":[1,"tea"]}]}`.
impl Serialize for ChangeBatch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.tables.iter().map(|(table, changes)| (&**table, changes)))
    }
}
