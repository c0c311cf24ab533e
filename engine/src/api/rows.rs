//! Rows as Rust values: columns by number or name, rows as tuples or types of the application's.

use super::from_value::FromValue;
use crate::error::Error;
use crate::types::{Row, Rows, ValueRef};

/// A type that a row can be read as: tuples of up to twelve columns, structs by `#[derive(FromRow)]`
/// (feature `derive`), and what an application implements it for.
///
/// ```
/// use tidewater::{Engine, Error, FromRow, Location, NamedRow, Options};
///
/// struct Item {
///     name: String,
///     price: Option<i64>,
/// }
///
/// impl FromRow for Item {
///     fn from_row(row: NamedRow<'_>) -> Result<Self, Error> {
///         Ok(Self { name: row.get("name")?, price: row.get("price")? })
///     }
/// }
///
/// # fn main() -> Result<(), Error> {
/// let engine = Engine::open(Location::Memory, Options::default())?;
/// engine.exec("CREATE TABLE item(name TEXT, price INTEGER)", ())?;
/// engine.exec("INSERT INTO item VALUES (?, ?)", ("tea", 320))?;
/// let items: Vec<Item> = engine.query_as("SELECT * FROM item", ())?;
/// assert_eq!((items[0].name.as_str(), items[0].price), ("tea", Some(320)));
/// let count: Option<(i64,)> = engine.query_one("SELECT count(*) FROM item", ())?;
/// assert_eq!(count, Some((1,)));
/// # Ok(())
/// # }
/// ```
pub trait FromRow: Sized {
    /// Reads a row.
    ///
    /// # Errors
    /// [`Error::Conversion`] where a column is missing or of another type.
    fn from_row(row: NamedRow<'_>) -> Result<Self, Error>;
}

/// A row with the names of its columns.
#[derive(Clone, Copy, Debug)]
pub struct NamedRow<'r> {
    columns: &'r [String],
    row: &'r Row,
}

/// What a column is found by: its number from 0, or its name, of which the first counts.
pub trait ColumnIndex: Copy {
    /// The number of the column.
    fn find(self, columns: &[String]) -> Option<usize>;

    /// How messages name it.
    fn describe(self) -> String;
}

impl ColumnIndex for usize {
    fn find(self, columns: &[String]) -> Option<usize> {
        (self < columns.len()).then_some(self)
    }

    fn describe(self) -> String {
        format!("{self}")
    }
}

impl ColumnIndex for &str {
    fn find(self, columns: &[String]) -> Option<usize> {
        columns.iter().position(|name| name == self)
    }

    fn describe(self) -> String {
        format!("`{self}`")
    }
}

impl<'r> NamedRow<'r> {
    /// A row with names of its columns.
    #[must_use]
    pub fn new(columns: &'r [String], row: &'r Row) -> Self {
        Self { columns, row }
    }

    /// The value of a column as a Rust type.
    ///
    /// # Errors
    /// [`Error::Conversion`] where there is no such column, or its value is of another type.
    pub fn get<T: FromValue>(&self, column: impl ColumnIndex) -> Result<T, Error> {
        let value = self.value(column).ok_or_else(|| missing(column, ""))?;
        T::from_value(value).ok_or_else(|| mismatch(column, value, T::NAME, ""))
    }

    /// The value of a column, if there is such a column.
    #[must_use]
    pub fn value(&self, column: impl ColumnIndex) -> Option<ValueRef<'r>> {
        column.find(self.columns).and_then(|place| self.row.get(place))
    }

    /// The names of the columns.
    #[must_use]
    pub fn columns(&self) -> &'r [String] {
        self.columns
    }

    /// The row without the names.
    #[must_use]
    pub fn row(&self) -> &'r Row {
        self.row
    }
}

fn missing(column: impl ColumnIndex, field: &str) -> Error {
    Error::Conversion(format!("there is no column {}{}", column.describe(), for_field(field)).into())
}

fn mismatch(column: impl ColumnIndex, value: ValueRef<'_>, wanted: &str, field: &str) -> Error {
    let (column, field) = (column.describe(), for_field(field));
    let found = match value {
        ValueRef::Null => format!("NULL, which is no {wanted}: read it as Option<{wanted}>"),
        value => format!("{} {}, which is no {wanted}", value.class(), shortened(value)),
    };
    Error::Conversion(format!("column {column} is {found}{field}").into())
}

/// What messages say of the field that a column is read for, if it is for one.
fn for_field(field: &str) -> String {
    match field {
        "" => String::new(),
        field => format!(" (for the field `{field}`)"),
    }
}

/// How much of a value a message shows.
const SHOWN: usize = 40;

fn shortened(value: ValueRef<'_>) -> String {
    // A blob has two digits for each byte and a text up to four bytes for each character.
    let (start, is_cut) = match value {
        ValueRef::Text(bytes) => (ValueRef::Text(&bytes[..bytes.len().min(SHOWN)]), bytes.len() > SHOWN),
        ValueRef::Blob(bytes) => (ValueRef::Blob(&bytes[..bytes.len().min(SHOWN / 2)]), bytes.len() > SHOWN / 2),
        value => (value, false),
    };
    format!("{start}{}", if is_cut { " .." } else { "" })
}

/// What `#[derive(FromRow)]` calls.
#[doc(hidden)]
pub mod private {
    use super::{ColumnIndex, Error, FromValue, NamedRow, mismatch, missing};

    /// The value of a column for a field, which errors name.
    pub fn field<T: FromValue>(row: NamedRow<'_>, column: impl ColumnIndex, field: &str) -> Result<T, Error> {
        let value = row.value(column).ok_or_else(|| missing(column, field))?;
        T::from_value(value).ok_or_else(|| mismatch(column, value, T::NAME, field))
    }

    /// The same; where there is no such column, what `default` returns.
    pub fn field_or<T: FromValue>(
        row: NamedRow<'_>,
        column: impl ColumnIndex,
        field: &str,
        default: impl FnOnce() -> T,
    ) -> Result<T, Error> {
        match row.value(column) {
            Some(value) => T::from_value(value).ok_or_else(|| mismatch(column, value, T::NAME, field)),
            None => Ok(default()),
        }
    }
}

impl Rows {
    /// The rows with the names of their columns.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = NamedRow<'_>> {
        self.rows.iter().map(|row| NamedRow::new(&self.columns, row))
    }

    /// The rows as a type.
    ///
    /// # Errors
    /// What [`FromRow::from_row`] returns.
    pub fn read<T: FromRow>(&self) -> Result<Vec<T>, Error> {
        self.iter().map(T::from_row).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident $place:literal),+)),+) => {$(
        impl<$($name: FromValue),+> FromRow for ($($name,)+) {
            fn from_row(row: NamedRow<'_>) -> Result<Self, Error> {
                Ok(($(row.get::<$name>($place)?,)+))
            }
        }
    )+};
}

tuples!(
    (A 0),
    (A 0, B 1),
    (A 0, B 1, C 2),
    (A 0, B 1, C 2, D 3),
    (A 0, B 1, C 2, D 3, E 4),
    (A 0, B 1, C 2, D 3, E 4, F 5),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
);
