//! Results as JSON objects: an array, or one object per line. Values are written as `tidewater replay` writes them, so that each
//! keeps its type.

use std::collections::HashSet;
use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};
use tidewater::Row;

use crate::wire::{Cell, write_json};

/// A result under way.
pub struct Json {
    is_array: bool,
    /// The names of the columns, each another one; known from the first row on.
    names: Option<Vec<String>>,
    object: Vec<u8>,
}

impl Json {
    pub fn array() -> Self {
        Self { is_array: true, names: None, object: Vec::new() }
    }

    pub fn lines() -> Self {
        Self { is_array: false, ..Self::array() }
    }

    pub fn row(&mut self, columns: &[String], row: &Row, out: &mut dyn Write) -> io::Result<()> {
        let is_first = self.names.is_none();
        let names = self.names.get_or_insert_with(|| distinct(columns));
        self.object.clear();
        if self.is_array {
            self.object.extend_from_slice(if is_first { b"[" } else { b",\n" });
        }
        write_json(&Object { names, row }, &mut self.object);
        if !self.is_array {
            self.object.push(b'\n');
        }
        out.write_all(&self.object)
    }

    pub fn finish(self, out: &mut dyn Write) -> io::Result<()> {
        match (self.is_array, self.names.is_some()) {
            (true, true) => out.write_all(b"]\n"),
            (true, false) => out.write_all(b"[]\n"),
            (false, _) => Ok(()),
        }
    }
}

struct Object<'a> {
    names: &'a [String],
    row: &'a Row,
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.names.iter().zip(self.row.values()) {
            map.serialize_entry(name, &Cell(value))?;
        }
        map.end()
    }
}

/// The names with a number behind each that came before: `a`, `a:1`, `a:2`, as SQLite itself makes them distinct.
fn distinct(columns: &[String]) -> Vec<String> {
    let mut seen: HashSet<String> = HashSet::new();
    let unique = |name: &String| {
        let numbered = (1..).map(|number| format!("{name}:{number}"));
        let name = std::iter::once(name.clone()).chain(numbered).find(|name| !seen.contains(name));
        let name = name.unwrap_or_default();
        seen.insert(name.clone());
        name
    };
    columns.iter().map(unique).collect()
}
