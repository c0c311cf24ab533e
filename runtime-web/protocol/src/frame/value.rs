//! SQLite's values in a row's encoding.

use super::reader::Reader;
use super::{FrameError, to_u32};

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const REAL: u8 = 2;
const TEXT: u8 = 3;
const BLOB: u8 = 4;
const SMALL_INTEGER: u8 = 5;

/// A SQLite value in a frame. Equality is identity, bit by bit.
#[derive(Clone, Copy, Debug)]
pub enum ValueRef<'a> {
    /// NULL.
    Null,
    /// A 64-bit signed integer.
    Integer(i64),
    /// A 64-bit IEEE float.
    Real(f64),
    /// Text; the bytes need not be UTF-8.
    Text(&'a [u8]),
    /// Bytes.
    Blob(&'a [u8]),
}

impl PartialEq for ValueRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Real(a), Self::Real(b)) => a.to_bits() == b.to_bits(),
            (Self::Text(a), Self::Text(b)) | (Self::Blob(a), Self::Blob(b)) => a == b,
            _ => false,
        }
    }
}

/// Appends `value` to a row.
///
/// # Errors
/// [`FrameError::TooLarge`] for a text or blob of 4 GiB, which SQLite does not have.
pub fn push_value(row: &mut Vec<u8>, value: ValueRef<'_>) -> Result<(), FrameError> {
    match value {
        ValueRef::Null => row.push(NULL),
        ValueRef::Integer(value) => match i8::try_from(value) {
            Ok(small) => row.extend([SMALL_INTEGER, small.to_le_bytes()[0]]),
            Err(_) => fixed(row, INTEGER, value.to_le_bytes()),
        },
        ValueRef::Real(value) => fixed(row, REAL, value.to_bits().to_le_bytes()),
        ValueRef::Text(bytes) => sized(row, TEXT, bytes)?,
        ValueRef::Blob(bytes) => sized(row, BLOB, bytes)?,
    }
    Ok(())
}

fn fixed(row: &mut Vec<u8>, tag: u8, payload: [u8; 8]) {
    row.push(tag);
    row.extend(payload);
}

fn sized(row: &mut Vec<u8>, tag: u8, payload: &[u8]) -> Result<(), FrameError> {
    let length = to_u32(payload.len())?;
    row.push(tag);
    row.extend(length.to_le_bytes());
    row.extend(payload);
    Ok(())
}

/// The values of a row, from left to right; ends after the first error.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    reader: Reader<'a>,
}

impl<'a> Values<'a> {
    /// Reads the values of `row`.
    #[must_use]
    pub fn new(row: &'a [u8]) -> Self {
        Self { reader: Reader::new(row) }
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = Result<ValueRef<'a>, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.rest().is_empty() {
            return None;
        }
        let value = read_value(&mut self.reader);
        if value.is_err() {
            self.reader = Reader::new(&[]);
        }
        Some(value)
    }
}

pub(super) fn read_value<'a>(reader: &mut Reader<'a>) -> Result<ValueRef<'a>, FrameError> {
    let [tag] = reader.take()?;
    Ok(match tag {
        NULL => ValueRef::Null,
        INTEGER => {
            let value = i64::from_le_bytes(reader.take()?);
            if i8::try_from(value).is_ok() {
                return Err(FrameError::NotShortest);
            }
            ValueRef::Integer(value)
        }
        REAL => ValueRef::Real(f64::from_bits(reader.u64()?)),
        TEXT => ValueRef::Text(reader.sized()?),
        BLOB => ValueRef::Blob(reader.sized()?),
        SMALL_INTEGER => ValueRef::Integer(i64::from(i8::from_le_bytes(reader.take()?))),
        tag => return Err(FrameError::Tag(tag)),
    })
}
