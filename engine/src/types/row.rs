//! Result rows packed into one allocation, so that identity is a comparison of bytes and a frame is a copy of them.
//!
//! # Encoding
//! A row is its values one after another, each a tag byte and a little-endian payload:
//! `0` NULL; `1` INTEGER, 8 bytes; `2` REAL, 8 bytes (IEEE bits); `3` TEXT and `4` BLOB, a 4-byte length and the bytes;
//! `5` INTEGER in one signed byte. The shortest form is always used, so equal rows have equal bytes.

use std::fmt;
use std::sync::Arc;

use super::{Value, ValueRef};

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const REAL: u8 = 2;
const TEXT: u8 = 3;
const BLOB: u8 = 4;
const SMALL_INTEGER: u8 = 5;

/// One row of a result. Equality is the identity of [`Value`], column by column; clones share the bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Row(Arc<[u8]>);

impl Row {
    /// The values from left to right.
    pub fn values(&self) -> impl Iterator<Item = ValueRef<'_>> + Clone {
        Decoder { rest: &self.0 }
    }

    /// The value of a column, counted from 0, or `None` past the last column.
    #[must_use]
    pub fn get(&self, column: usize) -> Option<ValueRef<'_>> {
        self.values().nth(column)
    }

    /// The number of columns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values().count()
    }

    /// Whether the row has no columns; SQLite has no such rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends where the values begin, for [`Row::value_at`].
    pub(crate) fn offsets(&self, offsets: &mut Vec<u32>) {
        let mut decoder = Decoder { rest: &self.0 };
        loop {
            // SQLite's own limit on a row is 2^31 - 1 bytes.
            let offset = u32::try_from(self.0.len() - decoder.rest.len()).unwrap_or(u32::MAX);
            if decoder.next().is_none() {
                return;
            }
            offsets.push(offset);
        }
    }

    /// The value that begins there.
    pub(crate) fn value_at(&self, offset: u32) -> ValueRef<'_> {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        Decoder { rest }.next().unwrap_or(ValueRef::Null)
    }

    /// The first `columns` columns as a row of their own, and the values of the others.
    pub(crate) fn split(&self, columns: usize) -> (Self, impl Iterator<Item = ValueRef<'_>> + Clone) {
        let (first, rest) = self.as_ref().split(columns);
        let first = if first.0.len() == self.0.len() { self.clone() } else { first.to_row() };
        (first, rest)
    }

    /// The row, borrowed.
    pub(crate) fn as_ref(&self) -> RowRef<'_> {
        RowRef(&self.0)
    }

    /// The packed bytes, in the encoding that the module's documentation describes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A row in the bytes of somebody else.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RowRef<'a>(&'a [u8]);

impl<'a> RowRef<'a> {
    /// The row that these bytes are, which another row has given.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The values from left to right.
    pub(crate) fn values(self) -> impl Iterator<Item = ValueRef<'a>> + Clone {
        Decoder { rest: self.0 }
    }

    /// The first `columns` columns, and the values of the others.
    pub(crate) fn split(self, columns: usize) -> (Self, impl Iterator<Item = ValueRef<'a>> + Clone) {
        let mut rest = Decoder { rest: self.0 };
        Iterator::take(&mut rest, columns).for_each(drop);
        (Self(&self.0[..self.0.len() - rest.rest.len()]), rest)
    }

    /// The packed bytes.
    pub(crate) fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// A row of its own.
    pub(crate) fn to_row(self) -> Row {
        Row(self.0.into())
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values()).finish()
    }
}

impl FromIterator<Value> for Row {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        let mut builder = RowBuilder::default();
        for value in values {
            builder.push(value.as_ref());
        }
        builder.finish()
    }
}

/// Packs rows one after another, reusing its buffer.
#[derive(Default)]
pub struct RowBuilder {
    bytes: Vec<u8>,
}

impl RowBuilder {
    /// A builder whose rows take about so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    /// Appends one value to the row being built.
    pub fn push(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.bytes.push(NULL),
            ValueRef::Integer(value) => match i8::try_from(value) {
                Ok(small) => self.bytes.extend([SMALL_INTEGER, small.to_le_bytes()[0]]),
                Err(_) => self.fixed(INTEGER, value.to_le_bytes()),
            },
            ValueRef::Real(value) => self.fixed(REAL, value.to_bits().to_le_bytes()),
            ValueRef::Text(bytes) => self.sized(TEXT, bytes),
            ValueRef::Blob(bytes) => self.sized(BLOB, bytes),
        }
    }

    /// Appends values that another row has packed.
    pub(crate) fn push_packed(&mut self, values: &[u8]) {
        self.bytes.extend_from_slice(values);
    }

    /// Starts again.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// The row built so far, borrowed.
    pub(crate) fn as_ref(&self) -> RowRef<'_> {
        RowRef(&self.bytes)
    }

    /// The row built so far; the builder starts again.
    pub fn finish(&mut self) -> Row {
        let row = Row(self.bytes.as_slice().into());
        self.bytes.clear();
        row
    }

    fn fixed(&mut self, tag: u8, payload: [u8; 8]) {
        self.bytes.push(tag);
        self.bytes.extend(payload);
    }

    fn sized(&mut self, tag: u8, payload: &[u8]) {
        // SQLite's own limit on a value is 2^31 - 1 bytes.
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        self.bytes.push(tag);
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(payload);
    }
}

#[derive(Clone)]
struct Decoder<'a> {
    rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*head)
    }

    fn sized(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_le_bytes(self.take()?) as usize;
        let (head, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(head)
    }
}

impl<'a> Iterator for Decoder<'a> {
    type Item = ValueRef<'a>;

    fn next(&mut self) -> Option<ValueRef<'a>> {
        let [tag] = self.take()?;
        match tag {
            NULL => Some(ValueRef::Null),
            INTEGER => Some(ValueRef::Integer(i64::from_le_bytes(self.take()?))),
            REAL => Some(ValueRef::Real(f64::from_bits(u64::from_le_bytes(self.take()?)))),
            TEXT => self.sized().map(ValueRef::Text),
            BLOB => self.sized().map(ValueRef::Blob),
            _ => Some(ValueRef::Integer(i64::from(i8::from_le_bytes(self.take()?)))),
        }
    }
}

/// The answer to a query: the columns' names and the rows in the order SQLite gave them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Names of the columns, as SQLite names them; they need not be distinct.
    pub columns: Arc<[String]>,
    /// The rows.
    pub rows: Vec<Row>,
}
