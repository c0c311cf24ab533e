//! Frames of parameters.

use super::reader::Reader;
use super::value::read_value;
use super::{Frame, FrameError, Kind, ValueRef, header, push_value, to_u32};

/// Packs values for `?` and `?NNN`, the first for `?1`.
///
/// # Errors
/// [`FrameError::TooLarge`] for sizes that SQLite does not have.
pub fn positional_params<'a>(values: impl ExactSizeIterator<Item = ValueRef<'a>>) -> Result<Frame, FrameError> {
    let mut bytes = header(Kind::Positional, to_u32(values.len())?).to_vec();
    for value in values {
        push_value(&mut bytes, value)?;
    }
    Ok(Frame(bytes))
}

/// Packs values for `:name`, `@name` and `$name`; names without the sigil.
///
/// # Errors
/// [`FrameError::TooLarge`] for sizes that SQLite does not have.
pub fn named_params<'a>(values: impl ExactSizeIterator<Item = (&'a str, ValueRef<'a>)>) -> Result<Frame, FrameError> {
    let mut bytes = header(Kind::Named, to_u32(values.len())?).to_vec();
    for (name, value) in values {
        bytes.extend(to_u32(name.len())?.to_le_bytes());
        bytes.extend(name.as_bytes());
        push_value(&mut bytes, value)?;
    }
    Ok(Frame(bytes))
}

/// The values of a statement's parameters, read from a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamsFrame<'a> {
    /// Values for `?` and `?NNN`, the first for `?1`.
    Positional(Vec<ValueRef<'a>>),
    /// Values by name.
    Named(Vec<(&'a str, ValueRef<'a>)>),
}

impl<'a> ParamsFrame<'a> {
    /// Reads all of `bytes`.
    ///
    /// # Errors
    /// Any [`FrameError`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let (mut reader, kind, count) = Reader::open(bytes, &[Kind::Positional, Kind::Named])?;
        // Collecting a Result reserves nothing in advance, so a count that lies cannot make it allocate.
        let params = if kind == Kind::Positional {
            Self::Positional((0..count).map(|_| read_value(&mut reader)).collect::<Result<_, _>>()?)
        } else {
            Self::Named((0..count).map(|_| read_named(&mut reader)).collect::<Result<_, _>>()?)
        };
        reader.close()?;
        Ok(params)
    }
}

fn read_named<'a>(reader: &mut Reader<'a>) -> Result<(&'a str, ValueRef<'a>), FrameError> {
    let name = std::str::from_utf8(reader.sized()?).map_err(|_| FrameError::Name)?;
    Ok((name, read_value(reader)?))
}
