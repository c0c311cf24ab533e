//! Rows as Rust values: columns by number or name, rows as tuples or types of the application's.

use crate::error::Error;
use crate::types::{Row, Rows, Text, Value, ValueRef};

/// A type that a SQLite value can be read as. Nothing is converted that could lose something: TEXT is no number, and an integer has
/// to fit.
pub trait FromValue: Sized {
    /// What messages call the type.
    const NAME: &'static str;

    /// The value as this type, or nothing if it is none.
    fn from_value(value: ValueRef<'_>) -> Option<Self>;
}

/// A type that a row can be read as: tuples of up to eight columns, and what an application implements it for.
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
        let value = column.find(self.columns).and_then(|place| self.row.get(place));
        let Some(value) = value else {
            return Err(Error::Conversion(format!("there is no column {}", column.describe()).into()));
        };
        T::from_value(value).ok_or_else(|| {
            let message = format!("column {} is {value}, which is no {}", column.describe(), T::NAME);
            Error::Conversion(message.into())
        })
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

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl FromValue for $type {
            const NAME: &'static str = stringify!($type);

            fn from_value(value: ValueRef<'_>) -> Option<Self> {
                match value {
                    ValueRef::Integer(value) => value.try_into().ok(),
                    _ => None,
                }
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

impl FromValue for bool {
    const NAME: &'static str = "bool";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Integer(0) => Some(false),
            ValueRef::Integer(1) => Some(true),
            _ => None,
        }
    }
}

/// A REAL, or an INTEGER that a double holds exactly.
impl FromValue for f64 {
    const NAME: &'static str = "f64";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Real(value) => Some(value),
            ValueRef::Integer(value) => i32::try_from(value).ok().map(Self::from),
            _ => None,
        }
    }
}

impl FromValue for String {
    const NAME: &'static str = "String";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok().map(str::to_owned),
            _ => None,
        }
    }
}

impl FromValue for Text {
    const NAME: &'static str = "Text";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Text(bytes) => Some(Self::from_bytes(bytes)),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    const NAME: &'static str = "Vec<u8>";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Blob(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

impl FromValue for Value {
    const NAME: &'static str = "Value";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        Some(value.to_value())
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const NAME: &'static str = T::NAME;

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
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
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
);
