//! Bulk data as bytes: rows, deliveries and parameters, little-endian, in one `Uint8Array` each.
//!
//! # Layout
//! Every frame begins with eight bytes: the [`VERSION`], the [`Kind`], two zero bytes, and a count as `u32`.
//!
//! | kind | count of | then |
//! | --- | --- | --- |
//! | 1 rows | rows | for each row the offset of its end as `u32`, counted from the first row's start; then the rows |
//! | 2 delivery | subscriptions | the commit as `u64`; for each its id as `u64`, the count of edits as `u32`, the edits |
//! | 3 positional parameters | values | the values |
//! | 4 named parameters | values | for each the name's length as `u32`, the name in UTF-8 without its sigil, the value |
//!
//! An edit is a tag byte and operands, each `u32`: `0` insert (index, row), `1` remove (index), `2` replace (index, row),
//! `3` move (from, to). Its row is a length as `u32` and that many bytes. Indices mean what they mean in the engine.
//!
//! A row is its values one after another, each a tag byte and its payload: `0` NULL; `1` INTEGER, 8 bytes; `2` REAL, 8 bytes (IEEE bits);
//! `3` TEXT and `4` BLOB, a length as `u32` and the bytes; `5` INTEGER in one signed byte. This is the engine's packed row, byte
//! for byte, so the host copies rows into frames without looking at them. The shortest form is required: equal rows have
//! equal bytes.
//!
//! Everything is fixed by its content: a frame that decodes is the one that encoding the result gives. Decoding checks all of a
//! frame's structure; values inside rows are checked when they are read. No bytes make it panic or allocate beyond their own size.

mod delivery;
mod params;
mod reader;
mod rows;
mod value;

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod property_tests;

use crate::form::{Form, Message};
pub use delivery::{DeliveryFrame, DeliveryWriter, Edit, Edits};
pub use params::{ParamsFrame, named_params, positional_params};
pub use rows::{RowsFrame, rows_frame};

pub use value::{ValueRef, Values, push_value};

/// The version of all frames, their first byte.
pub const VERSION: u8 = 1;

/// Bytes of a frame as a message carries them.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "Uint8Array"))]
pub struct Frame(pub Vec<u8>);

impl Message for Frame {
    fn encode<F: Form>(&self) -> Option<F> {
        Some(F::bytes(&self.0))
    }

    fn decode<F: Form>(form: Option<&F>) -> Option<Self> {
        form?.as_bytes().map(Self)
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({} bytes)", self.0.len())
    }
}

/// What a frame holds, its second byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Rows of a result.
    Rows = 1,
    /// The edits of one commit.
    Delivery = 2,
    /// Parameters by position.
    Positional = 3,
    /// Parameters by name.
    Named = 4,
}

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The first byte is another version's.
    #[error("a frame of version {0}, not {VERSION}")]
    Version(u8),
    /// The second byte is not the expected kind.
    #[error("a frame of another kind: {0}")]
    Kind(u8),
    /// The bytes end too early.
    #[error("the frame ends too early")]
    Truncated,
    /// Bytes follow the last item, or reserved bytes are not zero.
    #[error("the frame has bytes that mean nothing")]
    Excess,
    /// Ends of rows that go down.
    #[error("the ends of the frame's rows are out of order")]
    Order,
    /// A tag that no value or edit has.
    #[error("an unknown tag: {0}")]
    Tag(u8),
    /// An integer in eight bytes that fits into one.
    #[error("an integer is not in its shortest form")]
    NotShortest,
    /// A parameter's name is not UTF-8.
    #[error("a parameter's name is not UTF-8")]
    Name,
    /// More than a frame can count.
    #[error("too large for a frame")]
    TooLarge,
}

fn header(kind: Kind, count: u32) -> [u8; 8] {
    let [a, b, c, d] = count.to_le_bytes();
    [VERSION, kind as u8, 0, 0, a, b, c, d]
}

fn to_u32(size: usize) -> Result<u32, FrameError> {
    u32::try_from(size).map_err(|_| FrameError::TooLarge)
}
