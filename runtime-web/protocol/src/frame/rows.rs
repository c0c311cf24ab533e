//! Frames of rows, which can be read in any order.

use super::reader::Reader;
use super::{Frame, FrameError, Kind, Values, header, to_u32};

/// Packs rows, each given as its packed bytes.
///
/// # Errors
/// [`FrameError::TooLarge`] for 2^32 rows or 4 GiB of them.
pub fn rows_frame<'a>(rows: impl ExactSizeIterator<Item = &'a [u8]> + Clone) -> Result<Frame, FrameError> {
    let count = to_u32(rows.len())?;
    let total: usize = rows.clone().map(<[u8]>::len).sum();
    to_u32(total)?;
    let mut bytes = Vec::with_capacity(8 + rows.len() * 4 + total);
    bytes.extend(header(Kind::Rows, count));
    let mut end = 0;
    for row in rows.clone() {
        end += row.len();
        bytes.extend(to_u32(end)?.to_le_bytes());
    }
    for row in rows {
        bytes.extend(row);
    }
    Ok(Frame(bytes))
}

/// A frame of rows, checked and ready to be read.
#[derive(Clone, Copy, Debug)]
pub struct RowsFrame<'a> {
    ends: &'a [[u8; 4]],
    rows: &'a [u8],
}

impl<'a> RowsFrame<'a> {
    /// Checks the structure of `bytes`.
    ///
    /// # Errors
    /// Any [`FrameError`] but those of values.
    pub fn new(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let (mut reader, _, count) = Reader::open(bytes, &[Kind::Rows])?;
        let table = (count as usize).checked_mul(4).ok_or(FrameError::Truncated)?;
        let (ends, _) = reader.bytes(table)?.as_chunks();
        let mut last = 0;
        for end in ends {
            let end = u32::from_le_bytes(*end);
            if end < last {
                return Err(FrameError::Order);
            }
            last = end;
        }
        let rows = reader.bytes(last as usize)?;
        reader.close()?;
        Ok(Self { ends, rows })
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The packed bytes of a row, or `None` past the last.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        let end = u32::from_le_bytes(*self.ends.get(index)?) as usize;
        let start = match index.checked_sub(1) {
            Some(before) => u32::from_le_bytes(*self.ends.get(before)?) as usize,
            None => 0,
        };
        self.rows.get(start..end)
    }

    /// The packed bytes of the rows, in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        let frame = *self;
        (0..self.len()).filter_map(move |index| frame.get(index))
    }

    /// The values of a row, or `None` past the last.
    #[must_use]
    pub fn values(&self, index: usize) -> Option<Values<'a>> {
        self.get(index).map(Values::new)
    }
}
