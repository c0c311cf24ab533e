//! Rows as types that implement `Deserialize`.

use std::ops::{Deref, DerefMut};

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::column::{Cell, Mismatch};
use crate::api::rows::{FromRow, NamedRow};
use crate::error::Error;

/// A row as a type that implements `Deserialize`, wherever a [`FromRow`] is asked for.
///
/// ```
/// use tidewater::{Engine, Location, Options, Serde};
/// # fn main() -> Result<(), tidewater::Error> {
/// #[derive(serde::Deserialize)]
/// struct Item {
///     name: String,
/// }
/// let engine = Engine::open(Location::Memory, Options::default())?;
/// engine.exec("CREATE TABLE item(name TEXT); INSERT INTO item VALUES ('tea')", ())?;
/// let first: Option<Serde<Item>> = engine.query_one("SELECT * FROM item", ())?;
/// assert_eq!(first.map(|item| item.0.name).as_deref(), Some("tea"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serde<T>(pub T);

impl<T> Deref for Serde<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Serde<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: DeserializeOwned> FromRow for Serde<T> {
    fn from_row(row: NamedRow<'_>) -> Result<Self, Error> {
        from_row(row).map(Self)
    }
}

/// Reads a row as a type that implements `Deserialize`.
///
/// Structs and maps are read by the names of the columns, tuples and lists by position; of one column, a plain value is read. A
/// BLOB is bytes or a list of integers, TEXT also the variant of an enum without fields, and 0 and 1 are `bool`s as well.
///
/// # Errors
/// [`Error::Conversion`] where a column is missing or of another type; it names the column.
pub fn from_row<T: DeserializeOwned>(row: NamedRow<'_>) -> Result<T, Error> {
    T::deserialize(RowDeserializer(row)).map_err(|mismatch| Error::Conversion(mismatch.to_string().into()))
}

/// A row that is read from.
struct RowDeserializer<'r>(NamedRow<'r>);

impl<'r> RowDeserializer<'r> {
    fn cells(&self) -> impl Iterator<Item = Cell<'r>> + use<'r> {
        let (columns, row) = (self.0.columns(), self.0.row());
        columns.iter().zip(row.values()).map(|(column, value)| Cell { column, value })
    }

    /// The only cell, if there is one.
    fn only(&self) -> Option<Cell<'r>> {
        let mut cells = self.cells();
        cells.next().filter(|_| cells.next().is_none())
    }
}

impl<'de> Deserializer<'de> for RowDeserializer<'de> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.only() {
            Some(cell) => cell.deserialize_any(visitor),
            None => self.deserialize_map(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let columns = self.0.columns();
        let is_first = |place: usize, cell: &Cell<'_>| !columns[..place].iter().any(|name| name == cell.column);
        let cells = self.cells().enumerate().filter(|(place, cell)| is_first(*place, cell));
        visitor.visit_map(MapDeserializer::new(cells.map(|(_, cell)| (cell.column, cell))))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_seq(SeqDeserializer::new(self.cells()))
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

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    /// The one column, which may be NULL; or the row, which is there.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.only() {
            Some(cell) => cell.deserialize_option(visitor),
            None => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.only() {
            Some(cell) => cell.deserialize_bool(visitor),
            None => self.deserialize_map(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self.only() {
            Some(cell) => cell.deserialize_enum(name, variants, visitor),
            None => self.deserialize_map(visitor),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit_struct identifier
    }
}
